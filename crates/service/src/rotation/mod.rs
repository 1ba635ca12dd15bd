//! Exchanging keys while everything goes on: the KEKs of an organization, and the root key.
//!
//! Both are operators' acts and the server's own; no caller of the API reaches them. Must never touch a
//! plaintext or a version, nor destroy a key that a sealed value may still need.

mod kek;
mod root;
mod status;

use std::collections::BTreeMap;
use std::time::Duration;

use strongroom_domain::audit::{Actor, AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::ids::{CredentialId, RequestId};
use strongroom_domain::{Scope, Timestamp};
use strongroom_sealing::{RootKeyId, SealingError, SystemRng};
use strongroom_store::StoreError;

pub use self::kek::{Epochs, KekRotated, Progress};
pub use self::root::RootRotated;
pub use self::status::{EpochStatus, KeyStatus, OrganizationStatus, status};
use crate::StartError;

/// Why a rotation did not come to its end. Everything opens as before; calling again goes on.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The store does not answer.
    #[error("the store did not take a step of the rotation")]
    Store(#[from] StoreError),
    /// A key row does not open.
    #[error("the stored keys do not open")]
    Keys(#[from] SealingError),
    /// A row of the key table is not one of ours.
    #[error("a row of the key table is damaged")]
    Row,
    /// The keys changed each time under the rotation's hands.
    #[error("others changed the keys at the same time, again and again")]
    Busy,
    /// There is no workspace to record the act in, so nothing is sealed either.
    #[error("the store is empty")]
    Empty,
    /// The commit that puts the new root key in force may or may not be there: both keys are needed.
    #[error("whether root key {0} is in force is not known")]
    RootUnknown(RootKeyId),
}

impl From<StartError> for RotationError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Store(error) => Self::Store(error),
            StartError::Keys(error) => Self::Keys(error),
            StartError::Row => Self::Row,
            StartError::Empty => Self::Empty,
        }
    }
}

/// At whose request, for the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// An operator's, who may use the data folder.
    Operator,
    /// The server's own: the epoch has served its time, or a rotation was interrupted.
    Server,
}

/// How fast a sweep goes.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Values that are put into their new wrapping in one commit.
    pub page: usize,
    /// How long it leaves the store to others between two of them.
    pub pause: Duration,
}

impl Pace {
    /// For one who waits.
    pub const BRISK: Self = Self { page: 256, pause: Duration::ZERO };
    /// For the background: a hundred thousand values take half an hour, and nobody notices.
    pub const GENTLE: Self = Self { page: 64, pause: Duration::from_secs(1) };
}

/// A value that does not open, found on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Damaged {
    /// Where.
    pub scope: Scope,
    /// Of which credential.
    pub credential: CredentialId,
}

/// How often a step is tried again when others came first.
const ROUNDS: usize = 5;

/// A record of the server's own act on keys, in the log of this workspace.
pub(crate) fn record(
    scope: &Scope,
    at: Timestamp,
    (action, outcome): (AuditAction, AuditOutcome),
    by: By,
    notes: impl IntoIterator<Item = (&'static str, String)>,
) -> AuditRecord {
    let mut notes: BTreeMap<String, String> =
        notes.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    let by = match by {
        By::Operator => "operator",
        By::Server => "server",
    };
    notes.insert("by".to_owned(), by.to_owned());
    AuditRecord {
        at,
        actor: Actor::System,
        on_behalf_of: None,
        source: None,
        request: RequestId::make(at, &mut SystemRng),
        trace: None,
        action,
        object: AuditObject::Workspace(scope.workspace()),
        outcome,
        version: None,
        value_version: None,
        fields: Vec::new(),
        code: None,
        verification: None,
        notes,
    }
}
