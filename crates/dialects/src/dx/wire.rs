//! The objects of the contract (3.3), field by field in its order. Never with secrets.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use strongroom_domain::Timestamp;
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::{Aliases, Dialect};
use strongroom_domain::integration::Integration;
use strongroom_domain::kind::Kind;
use strongroom_domain::text::Name;
use strongroom_web::respond;

use super::connectors::{shown, takes_many};
use super::errors::Refused;
use super::guesses as g;

use axum::response::Response;

/// What is always null: nothing here is disabled, deleted or synchronised.
type Nothing = Option<Timestamp>;

/// `{"ok":true}` and what was asked for under its own name.
#[derive(Serialize)]
pub(super) struct Ok<T: Serialize> {
    ok: bool,
    #[serde(flatten)]
    wanted: Option<T>,
}

/// A list of connections.
#[derive(Serialize)]
pub(super) struct Connections<'a> {
    pub(super) connections: Vec<ConnectionBody<'a>>,
}

/// One connection.
#[derive(Serialize)]
pub(super) struct Connection<'a> {
    pub(super) connection: ConnectionInfo<'a>,
}

/// A list of credentials.
#[derive(Serialize)]
pub(super) struct Credentials<'a> {
    pub(super) credentials: Vec<ListedBody<'a>>,
}

/// One credential, as much of it as the method shows.
#[derive(Serialize)]
pub(super) struct One<T: Serialize> {
    pub(super) credential: T,
}

/// A connection as lists show it.
#[derive(Serialize)]
pub(super) struct ConnectionBody<'a> {
    id: Option<u64>,
    r#type: &'a str,
    name: &'a Name,
    state: &'static str,
    disabled_at: Nothing,
    last_synced_at: Nothing,
    created_at: Timestamp,
    supports_multiple_credentials: bool,
}

/// The same with what only `connections.info` shows.
#[derive(Serialize)]
pub(super) struct ConnectionInfo<'a> {
    #[serde(flatten)]
    connection: ConnectionBody<'a>,
    settings: &'a Map<String, Value>,
    disabled_reason: Option<&'static str>,
    updated_at: Timestamp,
}

/// What a create and an update answer.
#[derive(Serialize)]
pub(super) struct SavedBody<'a> {
    id: Option<u64>,
    /// Of the connector, not of our kind.
    r#type: &'a str,
    label: &'a Name,
    created_at: Timestamp,
}

/// A credential as lists show it.
#[derive(Serialize)]
pub(super) struct ListedBody<'a> {
    id: Option<u64>,
    r#type: &'a str,
    label: Name,
    settings: Map<String, Value>,
    created_at: Timestamp,
    disabled_at: Nothing,
    expiration_date: Option<String>,
}

/// A credential as `credentials.info` shows it. Of one that was deleted nothing is left to be shown.
#[derive(Serialize)]
pub(super) struct InfoBody<'a> {
    id: Option<u64>,
    r#type: &'a str,
    label: Name,
    settings: Map<String, Value>,
    created_at: Timestamp,
    disabled_at: Nothing,
    deleted_at: Nothing,
    expiration_date: Option<String>,
}

/// A success.
pub(super) fn ok(status: StatusCode, wanted: impl Serialize) -> Result<Response, Refused> {
    respond::json(status, &Ok { ok: true, wanted: Some(wanted) }).map_err(Refused::By)
}

/// A success that has nothing to tell.
pub(super) fn bare_ok() -> Result<Response, Refused> {
    respond::json(StatusCode::OK, &Ok::<()> { ok: true, wanted: None }).map_err(Refused::By)
}

impl<'a> ConnectionBody<'a> {
    /// `is_verified`: whether the real system accepted one of its credentials last.
    pub(super) fn of(integration: &'a Integration, is_verified: bool) -> Self {
        Self {
            id: number(&integration.aliases),
            r#type: &integration.kind,
            name: &integration.name,
            state: if is_verified { g::VERIFIED } else { g::UNVERIFIED },
            disabled_at: None,
            last_synced_at: None,
            created_at: integration.created_at,
            supports_multiple_credentials: takes_many(&integration.kind),
        }
    }
}

impl<'a> ConnectionInfo<'a> {
    pub(super) fn of(integration: &'a Integration, is_verified: bool) -> Self {
        Self {
            connection: ConnectionBody::of(integration, is_verified),
            settings: integration.settings.as_json(),
            disabled_reason: None,
            updated_at: integration.modified_at,
        }
    }
}

impl<'a> SavedBody<'a> {
    pub(super) fn of(connection: &'a Integration, credential: &'a Credential) -> Self {
        Self {
            id: number(&credential.foreign.aliases),
            r#type: &connection.kind,
            label: &credential.name,
            created_at: credential.created_at,
        }
    }
}

impl<'a> ListedBody<'a> {
    pub(super) fn of(connection: &'a Integration, kind: Option<&Kind>, credential: &Credential) -> Self {
        Self {
            id: number(&credential.foreign.aliases),
            r#type: &connection.kind,
            label: credential.name.clone(),
            settings: shown(kind, credential),
            created_at: credential.created_at,
            disabled_at: None,
            expiration_date: credential.expires_at.map(date),
        }
    }
}

impl<'a> InfoBody<'a> {
    pub(super) fn of(connection: &'a Integration, kind: Option<&Kind>, credential: &Credential) -> Self {
        let ListedBody { id, r#type, label, settings, created_at, disabled_at, expiration_date } =
            ListedBody::of(connection, kind, credential);
        Self { id, r#type, label, settings, created_at, disabled_at, deleted_at: None, expiration_date }
    }
}

/// Null only between a save and the loss of what was saved.
fn number(aliases: &Aliases) -> Option<u64> {
    aliases.get(&Dialect::Dx)?.parse().ok()
}

/// The day alone, in the form that `guesses` has.
fn date(at: Timestamp) -> String {
    at.to_string().chars().take(g::DATE_CHARACTERS).collect()
}
