//! Refusals on record: each of a few, and of a flood a sample that says how many there were (LOG-14).
//!
//! A token that does not count is on record with the organization of its id, where there is such a token; a statement of an
//! issuer that does not belongs to no tenant, and is on record where what concerns the installation is. Must never tell the
//! caller, by an answer or by its time, whether there is such a token.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use strongroom_domain::audit::{Actor, AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::ids::TokenId;
use strongroom_domain::run::{RunPass, RunText};
use strongroom_domain::token::{TokenText, is_statement};
use strongroom_domain::{Scope, Timestamp};
use strongroom_sealing::macs_match;
use strongroom_store::{Commit, TokenRow};

use crate::authentication::{is_from_there, is_live, is_of_generation, proved};
use crate::sessions::Arrival;
use crate::{Service, first_scope};

/// Refusals of one sort that are on record one by one.
const EACH: u64 = 20;
/// Then every doubling of their number, until this long after the first.
const WINDOW: Duration = Duration::from_mins(10);
/// Sorts that are counted at once; beyond, the one that began first is forgotten.
const SORTS: usize = 4_096;

/// How many refusals there were, of which sort.
#[derive(Default)]
pub(crate) struct Refusals {
    counted: Mutex<HashMap<(TokenId, AuditAction), Counted>>,
    tokens: [AtomicU64; Fault::ALL.len()],
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    since: Timestamp,
    count: u64,
}

impl Refusals {
    /// Counts one. How many there were of its sort, where it is to be on record.
    pub(crate) fn count(&self, token: TokenId, action: AuditAction, now: Timestamp) -> Option<u64> {
        let mut all = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= SORTS && !all.contains_key(&(token, action)) {
            make_room(&mut all, now);
        }
        let counted = all.entry((token, action)).or_insert(Counted { since: now, count: 0 });
        if now.since(counted.since) >= WINDOW {
            *counted = Counted { since: now, count: 0 };
        }
        counted.count += 1;
        (counted.count <= EACH || counted.count.is_power_of_two()).then_some(counted.count)
    }
}

fn make_room(all: &mut HashMap<(TokenId, AuditAction), Counted>, now: Timestamp) {
    all.retain(|_, counted| now.since(counted.since) < WINDOW);
    if all.len() >= SORTS {
        let oldest = all.iter().min_by_key(|(_, counted)| counted.since).map(|(sort, _)| *sort);
        oldest.and_then(|sort| all.remove(&sort));
    }
}

/// What the record says where it stands for more than itself.
pub(crate) fn note_count(record: &mut AuditRecord, count: u64) {
    if count > EACH {
        record.notes.insert("refused_so_far".to_owned(), count.to_string());
    }
}

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// No such token, or no token at all.
    Unknown,
    /// Another secret, or another kind of token.
    WrongSecret,
    /// It has ended.
    Expired,
    /// It was revoked.
    Revoked,
    /// Not from there.
    Network,
}

impl Fault {
    const ALL: [Self; 5] = [Self::Unknown, Self::WrongSecret, Self::Expired, Self::Revoked, Self::Network];

    const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::WrongSecret => "wrong_secret",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Network => "network",
        }
    }

    /// In the order in which a caller could find out: who does not have the secret learns nothing of the rest.
    fn of(row: &TokenRow, shown: &Shown, now: Timestamp, peer: Option<IpAddr>) -> Option<Self> {
        if !shown.is_of(row, now) {
            return Some(Self::WrongSecret);
        }
        if row.revoked_at.is_some() {
            return Some(Self::Revoked);
        }
        if !is_live(row, now) || shown.has_ended(now) {
            return Some(Self::Expired);
        }
        (!is_from_there(row, peer)).then_some(Self::Network)
    }
}

/// What was shown, as far as it names a token.
enum Shown {
    /// A token, and the MAC of its secret.
    Token(TokenText, [u8; 32]),
    /// What a run was given, proved to be of our making.
    Run(RunPass),
}

impl Shown {
    const fn token(&self) -> TokenId {
        match self {
            Self::Token(text, _) => text.id,
            Self::Run(pass) => pass.token,
        }
    }

    /// By the secret in force, or the one before while it still counts: as authentication judges.
    fn is_of(&self, row: &TokenRow, now: Timestamp) -> bool {
        match self {
            Self::Token(text, mac) => proved(row, mac, now).is_some() && row.kind == text.kind,
            Self::Run(pass) => is_of_generation(row, pass, now),
        }
    }

    fn has_ended(&self, now: Timestamp) -> bool {
        matches!(self, Self::Run(pass) if pass.expires_at <= now)
    }
}

impl Service {
    /// A token was refused: it is counted, and on record where its id is one of ours. Returns before either is done, so
    /// that the answer takes as long as for any other.
    pub fn note_refused_token(self: &Arc<Self>, text: &str, arrival: Arrival) {
        let (shown, is_stated) = (self.shown(text), is_statement(text));
        let service = Arc::clone(self);
        tokio::spawn(async move {
            if is_stated {
                service.note_refused_statement(AuditAction::TokenUse, arrival).await;
            }
            let known = match &shown {
                Some(shown) => service.store.token(shown.token()).await.ok().flatten(),
                None => None,
            };
            let now = service.now();
            let fault = match (&known, &shown) {
                (Some(row), Some(shown)) => Fault::of(row, shown, now, arrival.source),
                _ => Some(Fault::Unknown),
            };
            // It may count by now.
            let Some(fault) = fault else { return };
            let counter = Fault::ALL.iter().position(|other| *other == fault).unwrap_or_default();
            service.refusals.tokens[counter].fetch_add(1, Relaxed);
            if let Some(row) = known {
                service.record_refused(AuditAction::TokenUse, &row, fault.word(), arrival, now).await;
            }
        });
    }

