//! `credentials.update`: what the merged value would be is checked before anything is saved, whatever changes.

use axum::response::Response;
use http::StatusCode;
use strongroom_domain::Error;
use strongroom_domain::credential::Credential;
use strongroom_service::options::Wanted;
use strongroom_web::{Answer, Call};

use crate::dx::connections;
use crate::dx::draft::Body;
use crate::dx::errors::{Refused, answer};
use crate::dx::wire::{One, SavedBody, ok};

pub(crate) async fn handle(mut call: Call) -> Answer {
    answer(update(&mut call).await)
}

async fn update(call: &mut Call) -> Result<Response, Refused> {
    let connection = connections::named(call, "connection_id").await?;
    let mut body = Body::of(call).await?;
    let number = body.id()?;
    // That there is no such credential is told before what is wrong with the rest.
    let draft = body.draft();
    let wish = |stored: &Credential| {
        if stored.integration != Some(connection.id) {
            return Err(Error::NotFound);
        }
        let (Ok(draft), Some(kind)) = (&draft, super::kind(call, &stored.kind)) else {
            return Err(Error::invalid(Vec::new()));
        };
        Ok(Wanted { change: draft.change(&kind, Some(stored)), options: super::options() })
    };
    let saved = call.service().change_by(call.context(), &super::reference(&number), &wish).await?;
    ok(StatusCode::OK, One { credential: SavedBody::of(&connection, &saved.credential) })
}
