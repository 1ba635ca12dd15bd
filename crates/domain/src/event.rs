//! What watchers are told: that something changed, never to what.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::CredentialId;

/// The sort of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A credential was created.
    #[serde(rename = "credential.created")]
    Created,
    /// A credential was changed; drop the value if `value_version` is newer than yours.
    #[serde(rename = "credential.changed")]
    Changed,
    /// A credential was deleted.
    #[serde(rename = "credential.deleted")]
    Deleted,
    /// The health of a credential changed.
    #[serde(rename = "credential.health")]
    Health,
}

impl EventKind {
    /// The name, in streams and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "credential.created",
            Self::Changed => "credential.changed",
            Self::Deleted => "credential.deleted",
            Self::Health => "credential.health",
        }
    }
}

/// One event of one credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// To which credential.
    pub credential: CredentialId,
    /// Its version afterwards.
    pub version: u64,
    /// Its value's version afterwards.
    pub value_version: u64,
}
