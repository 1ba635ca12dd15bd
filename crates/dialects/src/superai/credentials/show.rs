//! Operation 4, `GET /integrations/credentials/{credential_id}`: one, never with what it holds.

use axum::response::Response;
use http::StatusCode;
use strongroom_web::{Answer, Call};

use super::super::failure::{self, Failure};
use super::super::reply;
use super::named;

pub(crate) async fn handle(call: Call) -> Answer {
    failure::answered(call.context().request, show(&call).await)
}

async fn show(call: &Call) -> Result<Response, Failure> {
    let credential = call.service().credential(call.context(), &named(call)?).await?;
    Ok(reply::one(StatusCode::OK, &credential)?)
}
