//! The bytes of a key. Owns how they are made, kept and wiped; must never print or compare them openly.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroize;

use super::macs_match;

/// A 256-bit key. On the heap, so that moving it leaves no copy on a stack; wiped on drop.
#[derive(Clone)]
pub(crate) struct KeyBytes(Box<[u8; Self::LEN]>);

impl KeyBytes {
    /// In bytes. One length for all keys: a shorter one would be the weakest link of the chain.
    pub(crate) const LEN: usize = 32;

    /// Drawn straight into its final place, so that no copy is left on the stack.
    pub(crate) fn make(rng: &mut impl CryptoRng) -> Self {
        let mut key = Self::zeroed();
        fill_random(&mut key.0, rng);
        key
    }

    /// A place to put a key into. Not a key.
    pub(crate) fn zeroed() -> Self {
        Self(Box::new([0; Self::LEN]))
    }

    /// For the functions of `hazmat`, and for the one that writes the root key's file.
    pub(crate) fn bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// For a decoder or a decryption to fill.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8; Self::LEN] {
        &mut self.0
    }

    /// Whether two keys are one, in constant time.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        macs_match(self.bytes(), other.bytes())
    }
}

impl Drop for KeyBytes {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for KeyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyBytes(..)")
    }
}

/// Fills a key or a salt, and refuses a source that is stuck (CRY-06): one that repeats the same word,
/// or half, for ever gives two equal halves. A sound source does so once in 2^128 draws.
///
/// # Panics
///
/// Panics on such a source: an encryption with it could meet the same key and nonce twice.
pub(crate) fn fill_random(out: &mut [u8; 32], rng: &mut impl CryptoRng) {
    rng.fill_bytes(out);
    let (left, right) = out.split_at(16);
    assert!(!macs_match(left, right), "the random source is stuck, so no key may be made");
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use rand_core::{TryCryptoRng, TryRng};

    use super::*;

    /// Gives the same word for ever.
    struct Stuck(u64);

    impl TryRng for Stuck {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok(u32::try_from(self.0 & 0xffff_ffff).unwrap())
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(self.0)
        }

        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
            out.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&self.0.to_le_bytes()[..chunk.len()]));
            Ok(())
        }
    }

    impl TryCryptoRng for Stuck {}

    #[test]
    fn cry_06_a_stuck_source_makes_no_key() {
        for word in [0, u64::MAX, 0x0123_4567_89ab_cdef] {
            let made = std::panic::catch_unwind(|| KeyBytes::make(&mut Stuck(word)));
            assert!(made.is_err(), "{word:x}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", KeyBytes::zeroed()), "KeyBytes(..)");
    }
}
