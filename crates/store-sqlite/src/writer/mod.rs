//! The one thread that writes, and the queue in front of it.
//!
//! Owns the writing connection, the journal and the lock on the folder. Must never answer a commit before
//! the sync that makes it durable, and never leave a caller waiting: when the thread ends, for whatever
//! reason, every caller learns of it.

mod ahead;
mod alias;
mod batch;
mod erase;
mod expectation;
mod housekeeping;
mod integration;
mod journal;
mod key;
mod log;
mod scrub;
mod seen;
mod sequence;
mod tenant;
mod write;

pub(crate) use self::journal::{Filed, digest as chained};
pub(crate) use self::write::owner_bytes;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use strongroom_domain::Scope;
use strongroom_store::{Commit, Housekeeping, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use self::ahead::Ahead;
use self::journal::{Entry, Journal};
use self::scrub::Scrub;
use self::seen::Seen;
use crate::error::unknown_outcome;
use crate::folder::Folder;
use crate::readers::Readers;
use crate::room::{Gauge, Reserve, Room};
use crate::schema::end_leases;
use crate::status::Counters;

/// Callers that may wait in the queue; further ones wait in front of it.
const QUEUE: usize = 1_024;
/// Most commits that share one sync: a bound on how long the first of them waits.
const BATCH: usize = 512;

/// The callers' side.
#[derive(Debug)]
pub(crate) struct Writer {
    messages: Sender<Message>,
    /// One permit per place in the queue; closed with the store.
    places: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// One caller's work. Its place in the queue is free again when it was answered.
struct Job {
    work: Work,
    scope: Scope,
    answer: oneshot::Sender<Result<(), StoreError>>,
    _place: OwnedSemaphorePermit,
}

/// What goes through the channel: nothing after `Stop`.
enum Message {
    Job(Job),
    Stop,
}

enum Work {
    Commit(Box<Commit>, Vec<Entry>),
    House(Box<Housekeeping>, Option<Entry>),
}

impl Writer {
    /// Starts the thread, which keeps the folder until it ends.
    pub(crate) fn start(
        folder: Folder,
        mut connection: Connection,
        readers: Arc<Readers>,
        (counters, reserve): (Arc<Counters>, Reserve),
    ) -> rusqlite::Result<Self> {
        let journal = Journal::restore(&connection)?;
        let (messages, queue) = channel();
        let gauge = Gauge::new(folder.path(), reserve, Arc::clone(&counters));
        let ahead = Ahead::start(&folder.database())?;
        let scrub = Scrub::new(&mut connection, readers, Arc::clone(&counters), ahead)?;
        let mut thread = Thread {
            connection,
            journal,
            scrub,
            gauge,
            room: Room::Ample,
            counters,
            durability: Durability::Synced,
            seen: Seen::default(),
        };
        // What a crash left in the log is scrubbed before anything else happens (REM-03).
        thread.scrub.run_now(&thread.connection);
        let run = move || {
            thread.run(&queue);
            drop(thread);
            drop(folder);
        };
        let handle = std::thread::Builder::new().name("store-writer".to_owned()).spawn(run);
        let handle = handle.expect("a process that cannot start one thread cannot serve either");
        Ok(Self { messages, places: Arc::new(Semaphore::new(QUEUE)), thread: Some(handle).into() })
    }

    /// Applies a commit; returns when it is durable. Once handed in, it is applied even if the caller
    /// stops waiting.
    pub(crate) async fn commit(&self, scope: &Scope, commit: Commit) -> Result<(), StoreError> {
        let entries = Entry::all_of(&commit);
        self.hand_in(scope, Work::Commit(Box::new(commit), entries)).await
    }

    /// Applies a task; returns when it is visible.
    pub(crate) async fn keep_house(&self, scope: &Scope, task: Housekeeping) -> Result<(), StoreError> {
        let entry = Entry::of_task(&task);
        self.hand_in(scope, Work::House(Box::new(task), entry)).await
    }

    async fn hand_in(&self, scope: &Scope, work: Work) -> Result<(), StoreError> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let (answer, outcome) = oneshot::channel();
        let job = Job { work, scope: *scope, answer, _place: place };
        self.messages.send(Message::Job(job)).map_err(|_| StoreError::Closed)?;
        outcome.await.unwrap_or_else(|_| Err(unknown_outcome()))
    }

    /// Finishes what was handed in and ends the thread.
    pub(crate) async fn close(&self) {
        // With every place taken, the thread has received all there will ever be.
        if let Ok(_all) = self.places.acquire_many(u32::try_from(QUEUE).expect("the queue is short")).await {
            self.places.close();
        }
        if let Some(thread) = self.stop() {
            let _ = tokio::task::spawn_blocking(|| thread.join()).await;
        }
    }

    /// Whether commits are still taken, and somebody is there to apply them.
    pub(crate) fn is_open(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        !self.places.is_closed() && thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    fn stop(&self) -> Option<JoinHandle<()>> {
        let _ = self.messages.send(Message::Stop);
        self.thread.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Writer {
    /// Waits for the thread, so that the folder is free when the store is gone.
    fn drop(&mut self) {
        self.places.close();
        if let Some(thread) = self.stop() {
            let _ = thread.join();
        }
    }
}

/// The thread's side.
struct Thread {
    connection: Connection,
    journal: Journal,
    scrub: Scrub,
    gauge: Gauge,
    /// How much room the disk had when this batch began.
    room: Room,
    counters: Arc<Counters>,
    /// What the connection's next `COMMIT` does.
    durability: Durability,
    /// What was looked up and is still true.
    seen: Seen,
}

/// Whether `COMMIT` syncs the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// It does.
    Synced,
    /// It does not; the next one that does syncs this one too.
    WithTheNext,
}

impl Thread {
    fn run(&mut self, queue: &Receiver<Message>) {
        let mut open = true;
        while open {
            let jobs;
            (jobs, open) = self.take(queue);
            if !jobs.is_empty() {
                self.run_batch(jobs);
            }
            self.scrub.run_if_due(&self.connection);
        }
        // Otherwise the next start would, before it knows whether its root key is the right one (CRY-04).
        if let Err(error) = end_leases(&self.connection) {
            tracing::warn!(%error, "leases were not let go of; the next start does it");
        }
        self.scrub.run_last(&self.connection);
    }

    /// Waits for one job, then takes what else is there without waiting: under load the queue fills
    /// during a sync, and the next sync is for all of them. Also says whether there can be more.
    fn take(&self, queue: &Receiver<Message>) -> (Vec<Job>, bool) {
        let first = match self.scrub.wait() {
            None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(wait) => queue.recv_timeout(wait),
        };
        let mut jobs = match first {
            Ok(Message::Job(job)) => vec![job],
            Err(RecvTimeoutError::Timeout) => return (Vec::new(), true),
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return (Vec::new(), false),
        };
        while jobs.len() < BATCH {
            match queue.try_recv() {
                Ok(Message::Job(job)) => jobs.push(job),
                Ok(Message::Stop) => return (jobs, false),
                Err(_) => break,
            }
        }
        (jobs, true)
    }
}
