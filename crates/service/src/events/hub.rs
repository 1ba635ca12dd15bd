//! Where the sequencer speaks and watchers listen: one bounded channel for each workspace that has any.
//!
//! Owns the places of watchers. Must never wait for one of them: who does not keep up has missed
//! something, and reads it from the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use strongroom_domain::error::Code;
use strongroom_domain::limits::WATCHERS_PER_NODE;
use strongroom_domain::{Error, Scope};
use strongroom_store::PlacedEvent;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, broadcast, watch};
use tokio::time::sleep;

/// Events that a watcher may be behind before it reads from the store instead.
const KEPT_AT_HAND: usize = 256;
/// How often the sequencer looks without being told to: events of other nodes, and of calls that broke off.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long events are gathered while nobody listens: positions are given within a second all the same.
const GATHER: Duration = Duration::from_millis(500);

pub(crate) struct Hub {
    channels: Mutex<HashMap<Scope, broadcast::Sender<Arc<PlacedEvent>>>>,
    places: Arc<Semaphore>,
    /// Events wait for the sequencer.
    work: Notify,
    /// Somebody has begun to listen.
    arrival: Notify,
    closed: watch::Sender<bool>,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self {
            channels: Mutex::default(),
            places: Arc::new(Semaphore::new(WATCHERS_PER_NODE)),
            work: Notify::new(),
            arrival: Notify::new(),
            closed: watch::Sender::new(false),
        }
    }

    /// A place among the watchers. From here on nothing is missed without notice.
    ///
    /// # Errors
    ///
    /// `busy` where every place is taken, `unavailable` where the server stops.
    pub(super) fn listen(self: &Arc<Self>, scope: Scope) -> Result<Ear, Error> {
        if *self.closed.borrow() {
            return Err(Error::NotNow(Code::Unavailable, None));
        }
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| ALL_TAKEN)?;
        let receiver =
            self.channels().entry(scope).or_insert_with(|| broadcast::Sender::new(KEPT_AT_HAND)).subscribe();
        self.arrival.notify_one();
        Ok(Ear {
            hub: Arc::clone(self),
            scope,
            receiver: Some(receiver),
            closed: self.closed.subscribe(),
            _place: place,
        })
    }

    /// Tells whoever listens in the event's workspace.
    pub(super) fn tell(&self, event: PlacedEvent) {
        if let Some(channel) = self.channels().get(&event.scope) {
            // Without a listener it goes nowhere, and that is right.
            let _listeners = channel.send(Arc::new(event));
        }
    }

    /// Wakes the sequencer when what is returned is dropped, whatever became of the commit: also when its
    /// caller stopped waiting.
    pub(crate) const fn announce_after(&self) -> impl Drop + '_ {
        Announcement(self)
    }

    /// Waits for something to do; `false` when there will be nothing more.
    pub(super) async fn has_work(&self) -> bool {
        self.or_closed(async {
            tokio::select! {
                () = self.work.notified() => {}
                () = sleep(LOOK_EVERY) => {}
            }
        })
        .await
    }

    /// Lets events gather while nobody listens; `false` when the server stops.
    pub(super) async fn gather(&self) -> bool {
        if self.watchers() > 0 {
            return true;
        }
        self.or_closed(async {
            tokio::select! {
                () = self.arrival.notified() => {}
                () = sleep(GATHER) => {}
            }
        })
        .await
    }

    /// Waits that long; `false`, and at once, when the server stops.
    pub(crate) async fn stays_open_for(&self, wait: Duration) -> bool {
        self.or_closed(sleep(wait)).await
    }

    /// Ends every stream and the sequencer.
    pub(super) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// How many listen.
    pub(super) fn watchers(&self) -> usize {
        WATCHERS_PER_NODE - self.places.available_permits()
    }

    async fn or_closed(&self, waiting: impl Future<Output = ()>) -> bool {
        let mut closed = self.closed.subscribe();
        tokio::select! {
            biased;
            _ = closed.wait_for(|closed| *closed) => false,
            () = waiting => true,
        }
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<Scope, broadcast::Sender<Arc<PlacedEvent>>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 503 and not 429: it is this node that has no room, and another one may.
const ALL_TAKEN: Error = Error::Limited(
    Code::Busy,
    "This node has as many watchers as it takes; GET /v1/limits has the number. Try again in a moment. Nothing was changed.",
);

struct Announcement<'a>(&'a Hub);

impl Drop for Announcement<'_> {
    fn drop(&mut self) {
        self.0.work.notify_one();
    }
}

/// One who listens. Dropping it frees its place.
pub(super) struct Ear {
    hub: Arc<Hub>,
    scope: Scope,
    /// Absent only while it is dropped.
    receiver: Option<broadcast::Receiver<Arc<PlacedEvent>>>,
    closed: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

/// What reached an ear.
pub(super) enum Sound {
    /// An event of its workspace.
    Event(Arc<PlacedEvent>),
    /// Something it did not hear: the store knows what.
    Missed,
    /// The end.
    Closed,
}

impl Ear {
    /// The next sound; an event that was not taken yet stays where this is given up.
    pub(super) async fn hear(&mut self) -> Sound {
        let Some(receiver) = &mut self.receiver else { return Sound::Closed };
        tokio::select! {
            biased;
            _ = self.closed.wait_for(|closed| *closed) => Sound::Closed,
            heard = receiver.recv() => match heard {
                Ok(event) => Sound::Event(event),
                Err(broadcast::error::RecvError::Lagged(_)) => Sound::Missed,
                Err(broadcast::error::RecvError::Closed) => Sound::Closed,
            },
        }
    }

    /// Whether the server stops.
    pub(super) fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }
}

impl Drop for Ear {
    /// The last one to leave a workspace takes its channel along.
    fn drop(&mut self) {
        drop(self.receiver.take());
        let mut channels = self.hub.channels();
        if channels.get(&self.scope).is_some_and(|channel| channel.receiver_count() == 0) {
            channels.remove(&self.scope);
        }
    }
}
