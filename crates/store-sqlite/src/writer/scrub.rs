//! Checkpoints: what makes old envelopes leave the files (CATALOGUE 4.8, REM-01), and bounds the log.
//!
//! `secure_delete` zeroes them in the pages, but the log still has the old pages, and the main file has
//! them until a checkpoint; only one that truncates leaves neither. Must never give up on one that is
//! owed, and never let a reader put it off for ever (REM-02).
//!
//! Where nothing was destroyed the log is begun anew in the room that it has: to free its blocks would stop the writer
//! for longer than all else here, and every sync would write the length of the file as well until it has grown again.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::hooks::Wal;
use rusqlite::{Connection, Row};
use tokio::time::Instant;

use super::ahead::Ahead;
use crate::readers::Readers;
use crate::status::Counters;

/// From the first destroying commit to the truncation, which stops all writing while it lasts. It leaves a reader its
/// limit and the retries theirs, with room to spare in the five seconds of DESIGN.md.
const GATHER: Duration = Duration::from_secs(1);
/// How often the writer looks whether the copying beside it has ended.
const LOOK: Duration = Duration::from_millis(5);
/// After this it tells it to give up.
const AHEAD: Duration = Duration::from_secs(1);
/// How long the length of the log asks for no further one: it may have kept its length because of a reader.
const REST: Duration = Duration::from_millis(20);
/// After one that a reader blocked.
const RETRY: Duration = Duration::from_millis(100);
/// After one that the disk refused.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// A reader that is older than this is interrupted when it blocks a checkpoint.
const READER_LIMIT: Duration = Duration::from_secs(1);
/// The log is checkpointed when it has more pages than this, destroyed values or not: it bounds the disk it
/// takes, the time a start after a crash takes, and what readers search.
const LOG_LIMIT: u32 = 2_048;
/// A log that has outgrown its limit so far, because a reader was in the way, gives its room back.
const OUTGROWN: u32 = 4 * LOG_LIMIT;

/// When the next checkpoint is due.
pub(super) struct Scrub {
    log: Arc<Log>,
    readers: Arc<Readers>,
    counters: Arc<Counters>,
    ahead: Ahead,
    next: Next,
    /// When the log must be truncated, where it may have bytes that must go.
    owed: Option<Instant>,
    /// See [`REST`].
    rests_until: Instant,
}

/// The log as of the last commit, in pages.
#[derive(Default)]
struct Log {
    /// Since it was begun, perhaps in room that it had before.
    pages: AtomicU32,
    /// Most since it was truncated: the length of its file.
    longest: AtomicU32,
}

/// What comes next.
#[derive(Clone, Copy)]
enum Next {
    /// Nothing is due.
    Nothing,
    /// A checkpoint, from this time on.
    Checkpoint(Instant),
    /// The log is copied beside the writer since then; it is looked at again at the second time.
    Copied { since: Instant, look_at: Instant },
}

