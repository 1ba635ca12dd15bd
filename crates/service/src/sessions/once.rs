//! Links of one use: 256 bits of chance that sign in the holder of one token, once, within fifteen minutes.
//!
//! Kept in memory as a keyed MAC. What looks at a link does not use it up: it is the button on its page that does.

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
pub(crate) struct OnceLinks(Mutex<HashMap<[u8; 32], Link>>);

/// For whom a link is.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub(super) token: TokenId,
    /// Of the token's secret, when the link was made.
    pub(super) mac: [u8; 32],
    pub(super) made: Timestamp,
}

impl OnceLinks {
    pub(super) fn keep(&self, key: [u8; 32], link: Link) {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|_, other| link.made.since(other.made) < LIVES);
        if links.len() >= LINKS {
            let oldest = links.iter().min_by_key(|(_, link)| link.made).map(|(key, _)| *key);
            if let Some(oldest) = oldest {
                links.remove(&oldest);
            }
        }
        links.insert(key, link);
    }

    /// Taken out as it is looked up, so that of two who show it one gets in.
    pub(super) fn take(&self, key: &[u8; 32], now: Timestamp) -> Option<Link> {
        let link = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key)?;
        (now.since(link.made) < LIVES).then_some(link)
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
        assert!(links.take(&[2; 32], now).is_none());
        assert!(links.take(&[1; 32], now).is_some());
        assert!(links.take(&[1; 32], now).is_none(), "once");
        links.keep([3; 32], link);
        assert!(links.take(&[3; 32], now.plus(LIVES)).is_none(), "too late");
        for n in 0..=u8::try_from(LINKS).unwrap() {
            links.keep([n; 32], Link { made: now.plus(Duration::from_secs(n.into())), ..link });
        }
        assert_eq!(links.0.lock().unwrap().len(), LINKS);
        assert!(links.take(&[0; 32], now).is_none(), "the oldest made room");
    }
}
