//! How errors look: the contract's envelope (1.6), and what its validator says, in both published shapes.
//!
//! Words of ours and of the contract alone: never a parser's, a driver's or a caller's, and never the input
//! that was refused. What the contract does not declare (409, 412, 413, 429) is in `guesses`.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};
use strongroom_domain::error::{Code, Unreadable};
use strongroom_domain::ids::RequestId;
use strongroom_domain::verification::{Reason, Verification};
use strongroom_domain::{Error, Fault};
use strongroom_web::{Answer, Refusal, Shown, respond};

use super::detail::{self, Detail};
use super::{guesses, ulid};

/// Why a handler does not do what was asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the original's validator refuses, all of it at once.
    Invalid(Vec<Detail>),
    /// What the contract has words for.
    Said(Said),
    /// An error of a use case.
    Core(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<Said> for Failure {
    fn from(said: Said) -> Self {
        Self::Said(said)
    }
}

/// The answer of a handler. An error of a use case goes on to [`render`], which logs its cause.
pub(super) fn answered(request: RequestId, outcome: Result<Response, Failure>) -> Answer {
    match outcome {
        Ok(response) => Ok(response),
        Err(Failure::Invalid(details)) => invalid(request, &details),
        Err(Failure::Said(said)) => said.answer(request),
        Err(Failure::Core(error)) => Err(error),
    }
}

/// A refusal in the envelope.
#[derive(Debug)]
pub(super) struct Said {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Option<Value>,
}

impl Said {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: None }
    }

    fn guessed((status, code): (StatusCode, &'static str), message: impl Into<String>) -> Self {
        Self::new(status, code, message)
    }

    fn with(self, details: Value) -> Self {
        Self { details: Some(details), ..self }
    }

    /// 400: well-formed and wrong all the same.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// The same for these places of the request.
    pub(super) fn bad_data(details: &[Detail]) -> Self {
        Self::bad_request("Invalid request data").with(json!(details))
    }

    /// 403 in the words of a rule about callers.
    pub(super) fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// 500: nothing that another request could mend. The three codes are the contract's.
    fn server(code: &'static str, message: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, message)
    }

    fn answer(&self, request: RequestId) -> Answer {
        let error = ErrorDetail { message: &self.message, code: self.code, details: self.details.as_ref() };
        respond::json(self.status, &ErrorResponse { detail: None, error, request_id: ulid::of(request) })
    }
}

/// `ErrorResponse`, and with `detail` an `HTTPValidationError` too: neither schema forbids the other's keys.
#[derive(Serialize)]
struct ErrorResponse<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a [Detail]>,
    error: ErrorDetail<'a>,
    request_id: String,
}

#[derive(Serialize)]
struct ErrorDetail<'a> {
    message: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a Value>,
}

/// 422 in both published shapes.
fn invalid(request: RequestId, details: &[Detail]) -> Answer {
    let listed = json!(details);
    let message = "Request validation failed";
    let error = ErrorDetail { message, code: "validation_error", details: Some(&listed) };
    let body = ErrorResponse { detail: Some(details), error, request_id: ulid::of(request) };
    respond::json(StatusCode::UNPROCESSABLE_ENTITY, &body)
}

/// Every error that comes before a handler, and those that a handler hands on.
pub(super) fn render(refusal: &Refusal<'_>) -> Response {
    let answer = answered(refusal.request, Err(of(refusal)));
    let mut response = answer.unwrap_or_else(|_| respond::empty(StatusCode::INTERNAL_SERVER_ERROR));
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The table: every error of the core in the words of the contract.
fn of(refusal: &Refusal<'_>) -> Failure {
    let error = refusal.error;
    let told = || json!([error.detail()]);
    Failure::Said(match error {
        Error::Unreadable(unreadable) => return unread(*unreadable, error),
        Error::Unauthenticated if refusal.shown == Shown::Nothing => {
            Said::new(StatusCode::UNAUTHORIZED, "unauthorized", "Authentication required")
        }
        Error::Unauthenticated => {
            Said::new(StatusCode::UNAUTHORIZED, "unauthorized", "Invalid authentication token")
        }
        Error::Forbidden(_) => {
            Said::forbidden("You do not have permission to access this resource").with(told())
        }
        Error::NotFound | Error::Gone => not_found(refusal.operation),
        Error::Invalid(_, faults) => Said::bad_data(&details_of(faults)),
        Error::Verification(verification) => refused(verification, error.detail()),
        Error::Limited(Code::QuotaExceeded, _) => Said::bad_request(limits_reached()),
        Error::Limited(..) => Said::guessed(guesses::RATE_LIMITED, error.detail()),
        Error::Precondition { .. } => Said::guessed(guesses::PRECONDITION_FAILED, error.detail()),
        Error::Conflict(_) => Said::guessed(guesses::CONFLICT, error.detail()),
        Error::NotNow(Code::Busy, _) => Said::server("service_error", &error.detail()),
        Error::NotNow(..) | Error::NoRoom(_) | Error::OutcomeUnknown(_) => {
            Said::server("repository_error", "Database operation failed").with(told())
        }
        Error::Integrity(_) | Error::Internal(_) => {
            Said::server("internal_error", "Internal server error").with(told())
        }
    })
}

/// A path that there is not has no operation.
fn not_found(operation: &str) -> Said {
    let message = if operation.is_empty() { "Resource not found" } else { "Credential not found" };
    Said::new(StatusCode::NOT_FOUND, "not_found", message)
}

/// A body that cannot be read is invalid input to the original's validator, not a fault of its own kind.
fn unread(unreadable: Unreadable, error: &Error) -> Failure {
    match unreadable {
        Unreadable::Json(_) | Unreadable::DuplicateKey => Failure::Invalid(vec![Detail::json_invalid()]),
        // Any other type is bytes to the original, and bytes are no object.
        Unreadable::MediaType => Failure::Invalid(vec![Detail::no_object()]),
        Unreadable::TooLarge => Said::guessed(guesses::PAYLOAD_TOO_LARGE, error.detail()).into(),
        Unreadable::Method => Said::guessed(guesses::METHOD_NOT_ALLOWED, "Method Not Allowed").into(),
        Unreadable::IdempotencyKey => Said::bad_request(error.detail()).into(),
    }
}

/// What the real system made of it: 400, because another request is needed.
fn refused(verification: &Verification, message: String) -> Said {
    let reason = verification.reason.map(Reason::code);
    Said::bad_request(message).with(json!({"outcome": verification.outcome.code(), "reason": reason}))
}

/// The core does not tell which of the two it was, so both are named.
fn limits_reached() -> String {
    format!(
        "The limit is reached: {} credentials per user, {} per provider. Delete one that is no longer needed. Nothing was changed.",
        guesses::PER_USER,
        guesses::PER_PROVIDER
    )
}

/// Faults that the core found, at their places in the body.
pub(super) fn details_of(faults: &[Fault]) -> Vec<Detail> {
    faults.iter().map(detail::of_fault).collect()
}
