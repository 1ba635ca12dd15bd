//! `GET /v1/workspaces`: those that this token may enter.

use http::StatusCode;
use strongroom_web::{Answer, Call, respond};

use super::show::WorkspaceBody;
use crate::native::wire::ListBody;

pub(crate) async fn handle(call: Call) -> Answer {
    let workspaces = call.service().workspaces(call.context()).await?;
    let items = workspaces.iter().map(WorkspaceBody::from).collect();
    respond::json(StatusCode::OK, &ListBody { items, next_cursor: None })
}