    /// Of a run's token nothing is believed that is not proved.
    fn shown(&self, text: &str) -> Option<Shown> {
        if !RunText::is_meant(text) {
            let token = TokenText::parse(text)?;
            let mac = self.mac_of(&token);
            return Some(Shown::Token(token, mac));
        }
        let run = RunText::parse(text)?;
        let is_ours = macs_match(&self.keys.system().run_mac(&run.payload), &run.proof);
        is_ours.then(|| RunPass::from_bytes(&run.payload)).flatten().map(Shown::Run)
    }

    /// Somebody shows a link that was shown before.
    pub(crate) async fn note_reused_link(&self, token: TokenId, arrival: Arrival) {
        let row = self.store.token(token).await.ok().flatten();
        let Some(row) = row else { return };
        self.record_refused(AuditAction::SessionBegin, &row, "used_link", arrival, self.now()).await;
    }

    /// A statement was refused: it is not believed, or names nobody here. Not by name in the record, as nothing of it is
    /// proved; the server's own log says why.
    pub(crate) async fn note_refused_statement(&self, action: AuditAction, arrival: Arrival) {
        let (now, nobody) = (self.now(), TokenId::from_bytes([0; 16]));
        let Some(count) = self.refusals.count(nobody, action, now) else { return };
        let Ok(Some(scope)) = first_scope(self.store.as_ref()).await else { return };
        let object = AuditObject::Organization(scope.organization());
        self.record_unknown(&scope, (action, object), "statement", (arrival, now), count).await;
    }

    /// A token, or what stands for one, was refused: of a flood a sample.
    async fn record_refused(
        &self,
        action: AuditAction,
        row: &TokenRow,
        reason: &str,
        arrival: Arrival,
        now: Timestamp,
    ) {
        let Some(count) = self.refusals.count(row.id, action, now) else { return };
        self.record_unknown(&row.scope, (action, AuditObject::Token(row.id)), reason, (arrival, now), count)
            .await;
    }

    /// What somebody did who is no caller.
    async fn record_unknown(
        &self,
        scope: &Scope,
        (action, object): (AuditAction, AuditObject),
        reason: &str,
        (arrival, now): (Arrival, Timestamp),
        count: u64,
    ) {
        let mut record = AuditRecord {
            at: now,
            actor: Actor::Unknown,
            on_behalf_of: None,
            source: arrival.source,
            request: arrival.request,
            trace: arrival.trace,
            action,
            object,
            outcome: AuditOutcome::Denied,
            version: None,
            value_version: None,
            fields: Vec::new(),
            code: Some("unauthenticated".to_owned()),
            verification: None,
            notes: [("reason".to_owned(), reason.to_owned())].into(),
        };
        note_count(&mut record, count);
        if let Err(error) = self.store.commit(scope, Commit::new(record)).await {
            tracing::error!(request_id = %arrival.request, %error, "an audit record could not be written");
        }
    }

    /// How many tokens were refused since start, by reason.
    pub fn refused_tokens(&self) -> [(&'static str, u64); 5] {
        let count = |at: usize| self.refusals.tokens[at].load(Relaxed);
        std::array::from_fn(|at| (Fault::ALL[at].word(), count(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(number: u64) -> TokenId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        TokenId::from_bytes(bytes)
    }

    #[test]
    fn log_14_a_flood_is_a_few_records_that_say_how_many() {
        let (refusals, now) = (Refusals::default(), Timestamp::from_unix_micros(1_763_719_200_000_000));
        let mut kept = Vec::new();
        for _ in 0..1_000_000 {
            kept.extend(refusals.count(token(1), AuditAction::TokenUse, now));
        }
        assert_eq!(kept[..20], (1..=20).collect::<Vec<_>>());
        assert!(kept.len() < 40 && *kept.last().unwrap() > 500_000, "{kept:?}");
        // Others are counted for themselves, and a new window begins anew.
        assert_eq!(refusals.count(token(1), AuditAction::Resolve, now), Some(1));
        assert_eq!(refusals.count(token(2), AuditAction::TokenUse, now), Some(1));
        assert_eq!(refusals.count(token(1), AuditAction::TokenUse, now.plus(WINDOW)), Some(1));
    }

    #[test]
    fn log_14_the_table_is_bounded() {
        let (refusals, mut now) = (Refusals::default(), Timestamp::from_unix_micros(1_763_719_200_000_000));
        for number in 0..5_000 {
            now = now.plus(Duration::from_micros(1));
            assert_eq!(refusals.count(token(number), AuditAction::TokenUse, now), Some(1));
        }
        assert_eq!(refusals.counted.lock().unwrap().len(), SORTS);
    }
}
