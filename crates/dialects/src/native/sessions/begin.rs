//! `POST /v1/sessions`: a session for an ID token that answers our nonce. The session is shown once.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::error::Unreadable;
use strongroom_domain::{Error, Secret, Timestamp};
use strongroom_service::sessions::{Arrival, Door};
use strongroom_web::{Answer, Fields, Visit, respond};

#[derive(Serialize)]
struct SessionBody<'a> {
    session: &'a str,
    expires_at: Timestamp,
}

pub(crate) async fn handle(mut visit: Visit) -> Answer {
    const NO_BODY: Error = Error::Unreadable(Unreadable::Json("The body must be a JSON object."));
    let mut fields = Fields::of(visit.body().await?.ok_or(NO_BODY)?);
    fields.require("id_token");
    let token = fields.text("id_token").map(Secret::new);
    let token = fields.complete(token)?;
    let arrival = Arrival {
        request: visit.request(),
        trace: visit.trace(),
        source: visit.peer(),
        view: visit.view(),
        door: Door::Client,
    };
    // EXPOSE: the statement is read by the service and kept nowhere
    let signed_in = visit.service().sign_in_stated(token.expose(), arrival).await?;
    // EXPOSE: the session is shown in the answer that makes it, and never again
    let body = SessionBody { session: signed_in.session.expose(), expires_at: signed_in.ends };
    respond::json(StatusCode::CREATED, &body)
}
