//! Which kind a Flowise type is: one table of types, one of fields.
//!
//! A type of the table is a kind that has a check, so what is sent is tried before it is saved, and what was
//! made natively shows up under the type. Every other type is an opaque kind of this dialect: see [`super::kinds`].

use strongroom_domain::Secret;
use strongroom_domain::change::FieldEdits;
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::kind::Kind;
use strongroom_domain::steps::spell::{Spelled, Spelling};

/// A type that is a kind with a check.
struct Mapped {
    type_name: &'static str,
    kind: &'static str,
    /// The method whose fields the type has; the kind's first where it has only one.
    method: Option<&'static str>,
}

/// One type per kind: what was made elsewhere shows up as that one. Types without a place to go (`PostgresApi`, `jiraApi`, `httpBasicAuth` and their like have a secret and no
/// address) cannot be checked, so they are not here.
const TYPES: [Mapped; 7] = [
    Mapped { type_name: "anthropicApi", kind: "anthropic", method: None },
    Mapped { type_name: "awsApi", kind: "aws", method: None },
    Mapped { type_name: "githubApi", kind: "github", method: None },
    Mapped { type_name: "openAIApi", kind: "openai", method: None },
    Mapped { type_name: "PostgresUrl", kind: "postgresql", method: Some("connection_string") },
    Mapped { type_name: "slackApi", kind: "slack", method: None },
    Mapped { type_name: "stripeApi", kind: "stripe", method: None },
];

/// What the fields of mapped types are called in their kinds. Fields of a type that its kind does not have
/// (a Slack team, an AWS role) are sealed under their own names.
pub(super) const SPELLING: Spelling = Spelling {
    dialect: Dialect::Flowise,
    fields: &[
        Spelled { kind: "anthropic", theirs: "anthropicApiKey", ours: "api_key" },
        Spelled { kind: "aws", theirs: "awsKey", ours: "access_key_id" },
        Spelled { kind: "aws", theirs: "awsSecret", ours: "secret_access_key" },
        Spelled { kind: "aws", theirs: "awsSession", ours: "session_token" },
        Spelled { kind: "github", theirs: "accessToken", ours: "token" },
        Spelled { kind: "openai", theirs: "openAIApiKey", ours: "api_key" },
        Spelled { kind: "postgresql", theirs: "postgresUrl", ours: "connection_string" },
        Spelled { kind: "slack", theirs: "botToken", ours: "token" },
        Spelled { kind: "stripe", theirs: "stripeApiToken", ours: "api_key" },
    ],
};

/// The kinds of the table: what this dialect shows beside what was made through it.
pub(super) const KINDS: &[&str] = &["anthropic", "aws", "github", "openai", "postgresql", "slack", "stripe"];

/// A kind, and its method where the type has the fields of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) kind: String,
    pub(super) method: Option<&'static str>,
}

/// The kind for what a client calls its type; `None` where the name is too long to be kept.
pub(super) fn kind_of(type_name: &str) -> Option<Choice> {
    match TYPES.iter().find(|mapped| mapped.type_name == type_name) {
        Some(mapped) => Some(Choice { kind: mapped.kind.to_owned(), method: mapped.method }),
        None => Kind::opaque_name(Dialect::Flowise, type_name).map(|kind| Choice { kind, method: None }),
    }
}

/// The type a credential shows up as.
pub(super) fn type_of(credential: &Credential) -> String {
    match TYPES.iter().find(|mapped| mapped.kind == credential.kind) {
        Some(mapped) => mapped.type_name.to_owned(),
        None => Kind::opaque_word(&credential.kind).unwrap_or_else(|| credential.kind.clone()),
    }
}

/// The method whose fields the type of a credential has; `None` where it has no method of its own.
pub(super) fn method_of(credential: &Credential) -> Option<&'static str> {
    TYPES.iter().find(|mapped| mapped.kind == credential.kind)?.method
}

/// Whether edits name a field that the type of a credential has.
pub(super) fn names_any(credential: &Credential, edits: &Secret<FieldEdits>) -> bool {
    let mut fields = SPELLING.fields.iter().filter(|field| field.kind == credential.kind);
    // EXPOSE: only names are looked at.
    fields.any(|field| edits.expose().keys().into_iter().any(|name| name == field.theirs))
}
