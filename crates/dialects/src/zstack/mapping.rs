//! ZStack's words for our things: types for kinds, its health for ours, its ids for our ids.
//!
//! A ZStack credential is one `value`. So it is an opaque kind with one sealed field, or a kind of ours whose
//! method keeps one secret that a new value can take the place of.

use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::health::HealthStatus;
use strongroom_domain::ids::{CredentialId, IntegrationId};
use strongroom_domain::kind::Kind;
use uuid::Uuid;

/// The sealed field of what is made through this dialect.
pub(super) const OWN_VALUE: &str = "value";

/// What sort of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// Not said. Published, and so it can be created.
    Unspecified,
    Password,
    ApiKey,
    TlsCert,
    SshKey,
}

/// The words of a type.
struct Words {
    of: Type,
    /// On the wire.
    wire: &'static str,
    /// In the name of its opaque kind.
    opaque: &'static str,
}

/// GUESS: every word but the first; the contract has them from the prose of its source.
const TYPES: [Words; 5] = [
    Words { of: Type::Unspecified, wire: "CREDENTIAL_TYPE_UNSPECIFIED", opaque: "unspecified" },
    Words { of: Type::Password, wire: "CREDENTIAL_TYPE_PASSWORD", opaque: "password" },
    Words { of: Type::ApiKey, wire: "CREDENTIAL_TYPE_API_KEY", opaque: "api_key" },
    Words { of: Type::TlsCert, wire: "CREDENTIAL_TYPE_TLS_CERT", opaque: "tls_cert" },
    Words { of: Type::SshKey, wire: "CREDENTIAL_TYPE_SSH_KEY", opaque: "ssh_key" },
];

/// A method of one of our kinds, the type it shows up as, and the secret that its value is.
struct Mapped {
    kind: &'static str,
    method: &'static str,
    of: Type,
    field: &'static str,
}

const fn mapped(kind: &'static str, method: &'static str, of: Type, field: &'static str) -> Mapped {
    Mapped { kind, method, of, field }
}

/// GUESS: which of our kinds are which type. Every method with one secret that can be replaced by itself.
const MAPPED: [Mapped; 36] = [
    mapped("anthropic", "api_key", Type::ApiKey, "api_key"),
    mapped("aws", "access_key", Type::ApiKey, "secret_access_key"),
    mapped("aws_ses", "access_key", Type::ApiKey, "secret_access_key"),
    mapped("azure_devops", "token", Type::ApiKey, "token"),
    mapped("bitbucket", "access_token", Type::ApiKey, "access_token"),
    mapped("bitbucket", "api_token", Type::ApiKey, "api_token"),
    mapped("bitbucket_data_center", "password", Type::Password, "password"),
    mapped("bitbucket_data_center", "token", Type::ApiKey, "token"),
    mapped("buildkite", "api_token", Type::ApiKey, "api_token"),
    mapped("circleci", "api_token", Type::ApiKey, "api_token"),
    mapped("cursor", "api_key", Type::ApiKey, "api_key"),
    mapped("devin", "api_key", Type::ApiKey, "api_key"),
    mapped("github", "token", Type::ApiKey, "token"),
    mapped("github_app", "private_key", Type::ApiKey, "private_key"),
    mapped("gitlab", "token", Type::ApiKey, "token"),
    mapped("http_api_key", "api_key", Type::ApiKey, "api_key"),
    mapped("http_basic", "password", Type::Password, "password"),
    mapped("http_bearer", "token", Type::ApiKey, "token"),
    mapped("internal_postgresql", "password", Type::Password, "password"),
    mapped("internal_postgresql", "connection_string", Type::Password, "connection_string"),
    mapped("jira_cloud", "api_token", Type::ApiKey, "api_token"),
    mapped("jira_data_center", "password", Type::Password, "password"),
    mapped("jira_data_center", "token", Type::ApiKey, "token"),
    mapped("linear", "api_key", Type::ApiKey, "api_key"),
    mapped("openai", "api_key", Type::ApiKey, "api_key"),
    mapped("pagerduty", "api_key", Type::ApiKey, "api_key"),
    mapped("postgresql", "password", Type::Password, "password"),
    mapped("postgresql", "connection_string", Type::Password, "connection_string"),
    mapped("sftp", "password", Type::Password, "password"),
    mapped("sftp", "key", Type::SshKey, "private_key"),
    mapped("slack", "token", Type::ApiKey, "token"),
    mapped("smtp", "password", Type::Password, "password"),
    mapped("snyk", "api_token", Type::ApiKey, "api_token"),
    mapped("sonarcloud", "token", Type::ApiKey, "api_token"),
    mapped("sonarqube", "token", Type::ApiKey, "api_token"),
    mapped("stripe", "api_key", Type::ApiKey, "api_key"),
];

