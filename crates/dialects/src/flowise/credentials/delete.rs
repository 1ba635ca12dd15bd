//! DELETE `/credentials/{id}`. Nobody is asked about holds: the contract does not know them.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::Error;
use strongroom_domain::access::Action;
use strongroom_domain::policy::{DeleteMode, FlowiseMode};
use strongroom_service::options::{DeleteOptions, Expected};
use strongroom_web::{Answer, Call};

use super::super::failure::{self, Operation};
use super::super::reply;
use super::{mode, named, permitted};

const OPERATION: Operation = Operation::Delete;

/// What the original's database library says.
#[derive(Serialize)]
struct Deleted {
    raw: [(); 0],
    affected: u8,
}

/// DELETE without an id [143].
pub(in super::super) async fn without_id(call: Call) -> Answer {
    permitted(&call, Action::Delete).await?;
    failure::controller(StatusCode::PRECONDITION_FAILED, OPERATION, "id not provided!")
}

pub(in super::super) async fn handle(call: Call) -> Answer {
    let mode = mode(&call).await?;
    permitted(&call, Action::Delete).await?;
    match delete(&call).await {
        Ok(()) => reply::json(call.service(), &Deleted { raw: [], affected: 1 }),
        Err(Error::NotFound) if mode == FlowiseMode::Exact => {
            reply::json(call.service(), &Deleted { raw: [], affected: 0 })
        }
        Err(error) => failure::of(&error, OPERATION, mode, call.parameter("id"), call.context().request),
    }
}

async fn delete(call: &Call) -> Result<(), Error> {
    let (service, context, named) = (call.service(), call.context(), named(call));
    let expected = match call.expected_tags() {
        None => Expected::Existing,
        Some(_) => reply::expected(call, &service.credential(context, &named).await?),
    };
    service.delete(context, &named, &DeleteOptions::new(DeleteMode::Regardless, expected)).await
}
