//! HMAC-SHA-256, SHA-256 and the comparison of their results.
//!
//! Owns the rule that every input starts with a label of its own and that every part carries its
//! length, so that no two different inputs give one hash. Must never hash a bare concatenation.

use aws_lc_rs::{constant_time, digest, hkdf, hmac};

use super::KeyBytes;

/// Whether two codes are equal, in a time that depends on their lengths only (ASVS 11.2.4). For every
/// comparison of a MAC, a token digest or another value that a caller could try to guess byte by byte.
#[must_use]
pub fn macs_match(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}

/// A key made ready for HMAC-SHA-256 (RFC 2104). The library wipes its state on drop.
#[derive(Clone)]
pub(crate) struct MacKey(hmac::Key);

impl MacKey {
    /// Done once per key where the key is used often: this hashes the padded key, a MAC then does not.
    pub(crate) fn new(key: &KeyBytes) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.bytes()))
    }
}

/// One MAC in the making. Streamed, so that secrets that go into it are never put together in a buffer.
pub(crate) struct Mac(hmac::Context);

impl Mac {
    /// The label names the use and is fixed in the code; two uses never share one (CRY-13).
    pub(crate) fn new(key: &MacKey, label: &'static str) -> Self {
        let mut mac = Self(hmac::Context::with_key(&key.0));
        mac.part(label.as_bytes());
        mac
    }

    /// One part, with its length before it.
    pub(crate) fn part(&mut self, bytes: &[u8]) {
        self.0.update(&length(bytes));
        self.0.update(bytes);
    }

    /// Bytes that carry their lengths already.
    pub(crate) fn framed(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.sign().as_ref().try_into().expect("HMAC-SHA-256 gives 32 bytes")
    }
}

/// One SHA-256 digest in the making (FIPS 180-4). Not for secrets: plain hashes of those are forbidden,
/// because whoever has the hash can try values until one fits.
pub(crate) struct Digest(digest::Context);

impl Digest {
    pub(crate) fn new(label: &'static str) -> Self {
        let mut digest = Self(digest::Context::new(&digest::SHA256));
        digest.framed(&length(label.as_bytes()));
        digest.framed(label.as_bytes());
        digest
    }

    /// The bare digest of stored bytes, for which no label is needed because it means just that.
    pub(crate) fn of(bytes: &[u8]) -> [u8; 32] {
        let whole = digest::digest(&digest::SHA256, bytes);
        whole.as_ref().try_into().expect("SHA-256 gives 32 bytes")
    }

    /// Bytes that carry their lengths already.
    pub(crate) fn framed(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes")
    }
}

/// A public name for a key, from which nothing about the key follows: HKDF (RFC 5869) is one-way, and
/// the label is used for nothing else.
pub(crate) fn derive_id(key: &KeyBytes, label: &'static str) -> [u8; 8] {
    let mut id = [0; 8];
    hkdf::Salt::new(hkdf::HKDF_SHA256, label.as_bytes())
        .extract(key.bytes())
        .expand(&[label.as_bytes()], IdLength)
        .and_then(|output| output.fill(&mut id))
        .expect("HKDF-SHA-256 gives up to 8160 bytes");
    id
}

struct IdLength;

impl hkdf::KeyType for IdLength {
    fn len(&self) -> usize {
        8
    }
}

/// 64 bits, big-endian, as everywhere in this crate's hash inputs.
fn length(bytes: &[u8]) -> [u8; 8] {
    (bytes.len() as u64).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hazmat::Stay;

    #[test]
    fn a_label_or_a_boundary_moved_gives_another_mac() {
        let key = MacKey::new(&KeyBytes::zeroed(Stay::Brief));
        let mac = |label, parts: &[&[u8]]| {
            let mut mac = Mac::new(&key, label);
            for part in parts {
                mac.part(part);
            }
            mac.finish()
        };
        let one = mac("a", &[b"bc", b"d"]);
        assert_eq!(one, mac("a", &[b"bc", b"d"]));
        for other in [mac("ab", &[b"c", b"d"]), mac("a", &[b"b", b"cd"]), mac("a", &[b"bcd"])] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn match_needs_equal_length_and_bytes() {
        assert!(macs_match(b"abc", b"abc"));
        assert!(!macs_match(b"abc", b"abd"));
        assert!(!macs_match(b"abc", b"ab"));
    }
}