/// The kinds of the table: what this dialect shows beside what was made through it.
pub(super) const KINDS: &[&str] = &{
    let mut kinds = [""; MAPPED.len()];
    let mut at = 0;
    while at < MAPPED.len() {
        kinds[at] = MAPPED[at].kind;
        at += 1;
    }
    kinds
};

impl Type {
    /// The type of this word.
    pub(super) fn parse(wire: &str) -> Option<Self> {
        TYPES.iter().find(|words| words.wire == wire).map(|words| words.of)
    }

    /// The type that a credential shows up as.
    pub(super) fn of(credential: &Credential) -> Self {
        if let Some(row) = row_of(credential) {
            return row.of;
        }
        let word = Kind::opaque_word(&credential.kind).unwrap_or_default();
        TYPES.iter().find(|words| words.opaque == word).map_or(Self::Unspecified, |words| words.of)
    }

    /// Every word, for messages.
    pub(super) fn words_of_all() -> Vec<&'static str> {
        TYPES.iter().map(|words| words.wire).collect()
    }

    /// Its word.
    pub(super) fn wire(self) -> &'static str {
        self.words().wire
    }

    /// The kind of what is made through this dialect.
    pub(super) fn own_kind(self) -> String {
        format!("{}/{}", Dialect::Zstack, self.words().opaque)
    }

    /// All kinds and methods that show up as this type: whatever has one of each, is of it.
    pub(super) fn kinds_and_methods(self) -> (Vec<String>, Vec<String>) {
        let own_method = "fields".to_owned();
        let rows = MAPPED.iter().filter(|row| row.of == self);
        let (mut kinds, mut methods): (Vec<String>, Vec<String>) =
            rows.map(|row| (row.kind.to_owned(), row.method.to_owned())).unzip();
        kinds.push(self.own_kind());
        methods.push(own_method);
        (kinds, methods)
    }

    fn words(self) -> &'static Words {
        TYPES.iter().find(|words| words.of == self).expect("the table has every type")
    }
}

/// The secret of a credential that its `value` is.
pub(super) fn value_field(credential: &Credential) -> &'static str {
    row_of(credential).map_or(OWN_VALUE, |row| row.field)
}

fn row_of(credential: &Credential) -> Option<&'static Mapped> {
    MAPPED.iter().find(|row| row.kind == credential.kind && row.method == credential.method)
}

/// GUESS: every word but the first. What was never tried is not said to be valid.
const HEALTH: [(HealthStatus, &str); 5] = [
    (HealthStatus::Unknown, "CREDENTIAL_HEALTH_STATUS_UNSPECIFIED"),
    (HealthStatus::Healthy, "CREDENTIAL_HEALTH_STATUS_VALID"),
    (HealthStatus::Expiring, "CREDENTIAL_HEALTH_STATUS_EXPIRING"),
    (HealthStatus::Expired, "CREDENTIAL_HEALTH_STATUS_EXPIRED"),
    (HealthStatus::Failing, "CREDENTIAL_HEALTH_STATUS_INVALID"),
];

/// The word for a health.
pub(super) fn health_word(status: HealthStatus) -> &'static str {
    HEALTH.iter().find(|(other, _)| *other == status).map_or(HEALTH[0].1, |(_, word)| word)
}

