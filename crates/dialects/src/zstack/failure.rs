//! How errors look: one body with a code, its fixed description and our details.
//!
//! The match over our codes is exhaustive. Details are text of ours alone, and say nothing of a fault of ours
//! but where the operator finds it.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use strongroom_domain::consumer::Hold;
use strongroom_domain::error::{Code, Conflict, Unreadable};
use strongroom_domain::ids::RequestId;
use strongroom_domain::limits::BODY_BYTES;
use strongroom_domain::{Error, Fault};
use strongroom_web::{Answer, Refusal, respond};

/// A code of ZStack's catalogue with its fixed text, and the status that it goes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure {
    status: StatusCode,
    code: &'static str,
    description: &'static str,
}

const fn failure(status: StatusCode, code: &'static str, description: &'static str) -> Failure {
    Failure { status, code, description }
}

// GUESS: which failure has which code and status; the catalogue has the codes and their texts.
const INVALID: Failure = failure(StatusCode::BAD_REQUEST, "SYS.1007", "One or more API argument is invalid");
const TOO_LARGE: Failure = Failure { status: StatusCode::PAYLOAD_TOO_LARGE, ..INVALID };
const MEDIA_TYPE: Failure = Failure { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, ..INVALID };
const SESSION: Failure = failure(
    StatusCode::UNAUTHORIZED,
    "ID.1001",
    "The session is invalid, either wrong session id or the session has been expired",
);
pub(super) const PERMISSION: Failure =
    failure(StatusCode::FORBIDDEN, "ID.1002", "The user doesn't have permission to perform the operation");
const QUOTA: Failure =
    failure(StatusCode::TOO_MANY_REQUESTS, "ID.1003", "The user exceeds a quota of a resource");
const NOT_FOUND: Failure = failure(StatusCode::NOT_FOUND, "SYS.1003", "A resource can not be found");
const HELD: Failure = failure(StatusCode::CONFLICT, "SYS.1004", "Unable to delete a resource");
const FAILED: Failure = failure(StatusCode::CONFLICT, "SYS.1006", "An operation failed");
const PRECONDITION: Failure = Failure { status: StatusCode::PRECONDITION_FAILED, ..FAILED };
const INTERNAL: Failure =
    failure(StatusCode::INTERNAL_SERVER_ERROR, "SYS.1000", "An internal error happened in system");
pub(super) const UNSUPPORTED: Failure =
    failure(StatusCode::NOT_IMPLEMENTED, "SYS.1014", "The operation is not implemented or not supported yet");
const METHOD: Failure = Failure { status: StatusCode::METHOD_NOT_ALLOWED, ..UNSUPPORTED };
const TIMEOUT: Failure =
    failure(StatusCode::SERVICE_UNAVAILABLE, "SYS.1001", "A message or a operation timeout");

