//! Copies the log into the database beside the writer, so that the checkpoint that has to stop it finds little to do.
//!
//! Owns a connection, which never begins a transaction, and a thread. Must never be needed: where it is late or fails, the
//! writer's own checkpoint does all of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

/// The writer's side. Dropping it waits for what is under way, and closes the connection.
pub(super) struct Ahead {
    /// Dropped first, which ends the thread.
    orders: Option<SyncSender<()>>,
    is_copying: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ahead {
    pub(super) fn start(connection: Connection) -> Self {
        let (orders, inbox) = sync_channel(1);
        let is_copying = Arc::new(AtomicBool::new(false));
        let copying = Arc::clone(&is_copying);
        let run = move || copy(&connection, &inbox, &copying);
        let thread = std::thread::Builder::new().name("store-ahead".to_owned()).spawn(run);
        let thread = thread.expect("a process that cannot start one thread cannot serve either");
        Self { orders: Some(orders), is_copying, thread: Some(thread) }
    }

    /// Begins, where it is not at it already.
    pub(super) fn begin(&self) {
        if self.is_copying.swap(true, Ordering::AcqRel) {
            return;
        }
        let is_taken = self.orders.as_ref().is_some_and(|orders| orders.try_send(()).is_ok());
        if !is_taken {
            self.is_copying.store(false, Ordering::Release);
        }
    }

    pub(super) fn is_copying(&self) -> bool {
        self.is_copying.load(Ordering::Acquire)
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn copy(connection: &Connection, inbox: &Receiver<()>, is_copying: &AtomicBool) {
    for () in inbox {
        if let Err(error) = checkpoint(connection) {
            tracing::warn!(%error, "the log could not be copied beside the writer; the writer does it");
        }
        is_copying.store(false, Ordering::Release);
    }
}

/// As many pages as it can without waiting for anybody, and nobody waits for it.
fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?.query_row([], |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::schema::{open_ahead, open_writer};

    fn length(file: &Path) -> u64 {
        std::fs::metadata(file).map_or(0, |metadata| metadata.len())
    }

    /// Inside a transaction of the writer as well: the database file grows, and nobody waited.
    #[test]
    fn the_log_is_copied_while_the_writer_writes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        std::fs::File::options().write(true).create(true).truncate(false).open(&file).unwrap();
        let writer = open_writer(&file).unwrap();
        writer.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); CREATE TABLE t (b BLOB)").unwrap();
        for _ in 0..100 {
            writer.execute("INSERT INTO t VALUES (zeroblob(4000))", []).unwrap();
        }
        let before = length(&file);
        let ahead = Ahead::start(open_ahead(&file).unwrap());
        writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (zeroblob(4000))").unwrap();
        ahead.begin();
        let began = Instant::now();
        while ahead.is_copying() && began.elapsed() < Duration::from_secs(10) {
            std::thread::yield_now();
        }
        assert!(length(&file) >= before + 100 * 4_000, "{before} and then {}", length(&file));
        writer.execute_batch("COMMIT").unwrap();
        let kept: i64 = writer.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 101);
    }
}
