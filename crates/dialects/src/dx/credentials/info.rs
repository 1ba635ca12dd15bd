//! `credentials.info`: one, never with secrets.

use axum::response::Response;
use http::StatusCode;
use strongroom_web::{Answer, Call};

use crate::dx::connections;
use crate::dx::errors::{Refused, answer};
use crate::dx::wire::{InfoBody, One, ok};

pub(crate) async fn handle(call: Call) -> Answer {
    answer(info(&call).await)
}

async fn info(call: &Call) -> Result<Response, Refused> {
    let connection = connections::named(call, "connection_id").await?;
    let named = super::reference(call.parameter("id"));
    let credential = call.service().credential_of(call.context(), &named, connection.id).await?;
    let kind = super::kind(call, &credential.kind);
    ok(StatusCode::OK, One { credential: InfoBody::of(&connection, kind.as_deref(), &credential) })
}
