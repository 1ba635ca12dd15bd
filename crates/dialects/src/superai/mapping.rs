//! Which kind a provider and a type of credential are: one table of kinds, one of their fields.
//!
//! What is in the table has a check, so it is tried before it is saved, and what was made natively shows up
//! under its provider. Everything else is an opaque kind of this dialect, one per provider: sealed as given.

use serde_json::{Map, Value};
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::kind::Kind;
use strongroom_domain::steps::spell::{Spelled, Spelling};

use super::guesses;
use super::words::{CredentialType, Provider, Word as _};

/// A provider's type of credential that is a kind with a check.
struct Mapped {
    provider: Provider,
    credential_type: CredentialType,
    kind: &'static str,
    method: &'static str,
}

/// Two rows of one kind are its two methods.
const TYPES: [Mapped; 5] = [
    Mapped {
        provider: Provider::Sftp,
        credential_type: CredentialType::UserPassword,
        kind: "sftp",
        method: "password",
    },
    Mapped {
        provider: Provider::Sftp,
        credential_type: CredentialType::KeyFile,
        kind: "sftp",
        method: "key",
    },
    Mapped {
        provider: Provider::Postgresql,
        credential_type: CredentialType::UserPassword,
        kind: "postgresql",
        method: "password",
    },
    Mapped {
        provider: Provider::InternalPostgresql,
        credential_type: CredentialType::UserPassword,
        kind: "internal_postgresql",
        method: "password",
    },
    Mapped {
        provider: Provider::AwsSes,
        credential_type: CredentialType::ApiKey,
        kind: "aws_ses",
        method: "access_key",
    },
];

/// The kinds of the table: what this dialect shows beside what was made through it.
pub(super) const KINDS: &[&str] = &["aws_ses", "internal_postgresql", "postgresql", "sftp"];

/// The kinds that the two operations on stored databases are for.
pub(super) const DATABASES: [&str; 2] = ["postgresql", "internal_postgresql"];

/// A field that is called the same on both sides: named here all the same, because an unnamed one is sealed.
const fn alike(kind: &'static str, name: &'static str) -> Spelled {
    Spelled { kind, theirs: name, ours: name }
}

/// What the keys of `credentials` are called in the kinds (1.4). A key that is not here is sealed under its
/// own name. GUESS: those of `aws_ses`; `sslmode` is an extra of ours.
pub(super) const SPELLING: Spelling = Spelling {
    dialect: Dialect::Superai,
    fields: &[
        alike("aws_ses", "access_key_id"),
        alike("aws_ses", "secret_access_key"),
        alike("aws_ses", "session_token"),
        alike("aws_ses", "region"),
        alike("internal_postgresql", "host"),
        alike("internal_postgresql", "port"),
        alike("internal_postgresql", "username"),
        alike("internal_postgresql", "password"),
        alike("internal_postgresql", "database"),
        alike("internal_postgresql", "sslmode"),
        alike("internal_postgresql", "connection_string"),
        alike("postgresql", "host"),
        alike("postgresql", "port"),
        alike("postgresql", "username"),
        alike("postgresql", "password"),
        alike("postgresql", "database"),
        alike("postgresql", "sslmode"),
        alike("postgresql", "connection_string"),
        alike("sftp", "host"),
        alike("sftp", "port"),
        alike("sftp", "username"),
        alike("sftp", "password"),
        Spelled { kind: "sftp", theirs: "private_key_data", ours: "private_key" },
        Spelled { kind: "sftp", theirs: "private_key_passphrase", ours: "passphrase" },
    ],
};

/// A kind, and the method whose fields the `credentials` are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) kind: String,
    pub(super) method: String,
}

