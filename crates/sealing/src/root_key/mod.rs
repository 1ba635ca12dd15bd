//! The root key: the one secret that is not in the database.
//!
//! Owns its use and its id; `file` owns how it is read and written, `material` what is accepted as one.
//! Must never be made silently, printed, or stored beside what it protects.

mod error;
mod file;
mod material;

use std::fmt;

use rand_core::CryptoRng;
use strongroom_domain::Secret;

pub use error::{RootKeyError, Weakness};

use crate::hazmat::{KeyBytes, Stay, derive_id};
use crate::wrapped_key::KeyLabel;
use crate::{SealingError, WrappedKey, WrappingKey};

/// 256 bits that wrap every organization's KEKs and the system's keys.
///
/// It encrypts nothing else, and never a value: to exchange it, only key rows are wrapped anew. Whoever
/// has it and the database has everything; whoever has only one of them has nothing.
pub struct RootKey {
    key: KeyBytes,
    id: RootKeyId,
}

impl RootKey {
    /// A new key, for [`RootKey::write_new_file`].
    pub fn make(rng: &mut impl CryptoRng) -> Self {
        Self::from_key(KeyBytes::make(Stay::Kept, rng))
    }

    /// From one line of 64 hex digits or 44 base64 characters, as an environment gives it. The same
    /// keys are refused as weak as in a file.
    pub fn from_text(text: &Secret<String>) -> Result<Self, RootKeyError> {
        // EXPOSE: decoded into key bytes, which wipe themselves.
        let key = material::from_text(text.expose().as_bytes());
        key.and_then(Self::sound).map_err(|weakness| RootKeyError::UnusableText { weakness })
    }

    /// The key's public name, kept beside everything it wraps, so that a wrong key is told by name.
    pub const fn id(&self) -> RootKeyId {
        self.id
    }

    /// Wraps a key anew that another root key has wrapped: one step of a change of root key. Purpose,
    /// epoch, id and date stay; the row replaces the old one (the same `key_id`).
    pub fn rewrap(
        &self,
        old: &Self,
        row: &WrappedKey,
        rng: &mut impl CryptoRng,
    ) -> Result<WrappedKey, SealingError> {
        Ok(self.wrap(row.label(), &old.unwrap(row)?, rng))
    }

    /// Each call draws a salt of its own, so one root key wraps any number of keys.
    pub(crate) fn wrap(&self, label: KeyLabel, key: &KeyBytes, rng: &mut impl CryptoRng) -> WrappedKey {
        WrappedKey::wrap(label, key, WrappingKey::Root(self.id), &self.key, rng)
    }

    /// The key in a row that this root key has wrapped. A row of another root key is told apart, from
    /// its public id, so that an operator learns which key is wanted (CRY-04).
    pub(crate) fn unwrap(&self, row: &WrappedKey) -> Result<KeyBytes, SealingError> {
        match row.wrapped_by {
            WrappingKey::Root(id) if id == self.id => row.unwrap_with(&self.key),
            WrappingKey::Root(wanted) => Err(SealingError::OtherRootKey { wanted, given: self.id }),
            WrappingKey::Kek { .. } => Err(SealingError::Unopenable),
        }
    }

    /// Without the check for weakness: for a key that was just drawn, and for test vectors.
    pub(crate) fn from_key(key: KeyBytes) -> Self {
        let id = RootKeyId(derive_id(&key, "strongroom/root-key-id/v1"));
        Self { key, id }
    }

    /// For a key that somebody else has chosen.
    fn sound(key: KeyBytes) -> Result<Self, Weakness> {
        material::refuse_weak(key.bytes())?;
        let root = Self::from_key(key);
        if root.id == PUBLISHED {
            return Err(Weakness::Published);
        }
        Ok(root)
    }
}

/// The id of the root key of `testdata/vectors.json`, which everyone can read there.
const PUBLISHED: RootKeyId = RootKeyId([0xbb, 0x92, 0xef, 0xa4, 0x48, 0x07, 0x75, 0xbe]);

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootKey({})", self.id)
    }
}

/// The public name of a root key: 8 bytes derived from it by HKDF under a label of its own, from which
/// nothing about the key follows. `Display` is 16 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RootKeyId([u8; 8]);

impl RootKeyId {
    /// As a store keeps it.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for RootKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RootKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
