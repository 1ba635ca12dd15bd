//! `DELETE .../credentials/{credential}`: gone for good.

use http::StatusCode;
use strongroom_domain::policy::DeleteMode;
use strongroom_service::options::DeleteOptions;
use strongroom_web::{Answer, Call, respond};

use crate::native::path;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let named = path::credential(&mut call).await?;
    let mode = if call.query().flag("force") { DeleteMode::Force } else { DeleteMode::UnlessHeld };
    call.query().finish()?;
    let idempotency = call.idempotency_without_body();
    let options = DeleteOptions { idempotency, ..DeleteOptions::new(mode, call.expected()) };
    call.service().delete(call.context(), &named, &options).await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}
