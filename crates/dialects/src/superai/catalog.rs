//! Operation 12, `GET /integrations/catalog` (1.10): what there is to connect to, one entry per provider.
//!
//! The table is a GUESS as a whole (see `guesses`): the contract has the shape of an entry and no entry.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use strongroom_domain::access::Action;
use strongroom_web::{Answer, Call, respond};
use uuid::Uuid;

use super::caller;
use super::failure::{self, Failure};
use super::words::{CredentialType as Type, Provider, Word as _};

pub(crate) async fn handle(call: Call) -> Answer {
    failure::answered(call.context().request, listed(&call).await)
}

async fn listed(call: &Call) -> Result<Response, Failure> {
    caller::must_hold(call, Action::ReadCatalogue).await?;
    let entries: Vec<_> = ENTRIES.iter().zip(1_u8..).map(|(entry, nth)| entry.shown(nth)).collect();
    Ok(respond::json(StatusCode::OK, &entries)?)
}

/// One row of the table.
struct Entry {
    provider: Provider,
    category: &'static str,
    display_name: &'static str,
    description: &'static str,
    types: &'static [Type],
}

/// In the order in which ids were given: an id stays with its entry, so new ones are added at the end.
const ENTRIES: [Entry; 11] = [
    Entry {
        provider: Provider::Sftp,
        category: "storage",
        display_name: "SFTP",
        description: "Files on an SSH server. Tried before it is saved.",
        types: &[Type::UserPassword, Type::KeyFile, Type::Sftp],
    },
    Entry {
        provider: Provider::Postgresql,
        category: "database",
        display_name: "PostgreSQL",
        description: "A database. Tried before it is saved.",
        types: &[Type::UserPassword],
    },
    Entry {
        provider: Provider::InternalPostgresql,
        category: "database",
        display_name: "PostgreSQL of the platform itself",
        description: "A database that the platform runs for itself. Tried before it is saved.",
        types: &[Type::UserPassword],
    },
    Entry {
        provider: Provider::AwsSes,
        category: "messaging",
        display_name: "Amazon SES",
        description: "Mail through AWS. Tried before it is saved.",
        types: &[Type::ApiKey],
    },
    Entry {
        provider: Provider::Microsoft,
        category: "messaging",
        display_name: "Microsoft",
        description: "Tokens of a Microsoft account. Kept as given.",
        types: &[Type::Oauth2],
    },
    Entry {
        provider: Provider::Google,
        category: "storage",
        display_name: "Google",
        description: "Tokens of a Google account. Kept as given.",
        types: &[Type::GoogleOauth, Type::Oauth2, Type::GoogleDriveReceive],
    },
    Entry {
        provider: Provider::Sharepoint,
        category: "storage",
        display_name: "SharePoint",
        description: "Tokens of a SharePoint user. Kept as given.",
        types: &[Type::SharepointOauth, Type::Oauth2, Type::SharepointReceive],
    },
    Entry {
        provider: Provider::SharepointClientSecret,
        category: "storage",
        display_name: "SharePoint application",
        description: "A client secret of an application. Kept as given.",
        types: &[Type::ClientCredentials, Type::SharepointReceive],
    },
    Entry {
        provider: Provider::AzureBlob,
        category: "storage",
        display_name: "Azure Blob Storage",
        description: "A client secret for a storage account. Kept as given.",
        types: &[Type::ClientCredentials, Type::AzureBlobReceive],
    },
    Entry {
        provider: Provider::FileStorage,
        category: "storage",
        display_name: "File storage",
        description: "Access to stored files. Kept as given.",
        types: &[Type::ApiKey],
    },
    Entry {
        provider: Provider::ApiCredential,
        category: "automation",
        display_name: "API key",
        description: "A key of any API. Kept as given.",
        types: &[Type::ApiKey],
    },
];

/// `IntegrationCatalogResponse`.
#[derive(Serialize)]
struct Shown {
    id: String,
    category: &'static str,
    provider: &'static str,
    name: &'static str,
    display_name: Option<&'static str>,
    description: &'static str,
    credential_types: Vec<&'static str>,
    is_plugin: bool,
    credential_providers: Option<Vec<CredentialProvider>>,
}

#[derive(Serialize)]
struct CredentialProvider {
    is_oauth: bool,
    name: &'static str,
    credential_schema: Value,
}

impl Entry {
    fn shown(&self, nth: u8) -> Shown {
        let name = self.provider.word();
        let providers = self.types.iter().map(|of| CredentialProvider {
            is_oauth: is_oauth(*of),
            name: of.word(),
            credential_schema: schema(self.provider, *of),
        });
        Shown {
            id: id(nth).to_string(),
            category: self.category,
            provider: name,
            name,
            display_name: Some(self.display_name),
            description: self.description,
            credential_types: self.types.iter().map(|of| of.word()).collect(),
            is_plugin: false,
            credential_providers: Some(providers.collect()),
        }
    }
}

/// The same on every server, for ever (RFC 9562, version 8: bits of our own choice).
fn id(nth: u8) -> Uuid {
    let mut bytes = *b"sr-superai-entry";
    bytes[15] = nth;
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Whether its fields come from an authorisation; until there is an engine they are sent like all others.
const fn is_oauth(of: Type) -> bool {
    matches!(of, Type::GoogleOauth | Type::SharepointOauth | Type::Oauth2)
}

/// The keys of 1.4 as JSON Schema: what is checked is in no schema of the contract, so nothing beyond them is
/// refused.
fn schema(provider: Provider, of: Type) -> Value {
    let (required, others): (&[&str], &[&str]) = match (provider, of) {
        (Provider::Sftp, Type::UserPassword) => (&["host", "username", "password"], &["port"]),
        (Provider::Sftp, Type::KeyFile) => {
            (&["host", "username", "private_key_data"], &["port", "private_key_passphrase"])
        }
        (Provider::Postgresql | Provider::InternalPostgresql, _) => {
            (&[], &["host", "port", "username", "password", "database", "connection_string", "sslmode"])
        }
        (Provider::AwsSes, _) => (&["access_key_id", "secret_access_key"], &["session_token", "region"]),
        (_, Type::ApiKey) => (&["api_key"], &[]),
        (_, of) if is_oauth(of) => {
            (&["access_token"], &["refresh_token", "expires_at", "scope", "token_type"])
        }
        (Provider::AzureBlob, Type::ClientCredentials) => {
            (&["tenant_id", "client_id", "client_secret"], &["account_name", "container"])
        }
        (_, Type::ClientCredentials) => (&["tenant_id", "client_id", "client_secret"], &[]),
        _ => (&[], &[]),
    };
    let type_of = |name: &str| match (name, provider) {
        ("port", Provider::Sftp) => "integer",
        _ => "string",
    };
    let properties: serde_json::Map<String, Value> = required
        .iter()
        .chain(others)
        .map(|name| ((*name).to_owned(), json!({ "type": type_of(name) })))
        .collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": true})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_has_one_entry_and_an_id_that_stays() {
        let mut named: Vec<&str> = ENTRIES.iter().map(|entry| entry.provider.word()).collect();
        let mut all: Vec<&str> = Provider::ALL.iter().map(|provider| provider.word()).collect();
        named.sort_unstable();
        all.sort_unstable();
        assert_eq!(named, all);
        assert_eq!(id(1).to_string(), "73722d73-7570-8572-a169-2d656e747201");
        assert_eq!((id(11).get_version_num(), ENTRIES[0].provider.word()), (8, "sftp"));
    }
}
