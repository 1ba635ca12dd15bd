//! A sealed value as it is stored.
//!
//! ```text
//! envelope = format 1 ‖ suite 1 ‖ length 4 ‖ wrapped DEK ‖ length 4 ‖ payload
//! wrapped DEK = KEK id 16 ‖ KEK epoch 4 ‖ blob of the 32-byte DEK, under the KEK
//! payload     = blob of the JSON of all secrets, under the DEK
//! blob        = salt 32 ‖ commitment 32 ‖ ciphertext ‖ tag 16
//! ```
//!
//! Numbers are big-endian; lengths count bytes and must add up to the whole exactly. Owns this encoding.
//! Must never trust a byte of it: whatever is read here is only a claim until a blob has opened.

use std::fmt;

use crate::KeyId;
use crate::hazmat::{Digest, KeyBytes, OVERHEAD, Suite};

/// The largest JSON of all secrets of one value: 1 MiB, well above every request limit.
pub const MAX_SECRETS_BYTES: usize = 1 << 20;

/// The one format there is. It names the encoding above and the JSON inside; it switches nothing off.
pub(crate) const FORMAT: u8 = 1;

/// KEK id, epoch, and the blob of a key: always the same length.
const WRAPPED_DEK_LEN: usize = 16 + 4 + KeyBytes::LEN + OVERHEAD;
const MAX_PAYLOAD_LEN: usize = MAX_SECRETS_BYTES + OVERHEAD;

/// One sealed value: the BLOB that a store keeps and cannot open. `Debug` shows length and epoch.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope(Vec<u8>);

impl Envelope {
    /// Takes any bytes. Whether they are an envelope shows when they are opened, and there damage of
    /// every kind looks the same.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to store, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// SHA-256 of the payload blob, which the audit record of a change commits to, so that a restored
    /// old row shows (CRY-03). The same before and after a rewrap. `None`: not an envelope.
    pub fn payload_digest(&self) -> Option<[u8; 32]> {
        self.parts().map(|parts| Digest::of(parts.payload))
    }

    /// The epoch of the KEK that the envelope names, for the sweep that rewraps old ones. Only a claim
    /// until it opens. `None`: not an envelope.
    pub fn kek_epoch(&self) -> Option<u32> {
        self.parts().map(|parts| parts.kek_epoch)
    }

    /// Cuts the envelope up without a copy: a length field is compared with what is there and never
    /// allocated from.
    pub(crate) fn parts(&self) -> Option<Parts<'_>> {
        let (&[format, suite], rest) = self.0.split_first_chunk()?;
        let suite = Suite::from_byte(suite).filter(|_| format == FORMAT)?;
        let (wrapped_dek, rest) = split_prefixed(rest)?;
        let (payload, rest) = split_prefixed(rest)?;
        let sound = rest.is_empty()
            && wrapped_dek.len() == WRAPPED_DEK_LEN
            && (OVERHEAD..=MAX_PAYLOAD_LEN).contains(&payload.len());
        let (kek_id, wrapped_dek) = wrapped_dek.split_first_chunk()?;
        let (kek_epoch, dek_blob) = wrapped_dek.split_first_chunk()?;
        sound.then_some(Parts {
            suite,
            kek_id: KeyId::from_bytes(*kek_id),
            kek_epoch: u32::from_be_bytes(*kek_epoch),
            dek_blob,
            payload,
        })
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("bytes", &self.0.len())
            .field("kek_epoch", &self.kek_epoch())
            .finish_non_exhaustive()
    }
}

/// What an envelope consists of.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) suite: Suite,
    pub(crate) kek_id: KeyId,
    pub(crate) kek_epoch: u32,
    pub(crate) dek_blob: &'a [u8],
    pub(crate) payload: &'a [u8],
}

impl Parts<'_> {
    pub(crate) fn join(&self) -> Envelope {
        let mut bytes = Vec::with_capacity(2 + 4 + WRAPPED_DEK_LEN + 4 + self.payload.len());
        bytes.extend_from_slice(&[FORMAT, self.suite.byte()]);
        bytes.extend_from_slice(&length(WRAPPED_DEK_LEN));
        bytes.extend_from_slice(self.kek_id.as_bytes());
        bytes.extend_from_slice(&self.kek_epoch.to_be_bytes());
        bytes.extend_from_slice(self.dek_blob);
        bytes.extend_from_slice(&length(self.payload.len()));
        bytes.extend_from_slice(self.payload);
        Envelope(bytes)
    }
}

fn split_prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u32::from_be_bytes(*length).try_into().ok()?)
}

fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("a payload is at most a little over 1 MiB").to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_join_to_the_same_bytes() {
        let blob = [7; KeyBytes::LEN + OVERHEAD];
        let parts = Parts {
            suite: Suite::CURRENT,
            kek_id: KeyId::from_bytes([1; 16]),
            kek_epoch: 9,
            dek_blob: &blob,
            payload: &[8; OVERHEAD],
        };
        let envelope = parts.join();
        assert_eq!(envelope.parts().unwrap().join(), envelope);
        assert_eq!(envelope.kek_epoch(), Some(9));
        assert_eq!(format!("{envelope:?}"), "Envelope { bytes: 222, kek_epoch: Some(9), .. }");
    }

    #[test]
    fn cry_02_huge_lengths_are_refused_before_anything_is_allocated() {
        for claimed in [u32::MAX, u32::MAX - 3, 0x7fff_ffff, 1 << 30] {
            let mut bytes = vec![FORMAT, Suite::CURRENT.byte()];
            bytes.extend_from_slice(&claimed.to_be_bytes());
            bytes.extend_from_slice(&[0; 64]);
            assert_eq!(Envelope::from_bytes(bytes).kek_epoch(), None);
        }
    }
}
