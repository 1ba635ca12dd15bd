//! The sessions of this node, in memory, by the keyed MAC of their text.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use strongroom_domain::Timestamp;
use strongroom_domain::ids::TokenId;
use strongroom_domain::principal::SessionKey;

use super::{Door, LONGEST, Proof};

/// A session that nobody uses ends after this.
const IDLE: Duration = Duration::from_hours(1);
/// Sessions of one token; beyond, the one of them that was used longest ago ends.
const PER_TOKEN: usize = 16;
/// Sessions of this node; beyond, the one that was used longest ago ends.
const PER_NODE: usize = 4_096;

#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<SessionKey, Session>>);

#[derive(Clone, Copy)]
pub(super) struct Session {
    /// The token or identity that it stands for.
    pub(super) token: TokenId,
    pub(super) proof: Proof,
    pub(super) door: Door,
    pub(super) begun: Timestamp,
    pub(super) used: Timestamp,
}

impl Sessions {
    pub(super) fn keep(&self, key: SessionKey, session: Session) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, other| other.is_live(session.begun));
        if open.values().filter(|other| other.token == session.token).count() >= PER_TOKEN {
            end_idlest(&mut open, |other| other.token == session.token);
        }
        if open.len() >= PER_NODE {
            end_idlest(&mut open, |_| true);
        }
        open.insert(key, session);
    }

    pub(super) fn used(&self, key: &SessionKey, now: Timestamp) -> Option<Session> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let session = open.get_mut(key)?;
        if !session.is_live(now) {
            open.remove(key);
            return None;
        }
        session.used = now;
        Some(*session)
    }

    /// Whether it counts, without using it.
    pub(crate) fn is_open(&self, key: &SessionKey, now: Timestamp) -> bool {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(key).is_some_and(|session| session.is_live(now))
    }

    pub(super) fn end(&self, key: &SessionKey) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key).is_some()
    }
}

fn end_idlest(open: &mut HashMap<SessionKey, Session>, among: impl Fn(&Session) -> bool) {
    let idlest = open.iter().filter(|(_, session)| among(session)).min_by_key(|(_, session)| session.used);
    if let Some(key) = idlest.map(|(key, _)| *key) {
        open.remove(&key);
    }
}

impl Session {
    fn is_live(&self, now: Timestamp) -> bool {
        now.since(self.used) < IDLE && now.since(self.begun) < LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn session(token: u8, at: Timestamp) -> Session {
        let token = TokenId::from_bytes([token; 16]);
        Session { token, proof: Proof::Secret([0; 32]), door: Door::Page, begun: at, used: at }
    }

    fn start() -> Timestamp {
        Timestamp::from_unix_micros(1_763_719_200_000_000)
    }

    #[test]
    fn aut_10_a_session_ends_of_idleness_and_of_age() {
        let sessions = Sessions::default();
        sessions.keep(SessionKey([1; 32]), session(1, start()));
        let mut now = start();
        while now.plus(50 * MINUTE).since(start()) < LONGEST {
            now = now.plus(50 * MINUTE);
            assert!(sessions.used(&SessionKey([1; 32]), now).is_some(), "it is in use");
        }
        assert!(sessions.used(&SessionKey([1; 32]), start().plus(LONGEST)).is_none(), "too old");
        sessions.keep(SessionKey([2; 32]), session(1, start()));
        assert!(sessions.used(&SessionKey([2; 32]), start().plus(IDLE)).is_none(), "too idle");
        assert!(sessions.used(&SessionKey([2; 32]), start()).is_none(), "and gone for good");
    }

    #[test]
    fn dos_07_one_token_cannot_fill_the_table() {
        let sessions = Sessions::default();
        sessions.keep(SessionKey([255; 32]), session(2, start()));
        for n in 0..40 {
            sessions.keep(SessionKey([n; 32]), session(1, start().plus(u32::from(n) * MINUTE)));
        }
        assert_eq!(sessions.0.lock().unwrap().len(), PER_TOKEN + 1);
        assert!(
            sessions.used(&SessionKey([39; 32]), start().plus(39 * MINUTE)).is_some(),
            "the newest is there"
        );
        assert!(
            sessions.used(&SessionKey([255; 32]), start().plus(39 * MINUTE)).is_some(),
            "and so is the other token's"
        );
    }

    #[test]
    fn a_session_ends_once() {
        let sessions = Sessions::default();
        sessions.keep(SessionKey([1; 32]), session(1, start()));
        assert!(sessions.end(&SessionKey([1; 32])));
        assert!(!sessions.end(&SessionKey([1; 32])));
    }
}
