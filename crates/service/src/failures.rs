//! Failed authentications: who fails too often waits, and nobody else does.
//!
//! Counted per address (an IPv6 network of /64 is one, AUT-09), per credential shown (the id of a token), and per
//! pair of both. A pair that fails too often waits even with the right secret; an address that fails too often is
//! not looked at further. Where one id fails from many addresses, each of them gets one try instead of ten: nobody
//! can lock a token's holder out by its id (AUT-07). Callers that have succeeded from where they are
//! are never held up by the failures of others behind the same address.
//!
//! A table of our own and not `governor`: what is counted is failures, known only afterwards; whether a try fails
//! within the limit must be one step (AUT-09); and its memory must be bounded whatever callers send.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use strongroom_domain::Timestamp;

/// How often something may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureLimits {
    /// Failures in a row from one address; each of them is forgotten after two seconds.
    pub per_address: u32,
    /// Failures in a row at one token from one address; each of them is forgotten after six seconds.
    pub per_pair: u32,
    /// Failures in a row at one token from everywhere; each of them is forgotten after six seconds.
    pub per_token: u32,
}

/// Secrets have 256 bits, so none is ever guessed: what is bounded is the work and the log that failures cost. A
/// worker whose token was revoked goes on asking on every route for a while, and is to hear why: 401, not 429.
impl Default for FailureLimits {
    fn default() -> Self {
        Self { per_address: 2_000, per_pair: 1_000, per_token: 3_000 }
    }
}

/// Addresses, ids and pairs that are counted at once.
const COUNTED: usize = 32_768;
/// Where there is no more room, the first of so many to be forgotten makes it.
const SAMPLE: usize = 8;
const ADDRESS_FORGETS: Duration = Duration::from_secs(2);
const ID_FORGETS: Duration = Duration::from_secs(6);
const SWEEP: Duration = Duration::from_mins(1);

/// What is counted under: a keyed MAC or an id.
pub(crate) type Shown = [u8; 16];

/// Where a caller is: an IPv4 address, or an IPv6 network of /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    V4([u8; 4]),
    V6([u16; 4]),
    /// No connection, or a proxy that does not say.
    Unknown,
}

