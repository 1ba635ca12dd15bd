//! Watchers are told that something changed, never to what.
//!
//! Commits write events; the [sequencer](Service::sequence_events) gives them their positions, many at a
//! time, and tells the hub; a [`Watcher`] listens there and reads from the store whatever it missed. The truth
//! is the store's: nothing here is needed for an event to be heard, only for it to be heard at once. Must
//! never show a position that is not durable, and never queue for one who does not listen.

mod hub;
mod sequencer;
mod watcher;

pub(crate) use hub::Hub;
pub use watcher::{Heard, Watcher};

use crate::Service;

impl Service {
    /// Ends every stream and takes no further one; for the end of the server.
    pub fn end_streams(&self) {
        self.hub.close();
    }

    /// How many listen on this node.
    pub fn watchers(&self) -> usize {
        self.hub.watchers()
    }
}
