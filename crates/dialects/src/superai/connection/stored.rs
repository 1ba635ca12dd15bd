//! Operation 10, `POST /integrations/postgres/test-connection/{credential_id}`: what is stored, where it is
//! bound to. What it shows is kept as the credential's health.

use axum::response::Response;
use strongroom_web::{Answer, Call};

use super::super::credentials::named;
use super::super::detail::Detail;
use super::super::failure::{self, Failure};
use super::super::mapping::DATABASES;
use super::{HOST_KEYS, judged};

pub(crate) async fn handle(call: Call) -> Answer {
    failure::answered(call.context().request, test(&call).await)
}

async fn test(call: &Call) -> Result<Response, Failure> {
    let named = named(call)?;
    let stored = call.service().credential(call.context(), &named).await?;
    if !DATABASES.contains(&stored.kind.as_str()) {
        // These operations declare no 400.
        let why = "this credential is of no database, so nothing was tried";
        return Err(Failure::Invalid(vec![Detail::in_path("credential_id", why)]));
    }
    Ok(judged(&call.service().verify_stored(call.context(), &named, HOST_KEYS).await?)?)
}
