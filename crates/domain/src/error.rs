//! The public error: what a caller may know. Private causes travel inside and are never displayed.

use std::fmt;
use std::sync::Arc;

use crate::access::{Denial, Why};
use crate::consumer::Hold;
use crate::ids::CredentialId;
use crate::verification::{Outcome, Reason, Verification};

/// One fault of an input, with a JSON pointer (RFC 6901) to its place. Never holds the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub pointer: String,
    /// What is wrong there and what would be right.
    pub message: String,
}

impl Fault {
    /// A fault at a place.
    pub fn new(pointer: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { pointer: pointer.into(), message: message.to_string() }
    }
}

/// The stable codes of API.md, and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the codes are their own words; API.md has the table")]
pub enum Code {
    InvalidJson,
    DuplicateKey,
    Unauthenticated,
    Forbidden,
    StepUpRequired,
    NotFound,
    MethodNotAllowed,
    SlugTaken,
    DuplicateSecrets,
    DuplicateSettings,
    InUse,
    Conflict,
    IdempotencyConflict,
    AccountChanged,
    ScopeReduced,
    PreconditionFailed,
    PayloadTooLarge,
    UnsupportedMediaType,
    ValidationFailed,
    UnknownKind,
    SecretsRequired,
    TargetNotAllowed,
    VerificationRejected,
    VerificationUnreachable,
    PreconditionRequired,
    RateLimited,
    QuotaExceeded,
    Internal,
    IntegrityError,
    Busy,
    Unavailable,
}

impl Code {
    /// The text on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::DuplicateKey => "duplicate_key",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::StepUpRequired => "step_up_required",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::SlugTaken => "slug_taken",
            Self::DuplicateSecrets => "duplicate_secrets",
            Self::DuplicateSettings => "duplicate_settings",
            Self::InUse => "in_use",
            Self::Conflict => "conflict",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::AccountChanged => "account_changed",
            Self::ScopeReduced => "scope_reduced",
            Self::PreconditionFailed => "precondition_failed",
            Self::PayloadTooLarge => "payload_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::ValidationFailed => "validation_failed",
            Self::UnknownKind => "unknown_kind",
            Self::SecretsRequired => "secrets_required",
            Self::TargetNotAllowed => "target_not_allowed",
            Self::VerificationRejected => "verification_rejected",
            Self::VerificationUnreachable => "verification_unreachable",
            Self::PreconditionRequired => "precondition_required",
            Self::RateLimited => "rate_limited",
            Self::QuotaExceeded => "quota_exceeded",
            Self::Internal => "internal",
            Self::IntegrityError => "integrity_error",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
        }
    }
}

/// A request that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Not JSON, too deep, or a number that would be rounded.
    Json(&'static str),
    /// The same key twice in one object.
    DuplicateKey,
    /// More bytes than the route takes.
    TooLarge,
    /// Not the media type the route takes.
    MediaType,
    /// No such method on this path.
    Method,
    /// An `Idempotency-Key` where none counts: the caller believes in a safety that is not there.
    IdempotencyKey,
}

/// A clash with what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// Something else of its sort has this slug: a credential of the workspace, a workspace of the organization.
    SlugTaken,
    /// Another credential has the same identity; named where the caller may see it.
    DuplicateSecrets(Option<CredentialId>),
    /// Another credential is of the same account, under whichever secret; named where the caller may see it.
    DuplicateSettings(Option<CredentialId>),
    /// The id that the caller gave belongs to another credential of the workspace.
    AliasTaken,
    /// Unexpired holds.
    InUse(Vec<Hold>),
    /// So many credentials use the integration.
    IntegrationInUse(u64),
    /// Five rounds of merging were lost to other changes.
    LostRace,
    /// The key was used for another request.
    Idempotency,
    /// The candidate is another account than the last accepted value; these consumers hold it.
    AccountChanged(Vec<Hold>),
    /// The candidate has fewer rights than the last accepted value; these consumers hold it.
    ScopeReduced(Vec<Hold>),
}

