//! `GET .../host-keys`: which keys the workspace believes because they were the first ones seen.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::ids::PrincipalId;
use strongroom_domain::{Timestamp, limits};
use strongroom_service::HostKeyPin;
use strongroom_web::{Answer, Call, respond};

use crate::native::path;
use crate::native::wire::ListBody;

#[derive(Serialize)]
struct PinBody<'a> {
    /// `host:port`: what the pin is removed by.
    endpoint: &'a str,
    /// Type and fingerprint, as `settings.host_key` takes them.
    key: &'a str,
    pinned_by: PrincipalId,
    pinned_at: Timestamp,
}

pub(crate) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    let limit = call.query().number("limit", 1..=limits::PAGE).unwrap_or(limits::PAGE_DEFAULT);
    let cursor = call.query().text("cursor").map(str::to_owned);
    call.query().finish()?;
    let listed = call.service().host_keys(call.context(), limit, cursor.as_deref()).await?;
    let items = listed.items.iter().map(body).collect();
    respond::json(StatusCode::OK, &ListBody::<PinBody<'_>> { items, next_cursor: listed.next_cursor })
}

fn body(pin: &HostKeyPin) -> PinBody<'_> {
    PinBody { endpoint: &pin.endpoint, key: &pin.key, pinned_by: pin.pinned_by, pinned_at: pin.pinned_at }
}
