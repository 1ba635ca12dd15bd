//! `DELETE .../integrations/{integration}`: gone for good, where nothing uses it.

use http::StatusCode;
use strongroom_web::{Answer, Call, respond};

pub(crate) async fn handle(mut call: Call) -> Answer {
    let named = super::named(&mut call).await?;
    let idempotency = call.idempotency_without_body();
    let expected = call.expected();
    call.service().delete_integration(call.context(), &named, &expected, idempotency.as_ref()).await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}