/// A private cause: kept for the log, never shown. No `Display`, so that it cannot slip into an answer.
#[derive(Clone)]
pub struct Cause(Arc<dyn std::error::Error + Send + Sync>);

impl Cause {
    /// Keeps a cause.
    pub fn new(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }

    /// The chain, for the one place that logs it.
    pub fn chain(&self) -> String {
        let mut text = self.0.to_string();
        let mut next = self.0.source();
        while let Some(cause) = next {
            text = format!("{text}: {cause}");
            next = cause.source();
        }
        text
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.chain())
    }
}

/// Why a use case did not do what was asked. Unless a variant says otherwise, nothing was changed.
#[derive(Debug, Clone)]
pub enum Error {
    /// The request could not be read.
    Unreadable(Unreadable),
    /// No token, or not one that counts here and now.
    Unauthenticated,
    /// The caller may know the thing but not do this.
    Forbidden(Denial),
    /// No such thing, or none that the caller may know.
    NotFound,
    /// What was there once is no longer kept: events after a position that is too old.
    Gone,
    /// All faults of the input at once, under one code of the 422 family.
    Invalid(Code, Vec<Fault>),
    /// The version given is not the current one, or one must be given and was not.
    Precondition {
        /// The current version, where one was given.
        current: Option<u64>,
    },
    /// A clash with what is there.
    Conflict(Conflict),
    /// The real system did not accept the candidate.
    Verification(Box<Verification>),
    /// Too much, too often.
    Limited(Code, &'static str),
    /// The stored envelope does not open: it, its key or its row was tampered with or damaged.
    Integrity(Cause),
    /// Not now: waiting took too long (`busy`), or a part of us is not there (`unavailable`).
    NotNow(Code, Option<Cause>),
    /// The disk is nearly full, and what is left of it is kept for reads.
    NoRoom(Cause),
    /// The answer of the store was lost: what was asked may or may not have been done.
    OutcomeUnknown(Cause),
    /// A fault of ours.
    Internal(Cause),
}

impl Error {
    /// Faults of the input under `validation_failed`.
    pub const fn invalid(faults: Vec<Fault>) -> Self {
        Self::Invalid(Code::ValidationFailed, faults)
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Unreadable(unreadable) => unreadable.code(),
            Self::Unauthenticated => Code::Unauthenticated,
            Self::Forbidden(Denial { why: Why::StepUp, .. }) => Code::StepUpRequired,
            Self::Forbidden(_) => Code::Forbidden,
            // API.md gives the status 410 and no code of its own for it.
            Self::NotFound | Self::Gone => Code::NotFound,
            Self::Invalid(code, _) | Self::Limited(code, _) | Self::NotNow(code, _) => *code,
            Self::Precondition { current: Some(_) } => Code::PreconditionFailed,
            Self::Precondition { current: None } => Code::PreconditionRequired,
            Self::Conflict(conflict) => conflict.code(),
            Self::Verification(verification) => verification_code(verification),
            Self::Integrity(_) => Code::IntegrityError,
            Self::Internal(_) => Code::Internal,
            Self::NoRoom(_) | Self::OutcomeUnknown(_) => Code::Unavailable,
        }
    }

    /// Whether the same request may succeed later without anyone changing anything.
    pub fn retryable(&self) -> bool {
        match self {
            Self::NotNow(..) | Self::NoRoom(_) | Self::Conflict(Conflict::LostRace) => true,
            Self::Limited(code, _) => matches!(code, Code::RateLimited | Code::Busy),
            Self::Verification(verification) => {
                verification.outcome == Outcome::Unreachable
                    && !verification.reason.is_some_and(Reason::forbids_saving)
            }
            _ => false,
        }
    }

