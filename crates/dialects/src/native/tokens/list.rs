//! `GET /v1/tokens`: the live tokens of the workspace, without their texts.

use http::StatusCode;
use strongroom_domain::limits;
use strongroom_web::{Answer, Call, respond};

use super::wire::TokenBody;
use crate::native::path;
use crate::native::wire::ListBody;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let limit = call.query().number("limit", 1..=limits::PAGE).unwrap_or(limits::PAGE_DEFAULT);
    let cursor = call.query().text("cursor").map(str::to_owned);
    let workspace = call.query().text("workspace").map(str::to_owned);
    call.query().finish()?;
    if let Some(named) = workspace {
        path::enter_named(&mut call, &named).await?;
    }
    let listed = call.service().tokens(call.context(), limit, cursor.as_deref()).await?;
    let items = listed.items.iter().map(TokenBody::of).collect();
    respond::json(StatusCode::OK, &ListBody { items, next_cursor: listed.next_cursor })
}
