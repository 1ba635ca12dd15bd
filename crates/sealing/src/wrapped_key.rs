//! A key as the store keeps it: encrypted under the key above it.
//!
//! Owns the row's shape and what it is bound to. Must never open under another purpose, organization,
//! epoch, id, date or wrapping key than it was made with.

use std::fmt;

use rand_core::{CryptoRng, Rng};
use strongroom_domain::Timestamp;
use strongroom_domain::ids::OrganizationId;

use crate::hazmat::{self, Binding, KeyBytes, Stay, Suite};
use crate::{RootKeyId, SealingError};

/// The one format of a wrapped key's blob.
const FORMAT: u8 = 1;

/// What a key is for. One key has one purpose (SP 800-57, section 5.2). The purpose is authenticated,
/// so a row whose purpose was rewritten does not open (CRY-13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyPurpose {
    /// Signs the heads of the audit trees.
    AuditSigning,
    /// MACs of request bodies and idempotency keys.
    BodyMac,
    /// MACs of listing cursors.
    CursorMac,
    /// An organization's fingerprints.
    Fingerprint,
    /// Wraps an organization's DEKs and its fingerprint key: a KEK.
    OrganizationKek,
    /// The pepper under which tokens are kept.
    TokenPepper,
}

impl KeyPurpose {
    /// Every purpose, in the order of their codes.
    pub const ALL: [Self; 6] = [
        Self::AuditSigning,
        Self::BodyMac,
        Self::CursorMac,
        Self::Fingerprint,
        Self::OrganizationKek,
        Self::TokenPepper,
    ];

    /// The stable name that a store keeps; part of what a wrapped key is bound to.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AuditSigning => "audit_signing",
            Self::BodyMac => "body_mac",
            Self::CursorMac => "cursor_mac",
            Self::Fingerprint => "fingerprint",
            Self::OrganizationKek => "organization_kek",
            Self::TokenPepper => "token_pepper",
        }
    }

    /// The purpose of that name; `None` for a name that this version does not know.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }
}

impl fmt::Display for KeyPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The random name of one key: 16 bytes, drawn apart from the key, so nothing about it follows. `Display`
/// is 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 16]);

impl KeyId {
    /// A new name.
    pub(crate) fn make(rng: &mut impl Rng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// As a store keeps it.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Which key encrypts a wrapped key. Also part of what the blob is bound to, so that a row cannot claim
/// to be under another key than it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrappingKey {
    /// The root key.
    Root(RootKeyId),
    /// A KEK of the same organization.
    Kek {
        /// Its id.
        id: KeyId,
        /// Its epoch.
        epoch: u32,
    },
}

/// One row of the key table. `key_id` is its primary key: a row made by a rewrap carries the id of the
/// row it replaces. Every field but `blob` is public and authenticated by it, so a row must come back
/// from the store exactly as it went in, microseconds included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// What the key is for.
    pub purpose: KeyPurpose,
    /// Whose key it is; `None` for keys of the whole system.
    pub organization: Option<OrganizationId>,
    /// Counts the keys of one purpose and organization, from 1. Unique together with them.
    pub epoch: u32,
    /// The key's name.
    pub key_id: KeyId,
    /// The key that the blob is encrypted under.
    pub wrapped_by: WrappingKey,
    /// When the key was made. A rewrap keeps it.
    pub created_at: Timestamp,
    /// Format, suite, and the blob of the 32 key bytes.
    pub blob: Vec<u8>,
}

impl WrappedKey {
    /// Encrypts `key` under `wrapping`, bound to everything that `label` and `wrapped_by` say.
    pub(crate) fn wrap(
        label: KeyLabel,
        key: &KeyBytes,
        wrapped_by: WrappingKey,
        wrapping: &KeyBytes,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let mut blob = vec![FORMAT, Suite::CURRENT.byte()];
        hazmat::seal_key(wrapping, &label.binding(wrapped_by, Suite::CURRENT), key, rng, &mut blob);
        let KeyLabel { purpose, organization, epoch, key_id, created_at } = label;
        Self { purpose, organization, epoch, key_id, wrapped_by, created_at, blob }
    }

    /// The key inside, on locked pages, if the row is what it says and `wrapping` is the key that it names. Which key
    /// that is, and that purpose and organization are the wanted ones, is the caller's to check first:
    /// opening shows that the row is genuine, not that it is the row that was asked for.
    pub(crate) fn unwrap_with(&self, wrapping: &KeyBytes) -> Result<KeyBytes, SealingError> {
        let (&[format, suite], blob) = self.blob.split_first_chunk().ok_or(SealingError::Unopenable)?;
        let suite = Suite::from_byte(suite).filter(|_| format == FORMAT).ok_or(SealingError::Unopenable)?;
        Ok(hazmat::open_key(wrapping, &self.label().binding(self.wrapped_by, suite), blob, Stay::Kept)?)
    }

    /// What a rewrap carries over.
    pub(crate) const fn label(&self) -> KeyLabel {
        KeyLabel {
            purpose: self.purpose,
            organization: self.organization,
            epoch: self.epoch,
            key_id: self.key_id,
            created_at: self.created_at,
        }
    }
}

/// What stays the same about a key when it is wrapped anew.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyLabel {
    pub(crate) purpose: KeyPurpose,
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) epoch: u32,
    pub(crate) key_id: KeyId,
    pub(crate) created_at: Timestamp,
}

impl KeyLabel {
    /// The associated data. The order is part of the format; every field has its length before it.
    fn binding(&self, wrapped_by: WrappingKey, suite: Suite) -> Binding {
        // An absent organization is a field of no bytes, which no organization's id can be.
        let organization = self.organization.as_ref().map_or(&[][..], |id| id.as_bytes());
        let binding = Binding::new("strongroom/wrapped-key", FORMAT, suite)
            .field(self.purpose.code().as_bytes())
            .field(organization)
            .field(&self.epoch.to_be_bytes())
            .field(self.key_id.as_bytes())
            .field(&self.created_at.unix_micros().to_be_bytes());
        match wrapped_by {
            WrappingKey::Root(id) => binding.field(b"root").field(id.as_bytes()),
            WrappingKey::Kek { id, epoch } => {
                binding.field(b"kek").field(id.as_bytes()).field(&epoch.to_be_bytes())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_and_their_codes_go_both_ways() {
        for purpose in KeyPurpose::ALL {
            assert_eq!(KeyPurpose::from_code(purpose.code()), Some(purpose));
        }
        assert_eq!(KeyPurpose::from_code("kek"), None);
    }
}
