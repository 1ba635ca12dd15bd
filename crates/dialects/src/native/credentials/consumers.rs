//! `GET .../credentials/{credential}/consumers`: who holds which value until when.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::Timestamp;
use strongroom_domain::consumer::Hold;
use strongroom_domain::ids::TokenId;
use strongroom_domain::text::Name;
use strongroom_web::{Answer, Call, respond};

use crate::native::path;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let named = path::credential(&mut call).await?;
    let (value_version, holds) = call.service().consumers(call.context(), &named).await?;
    let items = holds.iter().map(|hold| HoldBody::of(hold, value_version)).collect();
    respond::json(StatusCode::OK, &ConsumersBody { value_version, items })
}

#[derive(Serialize)]
struct ConsumersBody<'a> {
    /// The current one; whoever holds another is stale.
    value_version: u64,
    items: Vec<HoldBody<'a>>,
}

#[derive(Serialize)]
struct HoldBody<'a> {
    name: &'a Name,
    instance: &'a Name,
    token_id: TokenId,
    value_version: u64,
    stale: bool,
    granted_at: Timestamp,
    hold_until: Timestamp,
}

impl<'a> HoldBody<'a> {
    fn of(hold: &'a Hold, current: u64) -> Self {
        Self {
            name: &hold.consumer.name,
            instance: &hold.consumer.instance,
            token_id: hold.token,
            value_version: hold.value_version,
            stale: hold.value_version != current,
            granted_at: hold.granted_at,
            hold_until: hold.hold_until,
        }
    }
}
