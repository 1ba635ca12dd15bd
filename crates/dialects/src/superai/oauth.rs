//! OAuth (1.9). There is no engine behind it yet: what would begin or end an authorisation says so, in the one
//! shape that these operations declare for errors. Whoever comes back from a provider shows no key, so the
//! callbacks are open; they look at no `code` and no `state`, and are no door to anybody's token.

use axum::response::Response;
use strongroom_domain::access::Action;
use strongroom_web::{Answer, Call, Visit};

use super::detail::Detail;
use super::failure::{self, Failure};
use super::{caller, input};

const NO_ENGINE: &str = "Strongroom does not run OAuth flows yet, so nothing was sent and nothing was changed. \
    Authorise elsewhere and store the tokens with POST /api/integrations/credentials.";

/// Operation 15.
pub(crate) async fn authorize(call: Call) -> Answer {
    begun(call, &["redirect_to", "integration_name", "provider_name"]).await
}

/// Operation 13, the one before.
pub(crate) async fn authorize_legacy(call: Call) -> Answer {
    begun(call, &["redirect_to", "integration_name"]).await
}

/// The two authorisations by GET that only prose names.
pub(crate) async fn authorize_by_get(call: Call) -> Answer {
    failure::answered(call.context().request, refused(&call).await)
}

/// Operations 14 and 16.
pub(crate) async fn came_back(visit: Visit) -> Answer {
    failure::answered(visit.request(), Err(no_engine()))
}

/// A body is judged first: a client that is being written learns of its own mistakes already.
async fn begun(mut call: Call, names: &[&str]) -> Answer {
    let request = call.context().request;
    let outcome = match input::texts(&mut call, names).await {
        Ok(()) => refused(&call).await,
        Err(failure) => Err(failure),
    };
    failure::answered(request, outcome)
}

async fn refused(call: &Call) -> Result<Response, Failure> {
    caller::must_hold(call, Action::Create).await?;
    Err(no_engine())
}

fn no_engine() -> Failure {
    Failure::Invalid(vec![Detail::in_path("plugin_name", NO_ENGINE)])
}
