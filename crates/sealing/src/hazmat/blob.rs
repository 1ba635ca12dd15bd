//! The one construction that encrypts: single-use key, key commitment, AES-256-GCM.
//!
//! ```text
//! okm        = HKDF-SHA-256(ikm = key, salt, info = binding, 64 bytes)      RFC 5869
//! cipher key = okm[0..32], commitment = okm[32..64]
//! blob       = salt 32 ‖ commitment 32 ‖ ciphertext ‖ tag 16
//! ```
//!
//! Owns that layout and the order of checks. Must never decrypt before the commitment has matched,
//! never hand out a byte before the tag has, and never run without a [`Binding`].
//!
//! **The nonce is twelve zero bytes.** What must never repeat under GCM (SP 800-38D, section 8) is the
//! pair of key and nonce; every blob draws a fresh 256-bit salt and so has a cipher key of its own,
//! which encrypts this one message. A random nonce on top would add nothing.
//!
//! **The commitment** is there because GCM does not commit to its key: a ciphertext can be built that
//! opens under two keys (CRY-15). It depends on key, salt and binding; a match fixes all three.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::key::fill_random;
use super::{KeyBytes, Stay, macs_match};

const SALT_LEN: usize = 32;
const COMMITMENT_LEN: usize = 32;
/// The full tag and nothing shorter (SP 800-38D, section 5.2.1.2; CRY-07).
const TAG_LEN: usize = 16;

/// By how much a blob is longer than its plaintext.
pub(crate) const OVERHEAD: usize = SALT_LEN + COMMITMENT_LEN + TAG_LEN;

/// A blob did not open. Says no more on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

/// The allow-list of algorithms. A new one gets a new byte; a byte that is not listed opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suite {
    /// The construction of this module.
    HkdfSha256Aes256Gcm,
}

impl Suite {
    /// What new blobs are made with.
    pub(crate) const CURRENT: Self = Self::HkdfSha256Aes256Gcm;

    /// What is stored, and part of every binding.
    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::HkdfSha256Aes256Gcm => 1,
        }
    }

    /// The reader's allow-list. Listing a suite says that all of its checks are in force.
    pub(crate) const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::HkdfSha256Aes256Gcm),
            _ => None,
        }
    }
}

/// What a blob is bound to: label, format, suite, and then every field with its length before it.
///
/// It is both HKDF's `info` and GCM's associated data, so a blob in another place has another key,
/// another commitment and another tag. There is no way to make an empty one.
pub(crate) struct Binding(Vec<u8>);

impl Binding {
    /// `label` names the sort of blob and is fixed in the code: no two sorts share a key stream.
    pub(crate) fn new(label: &'static str, format: u8, suite: Suite) -> Self {
        // Room for the longest one in use, so that building it takes one allocation.
        let mut binding = Self(Vec::with_capacity(384)).field(label.as_bytes());
        binding.0.extend_from_slice(&[format, suite.byte()]);
        binding
    }

