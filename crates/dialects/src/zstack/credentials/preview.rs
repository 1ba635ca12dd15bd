//! `POST /credentials/{uuid}/previewDelete`: what a delete would come to. GUESS: the contract has it from
//! siblings of this resource.

use http::StatusCode;
use strongroom_web::{Answer, Call, respond};

use super::super::removal::Removal;
use super::super::wire::PreviewBody;
use super::named;

pub(in super::super) async fn handle(mut call: Call) -> Answer {
    let named = named(&call)?;
    let (document, _) = call.json().await?;
    let removal = Removal::of_body(document)?;
    // Options that no delete may have, no preview has either.
    if let Some(refusal) = removal.refusal(&call).await {
        return refusal;
    }
    let (_, holds) = call.service().consumers(call.context(), &named).await?;
    respond::json(StatusCode::OK, &PreviewBody::of(&holds, removal.minds_holds()))
}
