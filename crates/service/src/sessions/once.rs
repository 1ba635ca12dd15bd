//! Links of one use: 256 bits of chance that sign in the holder of one token, once, within fifteen minutes.
//!
//! Kept in memory as a keyed MAC, used ones too: to show one again is worth a record. What looks at a link does not use
//! it up: it is the button on its page that does.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use strongroom_domain::Timestamp;
use strongroom_domain::ids::TokenId;

/// After this a link counts no more.
const LIVES: Duration = Duration::from_mins(15);
/// Links at once; beyond, the oldest counts no more.
const LINKS: usize = 64;

#[derive(Default)]
pub(crate) struct OnceLinks(Mutex<HashMap<[u8; 32], Kept>>);

/// For whom a link is.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub(super) token: TokenId,
    /// Of the token's secret, when the link was made.
    pub(super) mac: [u8; 32],
    pub(super) made: Timestamp,
}

struct Kept {
    link: Link,
    is_used: bool,
}

/// What a link is worth that somebody shows.
pub(super) enum Shown {
    /// It signs in, and from now on nobody any more.
    Fresh(Link),
    /// It was shown before.
    Used(Link),
    /// Nothing: too old, or none of ours.
    Nothing,
}

impl OnceLinks {
    pub(super) fn keep(&self, key: [u8; 32], link: Link) {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|_, other| link.made.since(other.link.made) < LIVES);
        if links.len() >= LINKS {
            let oldest = links.iter().min_by_key(|(_, kept)| kept.link.made).map(|(key, _)| *key);
            if let Some(oldest) = oldest {
                links.remove(&oldest);
            }
        }
        links.insert(key, Kept { link, is_used: false });
    }

    /// Used up as it is looked up, so that of two who show it one gets in.
    pub(super) fn take(&self, key: &[u8; 32], now: Timestamp) -> Shown {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match links.get_mut(key).filter(|kept| now.since(kept.link.made) < LIVES) {
            Some(kept) if kept.is_used => Shown::Used(kept.link),
            Some(kept) => {
                kept.is_used = true;
                Shown::Fresh(kept.link)
            }
            None => Shown::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aut_05_a_link_counts_once_and_not_for_long() {
        let (links, now) = (OnceLinks::default(), Timestamp::from_unix_micros(1_763_719_200_000_000));
        let link = Link { token: TokenId::from_bytes([1; 16]), mac: [0; 32], made: now };
        links.keep([1; 32], link);
        assert!(matches!(links.take(&[2; 32], now), Shown::Nothing));
        assert!(matches!(links.take(&[1; 32], now), Shown::Fresh(_)));
        assert!(matches!(links.take(&[1; 32], now), Shown::Used(_)), "once");
        links.keep([3; 32], link);
        assert!(matches!(links.take(&[3; 32], now.plus(LIVES)), Shown::Nothing), "too late");
        for n in 0..=u8::try_from(LINKS).unwrap() {
            links.keep([n; 32], Link { made: now.plus(Duration::from_secs(n.into())), ..link });
        }
        assert_eq!(links.0.lock().unwrap().len(), LINKS);
        assert!(matches!(links.take(&[0; 32], now), Shown::Nothing), "the oldest made room");
    }
}
