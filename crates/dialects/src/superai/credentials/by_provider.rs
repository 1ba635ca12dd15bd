//! Operation 3, `GET /integrations/credentials/provider/{provider}`: the same of one provider, in any case.

use axum::response::Response;
use strongroom_web::{Answer, Call};

use super::super::failure::{self, Failure, Said};
use super::super::mapping;
use super::super::words::{Provider, Word as _};
use super::list::listed;

pub(crate) async fn handle(call: Call) -> Answer {
    failure::answered(call.context().request, of_provider(&call).await)
}

async fn of_provider(call: &Call) -> Result<Response, Failure> {
    let provider = Provider::of(&call.parameter("provider").to_ascii_lowercase());
    let provider = provider.ok_or_else(|| Said::bad_request("Invalid provider"))?;
    Ok(listed(call, mapping::kinds_of(provider)).await?)
}
