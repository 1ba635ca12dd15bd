//! The reading side: a few connections that cannot write, each asked one short question at a time.
//!
//! Owns the pool, and the limit after which a question that blocks a checkpoint is interrupted. Must
//! never hold a snapshot between two questions.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, InterruptHandle};
use strongroom_store::StoreError;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::error::no_answer;
use crate::schema::open_reader;

/// Questions answered at the same time.
const READERS: usize = 4;

/// The pool.
pub(crate) struct Readers {
    /// One permit per connection; closed with the store.
    idle: Semaphore,
    connections: Mutex<Vec<Reader>>,
    slots: Vec<Arc<Slot>>,
}

struct Reader {
    connection: Connection,
    slot: Arc<Slot>,
}

/// What the writer sees of a reader.
struct Slot {
    interrupt: InterruptHandle,
    /// Since when it has been answering. Locked while it is interrupted, so that an interrupt never hits
    /// the next question.
    since: Mutex<Option<Instant>>,
}

impl Readers {
    pub(crate) fn open(file: &Path) -> rusqlite::Result<Self> {
        let connections = (0..READERS).map(|_| Reader::open(file)).collect::<Result<Vec<_>, _>>()?;
        let slots = connections.iter().map(|reader| Arc::clone(&reader.slot)).collect();
        Ok(Self { idle: Semaphore::new(READERS), connections: Mutex::new(connections), slots })
    }

    /// Asks for what a few pages hold, here and now: to wake another thread would take longer than the answer.
    pub(crate) async fn look_up<T>(
        self: &Arc<Self>,
        question: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let borrowed = self.borrow().await?;
        borrowed.reader().answer(question)
    }

    /// Asks one question on a thread that may block. When the caller stops waiting, it ends all the same.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let borrowed = self.borrow().await?;
        // The thread, not this future, gives the connection back: this future may be dropped.
        let answer = tokio::task::spawn_blocking(move || borrowed.reader().answer(question));
        answer.await.unwrap_or_else(|_| Err(no_answer()))
    }

    /// Waits for a connection that is idle.
    async fn borrow(self: &Arc<Self>) -> Result<Borrowed, StoreError> {
        let permit = self.idle.acquire().await.map_err(|_| StoreError::Closed)?;
        let reader = lock(&self.connections).pop().ok_or(StoreError::Closed)?;
        permit.forget();
        Ok(Borrowed { readers: Arc::clone(self), reader: Some(reader) })
    }

    /// Ends what has been going on for longer than `limit`: it holds up a checkpoint.
    pub(crate) fn interrupt_older_than(&self, limit: Duration) {
        self.slots.iter().for_each(|slot| slot.interrupt_older_than(limit));
    }

    /// Waits for the questions under way and lets go of the file.
    pub(crate) async fn close(&self) {
        if let Ok(_all) = self.idle.acquire_many(u32::try_from(READERS).expect("there are few readers")).await
        {
            self.idle.close();
        }
        self.abandon();
    }

    /// Lets go of the connections that are idle, without waiting for the others.
    pub(crate) fn abandon(&self) {
        self.idle.close();
        lock(&self.connections).clear();
    }
}

impl Reader {
    fn open(file: &Path) -> rusqlite::Result<Self> {
        let connection = open_reader(file)?;
        let slot = Arc::new(Slot { interrupt: connection.get_interrupt_handle(), since: Mutex::new(None) });
        Ok(Self { connection, slot })
    }

    fn answer<T>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        *lock(&self.slot.since) = Some(Instant::now());
        let answer = question(&self.connection);
        *lock(&self.slot.since) = None;
        answer
    }
}

impl Slot {
    fn interrupt_older_than(&self, limit: Duration) {
        let since = lock(&self.since);
        if since.is_some_and(|since| since.elapsed() > limit) {
            tracing::warn!("a read that held up a checkpoint was interrupted");
            self.interrupt.interrupt();
        }
    }
}

/// A connection on loan: it comes back also when the question panics.
struct Borrowed {
    readers: Arc<Readers>,
    reader: Option<Reader>,
}

impl Borrowed {
    const fn reader(&self) -> &Reader {
        self.reader.as_ref().expect("it is there until it is returned")
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let Some(reader) = self.reader.take() else { return };
        *lock(&reader.slot.since) = None;
        lock(&self.readers.connections).push(reader);
        self.readers.idle.add_permits(1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
