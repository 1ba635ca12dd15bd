//! What the threads count for `/readyz` and the metrics. Must never be waited on.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use strongroom_store::StoreStatus;
use tokio::time::Instant;

/// Shared between the writer and whoever asks.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    commits: AtomicU64,
    syncs: AtomicU64,
    scrub_since: Mutex<Option<Instant>>,
    free: AtomicU64,
}

impl Counters {
    /// One sync made this many commits durable.
    pub(crate) fn synced(&self, commits: u64) {
        self.commits.fetch_add(commits, Relaxed);
        self.syncs.fetch_add(1, Relaxed);
    }

    /// So many bytes are free on the disk.
    pub(crate) fn free(&self, bytes: u64) {
        self.free.store(bytes, Relaxed);
    }

    /// Old bytes wait in the files from now on, if they did not already.
    pub(crate) fn scrub_pending(&self) {
        self.scrub_since.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
    }

    /// No old bytes are left in the files.
    pub(crate) fn scrubbed(&self) {
        *self.scrub_since.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// All of it at this moment. A scrub that waits at all shows as one second at least.
    pub(crate) fn status(&self) -> StoreStatus {
        let since = *self.scrub_since.lock().unwrap_or_else(PoisonError::into_inner);
        StoreStatus {
            scrub_pending_seconds: since.map_or(0, |since| since.elapsed().as_secs() + 1),
            commits: self.commits.load(Relaxed),
            syncs: self.syncs.load(Relaxed),
            free_bytes: self.free.load(Relaxed),
        }
    }
}