impl Place {
    pub(crate) fn of(peer: Option<IpAddr>) -> Self {
        match peer.map(|peer| peer.to_canonical()) {
            Some(IpAddr::V4(address)) => Self::V4(address.octets()),
            Some(IpAddr::V6(address)) => {
                let [first, second, third, fourth, ..] = address.segments();
                Self::V6([first, second, third, fourth])
            }
            None => Self::Unknown,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Counted {
    Place(Place),
    Pair(Place, Shown),
    Id(Shown),
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Go on; of a failure: it is within the limit.
    Within,
    /// Wait.
    Beyond,
}

struct Table {
    /// Until when each has something that is not forgotten: a failure adds its time (GCRA).
    held: HashMap<Counted, Timestamp>,
    /// When what is forgotten was dropped last.
    swept: Timestamp,
}

/// The failures of this node.
pub(crate) struct Failures {
    limits: FailureLimits,
    table: Mutex<Table>,
    /// Whether the table holds anything: nearly always not, and then nobody asks it.
    any: AtomicBool,
}

impl Failures {
    pub(crate) fn new(limits: FailureLimits) -> Self {
        let table = Table { held: HashMap::new(), swept: Timestamp::from_unix_micros(0) };
        Self { limits, table: Mutex::new(table), any: AtomicBool::new(false) }
    }

    /// Whether a caller may be looked at.
    pub(crate) fn verdict(&self, place: Place, shown: Option<Shown>, now: Timestamp) -> Verdict {
        if !self.any.load(Ordering::Acquire) {
            return Verdict::Within;
        }
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        self.sweep(&mut table, now);
        self.judge(&table.held, place, shown, now)
    }

    /// Counts a failure, and says whether it was within the limit.
    pub(crate) fn failed(&self, place: Place, shown: Option<Shown>, now: Timestamp) -> Verdict {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        self.sweep(&mut table, now);
        let held = &mut table.held;
        let verdict = self.judge(held, place, shown, now);
        if verdict == Verdict::Within {
            self.any.store(true, Ordering::Release);
            count(held, Counted::Place(place), ADDRESS_FORGETS, now);
            if let Some(id) = shown {
                count(held, Counted::Pair(place, id), ID_FORGETS, now);
                count(held, Counted::Id(id), ID_FORGETS, now);
            }
        }
        verdict
    }

    /// Drops what is forgotten, once a minute.
    fn sweep(&self, table: &mut Table, now: Timestamp) {
        if now.since(table.swept) >= SWEEP {
            table.held.retain(|_, until| *until > now);
            table.swept = now;
            self.any.store(!table.held.is_empty(), Ordering::Release);
        }
    }

    fn judge(
        &self,
        held: &HashMap<Counted, Timestamp>,
        place: Place,
        shown: Option<Shown>,
        now: Timestamp,
    ) -> Verdict {
        let is_spent = |counted: Counted, limit: u32, forgets: Duration| {
            let owed = held.get(&counted).map_or(Duration::ZERO, |until| until.since(now));
            owed + forgets > forgets * limit
        };
        let limits = &self.limits;
        let of_id = |id: Shown| {
            let is_attacked = is_spent(Counted::Id(id), limits.per_token, ID_FORGETS);
            let of_pair = if is_attacked { 1 } else { limits.per_pair };
            is_spent(Counted::Pair(place, id), of_pair, ID_FORGETS)
        };
        let beyond =
            is_spent(Counted::Place(place), limits.per_address, ADDRESS_FORGETS) || shown.is_some_and(of_id);
        if beyond { Verdict::Beyond } else { Verdict::Within }
    }
}

fn count(held: &mut HashMap<Counted, Timestamp>, counted: Counted, forgets: Duration, now: Timestamp) {
    if held.len() >= COUNTED && !held.contains_key(&counted) {
        let first = held.iter().take(SAMPLE).min_by_key(|(_, until)| **until).map(|(counted, _)| *counted);
        if let Some(first) = first {
            held.remove(&first);
        }
    }
    let until = held.entry(counted).or_insert(now);
    *until = (*until).max(now).plus(forgets);
}

/// From where a token was shown with success lately. Four places without a lock: what is displaced is no harm but
/// for who fails from there too often afterwards.
#[derive(Debug, Default)]
pub(crate) struct GoodPlaces {
    places: [AtomicU64; 4],
    next: AtomicUsize,
}

impl GoodPlaces {
    pub(crate) fn knows(&self, place: Place, hasher: &RandomState) -> bool {
        let mark = mark_of(place, hasher);
        self.places.iter().any(|known| known.load(Ordering::Relaxed) == mark)
    }

    pub(crate) fn note(&self, place: Place, hasher: &RandomState) {
        if !self.knows(place, hasher) {
            let at = self.next.fetch_add(1, Ordering::Relaxed) % self.places.len();
            self.places[at].store(mark_of(place, hasher), Ordering::Relaxed);
        }
    }
}

/// Never 0, which is no place.
fn mark_of(place: Place, hasher: &RandomState) -> u64 {
    hasher.hash_one(place) | 1
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const LIMITS: FailureLimits = FailureLimits { per_address: 20, per_pair: 5, per_token: 8 };

    fn now() -> Timestamp {
        Timestamp::from_unix_micros(1_763_719_200_000_000)
    }

    fn place(text: &str) -> Place {
        Place::of(Some(text.parse().unwrap()))
    }

    fn failed(failures: &Failures, from: &str, id: u8) -> Verdict {
        failures.failed(place(from), Some([id; 16]), now())
    }

    #[test]
    fn aut_09_one_network_is_one_place() {
        assert_eq!(place("192.0.2.1"), place("::ffff:192.0.2.1"));
        assert_eq!(place("2001:db8:0:1::1"), place("2001:db8:0:1:ffff::2"));
        assert_ne!(place("2001:db8:0:1::1"), place("2001:db8:0:2::1"));
        assert_ne!(place("192.0.2.1"), place("192.0.2.2"));
    }

    #[test]
    fn aut_06_a_pair_waits_and_is_forgiven_in_time() {
        let failures = Failures::new(LIMITS);
        for _ in 0..LIMITS.per_pair {
            assert_eq!(failed(&failures, "192.0.2.1", 1), Verdict::Within);
        }
        assert_eq!(failed(&failures, "192.0.2.1", 1), Verdict::Beyond);
        let verdict = |at| failures.verdict(place("192.0.2.1"), Some([1; 16]), at);
        assert_eq!(verdict(now()), Verdict::Beyond, "with the right secret as well");
        assert_eq!(verdict(now().plus(ID_FORGETS)), Verdict::Within, "one is forgotten");
    }

    #[test]
    fn aut_07_an_id_is_never_locked_out() {
        let failures = Failures::new(LIMITS);
        for attacker in 0..200 {
            let _ = failed(&failures, &format!("198.51.100.{attacker}"), 1);
        }
        assert_eq!(failures.verdict(place("192.0.2.1"), Some([1; 16]), now()), Verdict::Within);
        assert_eq!(failed(&failures, "192.0.2.1", 1), Verdict::Within, "one try");
        assert_eq!(failed(&failures, "192.0.2.1", 1), Verdict::Beyond, "and not ten");
        assert_eq!(failures.verdict(place("192.0.2.1"), Some([2; 16]), now()), Verdict::Within);
    }

    #[test]
    fn aut_09_a_parallel_burst_never_exceeds_the_limit() {
        let failures = Failures::new(LIMITS);
        let tries = || (0..50).filter(|_| failed(&failures, "192.0.2.1", 1) == Verdict::Within).count();
        let within: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(tries)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(within, LIMITS.per_pair as usize);
    }

    #[test]
    fn aut_09_ids_do_not_multiply_what_an_address_may() {
        let failures = Failures::new(LIMITS);
        let within = (0..100).filter(|id| failed(&failures, "192.0.2.1", *id) == Verdict::Within).count();
        assert_eq!(within, LIMITS.per_address as usize);
    }

    #[test]
    fn dos_07_the_table_is_bounded() {
        let failures = Failures::new(LIMITS);
        for n in 0..u32::try_from(COUNTED).unwrap() {
            let from = Place::V4(n.to_be_bytes());
            failures.failed(from, Some([1; 16]), now());
        }
        assert_eq!(failures.table.lock().unwrap().held.len(), COUNTED);
        let later = now().plus(Duration::from_hours(99));
        assert_eq!(failures.verdict(place("192.0.2.1"), None, later), Verdict::Within);
        assert!(!failures.any.load(Ordering::Acquire));
    }

    #[test]
    fn aut_07_who_succeeded_from_there_is_known() {
        let (good, hasher) = (GoodPlaces::default(), RandomState::new());
        assert!(!good.knows(place("192.0.2.1"), &hasher));
        good.note(place("192.0.2.1"), &hasher);
        assert!(good.knows(place("192.0.2.1"), &hasher) && !good.knows(place("192.0.2.2"), &hasher));
        for n in 1..=4 {
            good.note(place(&format!("198.51.100.{n}")), &hasher);
        }
        assert!(!good.knows(place("192.0.2.1"), &hasher), "four are remembered");
    }
}
