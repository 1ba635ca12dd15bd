//! Errors of the native API: `application/problem+json` (RFC 9457) with the codes of API.md.
//!
//! Text of ours alone. The private cause of an error is logged once, by [`log`], and never rendered.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use strongroom_domain::consumer::Hold;
use strongroom_domain::error::{Code, Conflict, Unreadable};
use strongroom_domain::ids::RequestId;
use strongroom_domain::text::Name;
use strongroom_domain::verification::{Evidence, StepTaken, Verification};
use strongroom_domain::{Error, Timestamp};

use crate::{Refusal, respond};

/// The answer to an error.
pub fn render(refusal: &Refusal<'_>) -> Response {
    let (error, request) = (refusal.error, refusal.request);
    let status = match error {
        // API.md gives these a status of their own, and the code that says best what is wrong.
        Error::Unreadable(Unreadable::IdempotencyKey) => StatusCode::BAD_REQUEST,
        Error::Gone => StatusCode::GONE,
        _ => status_of(error.code()),
    };
    let body = serde_json::to_vec(&Problem::of(status, error, request)).unwrap_or_default();
    let mut response = respond::bytes(status, "application/problem+json", body);
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The status that API.md gives a code.
pub const fn status_of(code: Code) -> StatusCode {
    match code {
        Code::InvalidJson | Code::DuplicateKey => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Forbidden | Code::StepUpRequired => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::SlugTaken
        | Code::DuplicateSecrets
        | Code::DuplicateSettings
        | Code::InUse
        | Code::Conflict
        | Code::IdempotencyConflict
        | Code::AccountChanged
        | Code::ScopeReduced => StatusCode::CONFLICT,
        Code::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::ValidationFailed
        | Code::UnknownKind
        | Code::SecretsRequired
        | Code::TargetNotAllowed
        | Code::VerificationRejected
        | Code::VerificationUnreachable => StatusCode::UNPROCESSABLE_ENTITY,
        Code::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Code::RateLimited | Code::QuotaExceeded => StatusCode::TOO_MANY_REQUESTS,
        Code::Internal | Code::IntegrityError => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Busy | Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Writes the private cause of an error to the log, under the id that its answer names.
pub fn log(error: &Error, request: RequestId) {
    if let Some(cause) = error.cause() {
        let code = error.code().as_str();
        tracing::error!(request_id = %request, code, cause = cause.chain(), "a request failed");
    }
}

/// Puts on a refusal when to try again, for what passes by itself. [`crate::RouteTable`] does so for errors that
/// come out of a handler; a dialect that makes the answer itself calls it.
pub fn say_when(response: &mut Response, error: &Error) {
    if let Some(seconds) = retry_after(error.code()) {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
}

/// In seconds.
const fn retry_after(code: Code) -> Option<u64> {
    match code {
        Code::Busy => Some(1),
        Code::Unavailable => Some(5),
        Code::RateLimited => Some(10),
        _ => None,
    }
}

/// A verification as every answer shows it.
#[derive(Debug, Serialize)]
pub struct VerificationBody<'a> {
    outcome: &'static str,
    reason: Option<&'static str>,
    message: &'a str,
    evidence: &'a Evidence,
    duration_ms: u64,
    checked_at: Timestamp,
    #[serde(skip_serializing_if = "<[StepTaken]>::is_empty")]
    steps: &'a [StepTaken],
}

impl<'a> From<&'a Verification> for VerificationBody<'a> {
    fn from(verification: &'a Verification) -> Self {
        Self {
            outcome: verification.outcome.code(),
            reason: verification.reason.map(strongroom_domain::verification::Reason::code),
            message: &verification.message,
            evidence: &verification.evidence,
            duration_ms: verification.duration_ms,
            checked_at: verification.checked_at,
            steps: &verification.steps,
        }
    }
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
    request_id: RequestId,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FaultBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<VerificationBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumers: Option<Vec<ConsumerBody<'a>>>,
}

impl<'a> Problem<'a> {
    fn of(status: StatusCode, error: &'a Error, request_id: RequestId) -> Self {
        Self {
            // With this type the title is the status's own phrase (RFC 9457 section 4.2.1); `code` tells
            // problems apart.
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            code: error.code().as_str(),
            detail: error.detail(),
            request_id,
            retryable: error.retryable(),
            errors: errors_of(error),
            verification: verification_of(error),
            consumers: consumers_of(error),
        }
    }
}

#[derive(Serialize)]
struct FaultBody<'a> {
    pointer: &'a str,
    message: &'a str,
}

fn errors_of(error: &Error) -> Option<Vec<FaultBody<'_>>> {
    let Error::Invalid(_, faults) = error else { return None };
    Some(faults.iter().map(|fault| FaultBody { pointer: &fault.pointer, message: &fault.message }).collect())
}

