//! `GET .../integrations`: a page of them, oldest first.

use http::StatusCode;
use strongroom_domain::limits;
use strongroom_web::{Answer, Call, respond};

use super::wire::IntegrationBody;
use crate::native::path;
use crate::native::wire::ListBody;

pub(crate) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    let limit = call.query().number("limit", 1..=limits::PAGE).unwrap_or(limits::PAGE_DEFAULT);
    let cursor = call.query().text("cursor").map(str::to_owned);
    call.query().finish()?;
    let listed = call.service().integrations(call.context(), limit, cursor.as_deref()).await?;
    let items = listed.items.iter().map(IntegrationBody::from).collect();
    respond::json(StatusCode::OK, &ListBody { items, next_cursor: listed.next_cursor })
}