    /// What failed, why, what to do, and what state things are in: text of ours alone.
    pub fn detail(&self) -> String {
        match self {
            Self::Unreadable(unreadable) => unreadable.detail().to_owned(),
            Self::Unauthenticated => "A valid token is needed: send it as `Authorization: Bearer srt_...`. Nothing was changed.".to_owned(),
            Self::Forbidden(denial) => format!("{denial} Nothing was changed."),
            Self::NotFound => "There is no such thing here, or this token may not know of it. Nothing was changed.".to_owned(),
            Self::Gone => "Events after the position in `Last-Event-ID` are no longer kept, or it is not a position of this workspace, so what came since cannot be told without a gap. Drop what you keep, then listen again without `Last-Event-ID`. Nothing was changed.".to_owned(),
            Self::Invalid(code, faults) => invalid_detail(*code, faults.len()),
            Self::Precondition { current: Some(version) } => format!(
                "The version given is not the current one, which is {version}. Read again, then repeat the change. Nothing was changed."
            ),
            Self::Precondition { current: None } => {
                "This workspace wants changes to name their version: send `If-Match` with the ETag of the last read. Nothing was changed.".to_owned()
            }
            Self::Conflict(conflict) => conflict.detail(),
            Self::Verification(verification) => verification_detail(verification),
            Self::Limited(_, detail) => (*detail).to_owned(),
            Self::Integrity(_) => "The stored value does not open, so nothing was given out and nothing was changed. Other credentials are not affected. Tell the operator the request id.".to_owned(),
            Self::OutcomeUnknown(_) => "It is not known whether this was done: the store did not answer. Read before you repeat it, or repeat it with the same Idempotency-Key.".to_owned(),
            Self::NotNow(Code::Busy, _) => "Others come first and are still under way. Try again in a moment. Nothing was changed.".to_owned(),
            Self::NotNow(..) => "The service cannot do this right now. Try again in a moment. Nothing was changed.".to_owned(),
            Self::NoRoom(_) => "The disk of the server is nearly full, so no changes are taken; what needs none goes on. The operator must make room. Nothing was changed.".to_owned(),
            Self::Internal(_) => "Something went wrong on our side. Whether anything was changed is in the audit log. Tell the operator the request id.".to_owned(),
        }
    }

    /// The private cause, for the one place that logs it.
    pub const fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Integrity(cause)
            | Self::Internal(cause)
            | Self::OutcomeUnknown(cause)
            | Self::NoRoom(cause)
            | Self::NotNow(_, Some(cause)) => Some(cause),
            _ => None,
        }
    }
}

impl Unreadable {
    const fn code(self) -> Code {
        match self {
            Self::Json(_) => Code::InvalidJson,
            Self::DuplicateKey => Code::DuplicateKey,
            Self::TooLarge => Code::PayloadTooLarge,
            Self::MediaType => Code::UnsupportedMediaType,
            Self::Method => Code::MethodNotAllowed,
            Self::IdempotencyKey => Code::ValidationFailed,
        }
    }

    const fn detail(self) -> &'static str {
        match self {
            Self::Json(detail) => detail,
            Self::DuplicateKey => {
                "The body names a key twice in one object. Send each key once. Nothing was changed."
            }
            Self::TooLarge => {
                "The body is larger than this route takes; GET /v1/limits has the limits. Nothing was changed."
            }
            Self::MediaType => {
                "The body must be JSON: send `Content-Type: application/json`. Nothing was changed."
            }
            Self::Method => {
                "This path does not know this method; the header `Allow` names those it knows. Nothing was changed."
            }
            Self::IdempotencyKey => {
                "The header Idempotency-Key counts only where a credential or an integration is created, changed or deleted. Leave it out. Nothing was changed."
            }
        }
    }
}

