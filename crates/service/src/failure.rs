//! From a store's words to the public error, and from that to the word of a record.

use strongroom_domain::audit::AuditOutcome;
use strongroom_domain::error::{Cause, Code, Conflict};
use strongroom_domain::{Error, Fault};
use strongroom_sealing::SealingError;
use strongroom_store::{Clash, StoreError};

/// A clash that the use case did not expect here is a race that was lost; everything else keeps its cause
/// for the log alone.
pub(crate) fn of_store(error: StoreError) -> Error {
    match error {
        StoreError::Clash(clash) => of_clash(clash),
        StoreError::Corrupt(_) => Error::Integrity(Cause::new(error)),
        StoreError::Unknown(_) => Error::OutcomeUnknown(Cause::new(error)),
        StoreError::Full(_) => Error::NoRoom(Cause::new(error)),
        StoreError::Unavailable(_) | StoreError::Closed => {
            Error::NotNow(Code::Unavailable, Some(Cause::new(error)))
        }
    }
}

/// What a record says of an act that ended so.
pub(crate) const fn outcome_of(error: &Error) -> AuditOutcome {
    match error {
        Error::Unauthenticated | Error::Forbidden(_) | Error::NotFound => AuditOutcome::Denied,
        Error::Integrity(_) | Error::Internal(_) | Error::NoRoom(_) | Error::NotNow(Code::Unavailable, _) => {
            AuditOutcome::Failed
        }
        _ => AuditOutcome::Refused,
    }
}

fn of_clash(clash: Clash) -> Error {
    match clash {
        Clash::Slug => Error::Conflict(Conflict::SlugTaken),
        Clash::Alias => Error::Conflict(Conflict::AliasTaken),
        Clash::Quota => Error::Limited(
            Code::QuotaExceeded,
            "There are as many of these as there may be; GET /v1/limits has the limits of an organization. Nothing was changed.",
        ),
        Clash::Idempotency => Error::Conflict(Conflict::Idempotency),
        // The caller's own: every commit of a request expects it to be live.
        Clash::Token => Error::Unauthenticated,
        // It was erased while this was under way.
        Clash::Workspace => Error::NotFound,
        Clash::Identity => Error::invalid(vec![Fault::new(
            "/identity",
            "stands for another token already: revoke that one first",
        )]),
        Clash::Version
        | Clash::ValueVersion
        | Clash::Held
        | Clash::Uses
        | Clash::Keys
        | Clash::HostKey
        | Clash::Lease => Error::Conflict(Conflict::LostRace),
    }
}

/// What does not open is an integrity error of that one credential.
pub(crate) fn of_sealing(error: SealingError) -> Error {
    match error {
        SealingError::TooLarge => Error::invalid(vec![Fault::new("/secrets", "too large to be sealed")]),
        other => Error::Integrity(Cause::new(other)),
    }
}
