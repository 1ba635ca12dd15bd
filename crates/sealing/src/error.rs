//! Why keys or an envelope did not do what was asked. Owns the crate's error; must never carry a
//! plaintext, a key, or a parser's words.

use crate::{KeyPurpose, RootKeyId};

/// What sealing refuses.
///
/// An envelope or a wrapped key that does not open is always [`SealingError::Unopenable`]: damage, a
/// wrong place, a wrong key and an unknown format look the same, so that nobody who can write rows
/// learns from the answer how far a forgery got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealingError {
    /// The bytes are damaged, stand in a place they were not sealed for, or were sealed by another key.
    #[error("the sealed value does not open here: it is damaged, in the wrong place or under another key")]
    Unopenable,
    /// Neither this KEK's id nor its epoch is among the organization's keys. Either another node has
    /// begun a new epoch (load the keys again and retry once) or the epoch has been destroyed.
    #[error("the key of epoch {epoch} is not among this organization's keys")]
    KeyMissing {
        /// The epoch that the envelope names.
        epoch: u32,
    },
    /// The wrapped key needs another root key. Nothing is served and nothing is written without it.
    #[error("these keys were wrapped by root key {wanted}, but root key {given} was given")]
    OtherRootKey {
        /// The root key that wrapped them.
        wanted: RootKeyId,
        /// The root key at hand.
        given: RootKeyId,
    },
    /// A key that must exist is not among the rows. It is never made anew over existing data.
    #[error("no {purpose} key among the stored keys")]
    KeyAbsent {
        /// What it would be for.
        purpose: KeyPurpose,
    },
    /// Two purposes share the same key bytes (SP 800-57: one key, one purpose).
    #[error("one key is used for two purposes")]
    KeyReused,
    /// A value of one organization was to be sealed under the keys of another.
    #[error("these keys belong to another organization than the value")]
    OtherOrganization,
    /// The secrets of one value are larger than [`MAX_SECRETS_BYTES`](crate::MAX_SECRETS_BYTES).
    #[error("the secrets of one value are too large to be sealed")]
    TooLarge,
}

impl From<crate::hazmat::Refused> for SealingError {
    fn from(_: crate::hazmat::Refused) -> Self {
        Self::Unopenable
    }
}
