//! On whose behalf secrets are given out, and until when they may be kept.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{CredentialId, TokenId};
use crate::text::Name;

/// The workflow, run or worker that a resolve is made for, as its caller names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Consumer {
    /// The flow.
    pub name: Name,
    /// The worker or run of it.
    pub instance: Name,
}

/// What a consumer has: a value, until a time. One per credential, token, name and instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Which credential.
    pub credential: CredentialId,
    /// Through which token it was resolved.
    pub token: TokenId,
    /// For whom.
    pub consumer: Consumer,
    /// Which value was given.
    pub value_version: u64,
    /// When it was given last.
    pub granted_at: Timestamp,
    /// Until when the consumer may use it.
    pub hold_until: Timestamp,
}

impl Hold {
    /// Whether the consumer still has something, at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.hold_until > now
    }
}
