//! Operation 7, `GET /integrations/credentials/{credential_id}/credentials`: the one answer that holds secrets.
//!
//! For service accounts with the right to resolve, recorded before it is given, and a hold comes with it:
//! whoever rotates the credential sees who still has the old value. Expired OAuth tokens are not refreshed
//! yet.

use axum::response::Response;
use http::StatusCode;
use strongroom_domain::Error;
use strongroom_domain::access::Action;
use strongroom_domain::error::Cause;
use strongroom_service::options::{ResolveRequest, Resolved};
use strongroom_web::{Answer, Call, respond};

use super::super::failure::{self, Failure};
use super::super::{caller, fields, guesses};
use super::{kind, named};

pub(crate) async fn handle(call: Call) -> Answer {
    failure::answered(call.context().request, secrets(&call).await)
}

async fn secrets(call: &Call) -> Result<Response, Failure> {
    caller::must_be_service_account(call, Action::Resolve).await?;
    // As where a native resolve names nobody.
    let consumer = call.context().consumer();
    let request = ResolveRequest { consumer, hold_seconds: None, known: Vec::new() };
    let resolved = call.service().resolve(call.context(), &named(call)?, &request).await?;
    Ok(shown(call, &resolved)?)
}

/// Serialised from where it was opened: no copy of a secret but the answer itself.
fn shown(call: &Call, resolved: &Resolved) -> Result<Response, Error> {
    let kind = kind(call, &resolved.credential.kind)?;
    let nothing = || Error::Internal(Cause::new(NothingGiven));
    let secrets = resolved.secrets.as_ref().ok_or_else(nothing)?;
    // EXPOSE: the answer to an authorised and recorded resolve.
    let bare = fields::bare(&kind, &resolved.credential, secrets.expose());
    respond::json(StatusCode::OK, &guesses::Bare(bare))
}

/// The request named no version that it knows, so there is always something to give.
#[derive(Debug, thiserror::Error)]
#[error("a resolve without known versions gave no secrets")]
struct NothingGiven;
