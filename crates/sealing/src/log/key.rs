//! The key that signs the heads of the audit trees: a system key like the token pepper, wrapped under the root key,
//! so that who can write rows cannot sign (CATALOGUE section 1, "Audit").

use std::fmt;

use rand_core::CryptoRng;
use strongroom_domain::Timestamp;

use super::{Checkpoint, Verifier};
use crate::hazmat::{KeyBytes, Signer, Stay};
use crate::wrapped_key::KeyLabel;
use crate::{KeyId, KeyPurpose, RootKey, SealingError, WrappedKey};

/// Signs checkpoints, and nothing else.
///
/// ```
/// # use strongroom_domain::Timestamp;
/// # use strongroom_sealing::{RootKey, SystemRng, log::{Checkpoint, LogHash, LogKey}};
/// # let (now, rng) = (Timestamp::from_unix_micros(1_763_719_200_000_000), &mut SystemRng);
/// let root = RootKey::make(rng);
/// let (key, row) = LogKey::make(&root, now, rng);
/// let head = Checkpoint { origin: "log.example".to_owned(), size: 1, root: LogHash::of_leaf(b"a leaf") };
/// let note = key.sign(&head);
/// // Whoever has the verifier key alone:
/// let verifier = key.verifier().to_string().parse()?;
/// assert_eq!(Checkpoint::open(&verifier, &note)?, head);
/// // After a restart:
/// assert_eq!(LogKey::open(&root, &[row])?.sign(&head), note);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LogKey {
    signer: Signer,
    verifier: Verifier,
}

impl LogKey {
    /// A new key and the row to store.
    pub fn make(root: &RootKey, now: Timestamp, rng: &mut impl CryptoRng) -> (Self, WrappedKey) {
        // Read by the signer at once, which keeps it in its own place.
        let (seed, key_id) = (KeyBytes::make(Stay::Brief, rng), KeyId::make(rng));
        let label = KeyLabel {
            purpose: KeyPurpose::AuditSigning,
            organization: None,
            epoch: 1,
            key_id,
            created_at: now,
        };
        let row = root.wrap(label, &seed, rng);
        (Self::from_seed(&seed, key_id), row)
    }

    /// The newest such key among these rows; rows of other purposes are passed over.
    ///
    /// # Errors
    ///
    /// [`SealingError::KeyAbsent`] where there is none: a store of an older release. Otherwise as for every system key.
    pub fn open(root: &RootKey, rows: &[WrappedKey]) -> Result<Self, SealingError> {
        let purpose = KeyPurpose::AuditSigning;
        let of_ours = rows.iter().filter(|row| row.purpose == purpose && row.organization.is_none());
        let newest = of_ours.max_by_key(|row| row.epoch).ok_or(SealingError::KeyAbsent { purpose })?;
        Ok(Self::from_seed(&root.unwrap(newest)?, newest.key_id))
    }

    /// What others verify its signatures with.
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The signed note of a head.
    pub fn sign(&self, checkpoint: &Checkpoint) -> String {
        let text = checkpoint.to_string();
        self.verifier.note(&text, &self.signer.sign(text.as_bytes()))
    }

    fn from_seed(seed: &KeyBytes, key_id: KeyId) -> Self {
        let signer = Signer::new(seed);
        let verifier = Verifier::new(format!("strongroom/audit/{key_id}"), signer.public());
        Self { signer, verifier }
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogKey(..)")
    }
}

#[cfg(test)]
impl LogKey {
    /// For words that no checkpoint is.
    pub(super) fn signer_for_tests(&self, text: &str) -> [u8; 64] {
        self.signer.sign(text.as_bytes())
    }
}