/// The kind of what a client sends. For databases a connection string wins over the separate fields.
pub(super) fn choose(
    provider: Provider,
    credential_type: CredentialType,
    credentials: &Map<String, Value>,
) -> Choice {
    let mapped =
        TYPES.iter().find(|mapped| mapped.provider == provider && mapped.credential_type == credential_type);
    let Some(mapped) = mapped else {
        return Choice { kind: opaque(provider), method: OPAQUE_METHOD.to_owned() };
    };
    let is_one_string = DATABASES.contains(&mapped.kind)
        && credentials.get(STRING).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let method = if is_one_string { STRING } else { mapped.method };
    Choice { kind: mapped.kind.to_owned(), method: method.to_owned() }
}

/// The key, and the method of the kinds.
const STRING: &str = "connection_string";

/// The one method of every opaque kind.
const OPAQUE_METHOD: &str = "fields";

/// Where everything goes that has no check. The words are short, so there always is such a name.
fn opaque(provider: Provider) -> String {
    Kind::opaque_name(Dialect::Superai, provider.word()).unwrap_or_default()
}

/// A port, which is a number in one schema of the contract and a text in another.
pub(super) fn port(value: &Value) -> Option<u16> {
    match value {
        Value::String(text) => text.parse().ok().filter(|port: &u16| port.to_string() == *text),
        other => other.as_u64().and_then(|port| u16::try_from(port).ok()),
    }
}

/// Every kind that a provider's credentials may be of.
pub(super) fn kinds_of(provider: Provider) -> Vec<String> {
    let mut kinds: Vec<String> = TYPES
        .iter()
        .filter(|mapped| mapped.provider == provider)
        .map(|mapped| mapped.kind.to_owned())
        .collect();
    kinds.dedup();
    kinds.push(opaque(provider));
    kinds
}

/// The provider that a credential shows up under.
pub(super) fn provider_of(credential: &Credential) -> Provider {
    let mapped = TYPES.iter().find(|mapped| mapped.kind == credential.kind).map(|mapped| mapped.provider);
    let opaque = || Provider::of(&Kind::opaque_word(&credential.kind)?);
    mapped.or_else(opaque).unwrap_or(guesses::PROVIDER_OF_OTHERS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chosen(provider: Provider, credential_type: CredentialType, credentials: &Value) -> (String, String) {
        let Choice { kind, method } = choose(provider, credential_type, credentials.as_object().unwrap());
        (kind, method)
    }

    fn pair(kind: &str, method: &str) -> (String, String) {
        (kind.to_owned(), method.to_owned())
    }

    #[test]
    fn a_connection_string_wins_where_there_is_one() {
        let database =
            |credentials: &Value| chosen(Provider::Postgresql, CredentialType::UserPassword, credentials);
        let string = json!({"host": "h", "connection_string": "postgresql://h/d"});
        assert_eq!(database(&string), pair("postgresql", "connection_string"));
        for without in [json!({}), json!({"connection_string": null}), json!({"connection_string": ""})] {
            assert_eq!(database(&without), pair("postgresql", "password"));
        }
        let elsewhere = chosen(Provider::Sftp, CredentialType::KeyFile, &string);
        assert_eq!(elsewhere, pair("sftp", "key"));
    }

    #[test]
    fn what_is_not_in_the_table_is_opaque_under_its_provider() {
        for provider in Provider::ALL {
            let (kind, method) = chosen(*provider, CredentialType::SharepointReceive, &json!({}));
            assert_eq!(
                (kind.as_str(), method.as_str()),
                (&*format!("superai/{}", provider.word()), "fields")
            );
            assert!(kinds_of(*provider).contains(&kind));
        }
        assert_eq!(kinds_of(Provider::Sftp), ["sftp", "superai/sftp"]);
    }

    #[test]
    fn the_list_of_kinds_is_that_of_the_table() {
        let mut kinds: Vec<&str> = TYPES.iter().map(|mapped| mapped.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds, KINDS);
        for spelled in SPELLING.fields {
            assert!(KINDS.contains(&spelled.kind), "{}", spelled.kind);
        }
    }
}
