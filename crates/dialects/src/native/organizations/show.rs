//! `GET /v1/organizations/{organization}`.

use http::StatusCode;
use strongroom_web::{Answer, Call, respond};

use super::wire::OrganizationBody;
use crate::native::path;

pub(crate) async fn handle(call: Call) -> Answer {
    let id = path::parameter(&call, "organization")?;
    let organization = call.service().organization(call.context(), id).await?;
    respond::json(StatusCode::OK, &OrganizationBody::from(&organization))
}
