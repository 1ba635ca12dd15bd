//! `credentials.list`: all of a connection, oldest first.

use axum::response::Response;
use http::StatusCode;
use strongroom_domain::credential::Credential;
use strongroom_service::options::ListRequest;
use strongroom_web::{Answer, Call};

use crate::dx::connections;
use crate::dx::errors::{Refused, answer};
use crate::dx::wire::{Credentials, ListedBody, ok};

pub(crate) async fn handle(call: Call) -> Answer {
    answer(list(&call).await)
}

async fn list(call: &Call) -> Result<Response, Refused> {
    let connection = connections::named(call, "connection_id").await?;
    let request = ListRequest { integration: Some(connection.id), ..ListRequest::default() };
    let show = |credential: &Credential| {
        let kind = super::kind(call, &credential.kind);
        ListedBody::of(&connection, kind.as_deref(), credential)
    };
    let credentials = call.service().list_whole(call.context(), &request, show).await?;
    ok(StatusCode::OK, Credentials { credentials })
}