fn verification_of(error: &Error) -> Option<VerificationBody<'_>> {
    let Error::Verification(verification) = error else { return None };
    Some(verification.as_ref().into())
}

#[derive(Serialize)]
struct ConsumerBody<'a> {
    name: &'a Name,
    instance: &'a Name,
    value_version: u64,
    hold_until: Timestamp,
}

/// Who is concerned, where the error is about holds.
fn consumers_of(error: &Error) -> Option<Vec<ConsumerBody<'_>>> {
    let Error::Conflict(conflict) = error else { return None };
    let holds = match conflict {
        Conflict::InUse(holds) | Conflict::AccountChanged(holds) | Conflict::ScopeReduced(holds) => holds,
        Conflict::SlugTaken
        | Conflict::DuplicateSecrets(_)
        | Conflict::DuplicateSettings(_)
        | Conflict::AliasTaken
        | Conflict::IntegrationInUse(_)
        | Conflict::LostRace
        | Conflict::Idempotency => return None,
    };
    Some(holds.iter().map(ConsumerBody::from).collect())
}

impl<'a> From<&'a Hold> for ConsumerBody<'a> {
    fn from(hold: &'a Hold) -> Self {
        Self {
            name: &hold.consumer.name,
            instance: &hold.consumer.instance,
            value_version: hold.value_version,
            hold_until: hold.hold_until,
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use serde_json::Value;
    use strongroom_domain::Fault;
    use strongroom_domain::consumer::Consumer;
    use strongroom_domain::error::Cause;
    use strongroom_domain::ids::{CredentialId, TokenId};
    use strongroom_domain::verification::{Finding, Reason};

    use super::*;
    use crate::Shown;

    /// The table of API.md, word for word.
    const API: &str = "`invalid_json` 400, `duplicate_key` 400, `unauthenticated` 401, `forbidden` 403, \
        `step_up_required` 403, `not_found` 404, `method_not_allowed` 405, `slug_taken` 409, \
        `duplicate_secrets` 409, `duplicate_settings` 409, `in_use` 409, `conflict` 409, \
        `idempotency_conflict` 409, `account_changed` 409, `scope_reduced` 409, `precondition_failed` 412, \
        `payload_too_large` 413, `unsupported_media_type` 415, `validation_failed` 422, `unknown_kind` 422, \
        `secrets_required` 422, `target_not_allowed` 422, `verification_rejected` 422, \
        `verification_unreachable` 422, `precondition_required` 428, `rate_limited` 429, \
        `quota_exceeded` 429, `internal` 500, `integrity_error` 500, `busy` 503, `unavailable` 503";

    const CODES: [Code; 31] = [
        Code::InvalidJson,
        Code::DuplicateKey,
        Code::Unauthenticated,
        Code::Forbidden,
        Code::StepUpRequired,
        Code::NotFound,
        Code::MethodNotAllowed,
        Code::SlugTaken,
        Code::DuplicateSecrets,
        Code::DuplicateSettings,
        Code::InUse,
        Code::Conflict,
        Code::IdempotencyConflict,
        Code::AccountChanged,
        Code::ScopeReduced,
        Code::PreconditionFailed,
        Code::PayloadTooLarge,
        Code::UnsupportedMediaType,
        Code::ValidationFailed,
        Code::UnknownKind,
        Code::SecretsRequired,
        Code::TargetNotAllowed,
        Code::VerificationRejected,
        Code::VerificationUnreachable,
        Code::PreconditionRequired,
        Code::RateLimited,
        Code::QuotaExceeded,
        Code::Internal,
        Code::IntegrityError,
        Code::Busy,
        Code::Unavailable,
    ];

    const REQUEST: RequestId = RequestId::from_bytes([9; 16]);
    const NOW: Timestamp = Timestamp::from_unix_micros(1_763_719_200_000_000);

    async fn rendered(error: &Error) -> (http::response::Parts, Value) {
        let (parts, body) =
            render(&Refusal { error, request: REQUEST, operation: "", shown: Shown::Token }).into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (parts, serde_json::from_slice(&bytes).unwrap())
    }

    fn hold() -> Hold {
        let consumer = Consumer { name: "flow-42".parse().unwrap(), instance: "worker-1".parse().unwrap() };
        let (credential, token) = (CredentialId::from_bytes([1; 16]), TokenId::from_bytes([2; 16]));
        Hold { credential, token, consumer, value_version: 7, granted_at: NOW, hold_until: NOW }
    }

    #[test]
    fn every_code_has_the_status_of_api_md() {
        let ours: Vec<String> =
            CODES.iter().map(|code| format!("`{}` {}", code.as_str(), status_of(*code).as_u16())).collect();
        assert_eq!(ours.join(", "), API);
    }

    #[tokio::test]
    async fn faults_come_with_their_places() {
        let (parts, body) = rendered(&Error::invalid(vec![Fault::new("/settings/port", "too big")])).await;
        assert_eq!(parts.status, 422);
        assert_eq!(parts.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(body["title"], "Unprocessable Entity");
        assert_eq!((&body["status"], &body["code"]), (&422.into(), &"validation_failed".into()));
        assert_eq!(body["request_id"], REQUEST.to_string());
        assert_eq!(body["errors"], serde_json::json!([{"pointer": "/settings/port", "message": "too big"}]));
        assert_eq!(body["retryable"], false);
        assert!(body.get("verification").is_none() && body.get("consumers").is_none());
    }

    #[tokio::test]
    async fn a_refused_verification_and_the_consumers_concerned_are_shown() {
        let finding = Finding::rejected(Reason::AuthFailed, "Wrong user or password.");
        let verification = Verification::of(finding, std::time::Duration::from_millis(12), NOW);
        let (_, body) = rendered(&Error::Verification(Box::new(verification))).await;
        assert_eq!((&body["code"], &body["status"]), (&"verification_rejected".into(), &422.into()));
        assert_eq!(body["verification"]["reason"], "auth_failed");
        let (_, body) = rendered(&Error::Conflict(Conflict::InUse(vec![hold()]))).await;
        let expected = serde_json::json!([{"name": "flow-42", "instance": "worker-1", "value_version": 7,
            "hold_until": "2025-11-21T10:00:00.000Z"}]);
        assert_eq!((&body["code"], &body["consumers"]), (&"in_use".into(), &expected));
    }

    #[tokio::test]
    async fn log_08_the_body_of_a_failure_is_constant_but_for_the_request() {
        let cause = |text| Error::Internal(Cause::new(std::io::Error::other(text)));
        let (_, first) = rendered(&cause("cnry-first")).await;
        let (_, second) = rendered(&cause("cnry-second")).await;
        assert_eq!(first, second);
        assert!(!first.to_string().contains("cnry"));
    }

    #[tokio::test]
    async fn an_idempotency_key_where_none_counts_is_400() {
        let (parts, body) = rendered(&Error::Unreadable(Unreadable::IdempotencyKey)).await;
        assert_eq!((parts.status.as_u16(), &body["code"]), (400, &"validation_failed".into()));
    }

    #[tokio::test]
    async fn headers_say_how_to_go_on() {
        let (parts, _) = rendered(&Error::Unauthenticated).await;
        assert_eq!(parts.headers[header::WWW_AUTHENTICATE], "Bearer");
        let (_, body) = rendered(&Error::NotNow(Code::Busy, None)).await;
        assert_eq!(body["retryable"], true);
        for (error, seconds) in [
            (Error::NotNow(Code::Busy, None), Some("1")),
            (Error::NotNow(Code::Unavailable, None), Some("5")),
            (Error::Limited(Code::RateLimited, ""), Some("10")),
            (Error::Limited(Code::QuotaExceeded, ""), None),
            (Error::Unreadable(Unreadable::TooLarge), None),
        ] {
            let mut response = respond::empty(StatusCode::OK);
            say_when(&mut response, &error);
            let said = response.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap());
            assert_eq!(said, seconds, "{error:?}");
        }
    }
}
