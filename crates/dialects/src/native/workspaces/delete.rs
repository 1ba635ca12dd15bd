//! `DELETE /v1/workspaces/{workspace}`: all that it had is destroyed; there is no undelete.

use http::StatusCode;
use strongroom_domain::policy::DeleteMode;
use strongroom_web::{Answer, Call, respond};

use crate::native::path;

pub(crate) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    let mode = if call.query().flag("force") { DeleteMode::Force } else { DeleteMode::UnlessHeld };
    call.query().finish()?;
    call.service().delete_workspace(call.context(), mode, &call.expected()).await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}
