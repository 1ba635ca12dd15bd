//! Sessions: what a browser holds instead of a token.
//!
//! A session stands for a token and is worth nothing without it: at each use the token must still be live,
//! allowed from there, and the one that was shown at sign-in (a rotated one is another). Kept in memory by a
//! keyed MAC, so nothing in it signs anybody in and a restart signs everybody out. Never taken for a token,
//! nor a token for a session.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome};
use strongroom_domain::dialect::View;
use strongroom_domain::ids::{RequestId, TokenId};
use strongroom_domain::principal::Principal;
use strongroom_domain::token::{TokenText, make_session};
use strongroom_domain::trace::TraceId;
use strongroom_domain::{Error, Secret, Timestamp};
use strongroom_sealing::{SystemRng, macs_match};

use crate::failure::of_store;
use crate::{Context, Service};

/// A session that nobody uses ends after this.
const IDLE: Duration = Duration::from_hours(1);
/// And every session after this.
pub const LONGEST: Duration = Duration::from_hours(12);
/// Sessions of one token; beyond, the one of them that was used longest ago ends.
const PER_TOKEN: usize = 16;
/// Sessions of this node; beyond, the one that was used longest ago ends.
const PER_NODE: usize = 4_096;

/// The sessions of this node, by the MAC of their text.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

#[derive(Clone, Copy)]
struct Session {
    token: TokenId,
    /// Of the token's secret at sign-in.
    token_mac: [u8; 32],
    begun: Timestamp,
    used: Timestamp,
}

/// Where a sign-in comes from.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// In which request.
    pub request: RequestId,
    /// In which trace, as the caller says.
    pub trace: Option<TraceId>,
    /// From which address.
    pub source: Option<IpAddr>,
    /// Through which dialect.
    pub view: View,
}

/// What a sign-in gives.
pub struct SignedIn {
    /// Who, as in every later request of the session.
    pub context: Context,
    /// What the browser sends from now on.
    pub session: Secret<String>,
}

impl Service {
    /// Begins a session for the holder of a token.
    ///
    /// # Errors
    ///
    /// As [`Service::authenticate`].
    pub async fn sign_in(&self, token: &str, arrival: Arrival) -> Result<SignedIn, Error> {
        let principal = self.authenticate(token, arrival.source).await?;
        // Of what was shown, not of what is stored by now: a token rotated meanwhile begins no session.
        let token_mac = self.mac_of(&TokenText::parse(token).ok_or(Error::Unauthenticated)?);
        let context = Context {
            principal,
            request: arrival.request,
            trace: arrival.trace,
            source: arrival.source,
            view: arrival.view,
        };
        self.record_session(&context, AuditAction::SessionBegin).await?;
        let (session, now) = (make_session(&mut SystemRng), self.now());
        let begun = Session { token: context.principal.token, token_mac, begun: now, used: now };
        self.sessions.keep(self.key_of(&session), begun);
        Ok(SignedIn { context, session })
    }

    /// Who a session stands for, here and now. Using it keeps it from ending of idleness.
    ///
    /// # Errors
    ///
    /// `unauthenticated`, whatever the reason.
    pub async fn authenticate_session(&self, text: &str, peer: Option<IpAddr>) -> Result<Principal, Error> {
        let key = self.keys.system().token_mac(text.as_bytes());
        let session = self.sessions.used(&key, self.now()).ok_or(Error::Unauthenticated)?;
        let standing = self
            .standing_from(session.token, peer)
            .await?
            .filter(|(_, mac)| macs_match(mac, &session.token_mac));
        let Some((principal, _)) = standing else {
            self.sessions.end(&key);
            return Err(Error::Unauthenticated);
        };
        Ok(principal)
    }

    /// Ends a session; one that is not there has ended already.
    ///
    /// # Errors
    ///
    /// `unavailable` where it cannot be recorded; it has ended all the same.
    pub async fn sign_out(&self, context: &Context, text: &str) -> Result<(), Error> {
        if self.sessions.end(&self.keys.system().token_mac(text.as_bytes())) {
            self.record_session(context, AuditAction::SessionEnd).await?;
        }
        Ok(())
    }

    fn key_of(&self, session: &Secret<String>) -> [u8; 32] {
        // EXPOSE: only a keyed MAC of it stays here.
        self.keys.system().token_mac(session.expose().as_bytes())
    }

    async fn record_session(&self, context: &Context, action: AuditAction) -> Result<(), Error> {
        let object = AuditObject::Token(context.principal.token);
        let record = context.record(self.now(), action, object, AuditOutcome::Succeeded);
        self.store.commit(context.scope(), context.commit(record)).await.map_err(of_store)
    }
}

impl Sessions {
    fn keep(&self, key: [u8; 32], session: Session) {
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

    fn used(&self, key: &[u8; 32], now: Timestamp) -> Option<Session> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let session = open.get_mut(key)?;
        if !session.is_live(now) {
            open.remove(key);
            return None;
        }
        session.used = now;
        Some(*session)
    }

    fn end(&self, key: &[u8; 32]) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key).is_some()
    }
}

fn end_idlest(open: &mut HashMap<[u8; 32], Session>, among: impl Fn(&Session) -> bool) {
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
        Session { token: TokenId::from_bytes([token; 16]), token_mac: [0; 32], begun: at, used: at }
    }

    fn start() -> Timestamp {
        Timestamp::from_unix_micros(1_763_719_200_000_000)
    }

    #[test]
    fn aut_10_a_session_ends_of_idleness_and_of_age() {
        let sessions = Sessions::default();
        sessions.keep([1; 32], session(1, start()));
        let mut now = start();
        while now.plus(50 * MINUTE).since(start()) < LONGEST {
            now = now.plus(50 * MINUTE);
            assert!(sessions.used(&[1; 32], now).is_some(), "it is in use");
        }
        assert!(sessions.used(&[1; 32], start().plus(LONGEST)).is_none(), "too old");
        sessions.keep([2; 32], session(1, start()));
        assert!(sessions.used(&[2; 32], start().plus(IDLE)).is_none(), "too idle");
        assert!(sessions.used(&[2; 32], start()).is_none(), "and gone for good");
    }

    #[test]
    fn dos_07_one_token_cannot_fill_the_table() {
        let sessions = Sessions::default();
        sessions.keep([255; 32], session(2, start()));
        for n in 0..40 {
            sessions.keep([n; 32], session(1, start().plus(u32::from(n) * MINUTE)));
        }
        assert_eq!(sessions.0.lock().unwrap().len(), PER_TOKEN + 1);
        assert!(sessions.used(&[39; 32], start().plus(39 * MINUTE)).is_some(), "the newest is there");
        assert!(
            sessions.used(&[255; 32], start().plus(39 * MINUTE)).is_some(),
            "and so is the other token's"
        );
    }

    #[test]
    fn a_session_ends_once() {
        let sessions = Sessions::default();
        sessions.keep([1; 32], session(1, start()));
        assert!(sessions.end(&[1; 32]));
        assert!(!sessions.end(&[1; 32]));
    }
}
