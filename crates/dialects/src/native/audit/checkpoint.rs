//! `GET /v1/audit/checkpoint`: the signed head of the organization's log, to be kept where its operator cannot reach.

use http::StatusCode;
use strongroom_web::{Answer, Call, respond};

use super::wire::CheckpointBody;

pub(crate) async fn handle(mut call: Call) -> Answer {
    call.query().finish()?;
    let signed = call.service().audit_checkpoint(call.context()).await?;
    respond::json(StatusCode::OK, &CheckpointBody::from(&signed))
}
