//! `GET /v1/organizations`: the caller's own, or all of them for who manages the installation.

use http::StatusCode;
use strongroom_domain::limits;
use strongroom_web::{Answer, Call, respond};

use super::wire::OrganizationBody;
use crate::native::wire::ListBody;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let limit = call.query().number("limit", 1..=limits::PAGE).unwrap_or(limits::PAGE_DEFAULT);
    let cursor = call.query().text("cursor").map(str::to_owned);
    call.query().finish()?;
    let listed = call.service().organizations(call.context(), limit, cursor.as_deref()).await?;
    let items = listed.items.iter().map(OrganizationBody::from).collect();
    respond::json(StatusCode::OK, &ListBody { items, next_cursor: listed.next_cursor })
}
