//! What SQLite can do at most with our settings: one row of 200 bytes for each commit, and nothing else.
//!
//! Owns a writer thread in the manner of our store's, and the loop without one. Checkpoints are left out:
//! that favours this side of the comparison.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::{Context, Result};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::sample::{Recorder, Sample};

/// Most rows to one sync, as in our store.
const BATCH: usize = 512;

const ROW: [u8; 200] = [7; 200];

/// Callers in flight who share syncs.
pub(super) fn group_commit(folder: &Path, length: Duration, callers: usize) -> Result<Sample> {
    let connection = open(folder)?;
    let (jobs, queue) = channel();
    let writer = std::thread::spawn(move || write(&connection, &queue));
    let sample = tokio::runtime::Runtime::new()?.block_on(call(jobs, length, callers));
    writer.join().expect("the writer ends with an error, not a panic")?;
    sample
}

/// One caller, one sync per row.
pub(super) fn single_commit(folder: &Path, length: Duration) -> Result<Sample> {
    let connection = open(folder)?;
    let mut recorder = Recorder::new();
    let start = Instant::now();
    while start.elapsed() < length {
        let before = Instant::now();
        insert(&connection)?;
        recorder.record(before.elapsed());
    }
    recorder.sample(start.elapsed())
}

/// A caller's wait for its row to be durable.
type Job = oneshot::Sender<()>;

async fn call(jobs: Sender<Job>, length: Duration, callers: usize) -> Result<Sample> {
    let start = Instant::now();
    let mut running: JoinSet<_> =
        (0..callers).map(|_| insert_repeatedly(jobs.clone(), start + length)).collect();
    drop(jobs);
    let mut all = Recorder::new();
    while let Some(caller) = running.join_next().await {
        all.merge(&caller.context("a caller panicked")??);
    }
    all.sample(start.elapsed())
}

async fn insert_repeatedly(jobs: Sender<Job>, end: Instant) -> Result<Recorder> {
    let mut recorder = Recorder::new();
    let mut before = Instant::now();
    while before < end {
        let (job, done) = oneshot::channel();
        jobs.send(job).ok().context("the writer ended")?;
        done.await.context("the writer ended")?;
        let after = Instant::now();
        recorder.record(after - before);
        before = after;
    }
    Ok(recorder)
}

/// Waits for one job, takes what else is there, commits all, answers all.
fn write(connection: &Connection, queue: &Receiver<Job>) -> Result<()> {
    while let Ok(first) = queue.recv() {
        let jobs: Vec<Job> = std::iter::once(first).chain(queue.try_iter().take(BATCH - 1)).collect();
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        jobs.iter().try_for_each(|_| insert(connection))?;
        connection.prepare_cached("COMMIT")?.execute([])?;
        for job in jobs {
            // A caller whose time is over no longer waits.
            let _gone = job.send(());
        }
    }
    Ok(())
}

fn insert(connection: &Connection) -> Result<()> {
    connection.prepare_cached("INSERT INTO bare (body) VALUES (?1)")?.execute(params![ROW])?;
    Ok(())
}

/// The settings of our store's writer.
fn open(folder: &Path) -> Result<Connection> {
    let connection = Connection::open(folder.join("bare.db"))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA temp_store = MEMORY;
         CREATE TABLE bare (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;",
    )?;
    Ok(connection)
}
