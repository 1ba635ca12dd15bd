//! `DELETE /v1/sessions`: the session that was sent ends. Of a token there is none to end.

use http::StatusCode;
use strongroom_domain::Error;
use strongroom_web::{Answer, Call, keys, respond};

pub(crate) async fn handle(call: Call) -> Answer {
    let text = keys::session(call.headers()).ok_or(Error::NotFound)?;
    call.service().sign_out(call.context(), text).await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}
