//! The source of randomness of the running server. Owns nothing else; tests pass a seeded one instead.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng, utils};

/// The generator of the crypto library: seeded by the operating system, reseeded after a fork and,
/// where the platform reports it, after a snapshot is resumed (CRY-08).
///
/// # Panics
///
/// Panics when the operating system gives no randomness. Nothing that needs a key, an id or a token
/// would be safe from there on, and a server that stops is the lesser harm.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRng;

impl TryRng for SystemRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        utils::next_word_via_fill(self)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the source that everything else is given")]
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        aws_lc_rs::rand::fill(out).expect("without randomness nothing is safe, so nothing may go on");
        Ok(())
    }
}

impl TryCryptoRng for SystemRng {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand_core::Rng;

    use super::*;

    #[test]
    fn draws_do_not_repeat() {
        let drawn: HashSet<u64> = (0..1_000).map(|_| SystemRng.next_u64()).collect();
        assert_eq!(drawn.len(), 1_000);
    }
}