/// The health of a word.
pub(super) fn health_of(word: &str) -> Option<HealthStatus> {
    HEALTH.iter().find(|(_, other)| *other == word).map(|(status, _)| *status)
}

/// Every word of health, for messages.
pub(super) fn health_words() -> Vec<&'static str> {
    HEALTH.iter().map(|(_, word)| *word).collect()
}

/// What stands before the UUID of a credential.
const PREFIX: &str = "cred-";

/// How ZStack spells an id.
pub(super) fn id_text(id: CredentialId) -> String {
    format!("{PREFIX}{}", id.uuid())
}

/// The id of a text in exactly that spelling.
pub(super) fn id_of(text: &str) -> Option<CredentialId> {
    canonical(text.strip_prefix(PREFIX)?).map(CredentialId::from_uuid)
}

/// The integration that a component is: by its UUID, or as the native API spells it.
pub(super) fn component_of(text: &str) -> Option<IntegrationId> {
    text.parse().ok().or_else(|| canonical(text).map(IntegrationId::from_uuid))
}

fn canonical(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|uuid| uuid.to_string() == text)
}

#[cfg(test)]
mod tests {
    use strongroom_connectors::Catalogue;
    use strongroom_domain::kind::Mark;

    use super::*;

    #[test]
    fn whatever_a_filter_by_type_finds_is_of_that_type() {
        for words in &TYPES {
            let (kinds, methods) = words.of.kinds_and_methods();
            for row in &MAPPED {
                let found = kinds.iter().any(|kind| kind == row.kind)
                    && methods.iter().any(|method| method == row.method);
                assert_eq!(found, row.of == words.of, "{} {}", row.kind, row.method);
            }
        }
    }

    /// A kind that is added must say here what it is, or it cannot be found.
    #[test]
    fn every_method_with_one_secret_is_in_the_table() {
        let catalogue = Catalogue::built_in();
        let rows: Vec<_> = MAPPED.iter().map(|row| (row.kind, row.method, row.field)).collect();
        for kind in catalogue.kinds() {
            for method in &kind.methods {
                let secrets: Vec<&str> = kind
                    .fields_of(&method.name)
                    .filter(|field| field.is(Mark::Secret))
                    .map(|field| field.name.as_str())
                    .collect();
                if let [only] = secrets[..] {
                    let row = (kind.name.as_str(), method.name.as_str(), only);
                    assert!(rows.contains(&row), "{row:?} has no row");
                }
            }
        }
        for (kind, method, field) in rows {
            let of = catalogue.kind(kind).and_then(|kind| kind.fields_of(method).find(|f| f.name == field));
            assert!(of.is_some_and(|field| field.is(Mark::Secret)), "{kind} {method} {field} is no secret");
        }
    }

    #[test]
    fn words_mean_one_thing_both_ways() {
        for words in &TYPES {
            assert_eq!(Type::parse(words.wire), Some(words.of));
            assert_eq!(Kind::opaque_name(Dialect::Zstack, words.opaque), Some(words.of.own_kind()));
        }
        for (status, word) in HEALTH {
            assert_eq!((health_word(status), health_of(word)), (word, Some(status)));
        }
    }

    #[test]
    fn inp_07_an_id_has_one_spelling() {
        let id = CredentialId::from_bytes([7; 16]);
        let text = id_text(id);
        assert_eq!(text, "cred-07070707-0707-0707-0707-070707070707");
        assert_eq!(id_of(&text), Some(id));
        for other in [
            "",
            "cred-",
            "07070707-0707-0707-0707-070707070707",
            "cred_07070707070707070707070707070707",
            "cred-07070707070707070707070707070707",
            "CRED-07070707-0707-0707-0707-070707070707",
            "cred-07070707-0707-0707-0707-07070707070A",
            "cred-{07070707-0707-0707-0707-070707070707}",
            " cred-07070707-0707-0707-0707-070707070707",
        ] {
            assert_eq!(id_of(other), None, "{other}");
        }
    }
}
