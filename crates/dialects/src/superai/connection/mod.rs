//! The connection tests (1.8): they really connect and log in, save nothing, and say yes or no with 200.
//!
//! Where the original writes a test file, this opens the path and writes nothing: no check of ours changes
//! what it looks at.

pub(super) mod plugin;
pub(super) mod postgres;
pub(super) mod sftp;
pub(super) mod stored;

use axum::response::Response;
use http::StatusCode;
use strongroom_domain::Error;
use strongroom_domain::change::{CredentialChange, FieldEdits};
use strongroom_domain::error::Cause;
use strongroom_domain::policy::{FieldPolicy, SshHostKeys};
use strongroom_domain::verification::{Outcome, Verification};
use strongroom_service::options::NewCredential;
use strongroom_web::{Call, respond};

use super::credentials::replacing;
use super::failure::{self, Failure};
use super::input::Given;
use super::words::Provider;
use super::{guesses, mapping};

/// A host key is believed at first sight, and not pinned for a draft.
const HOST_KEYS: SshHostKeys = SshHostKeys::PinFirst;

/// Tries what was sent. `settings` are further ones, which clients have no key for.
async fn tried(
    call: &Call,
    provider: Provider,
    given: Given,
    settings: FieldEdits,
) -> Result<Verification, Failure> {
    let choice = mapping::choose(provider, given.credential_type, &given.credentials.0);
    let (change, _) = replacing(call, &choice, given).await?;
    let draft = NewCredential {
        kind: choice.kind,
        method: Some(choice.method),
        name: NAME.parse().map_err(|fault| Error::Internal(Cause::new(fault)))?,
        alias: None,
        parts: CredentialChange { settings, ..change },
    };
    let tried = call.service().verify_draft(call.context(), draft, FieldPolicy::AsGiven, HOST_KEYS).await;
    tried.map_err(|error| match error {
        // These operations declare no 400.
        Error::Invalid(_, faults) => Failure::Invalid(failure::details_of(&faults)),
        error => error.into(),
    })
}

/// Of the draft, which nobody sees.
const NAME: &str = "connection test";

fn is_success(verification: &Verification) -> bool {
    verification.outcome == Outcome::Accepted
}

/// Three outcomes and two words: the message tells an outage from a refusal.
fn told(verification: &Verification) -> Result<Response, Error> {
    let success = is_success(verification);
    let message = if success { guesses::CONNECTED } else { &verification.message };
    respond::json(StatusCode::OK, &guesses::Told { success, message })
}

fn judged(verification: &Verification) -> Result<Response, Error> {
    respond::json(StatusCode::OK, &guesses::Judged { success: is_success(verification) })
}
