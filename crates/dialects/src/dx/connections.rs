//! `connections.list` and `connections.info`; and the connection that every other path names.

use axum::response::Response;
use http::StatusCode;
use strongroom_domain::Error;
use strongroom_domain::integration::Integration;
use strongroom_service::integrations::IntegrationRef;
use strongroom_web::{Answer, Call};

use super::errors::{Refused, answer};
use super::guesses as g;
use super::wire::{Connection, ConnectionBody, ConnectionInfo, Connections, ok};

/// All of them, by type (3.3); those of one type by number.
pub(super) async fn list(call: Call) -> Answer {
    answer(listed(&call).await)
}

/// One, with its settings.
pub(super) async fn info(call: Call) -> Answer {
    answer(informed(&call).await)
}

/// The connection that this parameter of the path names.
pub(super) async fn named(call: &Call, parameter: &str) -> Result<Integration, Refused> {
    let named = IntegrationRef::Alias(call.parameter(parameter).to_owned());
    call.service().integration(call.context(), &named).await.map_err(|error| match error {
        Error::NotFound => Refused::Plain(g::CONNECTION_NOT_FOUND),
        error => Refused::By(error),
    })
}

async fn listed(call: &Call) -> Result<Response, Refused> {
    let mut integrations = call.service().integrations_whole(call.context()).await?;
    // Stable: they come in the order in which they were made, which is that of their numbers.
    integrations.sort_by(|one, other| one.kind.cmp(&other.kind));
    let verified = call.service().verified_integrations(call.context(), None).await?;
    let body = |integration| ConnectionBody::of(integration, verified.contains(&integration.id));
    ok(StatusCode::OK, Connections { connections: integrations.iter().map(body).collect() })
}

async fn informed(call: &Call) -> Result<Response, Refused> {
    let integration = named(call, "id").await?;
    let verified = call.service().verified_integrations(call.context(), Some(integration.id)).await?;
    let connection = ConnectionInfo::of(&integration, verified.contains(&integration.id));
    ok(StatusCode::OK, Connection { connection })
}
