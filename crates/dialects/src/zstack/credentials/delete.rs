//! `DELETE /credentials/{uuid}`: gone for good. Holds count under `Restrict` alone.

use http::StatusCode;
use strongroom_web::{Answer, Call, respond};

use super::super::removal::Removal;
use super::super::wire::Nothing;
use super::{expected, named};

pub(in super::super) async fn handle(mut call: Call) -> Answer {
    let named = named(&call)?;
    let removal = Removal::of_query(call.query())?;
    if let Some(refusal) = removal.refusal(&call).await {
        return refusal;
    }
    let options = removal.options(expected(&call));
    call.service().delete(call.context(), &named, &options).await?;
    respond::json(StatusCode::OK, &Nothing {})
}
