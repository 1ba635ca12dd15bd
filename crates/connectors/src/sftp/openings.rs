//! Keys are decrypted beside the work of others, and few at a time.
//!
//! A key may ask for seconds of one core (`KeyFile::read` bounds it), so that a handful at once could take
//! the whole machine. Must never decrypt on a thread that serves requests.

use std::num::NonZero;
use std::sync::Arc;

use strongroom_domain::Fault;
use tokio::sync::Semaphore;

use super::login::{Opened, Proof};
use super::private_key::KeyFault;

/// How many may be under way.
pub(super) struct Openings(Arc<Semaphore>);

impl Openings {
    /// Half of its cores, and one at least.
    pub(super) fn for_this_machine() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Semaphore::new((cores / 2).max(1))))
    }

    /// [`Proof::open`] when its turn comes. The place is kept until the work is done, also where nobody waits
    /// for it any more.
    pub(super) async fn open(&self, proof: Proof) -> Result<Opened, Fault> {
        if !proof.takes_work() {
            return proof.open();
        }
        // The semaphore is never closed.
        let place = Arc::clone(&self.0).acquire_owned().await.map_err(|_| unreadable())?;
        let opened = tokio::task::spawn_blocking(move || {
            let _place = place;
            proof.open()
        });
        opened.await.unwrap_or_else(|_| Err(unreadable()))
    }
}

fn unreadable() -> Fault {
    KeyFault::Unreadable.at_its_field()
}
