//! `credentials.update`: what the merged value would be is checked before anything is saved, whatever changes.

use axum::response::Response;
use http::StatusCode;
use strongroom_web::{Answer, Call};

use crate::dx::connections;
use crate::dx::draft::Body;
use crate::dx::errors::{Refused, answer};
use crate::dx::guesses as g;
use crate::dx::wire::{One, SavedBody, ok};

pub(crate) async fn handle(mut call: Call) -> Answer {
    answer(update(&mut call).await)
}

async fn update(call: &mut Call) -> Result<Response, Refused> {
    let connection = connections::named(call, "connection_id").await?;
    let mut body = Body::of(call).await?;
    let number = body.id()?;
    let base = super::known(call, &connection, &number).await?;
    let draft = body.draft()?;
    let Some(kind) = super::kind(call, &base.kind) else {
        return Err(Refused::Plain(g::INVALID_ARGUMENTS));
    };
    let change = draft.change(&kind, Some(&base));
    let named = super::reference(&number);
    let saved = call.service().change(call.context(), &named, change, super::options()).await?;
    ok(StatusCode::OK, One { credential: SavedBody::of(&connection, &saved.credential) })
}
