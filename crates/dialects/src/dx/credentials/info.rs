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
    let credential = super::named(call, &connection, call.parameter("id")).await?;
    let kind = super::kind(call, &credential.kind);
    ok(StatusCode::OK, One { credential: InfoBody::of(&connection, kind.as_deref(), &credential) })
}
