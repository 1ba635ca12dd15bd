//! Operation 11, `POST /integrations/plugins/postgres/test-connection`: any object, taken as the
//! `credentials` of a database.

use axum::response::Response;
use strongroom_domain::change::Edits;
use strongroom_web::{Answer, Call};

use super::super::failure::{self, Failure};
use super::super::input;
use super::super::words::Provider;
use super::{told, tried};

pub(crate) async fn handle(mut call: Call) -> Answer {
    let request = call.context().request;
    failure::answered(request, test(&mut call).await)
}

async fn test(call: &mut Call) -> Result<Response, Failure> {
    let given = input::any_test(call).await?;
    Ok(told(&tried(call, Provider::Postgresql, given, Edits::Keep).await?)?)
}
