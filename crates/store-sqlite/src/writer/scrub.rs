//! The truncating checkpoint: what makes old envelopes leave the files (CATALOGUE 4.8, REM-01).
//!
//! `secure_delete` zeroes them in the pages, but the log still has the old pages, and the main file has
//! them until a checkpoint; only one that truncates leaves neither. Must never give up on one that is
//! owed, and never let a reader put it off for ever (REM-02).

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
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
/// The log is checkpointed when it is longer than this, destroyed values or not: it bounds the disk it
/// takes, the time a start after a crash takes, and what readers search.
const LOG_LIMIT: u64 = 32 * 1024 * 1024;

/// When the next checkpoint is due.
pub(super) struct Scrub {
    log: PathBuf,
    readers: Arc<Readers>,
    counters: Arc<Counters>,
    ahead: Ahead,
    next: Next,
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
    pub(super) const fn new(
        log: PathBuf,
        readers: Arc<Readers>,
        counters: Arc<Counters>,
        ahead: Ahead,
    ) -> Self {
        Self { log, readers, counters, ahead, next: Next::Nothing }
    }

    /// A commit destroyed a value or a key.
    pub(super) fn owe(&mut self) {
        self.counters.scrub_pending();
        self.due_at(Instant::now() + GATHER);
    }

    /// A batch was committed.
    pub(super) fn watch_log(&mut self) {
        let length = fs::metadata(&self.log).map_or(0, |metadata| metadata.len());
        if length > LOG_LIMIT {
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

    /// The last one, when nobody copies any more.
    pub(super) fn run_last(&mut self, connection: &Connection) {
        self.ahead.end();
        self.run_now(connection);
    }

    /// Runs, and comes back later where it did not get through.
    pub(super) fn run_now(&mut self, connection: &Connection) {
        let again = truncate(connection, &self.readers, &self.counters);
        self.next = again.map_or(Next::Nothing, |wait| Next::Checkpoint(Instant::now() + wait));
    }
}

/// After how long to try again, where it did not get through.
fn truncate(connection: &Connection, readers: &Readers, counters: &Counters) -> Option<Duration> {
    match checkpoint(connection) {
        Ok(Outcome::Truncated) => {
            counters.scrubbed();
            None
        }
        Ok(Outcome::Blocked) => {
            readers.interrupt_older_than(READER_LIMIT);
            Some(RETRY)
        }
        Err(error) => {
            tracing::error!(%error, "the log could not be checkpointed");
            Some(RETRY_AFTER_FAILURE)
        }
    }
}

enum Outcome {
    Truncated,
    Blocked,
}

fn checkpoint(connection: &Connection) -> rusqlite::Result<Outcome> {
    let busy: bool =
        connection.prepare_cached("PRAGMA wal_checkpoint(TRUNCATE)")?.query_row([], |row| row.get(0))?;
    Ok(if busy { Outcome::Blocked } else { Outcome::Truncated })
}
