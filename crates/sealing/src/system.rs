//! The keys of the whole system: token pepper, body MAC, cursor MAC.
//!
//! Owns which code is made with which key and label. Must never make a key where rows exist: whoever
//! cannot open them must stop, because a fresh pepper would silently invalidate every token.

use std::fmt;

use rand_core::CryptoRng;
use strongroom_domain::Timestamp;

use crate::hazmat::{KeyBytes, Mac, MacKey, Stay};
use crate::wrapped_key::KeyLabel;
use crate::{KeyId, KeyPurpose, RootKey, SealingError, WrappedKey};

/// The system's keys, opened. Compare what they make with [`macs_match`](crate::macs_match) only.
///
/// ```
/// # use strongroom_domain::Timestamp;
/// # use strongroom_sealing::{RootKey, SystemKeys, SystemRng, macs_match};
/// # let (now, rng) = (Timestamp::from_unix_micros(1_763_719_200_000_000), &mut SystemRng);
/// let root = RootKey::make(rng);
/// let (keys, rows) = SystemKeys::make(&root, now, rng);
/// let stored = keys.token_mac(b"the secret part of a token");
/// // After a restart:
/// let keys = SystemKeys::open(&root, &rows)?;
/// assert!(macs_match(&stored, &keys.token_mac(b"the secret part of a token")));
/// # Ok::<(), strongroom_sealing::SealingError>(())
/// ```
pub struct SystemKeys {
    token_pepper: MacKey,
    body_mac: MacKey,
    cursor_mac: MacKey,
}

impl SystemKeys {
    /// New keys and the rows to store. For an empty store only.
    pub fn make(root: &RootKey, now: Timestamp, rng: &mut impl CryptoRng) -> (Self, Vec<WrappedKey>) {
        let [pepper, body, cursor] = Self::PURPOSES.map(|_| KeyBytes::make(Stay::Brief, rng));
        let rows = Self::PURPOSES
            .into_iter()
            .zip([&pepper, &body, &cursor])
            .map(|(purpose, key)| {
                let key_id = KeyId::make(rng);
                let label = KeyLabel { purpose, organization: None, epoch: 1, key_id, created_at: now };
                root.wrap(label, key, rng)
            })
            .collect();
        (Self::from_keys(&pepper, &body, &cursor), rows)
    }

    /// The keys of these rows; rows of organizations are passed over. Fails without touching anything
    /// when the root key is another one, a row is damaged, or a key is absent.
    pub fn open(root: &RootKey, rows: &[WrappedKey]) -> Result<Self, SealingError> {
        let [pepper, body, cursor] = Self::PURPOSES.map(|purpose| open_newest(root, rows, purpose));
        let (pepper, body, cursor) = (pepper?, body?, cursor?);
        // The labels would keep the codes apart all the same; this is about whoever made the keys.
        if pepper.same_as(&body) || pepper.same_as(&cursor) || body.same_as(&cursor) {
            return Err(SealingError::KeyReused);
        }
        Ok(Self::from_keys(&pepper, &body, &cursor))
    }

    /// What is stored of a token's secret part: HMAC-SHA-256 under the pepper. The secret has 256 bits
    /// of its own, so no slow hash is needed.
    pub fn token_mac(&self, secret: &[u8]) -> [u8; 32] {
        mac(&self.token_pepper, "strongroom/token/v1", &[secret])
    }

    /// What proves that a run's token was made here. The pepper's second use: both are about who is let in, and
    /// the label keeps them apart.
    pub fn run_mac(&self, payload: &[u8]) -> [u8; 32] {
        mac(&self.token_pepper, "strongroom/run/v1", &[payload])
    }

    /// What is stored of a request body or an idempotency key, to know it again without keeping it.
    /// Every part counts with its length.
    pub fn body_mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.body_mac, "strongroom/body/v1", parts)
    }

    /// What makes a listing cursor ours. Every part counts with its length.
    pub fn cursor_mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.cursor_mac, "strongroom/cursor/v1", parts)
    }

    /// What makes a question to an issuer ours: state, nonce and verifier come from it. Made with the key of the
    /// cursors under a label of its own. Every part counts with its length.
    pub fn sign_in_mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.cursor_mac, "strongroom/sign-in/v1", parts)
    }

    /// In the order in which the keys are made and opened.
    const PURPOSES: [KeyPurpose; 3] = [KeyPurpose::TokenPepper, KeyPurpose::BodyMac, KeyPurpose::CursorMac];

    fn from_keys(pepper: &KeyBytes, body: &KeyBytes, cursor: &KeyBytes) -> Self {
        Self {
            token_pepper: MacKey::new(pepper),
            body_mac: MacKey::new(body),
            cursor_mac: MacKey::new(cursor),
        }
    }
}

impl fmt::Debug for SystemKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemKeys(..)")
    }
}

/// A later epoch of a purpose replaces the earlier one; all codes made with that one are void then.
fn open_newest(root: &RootKey, rows: &[WrappedKey], purpose: KeyPurpose) -> Result<KeyBytes, SealingError> {
    let newest = rows
        .iter()
        .filter(|row| row.purpose == purpose && row.organization.is_none())
        .max_by_key(|row| row.epoch)
        .ok_or(SealingError::KeyAbsent { purpose })?;
    root.unwrap(newest)
}

/// The label comes first and is fixed per use, so no input of one use can equal an input of another.
fn mac(key: &MacKey, label: &'static str, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Mac::new(key, label);
    for part in parts {
        mac.part(part);
    }
    mac.finish()
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_micros(1_763_719_200_000_000);

    #[test]
    fn cry_13_the_same_bytes_for_two_purposes_are_refused() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let root = RootKey::make(&mut rng);
        let (_, mut rows) = SystemKeys::make(&root, NOW, &mut rng);
        assert!(SystemKeys::open(&root, &rows).is_ok());
        let pepper = root.unwrap(&rows[0]).unwrap();
        rows[1] = root.wrap(rows[1].label(), &pepper, &mut rng);
        assert_eq!(SystemKeys::open(&root, &rows).unwrap_err(), SealingError::KeyReused);
    }

    #[test]
    fn cry_13_labels_separate_even_where_the_key_does_not() {
        let key = KeyBytes::make(Stay::Brief, &mut ChaCha20Rng::seed_from_u64(1));
        let keys = SystemKeys::from_keys(&key, &key, &key);
        let (token, body, cursor) = (keys.token_mac(b"x"), keys.body_mac(&[b"x"]), keys.cursor_mac(&[b"x"]));
        let run = keys.run_mac(b"x");
        assert!(token != body && body != cursor && token != cursor);
        assert!(run != token && run != body && run != cursor);
    }
}
