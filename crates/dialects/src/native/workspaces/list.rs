//! `GET /v1/workspaces`: those that this token may enter.

use http::StatusCode;
use strongroom_domain::limits;
use strongroom_web::{Answer, Call, respond};

use super::show::WorkspaceBody;
use crate::native::wire::ListBody;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let limit = call.query().number("limit", 1..=limits::PAGE).unwrap_or(limits::PAGE_DEFAULT);
    let cursor = call.query().text("cursor").map(str::to_owned);
    call.query().finish()?;
    let listed = call.service().workspaces(call.context(), limit, cursor.as_deref()).await?;
    let items = listed.items.iter().map(WorkspaceBody::from).collect();
    respond::json(StatusCode::OK, &ListBody { items, next_cursor: listed.next_cursor })
}
