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

use rusqlite::Connection;
use rusqlite::hooks::Wal;
use tokio::time::Instant;

use super::ahead::Ahead;
use crate::readers::Readers;
use crate::status::Counters;

/// From the first destroying commit to the checkpoint, which stops all writing while it lasts. It leaves a reader its
/// limit and the retries theirs, with room to spare in the five seconds of DESIGN.md.
const GATHER: Duration = Duration::from_secs(1);
/// How often the writer looks whether the copying beside it has ended.
const LOOK: Duration = Duration::from_millis(5);
/// After this it tells it to give up.
const AHEAD: Duration = Duration::from_secs(1);
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
    /// In the log since it was begun, as of the last commit.
    pages: Arc<AtomicU32>,
    readers: Arc<Readers>,
    counters: Arc<Counters>,
    ahead: Ahead,
    next: Next,
    /// Whether the log may have bytes that must go.
    is_owed: bool,
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
        let pages = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&pages);
        connection.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
            counted.store(pages.unsigned_abs(), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self { pages, readers, counters, ahead, next: Next::Nothing, is_owed: true })
    }

    /// A commit destroyed a value or a key.
    pub(super) fn owe(&mut self) {
        self.is_owed = true;
        self.counters.scrub_pending();
        self.due_at(Instant::now() + GATHER);
    }

    /// A batch was committed.
    pub(super) fn watch_log(&mut self) {
        if self.pages.load(Ordering::Relaxed) > LOG_LIMIT {
            self.due_at(Instant::now());
        }
    }

    /// Where nothing is due before. A commit that destroys while the log is copied is served by the truncation after it.
    fn due_at(&mut self, due: Instant) {
        if matches!(self.next, Next::Nothing) {
            self.next = Next::Checkpoint(due);
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
        self.is_owed = true;
        self.run_now(connection);
    }

    /// Runs, and comes back later where it did not get through.
    pub(super) fn run_now(&mut self, connection: &Connection) {
        let is_outgrown = self.pages.load(Ordering::Relaxed) > OUTGROWN;
        let left = if self.is_owed || is_outgrown { Left::Nothing } else { Left::Room };
        let again = match checkpoint(connection, left) {
            Ok(Outcome::Done) => {
                self.pages.store(0, Ordering::Relaxed);
                if left == Left::Nothing {
                    self.is_owed = false;
                    self.counters.scrubbed();
                }
                None
            }
            Ok(Outcome::Blocked) => {
                self.readers.interrupt_older_than(READER_LIMIT);
                Some(RETRY)
            }
            Err(error) => {
                tracing::error!(%error, "the log could not be checkpointed");
                Some(RETRY_AFTER_FAILURE)
            }
        };
        self.next = again.map_or(Next::Nothing, |wait| Next::Checkpoint(Instant::now() + wait));
    }
}

/// What a checkpoint leaves of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Its room, which is written over from the beginning.
    Room,
    /// A file without a byte.
    Nothing,
}

enum Outcome {
    Done,
    Blocked,
}

fn checkpoint(connection: &Connection, left: Left) -> rusqlite::Result<Outcome> {
    let sql = match left {
        Left::Room => "PRAGMA wal_checkpoint(RESTART)",
        Left::Nothing => "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    let busy: bool = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(if busy { Outcome::Blocked } else { Outcome::Done })
}
