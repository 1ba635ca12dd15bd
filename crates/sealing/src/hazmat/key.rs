//! The bytes of a key. Owns how they are made, kept and wiped; must never print or compare them openly.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroize;

use super::arena::{self, Slot};
use super::macs_match;

/// A 256-bit key, wiped on drop. It never lies where moving it would leave a copy on a stack.
pub(crate) struct KeyBytes(Place);

/// Where the bytes lie.
enum Place {
    /// On the heap: for a key that lives as long as one call, which nobody shall wait for.
    Heap(Box<[u8; KeyBytes::LEN]>),
    /// On locked pages: for a key that stays.
    /// None only while it is dropped.
    Kept(Option<Slot>),
}

/// How long a key is going to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stay {
    /// For one call, as a DEK is.
    Brief,
    /// As long as the process, or nearly: on locked pages.
    Kept,
}

impl KeyBytes {
    /// In bytes. One length for all keys: a shorter one would be the weakest link of the chain.
    pub(crate) const LEN: usize = 32;

    /// Drawn straight into its final place, so that no copy is left on the stack.
    pub(crate) fn make(stay: Stay, rng: &mut impl CryptoRng) -> Self {
        let mut key = Self::zeroed(stay);
        fill_random(key.bytes_mut(), rng);
        key
    }

    /// A place to put a key into. Not a key.
    pub(crate) fn zeroed(stay: Stay) -> Self {
        Self(match stay {
            Stay::Brief => Place::Heap(Box::new([0; Self::LEN])),
            Stay::Kept => Place::Kept(Some(arena::take())),
        })
    }

    /// For the functions of `hazmat`, and for the one that writes the root key's file.
    pub(crate) fn bytes(&self) -> &[u8; Self::LEN] {
        match &self.0 {
            Place::Heap(bytes) => bytes,
            Place::Kept(slot) => slot.as_deref().expect(ITS_OWN),
        }
    }

    /// For a decoder or a decryption to fill.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8; Self::LEN] {
        match &mut self.0 {
            Place::Heap(bytes) => bytes,
            Place::Kept(slot) => slot.as_deref_mut().expect(ITS_OWN),
        }
    }

    /// Whether two keys are one, in constant time.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        macs_match(self.bytes(), other.bytes())
    }
}

const ITS_OWN: &str = "a key has its slot until it is dropped";

/// Into a place of the same sort.
impl Clone for KeyBytes {
    fn clone(&self) -> Self {
        let stay = match self.0 {
            Place::Heap(_) => Stay::Brief,
            Place::Kept(_) => Stay::Kept,
        };
        let mut copy = Self::zeroed(stay);
        copy.bytes_mut().copy_from_slice(self.bytes());
        copy
    }
}

impl Drop for KeyBytes {
    fn drop(&mut self) {
        self.bytes_mut().zeroize();
        if let Place::Kept(slot) = &mut self.0 {
            slot.take().into_iter().for_each(arena::give_back);
        }
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

    use rand_chacha::ChaCha20Rng;
    use rand_core::{SeedableRng, TryCryptoRng, TryRng};

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
            let made = std::panic::catch_unwind(|| KeyBytes::make(Stay::Kept, &mut Stuck(word)));
            assert!(made.is_err(), "{word:x}");
        }
    }

    #[test]
    fn a_kept_key_is_wiped_before_its_slot_is_given_to_another() {
        let key = KeyBytes::make(Stay::Kept, &mut ChaCha20Rng::seed_from_u64(1));
        let copy = key.clone();
        assert!(copy.same_as(&key) && copy.bytes().as_ptr() != key.bytes().as_ptr());
        let place = key.bytes().as_ptr();
        drop(key);
        // Tests run beside this one, so it may be some other key's first.
        let mut later: Vec<KeyBytes> = Vec::new();
        while later.last().is_none_or(|key| key.bytes().as_ptr() != place) && later.len() < 10_000 {
            later.push(KeyBytes::zeroed(Stay::Kept));
        }
        assert_eq!(*later.last().unwrap().bytes(), [0; KeyBytes::LEN]);
        assert!(!copy.same_as(later.last().unwrap()));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", KeyBytes::zeroed(Stay::Kept)), "KeyBytes(..)");
    }
}
