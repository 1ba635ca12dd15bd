//! Copies the log into the database beside the writer, so that the checkpoint that has to stop it finds little to do.
//!
//! Owns a connection, which never begins a transaction, and a thread. Must never be needed: where it fails or is told to
//! give up, the writer's own checkpoint does the rest. Two checkpoints never run at once: the writer's waits for
//! [`Ahead::is_copying`].

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, ErrorCode, InterruptHandle};

use crate::schema::open_ahead;

/// The writer's side. Dropping it ends it.
pub(super) struct Ahead {
    /// Without it the thread ends.
    orders: Option<SyncSender<()>>,
    is_copying: Arc<AtomicBool>,
    interrupt: InterruptHandle,
    thread: Option<JoinHandle<()>>,
}

impl Ahead {
    pub(super) fn start(file: &Path) -> rusqlite::Result<Self> {
        let (orders, inbox) = sync_channel(1);
        let is_copying = Arc::new(AtomicBool::new(false));
        let copying = Arc::clone(&is_copying);
        let connection = open_ahead(file)?;
        let interrupt = connection.get_interrupt_handle();
        let database =
            kept_open(file).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let run = move || copy(&connection, database, &inbox, &copying);
        let thread = std::thread::Builder::new().name("store-ahead".to_owned()).spawn(run);
        let thread = thread.expect("a process that cannot start one thread cannot serve either");
        Ok(Self { orders: Some(orders), is_copying, interrupt, thread: Some(thread) })
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

    /// It ends with what it has, as soon as it can.
    pub(super) fn give_up(&self) {
        self.interrupt.interrupt();
    }

    /// For good: waits for what is under way, and closes the connection.
    pub(super) fn end(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.end();
    }
}

/// The database file, to sync it. Never closed: to close any descriptor of a file lets go of the locks that the process
/// holds on it, and so of those of every connection.
fn kept_open(file: &Path) -> io::Result<&'static File> {
    Ok(Box::leak(Box::new(File::open(file)?)))
}

fn copy(connection: &Connection, database: &File, inbox: &Receiver<()>, is_copying: &AtomicBool) {
    for () in inbox {
        match checkpoint(connection) {
            // SQLite syncs a checkpoint only where it took in all of the log; the truncating one would pay for this one.
            Ok(()) => {
                if let Err(error) = database.sync_data() {
                    tracing::warn!(%error, "the database could not be synced beside the writer; the writer does it");
                }
            }
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {}
            Err(error) => {
                tracing::warn!(%error, "the log could not be copied beside the writer; the writer does it");
            }
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
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::schema::open_writer;

    fn length(file: &Path) -> u64 {
        std::fs::metadata(file).map_or(0, |metadata| metadata.len())
    }

    /// Inside a transaction of the writer as well: the database file grows, and nobody waits.
    #[test]
    fn the_log_is_copied_while_the_writer_writes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        File::create(&file).unwrap();
        let writer = open_writer(&file).unwrap();
        writer.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); CREATE TABLE t (b BLOB)").unwrap();
        for _ in 0..100 {
            writer.execute("INSERT INTO t VALUES (zeroblob(4000))", []).unwrap();
        }
        let before = length(&file);
        let ahead = Ahead::start(&file).unwrap();
        writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (zeroblob(4000))").unwrap();
        ahead.begin();
        let began = Instant::now();
        while ahead.is_copying() {
            assert!(began.elapsed() < Duration::from_secs(3), "it waits for the writer");
            std::thread::yield_now();
        }
        assert!(length(&file) >= before + 100 * 4_000, "{before} and then {}", length(&file));
        // The writer's locks are still there, and so is what it wrote.
        writer.execute_batch("COMMIT").unwrap();
        drop(ahead);
        let kept: i64 = writer.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 101);
    }
}
