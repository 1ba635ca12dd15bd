//! `DELETE /v1/tokens/{token}`: the next request with it is refused.

use http::StatusCode;
use strongroom_web::{Answer, Call, respond};

use crate::native::path;

pub(crate) async fn handle(call: Call) -> Answer {
    let id = path::parameter(&call, "token")?;
    call.service().revoke_token(call.context(), id).await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}