    /// The length keeps `ab` `c` and `a` `bc` apart (HKDF and GCM both see one run of bytes).
    #[must_use]
    pub(crate) fn field(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// For a binding that includes this one.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Appends the blob of `plaintext` to `out`. Encrypts in place there; the caller wipes its own copy.
pub(crate) fn seal(
    key: &KeyBytes,
    binding: &Binding,
    plaintext: &[u8],
    rng: &mut impl CryptoRng,
    out: &mut Vec<u8>,
) {
    let mut salt = [0; SALT_LEN];
    fill_random(&mut salt, rng);
    let derived = Derived::new(key, &salt, binding);
    // Reserved before the plaintext goes in: a vector that grew would leave a copy of it behind.
    out.reserve(plaintext.len() + OVERHEAD);
    out.extend_from_slice(&salt);
    out.extend_from_slice(derived.commitment());
    let start = out.len();
    out.extend_from_slice(plaintext);
    let tag = derived
        .cipher()
        .seal_in_place_separate_tag(zero_nonce(), Aad::from(binding.as_bytes()), &mut out[start..])
        .expect("AES-256-GCM takes messages up to 64 GiB");
    out.extend_from_slice(tag.as_ref());
}

/// The plaintext of a blob, in memory that wipes itself, also when the blob turns out to be forged.
pub(crate) fn open(key: &KeyBytes, binding: &Binding, blob: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let length = blob.len().checked_sub(OVERHEAD).ok_or(Refused)?;
    let mut plaintext = Zeroizing::new(vec![0; length]);
    open_into(key, binding, blob, &mut plaintext)?;
    Ok(plaintext)
}

/// Appends the blob of a key to `out`.
pub(crate) fn seal_key(
    key: &KeyBytes,
    binding: &Binding,
    sealed: &KeyBytes,
    rng: &mut impl CryptoRng,
    out: &mut Vec<u8>,
) {
    seal(key, binding, sealed.bytes(), rng, out);
}

/// The key inside a blob, decrypted where it stays.
pub(crate) fn open_key(
    key: &KeyBytes,
    binding: &Binding,
    blob: &[u8],
    stay: Stay,
) -> Result<KeyBytes, Refused> {
    let mut opened = KeyBytes::zeroed(stay);
    open_into(key, binding, blob, opened.bytes_mut())?;
    Ok(opened)
}

/// On refusal `out` may hold anything: its owner drops and wipes it unseen.
fn open_into(key: &KeyBytes, binding: &Binding, blob: &[u8], out: &mut [u8]) -> Result<(), Refused> {
    if blob.len() != out.len() + OVERHEAD {
        return Err(Refused);
    }
    let (salt, rest) = blob.split_first_chunk::<SALT_LEN>().ok_or(Refused)?;
    let (commitment, rest) = rest.split_first_chunk::<COMMITMENT_LEN>().ok_or(Refused)?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or(Refused)?;
    let derived = Derived::new(key, salt, binding);
    // Before the first block is decrypted: from here on there is one key that this blob was made with.
    if !macs_match(derived.commitment(), commitment) {
        return Err(Refused);
    }
    derived
        .cipher()
        .open_separate_gather(zero_nonce(), Aad::from(binding.as_bytes()), ciphertext, tag, out)
        .map_err(|_| Refused)
}

/// What HKDF gives for one blob. One pass of extract and expand for both halves.
struct Derived(Zeroizing<[u8; KeyBytes::LEN + COMMITMENT_LEN]>);

impl Derived {
    fn new(key: &KeyBytes, salt: &[u8; SALT_LEN], binding: &Binding) -> Self {
        let mut okm = Zeroizing::new([0; KeyBytes::LEN + COMMITMENT_LEN]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
            .extract(key.bytes())
            .expand(&[binding.as_bytes()], DerivedLength)
            .and_then(|output| output.fill(okm.as_mut_slice()))
            .expect("HKDF-SHA-256 gives up to 8160 bytes");
        Self(okm)
    }

    /// Used for one message, whichever way: the value lives as long as one call.
    fn cipher(&self) -> LessSafeKey {
        let key = UnboundKey::new(&AES_256_GCM, &self.0[..KeyBytes::LEN]);
        LessSafeKey::new(key.expect("AES-256-GCM takes a key of 32 bytes"))
    }

    /// Public, and independent of the cipher key as far as anyone without the key can tell.
    fn commitment(&self) -> &[u8] {
        &self.0[KeyBytes::LEN..]
    }
}

struct DerivedLength;

impl hkdf::KeyType for DerivedLength {
    fn len(&self) -> usize {
        KeyBytes::LEN + COMMITMENT_LEN
    }
}

/// See the head of this module for why it may be constant.
fn zero_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    const PLAINTEXT: &[u8] = b"cnry-blob";

    fn sealed() -> (KeyBytes, Binding, Vec<u8>) {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let key = KeyBytes::make(Stay::Brief, &mut rng);
        let binding = Binding::new("test", 1, Suite::CURRENT).field(b"place");
        let mut blob = Vec::new();
        seal(&key, &binding, PLAINTEXT, &mut rng, &mut blob);
        (key, binding, blob)
    }

    #[test]
    fn opens_in_its_place_only() {
        let (key, binding, blob) = sealed();
        assert_eq!(open(&key, &binding, &blob).unwrap().as_slice(), PLAINTEXT);
        let elsewhere = [
            Binding::new("test", 1, Suite::CURRENT).field(b"place2"),
            Binding::new("test", 1, Suite::CURRENT).field(b"pla").field(b"ce"),
            Binding::new("test", 2, Suite::CURRENT).field(b"place"),
            Binding::new("tess", 1, Suite::CURRENT).field(b"place"),
        ];
        for place in elsewhere {
            assert_eq!(open(&key, &place, &blob), Err(Refused));
        }
    }

    /// The ciphertext and the tag are sound: only the commitment is not. That the output buffer stays
    /// as it was shows that nothing was decrypted.
    #[test]
    fn cry_15_wrong_commitment_is_refused_before_decryption() {
        let (key, binding, mut blob) = sealed();
        for position in SALT_LEN..SALT_LEN + COMMITMENT_LEN {
            blob[position] ^= 1;
            let mut out = [0xaa; PLAINTEXT.len()];
            assert_eq!(open_into(&key, &binding, &blob, &mut out), Err(Refused));
            assert_eq!(out, [0xaa; PLAINTEXT.len()]);
            blob[position] ^= 1;
        }
        assert!(open(&key, &binding, &blob).is_ok());
    }

    #[test]
    fn cry_07_shorter_tags_are_refused() {
        let (key, binding, blob) = sealed();
        for kept in 0..TAG_LEN {
            let cut = &blob[..blob.len() - TAG_LEN + kept];
            assert_eq!(open(&key, &binding, cut), Err(Refused), "{kept} bytes");
        }
    }

    #[test]
    fn an_unlisted_suite_is_none() {
        let listed: Vec<u8> = (0..=u8::MAX).filter(|byte| Suite::from_byte(*byte).is_some()).collect();
        assert_eq!(listed, [Suite::CURRENT.byte()]);
    }
}
