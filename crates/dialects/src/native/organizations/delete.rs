//! `DELETE /v1/organizations/{organization}`: all that it had is destroyed; there is no undelete.

use http::StatusCode;
use strongroom_web::{Answer, Call, respond};

use crate::native::path;

pub(crate) async fn handle(call: Call) -> Answer {
    let id = path::parameter(&call, "organization")?;
    call.service().delete_organization(call.context(), id).await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}
