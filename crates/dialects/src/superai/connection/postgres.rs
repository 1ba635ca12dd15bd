//! Operation 9, `POST /integrations/postgres/test-connection`.

use axum::response::Response;
use strongroom_domain::change::Edits;
use strongroom_web::{Answer, Call};

use super::super::failure::{self, Failure};
use super::super::input;
use super::super::words::Provider;
use super::{judged, tried};

pub(crate) async fn handle(mut call: Call) -> Answer {
    let request = call.context().request;
    failure::answered(request, test(&mut call).await)
}

async fn test(call: &mut Call) -> Result<Response, Failure> {
    let given = input::postgres_test(call).await?;
    Ok(judged(&tried(call, Provider::Postgresql, given, Edits::Keep).await?)?)
}
