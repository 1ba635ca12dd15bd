//! How much room the disk has left, and what is still written when there is little (DESIGN.md, section 5: changes are
//! refused before reads).
//!
//! Owns the two thresholds. Must never stop silently: what is refused is refused with its reason, and the log says when
//! it begins and ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use strongroom_store::{Commit, Housekeeping, StoreError, Write};
use tokio::time::Instant;

use crate::status::Counters;

/// How often the disk is asked.
const EVERY: Duration = Duration::from_millis(250);

/// Room that is kept free, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserve {
    /// With less than this, only what takes away or gives out is written.
    pub changes: u64,
    /// With less than this, nothing is.
    pub all: u64,
}

impl Default for Reserve {
    /// 64 and 16 MiB: the log of the database is checkpointed at 32.
    fn default() -> Self {
        Self::of(64 * 1024 * 1024)
    }
}

impl Reserve {
    /// Changes stop at this, everything at a quarter of it.
    pub const fn of(changes: u64) -> Self {
        Self { changes, all: changes / 4 }
    }

    /// Nothing is kept free: the disk alone says when it is full.
    pub const NONE: Self = Self::of(0);
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Room {
    /// Nothing is written.
    None,
    /// No changes are.
    Little,
    /// Enough.
    Ample,
}

impl Room {
    /// Whether a commit is still applied. Revoking, deleting and giving back go on as long as anything does, and so
    /// does a resolve, whose record and hold are small.
    pub(crate) fn admits_commit(self, commit: &Commit) -> bool {
        match self {
            Self::Ample => true,
            Self::Little => commit.writes().iter().all(is_small),
            Self::None => false,
        }
    }

    /// The same of a task. Taking away goes on to the end: it makes room.
    pub(crate) fn admits_task(self, task: &Housekeeping) -> bool {
        let takes_away = matches!(
            task,
            Housekeeping::ForgetIdempotency(_)
                | Housekeeping::ForgetHolds(_)
                | Housekeeping::ForgetRecords(_)
                | Housekeeping::ForgetEvents(_)
        );
        self > Self::None || takes_away
    }
}

fn is_small(write: &Write) -> bool {
    matches!(
        write,
        Write::Hold(_)
            | Write::Release(..)
            | Write::Delete(..)
            | Write::DeleteIntegration(_)
            | Write::RevokeToken(..)
            | Write::DestroyKey(..)
            | Write::UnpinHostKey(_)
    )
}

/// Asks the disk, and remembers what it said.
pub(crate) struct Gauge {
    folder: PathBuf,
    reserve: Reserve,
    counters: Arc<Counters>,
    asked: Option<Instant>,
    room: Room,
}

impl Gauge {
    pub(crate) fn new(folder: &Path, reserve: Reserve, counters: Arc<Counters>) -> Self {
        Self { folder: folder.to_owned(), reserve, counters, asked: None, room: Room::Ample }
    }

    /// What there is now, or was a moment ago.
    pub(crate) fn room(&mut self) -> Room {
        if self.asked.is_none_or(|asked| asked.elapsed() >= EVERY) {
            self.asked = Some(Instant::now());
            self.ask();
        }
        self.room
    }

    /// A disk that does not say is one that has room: a commit finds out.
    fn ask(&mut self) {
        let Ok(disk) = rustix::fs::statvfs(&self.folder) else { return };
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        self.counters.free(free);
        let room = match free {
            free if free < self.reserve.all => Room::None,
            free if free < self.reserve.changes => Room::Little,
            _ => Room::Ample,
        };
        if room != self.room {
            match room {
                Room::Ample => tracing::warn!(free, "the disk has room again: changes are taken"),
                Room::Little => {
                    tracing::error!(free, "the disk is nearly full: changes are refused, reads go on");
                }
                Room::None => tracing::error!(free, "the disk is full: nothing that leaves a record is done"),
            }
        }
        self.room = room;
    }
}

/// What a caller learns whose commit is refused.
pub(crate) fn no_room() -> StoreError {
    StoreError::Full(Arc::new(KeptFree))
}

/// The room that is left is kept for what matters more.
#[derive(Debug, thiserror::Error)]
#[error("the disk is nearly full, and what is left of it is kept")]
struct KeptFree;
