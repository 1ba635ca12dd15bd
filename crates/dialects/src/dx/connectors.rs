//! The connector types of DX: which kind of ours each is, and what it calls the fields.
//!
//! Slugs and names are documented for `jira_cloud` [D3] and `sonarcloud` [D11]. All others are GUESSES (3.8),
//! made from what the setup pages ask for, and stand in these two tables alone. A field that no row speaks of
//! has the name that our kind gives it.

use serde_json::{Map, Value};
use strongroom_domain::FieldMap;
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::kind::{Kind, OtherFields};

/// One type of connector.
struct Connector {
    /// What DX calls it.
    slug: &'static str,
    /// Our kind.
    kind: &'static str,
    /// Whether a connection takes more than one credential [D13].
    takes_many: bool,
}

const fn one(slug: &'static str, kind: &'static str) -> Connector {
    Connector { slug, kind, takes_many: false }
}

const fn many(slug: &'static str, kind: &'static str) -> Connector {
    Connector { slug, kind, takes_many: true }
}

const CONNECTORS: &[Connector] = &[
    many("azure_devops_boards", "azure_devops"),
    many("azure_devops_pipelines", "azure_devops"),
    many("azure_devops_repos", "azure_devops"),
    many("azure_devops_server_boards", "azure_devops"),
    many("azure_devops_server_pipelines", "azure_devops"),
    many("azure_devops_server_repos", "azure_devops"),
    many("bitbucket", "bitbucket"),
    many("bitbucket_data_center", "bitbucket_data_center"),
    one("buildkite", "buildkite"),
    one("circleci", "circleci"),
    many("cursor", "cursor"),
    one("devin", "devin"),
    many("github", "github_app"),
    many("github_actions", "github_app"),
    many("gitlab", "gitlab"),
    one("gitlab_commits_trunk", "gitlab"),
    many("gitlab_pipelines", "gitlab"),
    many("jira_cloud", "jira_cloud"),
    many("jira_data_center", "jira_data_center"),
    many("linear", "linear"),
    one("pagerduty", "pagerduty"),
    one("snyk", "snyk"),
    many("sonarcloud", "sonarcloud"),
    many("sonarqube", "sonarqube"),
];

/// One name that DX has for a field of ours.
struct Spelled {
    kind: &'static str,
    /// With which method; `None` for any.
    method: Option<&'static str>,
    theirs: &'static str,
    /// `None` where our kind has no use for it: it is kept as a note, and shown.
    ours: Option<&'static str>,
}

const fn spelled(kind: &'static str, theirs: &'static str, ours: &'static str) -> Spelled {
    Spelled { kind, method: None, theirs, ours: Some(ours) }
}

impl Spelled {
    const fn with(self, method: &'static str) -> Self {
        Self { method: Some(method), ..self }
    }
}

const SPELLED: &[Spelled] = &[
    spelled("azure_devops", "personal_access_token", "token"),
    // The same word for two sorts of token: with a user name it is that user's.
    spelled("bitbucket", "access_token", "api_token").with("api_token"),
    spelled("github_app", "api_base_url", "base_url"),
    spelled("gitlab", "access_token", "token"),
    spelled("gitlab", "api_base_url", "base_url"),
    spelled("jira_cloud", "jira_user", "email"),
    spelled("jira_data_center", "jira_user", "username").with("password"),
    // A token says by itself whose it is.
    Spelled { kind: "jira_data_center", method: Some("token"), theirs: "jira_user", ours: None },
    spelled("jira_data_center", "api_token", "token").with("token"),
];

/// The name of our kind for a type of connector: a type that neither the table nor the catalogue knows is an
/// opaque one, which takes any keys (3.8) and has no check.
pub(super) fn kind_of(slug: &str, is_known: impl Fn(&str) -> bool) -> Option<String> {
    let stated = CONNECTORS.iter().find(|connector| connector.slug == slug).map(|connector| connector.kind);
    let known = stated.or(Some(slug)).filter(|name| is_known(name));
    known.map(str::to_owned).or_else(|| Kind::opaque_name(Dialect::Dx, slug))
}

/// Whether a connection of this type takes more than one credential.
pub(super) fn takes_many(slug: &str) -> bool {
    CONNECTORS.iter().any(|connector| connector.slug == slug && connector.takes_many)
}

/// Where a field of DX goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// Into this field of the kind.
    Field(&'a str),
    /// Beside the fields.
    Note,
    /// Nowhere that the kind knows.
    Nowhere,
}

/// Where DX's `theirs` goes with this method of a kind.
pub(super) fn place<'a>(kind: &Kind, method: &str, theirs: &'a str) -> Place<'a> {
    let is_it = |row: &&Spelled| {
        row.kind == kind.name && row.theirs == theirs && row.method.is_none_or(|only| only == method)
    };
    match SPELLED.iter().find(is_it) {
        Some(Spelled { ours: Some(ours), .. }) => Place::Field(ours),
        Some(Spelled { ours: None, .. }) => Place::Note,
        None if kind.others == OtherFields::Accepted => Place::Field(theirs),
        None if kind.field_of(method, theirs).is_some() => Place::Field(theirs),
        None => Place::Nowhere,
    }
}

/// Whether another method of the kind keeps this name as a note.
pub(super) fn is_note_elsewhere(kind: &Kind, theirs: &str) -> bool {
    SPELLED.iter().any(|row| row.kind == kind.name && row.theirs == theirs && row.ours.is_none())
}

/// The method that these names belong to: the one in force where it has them all, else the first that has.
/// Where none has, the one in force, and the fields are faults there.
pub(super) fn method_for<'a>(kind: &'a Kind, in_force: Option<&'a str>, names: &[&str]) -> &'a str {
    let has_all = |method: &&str| names.iter().all(|name| place(kind, method, name) != Place::Nowhere);
    let in_force = in_force.filter(|method| kind.method(method).is_some());
    let methods = kind.methods.iter().map(|method| method.name.as_str());
    let found = in_force.into_iter().chain(methods).find(has_all);
    found.or(in_force).unwrap_or(&kind.default_method().name)
}

/// The settings of a credential as DX calls them, notes included. What its connection says is not among them.
pub(super) fn shown(kind: Option<&Kind>, credential: &Credential) -> Map<String, Value> {
    let theirs = |ours: &str| {
        let is_it = |row: &&Spelled| {
            let fits = row.method.is_none_or(|only| only == credential.method);
            fits && row.ours == Some(ours) && kind.is_some_and(|kind| kind.name == row.kind)
        };
        SPELLED.iter().find(is_it).map_or(ours, |row| row.theirs).to_owned()
    };
    let notes = credential.foreign.noted(Dialect::Dx).into_iter().flat_map(FieldMap::iter);
    let settings = credential.settings.iter().map(|(ours, value)| (theirs(ours), value.clone()));
    settings.chain(notes.map(|(name, value)| (name.to_owned(), value.clone()))).collect()
}
