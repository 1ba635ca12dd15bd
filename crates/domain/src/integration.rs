//! A configured outside application that credentials share: where it is, and our client there.
//!
//! Has the fields of every integration and the rule by which its settings lie under those of a credential.
//! Must never lend a secret: what is shared is public.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Timestamp;
use crate::credential::{Candidate, Owner};
use crate::dialect::{Aliases, Dialect};
use crate::fields::FieldMap;
use crate::ids::{CredentialId, IntegrationId, PrincipalId, WorkspaceId};
use crate::kind::{CheckGrade, Field, FieldType, Kind, Mark, Method, OtherFields};
use crate::text::{Labels, Name};
use crate::{Fault, Secret};

/// The setting that says where the application is: it stands for whatever a kind calls its address.
pub const BASE_URL: &str = "base_url";
/// What the application knows us as.
pub const CLIENT_ID: &str = "client_id";
/// What we ask it for.
pub const SCOPES: &str = "scopes";
/// What proves us to it.
pub const CLIENT_SECRET: &str = "client_secret";
/// The dialect that knows integrations, and the credentials that use them, by whole numbers.
pub const NUMBERED_FOR: Dialect = Dialect::Dx;
/// The one method of every integration.
const METHOD: &str = "fields";
/// Longest name of a kind, in bytes, and its alphabet is that of kind files.
const KIND_BYTES: usize = 64;
/// More than any application knows.
const MOST_SCOPES: usize = 256;

/// An integration without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integration {
    /// Its id.
    pub id: IntegrationId,
    /// Its ids in dialects beside its own.
    pub aliases: Aliases,
    /// Where it lives.
    pub workspace: WorkspaceId,
    /// Which sort of application: the name of a kind of credentials, or one that only a dialect knows.
    pub kind: String,
    /// Free text, not unique.
    pub name: Name,
    /// Public fields.
    pub settings: FieldMap,
    /// Names of the sealed fields.
    pub secret_fields: Vec<String>,
    /// Counts every change.
    pub version: u64,
    /// Counts changes of settings and secrets.
    pub value_version: u64,
    /// Who made it.
    pub created_by: PrincipalId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who changed it last.
    pub modified_by: PrincipalId,
    /// When it was changed last.
    pub modified_at: Timestamp,
}

/// What credentials see of their integration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shared {
    /// The integration's version.
    pub version: u64,
    /// What sort of application it is.
    pub kind: String,
    /// Its settings.
    pub settings: FieldMap,
}

