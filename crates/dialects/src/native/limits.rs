//! `GET /v1/limits`: the numbers that the checks themselves use.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::access::Action;
use strongroom_domain::limits;
use strongroom_web::{Answer, Call, respond};

#[derive(Serialize)]
struct LimitsBody {
    field_bytes: usize,
    credential_bytes: usize,
    fields: usize,
    name_bytes: usize,
    labels: usize,
    ids_per_call: usize,
    page: usize,
    watchers_per_node: usize,
    credentials_per_organization: u64,
    tokens_per_organization: u64,
    body_bytes: usize,
    hold_seconds: u64,
}

pub(super) async fn handle(call: Call) -> Answer {
    call.service().may(call.context(), Action::ReadCatalogue)?;
    respond::json(
        StatusCode::OK,
        &LimitsBody {
            field_bytes: limits::FIELD_BYTES,
            credential_bytes: limits::CREDENTIAL_BYTES,
            fields: limits::FIELDS,
            name_bytes: limits::NAME_BYTES,
            labels: limits::LABELS,
            ids_per_call: limits::IDS_PER_CALL,
            page: limits::PAGE,
            watchers_per_node: limits::WATCHERS_PER_NODE,
            credentials_per_organization: limits::CREDENTIALS_PER_ORGANIZATION,
            tokens_per_organization: limits::TOKENS_PER_ORGANIZATION,
            body_bytes: limits::BODY_BYTES,
            hold_seconds: limits::HOLD_SECONDS,
        },
    )
}
