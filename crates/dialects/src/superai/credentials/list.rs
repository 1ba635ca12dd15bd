//! Operation 1, `GET /integrations/credentials`: the caller's own, newest first, without pages.

use axum::response::Response;
use strongroom_domain::Error;
use strongroom_service::options::{ListOrder, ListRequest};
use strongroom_web::{Answer, Call};

use super::super::{caller, reply};

pub(crate) async fn handle(call: Call) -> Answer {
    listed(&call, Vec::new()).await
}

/// Those of these kinds; of any where there are none.
pub(super) async fn listed(call: &Call, kinds: Vec<String>) -> Result<Response, Error> {
    let request = ListRequest { created_by: caller::made_by(call), kinds, ..ListRequest::default() };
    let own = call.service().list_whole(call.context(), &request, ListOrder::NewestFirst).await?;
    reply::list(&own)
}
