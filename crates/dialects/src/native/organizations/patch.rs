//! `PATCH /v1/organizations/{organization}`: another name.

use http::StatusCode;
use strongroom_web::{Answer, Call, Fields, respond};

use super::wire::OrganizationBody;
use crate::native::path;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let id = path::parameter(&call, "organization")?;
    let (document, _) = call.json().await?;
    let mut fields = Fields::of(document);
    fields.require("name");
    let name = fields.parsed("name");
    let name = fields.complete(name)?;
    let organization = call.service().rename_organization(call.context(), id, name).await?;
    respond::json(StatusCode::OK, &OrganizationBody::from(&organization))
}
