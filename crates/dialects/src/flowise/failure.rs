//! How errors look: the service-error shape, and the short bodies of authentication and permission.
//!
//! Words of ours alone: never a parser's, a driver's or a caller's, but the id that was asked for.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use strongroom_domain::error::{Cause, Unreadable};
use strongroom_domain::ids::RequestId;
use strongroom_domain::policy::FlowiseMode;
use strongroom_domain::{Error, Fault};
use strongroom_web::{Answer, Refusal, Shown, problem, respond};

use super::reply;

/// The function of the original that its error messages name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Show,
    Reveal,
    Update,
    Delete,
    Component,
}

impl Operation {
    const fn service(self) -> &'static str {
        match self {
            // The original's own slip: reading one says `createCredential` [036].
            Self::Create | Self::Show => "credentialsService.createCredential",
            Self::Reveal => "credentialsService.revealCredentialById",
            Self::Update => "credentialsService.updateCredential",
            Self::Delete => "credentialsService.deleteCredentials",
            Self::Component => "componentsCredentialsService.getSingleComponentsCredential",
        }
    }

    /// What stands before every message of the original's service.
    pub(super) fn prefix(self) -> String {
        format!("Error: {} - ", self.service())
    }

    const fn controller(self) -> &'static str {
        match self {
            Self::Create | Self::Show => "credentialsController.createCredential",
            Self::Reveal => "credentialsController.revealCredentialById",
            Self::Update => "credentialsController.updateCredential",
            Self::Delete => "credentialsController.deleteCredentials",
            Self::Component => "componentsCredentialsController.getSingleComponentsCredential",
        }
    }
}

#[derive(Serialize)]
struct ServiceError<'a> {
    #[serde(rename = "statusCode")]
    status_code: u16,
    success: bool,
    message: &'a str,
    stack: Stack,
}

/// Empty outside development, where we never are.
#[derive(Serialize)]
struct Stack {}

/// The service-error shape.
pub(super) fn service_error(status: StatusCode, message: &str) -> Answer {
    let body = ServiceError { status_code: status.as_u16(), success: false, message, stack: Stack {} };
    json(status, &body)
}

/// JSON as every answer here names it.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body).map_err(|error| Error::Internal(Cause::new(error)))?;
    Ok(reply::public(status, reply::JSON, body))
}

/// What a service function of the original would say.
pub(super) fn service(status: StatusCode, operation: Operation, detail: &str) -> Answer {
    service_error(status, &format!("{}{detail}", operation.prefix()))
}

/// What a controller of the original would say.
pub(super) fn controller(status: StatusCode, operation: Operation, detail: &str) -> Answer {
    service_error(status, &format!("Error: {} - {detail}", operation.controller()))
}

/// A column that may not be empty, in the words of the original's database; 400 where the mode is ours.
pub(super) fn not_null(mode: FlowiseMode, operation: Operation, column: &str) -> Answer {
    match mode {
        FlowiseMode::Exact => service(
            StatusCode::INTERNAL_SERVER_ERROR,
            operation,
            &format!("SQLITE_CONSTRAINT: NOT NULL constraint failed: credential.{column}"),
        ),
        FlowiseMode::Documented => service(
            StatusCode::BAD_REQUEST,
            operation,
            &format!("{column} is missing or not of the right form. Nothing was changed."),
        ),
    }
}

/// No credential of this id, for this caller.
pub(super) fn not_found(mode: FlowiseMode, operation: Operation, id: &str) -> Answer {
    let status = match mode {
        FlowiseMode::Exact => StatusCode::INTERNAL_SERVER_ERROR,
        FlowiseMode::Documented => StatusCode::NOT_FOUND,
    };
    service(status, operation, &format!("Credential {id} not found"))
}

/// An error of a use case, from the handler of `operation` on the credential `id`.
pub(super) fn of(
    error: &Error,
    operation: Operation,
    mode: FlowiseMode,
    id: &str,
    request: RequestId,
) -> Answer {
    problem::log(error, request);
    match error {
        Error::NotFound => not_found(mode, operation, id),
        Error::Unauthenticated | Error::Forbidden(_) | Error::Unreadable(_) => {
            shared(error, request, Shown::Token)
        }
        _ => {
            let mut response = service(status_of(error), operation, &told(error, request))?;
            problem::say_when(&mut response, error);
            Ok(response)
        }
    }
}

/// Every error that comes before a handler, and those that a handler hands on.
pub(super) fn render(refusal: &Refusal<'_>) -> Response {
    let answer = shared(refusal.error, refusal.request, refusal.shown);
    answer.unwrap_or_else(|_| respond::empty(StatusCode::INTERNAL_SERVER_ERROR))
}

#[derive(Serialize)]
struct Unauthorized {
    error: &'static str,
}

#[derive(Serialize)]
struct Told {
    message: &'static str,
}

/// No key, or one that does not count.
pub(super) fn unauthorized() -> Answer {
    json(StatusCode::UNAUTHORIZED, &Unauthorized { error: "Unauthorized Access" })
}

fn shared(error: &Error, request: RequestId, shown: Shown) -> Answer {
    let status = status_of(error);
    match (error, shown) {
        (Error::Unauthenticated, Shown::Nothing | Shown::Token) => unauthorized(),
        (Error::Unauthenticated, Shown::Session) => {
            json(status, &Told { message: "Invalid or Missing token" })
        }
        (Error::Forbidden(_), _) => json(status, &Told { message: "Forbidden" }),
        (Error::Unreadable(Unreadable::TooLarge), _) => service_error(status, "request entity too large"),
        _ => service_error(status, &told(error, request)),
    }
}

/// Our own text; a fault of ours says nothing but where the operator finds it.
fn told(error: &Error, request: RequestId) -> String {
    let faults = match error {
        Error::Invalid(_, faults) => faults.iter().map(fault).collect::<Vec<_>>().join("; "),
        _ => String::new(),
    };
    let id = match error {
        Error::Internal(_) | Error::Integrity(_) | Error::OutcomeUnknown(_) => format!(" [{request}]"),
        _ => String::new(),
    };
    let detail = error.detail();
    if faults.is_empty() { format!("{detail}{id}") } else { format!("{detail} {faults}") }
}

fn fault(fault: &Fault) -> String {
    format!("{}: {}", fault.pointer, fault.message)
}

fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::Unreadable(Unreadable::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Unreadable(Unreadable::MediaType) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Error::Unreadable(Unreadable::Method) | Error::NotFound | Error::Gone => StatusCode::NOT_FOUND,
        // What the real system refuses, and what could not be tried at all, is a mistake in the request.
        Error::Unreadable(Unreadable::Json(_) | Unreadable::DuplicateKey | Unreadable::IdempotencyKey)
        | Error::Invalid(..)
        | Error::Verification(_) => StatusCode::BAD_REQUEST,
        Error::Unauthenticated => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::Precondition { .. } => StatusCode::PRECONDITION_FAILED,
        Error::Conflict(_) => StatusCode::CONFLICT,
        Error::Limited(..) => StatusCode::TOO_MANY_REQUESTS,
        Error::NotNow(..) | Error::NoRoom(_) | Error::OutcomeUnknown(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Integrity(_) | Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
