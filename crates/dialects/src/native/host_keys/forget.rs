//! `DELETE .../host-keys/{endpoint}`: a pin is removed, so that a server may show a new key.

use http::StatusCode;
use strongroom_web::{Answer, Call, respond};

use crate::native::path;

pub(crate) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    call.service().forget_host_key(call.context(), call.parameter("endpoint")).await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}