impl Conflict {
    const fn code(&self) -> Code {
        match self {
            Self::SlugTaken => Code::SlugTaken,
            Self::DuplicateSecrets(_) => Code::DuplicateSecrets,
            Self::DuplicateSettings(_) => Code::DuplicateSettings,
            Self::InUse(_) | Self::IntegrationInUse(_) => Code::InUse,
            Self::LostRace | Self::AliasTaken => Code::Conflict,
            Self::Idempotency => Code::IdempotencyConflict,
            Self::AccountChanged(_) => Code::AccountChanged,
            Self::ScopeReduced(_) => Code::ScopeReduced,
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::SlugTaken => "This slug is taken here. Choose another one. Nothing was changed.".to_owned(),
            Self::DuplicateSecrets(Some(other)) => {
                format!("Credential {other} of this workspace has the same identity and secret. Use that one, or change it. Nothing was changed.")
            }
            Self::DuplicateSecrets(None) => "Another credential of this workspace has the same identity and secret. Nothing was changed.".to_owned(),
            Self::DuplicateSettings(Some(other)) => {
                format!("Credential {other} of this workspace is of the same account. Use that one, or change it. Nothing was changed.")
            }
            Self::DuplicateSettings(None) => "Another credential of this workspace is of the same account. Nothing was changed.".to_owned(),
            Self::AliasTaken => "Another credential of this workspace has this id. Choose another one, or change that one. Nothing was changed.".to_owned(),
            Self::InUse(holds) if holds.is_empty() => {
                "Something in it is held. Release it, wait until the holds end, or delete with `force=true`. Nothing was changed.".to_owned()
            }
            Self::InUse(holds) => format!(
                "Unexpired holds: {}. Release them, wait until they end, or delete with `force=true`. Nothing was changed.",
                holds.len()
            ),
            Self::IntegrationInUse(count) => format!(
                "Credentials that use this integration: {count}. Change their `integration_id` or delete them first. Nothing was changed."
            ),
            Self::LostRace => "Other changes came first five times in a row. Try again. Nothing was changed.".to_owned(),
            Self::Idempotency => "This Idempotency-Key was used for another request within 24 hours. Use a new key. Nothing was changed.".to_owned(),
            Self::AccountChanged(holds) => format!(
                "The new value works, but it is another account than the last accepted one. Consumers that hold the old value: {}. Send `\"accept_account_change\": true` in the body if this is meant. Nothing was changed.",
                holds.len()
            ),
            Self::ScopeReduced(holds) => format!(
                "The new value works, but it has fewer rights than the last accepted one. Consumers that hold the old value: {}. Send `\"accept_fewer_scopes\": true` in the body if this is meant. Nothing was changed.",
                holds.len()
            ),
        }
    }
}

fn verification_code(verification: &Verification) -> Code {
    match (verification.outcome, verification.reason) {
        (Outcome::Rejected, _) => Code::VerificationRejected,
        (_, Some(Reason::TargetNotAllowed)) => Code::TargetNotAllowed,
        _ => Code::VerificationUnreachable,
    }
}

fn verification_detail(verification: &Verification) -> String {
    let consequence = match verification.outcome {
        Outcome::Rejected => {
            "The change was tried and refused, so nothing was changed: what was stored before is still in force."
        }
        _ => {
            "The change could not be proved, so nothing was changed: what was stored before is still in force."
        }
    };
    format!("{} {consequence}", verification.message)
}

fn invalid_detail(code: Code, faults: usize) -> String {
    match code {
        Code::UnknownKind => "There is no such kind; GET /v1/kinds lists those there are. Nothing was changed.".to_owned(),
        Code::SecretsRequired => "The target changes, and stored secrets do not follow to another target. Send the secrets again, or send `rebind` with a token that may. Nothing was changed.".to_owned(),
        _ => format!("The request has {faults} fault(s), each listed in `errors` with its place. Nothing was changed."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_08_private_causes_stay_out_of_the_public_text() {
        let cause = Cause::new(std::io::Error::other("cnry-cause /var/lib/x"));
        for error in [
            Error::Internal(cause.clone()),
            Error::Integrity(cause.clone()),
            Error::NotNow(Code::Unavailable, Some(cause)),
        ] {
            assert!(!error.detail().contains("cnry"), "{}", error.detail());
        }
    }
}
