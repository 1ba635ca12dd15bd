//! Operation 1, `GET /integrations/credentials`: the caller's own, newest first, without pages.

use axum::response::Response;
use http::StatusCode;
use strongroom_domain::Error;
use strongroom_service::options::ListRequest;
use strongroom_web::{Answer, Call, respond};

use super::super::guesses;
use super::super::reply::CredentialsResponse;

pub(crate) async fn handle(call: Call) -> Answer {
    listed(&call, Vec::new()).await
}

/// Those of these kinds; of any where there are none.
pub(super) async fn listed(call: &Call, kinds: Vec<String>) -> Result<Response, Error> {
    let request = ListRequest {
        created_by: guesses::list_of(&call.context().principal),
        kinds,
        ..ListRequest::default()
    };
    let own = call.service().list_whole(call.context(), &request, CredentialsResponse::of).await?;
    let newest_first: Vec<CredentialsResponse> = own.into_iter().rev().collect();
    respond::json(StatusCode::OK, &newest_first)
}
