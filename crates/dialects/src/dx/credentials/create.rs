//! `credentials.create`: checked with the connection's own address, then saved.

use axum::response::Response;
use http::StatusCode;
use strongroom_domain::change::CredentialChange;
use strongroom_domain::integration::Integration;
use strongroom_service::options::{ChangeOptions, IntegrationUse, NewAlias, NewCredential};
use strongroom_web::{Answer, Call};

use crate::dx::connections;
use crate::dx::connectors::{kind_of, takes_many};
use crate::dx::draft::{Body, Draft};
use crate::dx::errors::{Refused, answer};
use crate::dx::guesses as g;
use crate::dx::wire::{One, SavedBody, ok};

pub(crate) async fn handle(mut call: Call) -> Answer {
    answer(create(&mut call).await)
}

async fn create(call: &mut Call) -> Result<Response, Refused> {
    let connection = connections::named(call, "connection_id").await?;
    let draft = Body::of(call).await?.draft()?;
    let new = new_credential(call, &connection, &draft)?;
    let integration_use =
        if takes_many(&connection.kind) { IntegrationUse::Shared } else { IntegrationUse::Sole };
    let options = ChangeOptions { integration_use, ..super::options() };
    let saved = call.service().create(call.context(), new, options).await?;
    ok(StatusCode::CREATED, One { credential: SavedBody::of(&connection, &saved.credential) })
}

fn new_credential(call: &Call, connection: &Integration, draft: &Draft) -> Result<NewCredential, Refused> {
    let invalid = Refused::Plain(g::INVALID_ARGUMENTS);
    let is_known = |name: &str| super::kind(call, name).is_some();
    let Some(kind) = kind_of(&connection.kind, is_known).and_then(|name| super::kind(call, &name)) else {
        return Err(invalid);
    };
    let name = draft.label.clone().unwrap_or_else(|| g::default_label(connection));
    let method = Some(draft.method(&kind));
    let parts =
        CredentialChange { integration: Some(Some(connection.id)), name: None, ..draft.change(&kind, None) };
    Ok(NewCredential { kind: kind.name.clone(), method, name, alias: Some(NewAlias::Counted), parts })
}