/// Whether a text names a sort of application.
pub fn is_kind_name(text: &str) -> bool {
    text.len() <= KIND_BYTES
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The fields of an integration of this name, as a kind of its own, so that the steps of a change hold for
/// it: those of every integration, and the public ones of the credentials that it is for. There is no check
/// of it alone: what proves it is the credentials that use it.
pub fn kind_of(name: &str, known: Option<&Kind>) -> Kind {
    let mut fields = vec![
        Field::new(BASE_URL, "Address", FieldType::Url).marked(&[Mark::Target]),
        Field::new(CLIENT_ID, "Client id", FieldType::String),
        Field::new(SCOPES, "Scopes", FieldType::Json),
    ];
    let lent = known.into_iter().flat_map(|kind| kind.fields.iter().chain(own_fields(kind)));
    for field in lent.filter(|field| !field.is(Mark::Secret) && !fields_have_address(known, field)) {
        if !fields.iter().any(|other| other.name == field.name) {
            let marks = field.marks.iter().copied().filter(|mark| *mark == Mark::Target).collect();
            fields.push(Field { marks, default: None, ..field.clone() });
        }
    }
    fields.push(Field::new(CLIENT_SECRET, "Client secret", FieldType::String).marked(&[Mark::Secret]));
    Kind {
        name: name.to_owned(),
        title: known.map_or_else(|| name.to_owned(), |kind| kind.title.clone()),
        description: "An application that credentials share.".to_owned(),
        documentation: known.and_then(|kind| kind.documentation.clone()),
        fields,
        methods: vec![Method { name: METHOD.to_owned(), title: "Fields".to_owned(), fields: Vec::new() }],
        check: CheckGrade::None,
        others: OtherFields::Refused,
        scopes: crate::scopes::ScopeGrants::default(),
    }
}

fn own_fields(kind: &Kind) -> impl Iterator<Item = &Field> {
    kind.methods.iter().flat_map(|method| &method.fields)
}

fn fields_have_address(known: Option<&Kind>, field: &Field) -> bool {
    known.is_some_and(|kind| address_of(kind) == Some(&field.name))
}

/// What the kind calls its address: `base_url`, or else its only URL that is a target.
fn address_of(kind: &Kind) -> Option<&str> {
    if kind.fields.iter().any(|field| field.name == BASE_URL) {
        return Some(BASE_URL);
    }
    let mut addresses =
        kind.fields.iter().filter(|field| field.kind == FieldType::Url && field.is(Mark::Target));
    match (addresses.next(), addresses.next()) {
        (Some(only), None) => Some(&only.name),
        _ => None,
    }
}

/// What its own form cannot say: scopes are a list of words.
pub fn examine(settings: &FieldMap) -> Vec<Fault> {
    let is_word =
        |item: &Value| item.as_str().is_some_and(|text| !text.is_empty() && text.parse::<Name>().is_ok());
    let is_good = match settings.value(SCOPES) {
        None => true,
        Some(Value::Array(items)) => items.len() <= MOST_SCOPES && items.iter().all(is_word),
        Some(_) => false,
    };
    let message = format!("must be a list of at most {MOST_SCOPES} plain texts");
    if is_good { Vec::new() } else { vec![Fault::new("/settings/scopes", message)] }
}

/// The settings that a credential does not state itself and has all the same: the integration's, under the
/// names of the credential's kind, and then the kind's defaults. Those are never stored with a credential
/// that has an integration, so that what the integration says later still counts.
///
/// A kind that takes any fields takes all that the integration states.
pub fn inherited(kind: &Kind, method: &str, own: &FieldMap, shared: &FieldMap) -> FieldMap {
    if kind.others == OtherFields::Accepted {
        return shared.iter().filter(|(name, _)| !own.contains(name)).map(|(n, v)| (n, v.clone())).collect();
    }
    let address = address_of(kind);
    let public = kind.fields_of(method).filter(|field| !field.is(Mark::Secret) && !own.contains(&field.name));
    let taken = public.filter_map(|field| {
        let shared_name = if address == Some(&field.name) { BASE_URL } else { &field.name };
        let value = shared.value(shared_name).or(field.default.as_ref())?;
        Some((field.name.as_str(), value.clone()))
    });
    taken.collect()
}

/// What a credential has in all: the inherited, then its own.
pub fn effective(inherited: &FieldMap, own: &FieldMap) -> FieldMap {
    inherited.iter().chain(own.iter()).map(|(name, value)| (name, value.clone())).collect()
}

/// What its value is sealed under in place of a credential's id and kind. No kind of credentials is called
/// so: the two can never be taken for one another.
pub fn sealed_as(id: IntegrationId, kind: &str) -> (CredentialId, String) {
    (CredentialId::from_bytes(*id.as_bytes()), format!("integration/{kind}"))
}

impl Integration {
    /// What credentials see of it.
    pub fn shared(&self) -> Shared {
        Shared { version: self.version, kind: self.kind.clone(), settings: self.settings.clone() }
    }

    /// The same as the steps of a change see it.
    pub fn candidate(&self, secrets: Secret<FieldMap>) -> Candidate {
        Candidate { settings: self.settings.clone(), secrets, ..blank(&self.kind, &self.name) }
    }
}

/// What a new integration starts from.
pub fn blank(kind: &str, name: &Name) -> Candidate {
    Candidate {
        name: name.clone(),
        slug: None,
        description: None,
        labels: Labels::new(),
        owner: Owner::Workspace,
        integration: None,
        expires_at: None,
        kind: kind.to_owned(),
        method: METHOD.to_owned(),
        settings: FieldMap::new(),
        secrets: Secret::new(FieldMap::new()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policy::FieldPolicy;
    use crate::steps::validate::validate;

    fn fields(value: Value) -> FieldMap {
        serde_json::from_value(value).unwrap()
    }

    /// A kind with an address of another name, a default, and a target by its own name.
    fn jira() -> Kind {
        let mut kind = crate::steps::validate::tests::kind();
        kind.fields = vec![
            Field::new("site_url", "Site", FieldType::Url).marked(&[Mark::Required, Mark::Target]),
            Field::new("region", "Region", FieldType::String).marked(&[Mark::Target]).default("eu"),
            Field::new("email", "E-mail", FieldType::String).marked(&[Mark::Required, Mark::Identity]),
        ];
        kind
    }

    #[test]
    fn what_the_credential_states_wins_and_defaults_come_last() {
        let shared =
            fields(json!({"base_url": "https://a.example", "client_id": "c", "email": "x@a.example"}));
        let of = |own: Value, shared: &FieldMap| {
            let own = fields(own);
            serde_json::to_value(effective(&inherited(&jira(), "password", &own, shared), &own)).unwrap()
        };
        assert_eq!(
            of(json!({"email": "me@a.example"}), &shared),
            json!({"site_url": "https://a.example", "region": "eu", "email": "me@a.example"})
        );
        assert_eq!(of(json!({"site_url": "https://b.example"}), &shared)["site_url"], "https://b.example");
        assert_eq!(of(json!({"email": "me@a.example"}), &FieldMap::new())["region"], "eu");
    }

    #[test]
    fn no_secret_is_lent() {
        let shared = fields(json!({"password": "x", "client_secret": "y"}));
        assert!(!inherited(&jira(), "password", &FieldMap::new(), &shared).contains("password"));
        assert!(kind_of("jira", Some(&jira())).fields.iter().all(|field| field.name != "password"));
    }

    #[test]
    fn a_kind_that_takes_any_fields_takes_all() {
        let kind = Kind { others: OtherFields::Accepted, fields: Vec::new(), ..jira() };
        let shared = fields(json!({"base_url": "https://a.example", "x": 1}));
        assert_eq!(inherited(&kind, "password", &fields(json!({"x": 2})), &shared).names().count(), 1);
    }

    #[test]
    fn its_fields_are_its_own_and_the_kinds_public_ones() {
        let kind = kind_of("jira", Some(&jira()));
        let names: Vec<&str> = kind.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["base_url", "client_id", "scopes", "region", "email", "client_secret"]);
        let draft =
            |settings| Candidate { settings: fields(settings), ..blank("jira", &"n".parse().unwrap()) };
        let valid = validate(draft(json!({"region": "us"})), &kind, FieldPolicy::Strict).unwrap();
        assert_eq!(valid.settings.names().collect::<Vec<_>>(), ["region"], "no default, nothing required");
        let faults = validate(draft(json!({"site_url": "https://a.example"})), &kind, FieldPolicy::Strict);
        assert_eq!(faults.err().unwrap()[0].pointer, "/settings");
        for scopes in [json!("a"), json!([1]), json!([""]), json!(["a\u{0}"]), json!(vec!["a"; 257])] {
            assert_eq!(examine(&fields(json!({"scopes": scopes}))).len(), 1, "{scopes}");
        }
        assert_eq!(examine(&fields(json!({"scopes": ["read:jira-work"]}))), []);
    }

    #[test]
    fn kinds_have_plain_names() {
        assert!(is_kind_name("jira_cloud"));
        for text in ["", "Jira", "a-b", "1a", "a b", &"a".repeat(65)] {
            assert!(!is_kind_name(text), "{text}");
        }
    }
}
