//! Operation 6, `DELETE /integrations/credentials/{credential_id}`: gone at once, for lists and for use. Nobody
//! is asked about holds: the contract does not know them.

use axum::response::Response;
use http::StatusCode;
use strongroom_domain::policy::DeleteMode;
use strongroom_service::options::DeleteOptions;
use strongroom_web::{Answer, Call, respond};

use super::super::failure::{self, Failure};
use super::{expected, named};

pub(crate) async fn handle(call: Call) -> Answer {
    failure::answered(call.context().request, delete(&call).await)
}

async fn delete(call: &Call) -> Result<Response, Failure> {
    let options = DeleteOptions::new(DeleteMode::Regardless, expected(call));
    call.service().delete(call.context(), &named(call)?, &options).await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}
