//! OAuth (1.9), in the contract's shapes. There is no engine behind it yet: what would begin or end an
//! authorisation says so, to callers that might make a credential by it and to nobody else. A callback looks
//! at no `code` and no `state`, so none of these is a door to somebody's token.

use axum::response::Response;
use strongroom_domain::access::Action;
use strongroom_web::{Answer, Call};

use super::failure::{self, Failure, Said};
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

/// Operations 14 and 16, and the two authorisations by GET that only prose names (GUESS: extras).
pub(crate) async fn not_served(call: Call) -> Answer {
    failure::answered(call.context().request, refused(&call).await)
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
    Err(Said::bad_request(NO_ENGINE).into())
}