const fn failure_of(code: Code) -> Failure {
    match code {
        Code::InvalidJson
        | Code::DuplicateKey
        | Code::ValidationFailed
        | Code::UnknownKind
        | Code::SecretsRequired
        | Code::TargetNotAllowed
        | Code::VerificationRejected => INVALID,
        Code::PayloadTooLarge => TOO_LARGE,
        Code::UnsupportedMediaType => MEDIA_TYPE,
        Code::Unauthenticated => SESSION,
        Code::Forbidden | Code::StepUpRequired => PERMISSION,
        Code::RateLimited | Code::QuotaExceeded => QUOTA,
        Code::NotFound => NOT_FOUND,
        Code::MethodNotAllowed => METHOD,
        Code::InUse => HELD,
        Code::SlugTaken
        | Code::DuplicateSecrets
        | Code::DuplicateSettings
        | Code::Conflict
        | Code::IdempotencyConflict
        | Code::AccountChanged
        | Code::ScopeReduced => FAILED,
        Code::PreconditionFailed | Code::PreconditionRequired => PRECONDITION,
        Code::Internal | Code::IntegrityError => INTERNAL,
        Code::VerificationUnreachable | Code::Busy | Code::Unavailable => TIMEOUT,
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: ErrorBody<'a>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    code: &'static str,
    description: &'static str,
    details: &'a str,
}

/// Every error that is not a handler's own.
pub(super) fn render(refusal: &Refusal<'_>) -> Response {
    let failure = failure_of(refusal.error.code());
    let answer = answer(failure, &details(refusal.error, refusal.request));
    let mut response = answer.unwrap_or_else(|_| respond::empty(StatusCode::INTERNAL_SERVER_ERROR));
    if failure == SESSION {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// A refusal in words of the caller's.
pub(super) fn answer(failure: Failure, details: &str) -> Answer {
    let Failure { status, code, description } = failure;
    respond::json(status, &Body { error: ErrorBody { code, description, details } })
}

fn details(error: &Error, request: RequestId) -> String {
    match error {
        Error::Invalid(_, faults) => {
            let faults: Vec<String> = faults.iter().map(told).collect();
            format!("{}. Nothing was changed.", faults.join("; "))
        }
        Error::Unreadable(Unreadable::TooLarge) => {
            format!("The body is larger than {BODY_BYTES} bytes. Nothing was changed.")
        }
        Error::Conflict(Conflict::InUse(holds)) => held(holds),
        Error::Internal(_) | Error::Integrity(_) | Error::OutcomeUnknown(_) => {
            format!("{} [{request}]", error.detail())
        }
        _ => error.detail(),
    }
}

/// Where a fault lies in this API's own words: whichever secret it is inside, here it is the value.
fn told(fault: &Fault) -> String {
    let place = fault.pointer.trim_start_matches('/');
    let place = match place.split_once('/') {
        Some(("secrets", _)) => "value",
        None if place == "secrets" => "value",
        _ => place,
    };
    if place.is_empty() { fault.message.clone() } else { format!("{place}: {}", fault.message) }
}

/// So many consumers are named; the number is of all.
const NAMED: usize = 5;

fn held(holds: &[Hold]) -> String {
    let name =
        |hold: &Hold| format!("{}/{} until {}", hold.consumer.name, hold.consumer.instance, hold.hold_until);
    let named: Vec<String> = holds.iter().take(NAMED).map(name).collect();
    format!(
        "{} consumer(s) hold this credential: {}. Wait until then, have them release it, or choose another \
         options.propagationPolicy. Nothing was changed.",
        holds.len(),
        named.join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contract's table, and what stands beside it here.
    #[test]
    fn every_code_has_its_status_and_words() {
        for (code, status, wire) in [
            (Code::InvalidJson, 400, "SYS.1007"),
            (Code::DuplicateKey, 400, "SYS.1007"),
            (Code::ValidationFailed, 400, "SYS.1007"),
            (Code::UnknownKind, 400, "SYS.1007"),
            (Code::SecretsRequired, 400, "SYS.1007"),
            (Code::TargetNotAllowed, 400, "SYS.1007"),
            (Code::VerificationRejected, 400, "SYS.1007"),
            (Code::Unauthenticated, 401, "ID.1001"),
            (Code::Forbidden, 403, "ID.1002"),
            (Code::StepUpRequired, 403, "ID.1002"),
            (Code::NotFound, 404, "SYS.1003"),
            (Code::MethodNotAllowed, 405, "SYS.1014"),
            (Code::InUse, 409, "SYS.1004"),
            (Code::SlugTaken, 409, "SYS.1006"),
            (Code::DuplicateSecrets, 409, "SYS.1006"),
            (Code::DuplicateSettings, 409, "SYS.1006"),
            (Code::Conflict, 409, "SYS.1006"),
            (Code::IdempotencyConflict, 409, "SYS.1006"),
            (Code::AccountChanged, 409, "SYS.1006"),
            (Code::ScopeReduced, 409, "SYS.1006"),
            (Code::PreconditionFailed, 412, "SYS.1006"),
            (Code::PayloadTooLarge, 413, "SYS.1007"),
            (Code::UnsupportedMediaType, 415, "SYS.1007"),
            (Code::PreconditionRequired, 412, "SYS.1006"),
            (Code::RateLimited, 429, "ID.1003"),
            (Code::QuotaExceeded, 429, "ID.1003"),
            (Code::Internal, 500, "SYS.1000"),
            (Code::IntegrityError, 500, "SYS.1000"),
            (Code::VerificationUnreachable, 503, "SYS.1001"),
            (Code::Busy, 503, "SYS.1001"),
            (Code::Unavailable, 503, "SYS.1001"),
        ] {
            let failure = failure_of(code);
            assert_eq!((failure.status.as_u16(), failure.code), (status, wire), "{code:?}");
        }
    }

    #[test]
    fn a_fault_lies_where_the_client_put_it() {
        let fault = |pointer: &str| told(&Fault::new(pointer, "is odd"));
        assert_eq!(fault("/expiresAt"), "expiresAt: is odd");
        assert_eq!(fault("/secrets"), "value: is odd", "of a type whose fields nobody else knows");
        assert_eq!(fault("/secrets/private_key"), "value: is odd");
        assert_eq!(fault("/options/force"), "options/force: is odd");
        assert_eq!(fault(""), "is odd");
    }
}
