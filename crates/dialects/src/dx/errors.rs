//! Every error in the two shapes of the contract: plain, and of a failed verification.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use strongroom_domain::Error;
use strongroom_domain::error::{Code, Conflict, Unreadable};
use strongroom_domain::verification::{Outcome, Reason, Verification};
use strongroom_web::{Answer, Refusal, respond};

use super::guesses as g;

/// An error without words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) code: &'static str,
    pub(super) status: StatusCode,
}

/// Why a handler does not do what was asked: what only the dialect can tell apart, and everything else.
#[derive(Debug)]
pub(super) enum Refused {
    /// In a word of the contract.
    Plain(Plain),
    /// As the service says it.
    By(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::By(error)
    }
}

#[derive(Serialize)]
struct PlainBody {
    ok: bool,
    error: &'static str,
}

/// What the real system, or what is there already, has against a value.
#[derive(Serialize)]
struct FailedBody<'a> {
    ok: bool,
    error: &'static str,
    display_message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_message: Option<&'a str>,
}

/// The answer of a handler.
pub(super) fn answer(result: Result<Response, Refused>) -> Answer {
    match result {
        Ok(response) => Ok(response),
        Err(Refused::By(error)) => Err(error),
        Err(Refused::Plain(plain)) => told(plain),
    }
}

/// The answer to any error.
pub(super) fn render(refusal: &Refusal<'_>) -> Response {
    let rendered = match refusal.error {
        Error::Verification(verification) => {
            let message = refusal.error.detail();
            failed(label(verification), &message, verification.said.as_deref())
        }
        Error::Conflict(Conflict::DuplicateSecrets(_)) => failed(g::DUPLICATE_SECRETS, SAME_SECRETS, None),
        Error::Conflict(Conflict::DuplicateSettings(_)) => failed(g::DUPLICATE_SETTINGS, SAME_SETTINGS, None),
        // No route was found: the path is no method of the API.
        Error::NotFound if refusal.operation.is_empty() => told(g::UNKNOWN_METHOD),
        error => told(plain(error)),
    };
    rendered.unwrap_or_else(|_| respond::empty(StatusCode::INTERNAL_SERVER_ERROR))
}

/// The other one is not named: its number may be on a connection that the caller does not look at.
const SAME_SECRETS: &str = "Another credential of this workspace has the same secrets. Use that one, or send others. Nothing was changed.";
const SAME_SETTINGS: &str = "Another credential of this workspace is of the same account. Use that one, or change it. Nothing was changed.";

fn told(Plain { code, status }: Plain) -> Answer {
    respond::json(status, &PlainBody { ok: false, error: code })
}

fn failed(error: &'static str, display_message: &str, raw_message: Option<&str>) -> Answer {
    let body = FailedBody { ok: false, error, display_message, raw_message };
    respond::json(g::VERIFICATION_STATUS, &body)
}

/// The label "reflects the specific connector error" [D2].
const fn label(verification: &Verification) -> &'static str {
    match (verification.outcome, verification.reason) {
        (_, Some(Reason::InsufficientScope)) => g::INVALID_PERMISSIONS,
        (_, Some(Reason::MisconfiguredTarget)) => g::NO_RESOURCES,
        (Outcome::Rejected, _) => g::INVALID_CREDENTIALS,
        (Outcome::Accepted | Outcome::Unreachable | Outcome::Unsupported, _) => g::CONNECTION_FAILED,
    }
}

const fn plain(error: &Error) -> Plain {
    match error {
        Error::Unreadable(unreadable) => match unreadable {
            Unreadable::Json(_) | Unreadable::DuplicateKey | Unreadable::MediaType => g::INVALID_JSON,
            Unreadable::TooLarge => g::PAYLOAD_TOO_LARGE,
            Unreadable::Method => g::METHOD_NOT_ALLOWED,
            Unreadable::IdempotencyKey => g::INVALID_ARGUMENTS,
        },
        Error::Unauthenticated => g::NOT_AUTHED,
        Error::Forbidden(_) => g::NOT_PERMITTED,
        // Connections that are not there are told apart before: this is one of their credentials.
        Error::NotFound => g::CREDENTIAL_NOT_FOUND,
        Error::Invalid(..) => g::INVALID_ARGUMENTS,
        Error::Conflict(conflict) => clash(conflict),
        Error::Precondition { .. } => g::CONFLICT,
        Error::Verification(_) | Error::Gone | Error::Integrity(_) | Error::Internal(_) => g::INTERNAL_ERROR,
        Error::Limited(Code::Busy, _) | Error::NotNow(..) | Error::NoRoom(_) | Error::OutcomeUnknown(_) => {
            g::SERVICE_UNAVAILABLE
        }
        Error::Limited(..) => g::RATE_LIMITED,
    }
}

const fn clash(conflict: &Conflict) -> Plain {
    match conflict {
        // Only a create that wants to be the first is refused so.
        Conflict::IntegrationInUse(_) => g::MULTIPLE_NOT_SUPPORTED,
        Conflict::DuplicateSecrets(_)
        | Conflict::DuplicateSettings(_)
        | Conflict::SlugTaken
        | Conflict::AliasTaken
        | Conflict::InUse(_)
        | Conflict::LostRace
        | Conflict::Idempotency
        | Conflict::AccountChanged(_)
        | Conflict::ScopeReduced(_) => g::CONFLICT,
    }
}