impl Scrub {
    /// Of the connection that writes. What a crash left in the log is owed.
    pub(super) fn new(
        connection: &mut Connection,
        readers: Arc<Readers>,
        counters: Arc<Counters>,
        ahead: Ahead,
    ) -> rusqlite::Result<Self> {
        let log = Arc::<Log>::default();
        let counted = Arc::clone(&log);
        connection.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
            counted.pages.store(pages.unsigned_abs(), Ordering::Relaxed);
            counted.longest.fetch_max(pages.unsigned_abs(), Ordering::Relaxed);
            Ok(())
        }))?;
        let now = Instant::now();
        Ok(Self { log, readers, counters, ahead, next: Next::Nothing, owed: Some(now), rests_until: now })
    }

    /// A commit destroyed a value or a key.
    pub(super) fn owe(&mut self) {
        self.counters.scrub_pending();
        let due = *self.owed.get_or_insert_with(|| Instant::now() + GATHER);
        self.due_at(due);
    }

    /// A batch was committed.
    pub(super) fn watch_log(&mut self) {
        if self.log.pages.load(Ordering::Relaxed) > LOG_LIMIT {
            self.due_at(Instant::now().max(self.rests_until));
        }
    }

    /// Where nothing is due before. What a commit destroys while the log is copied is owed to the truncation after it.
    fn due_at(&mut self, due: Instant) {
        match self.next {
            Next::Nothing => self.next = Next::Checkpoint(due),
            Next::Checkpoint(at) => self.next = Next::Checkpoint(at.min(due)),
            Next::Copied { .. } => {}
        }
    }

    /// How long the writer may sleep; `None` where nothing is due.
    pub(super) fn wait(&self) -> Option<Duration> {
        match self.next {
            Next::Nothing => None,
            Next::Checkpoint(at) | Next::Copied { look_at: at, .. } => {
                Some(at.saturating_duration_since(Instant::now()))
            }
        }
    }

    /// Runs between two batches: first beside the writer, then what is left of it in its place.
    pub(super) fn run_if_due(&mut self, connection: &Connection) {
        let now = Instant::now();
        match self.next {
            Next::Checkpoint(due) if due <= now => {
                self.ahead.begin();
                self.next = Next::Copied { since: now, look_at: now + LOOK };
            }
            Next::Copied { since, look_at } if look_at <= now => {
                if !self.ahead.is_copying() {
                    return self.run_now(connection);
                }
                if now - since >= AHEAD {
                    self.ahead.give_up();
                }
                self.next = Next::Copied { since, look_at: now + LOOK };
            }
            Next::Nothing | Next::Checkpoint(_) | Next::Copied { .. } => {}
        }
    }

    /// The last one, when nobody copies any more: it leaves no log.
    pub(super) fn run_last(&mut self, connection: &Connection) {
        self.ahead.end();
        self.owed = Some(Instant::now());
        self.run_now(connection);
    }

    /// Runs, and comes back later where it did not get through.
    pub(super) fn run_now(&mut self, connection: &Connection) {
        let now = Instant::now();
        let is_outgrown = self.log.longest.load(Ordering::Relaxed) > OUTGROWN;
        let truncates = is_outgrown || self.owed.is_some_and(|due| due <= now);
        let again = if truncates { self.truncate(connection) } else { begin_anew(connection) };
        self.rests_until = now + REST;
        self.next = match (again, self.owed) {
            (Some(wait), _) => Next::Checkpoint(now + wait),
            (None, Some(due)) => Next::Checkpoint(due),
            (None, None) => Next::Nothing,
        };
    }

    /// Afterwards the file of the log has no byte. After how long to try again, where it did not get through.
    fn truncate(&mut self, connection: &Connection) -> Option<Duration> {
        match checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)") {
            Ok(Outcome::Done) => {
                self.log.pages.store(0, Ordering::Relaxed);
                self.log.longest.store(0, Ordering::Relaxed);
                self.owed = None;
                self.counters.scrubbed();
                None
            }
            Ok(Outcome::Blocked) => {
                self.readers.interrupt_older_than(READER_LIMIT);
                Some(RETRY)
            }
            Err(error) => Some(told(&error)),
        }
    }
}

/// Afterwards the next commit begins the log anew in its room, unless a reader is in it: then a later one does, and nobody
/// waits for that.
fn begin_anew(connection: &Connection) -> Option<Duration> {
    match checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)") {
        Ok(Outcome::Done) => None,
        Ok(Outcome::Blocked) => Some(RETRY),
        Err(error) => Some(told(&error)),
    }
}

fn told(error: &rusqlite::Error) -> Duration {
    tracing::error!(%error, "the log could not be checkpointed");
    RETRY_AFTER_FAILURE
}

enum Outcome {
    /// All of the log is in the database.
    Done,
    /// A reader is in the way.
    Blocked,
}

fn checkpoint(connection: &Connection, sql: &str) -> rusqlite::Result<Outcome> {
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let (is_busy, pages, copied): (bool, i64, i64) = connection.prepare_cached(sql)?.query_row([], row)?;
    Ok(if is_busy || copied < pages { Outcome::Blocked } else { Outcome::Done })
}
