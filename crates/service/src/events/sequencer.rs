//! Gives events their positions and tells the hub, under a lease that has one holder among all nodes.
//!
//! One small write for all events that wait, however many commits wrote them. Must never tell of a position
//! before the store has made it durable.

use std::time::Duration;

use strongroom_domain::Clock;
use strongroom_store::{Clash, Housekeeping, LeaseName, Store, StoreError};
use tokio::time::sleep;

use super::Hub;
use crate::Service;
use crate::lease::Holder;

/// Events that are placed in one write and told from one read.
const ROUND: usize = 1_000;
/// After a round that failed.
const PAUSE: Duration = Duration::from_secs(1);

impl Service {
    /// Runs until [`Service::end_streams`]. A round that fails is logged and tried again: events wait.
    pub async fn sequence_events(&self) {
        let mut sequencer = Sequencer {
            store: self.store.as_ref(),
            clock: self.clock.as_ref(),
            hub: &self.hub,
            holder: Holder::new(LeaseName::Sequencer, self.run),
            told: None,
        };
        loop {
            if let Err(error) = sequencer.round().await {
                tracing::warn!(%error, "events did not get their positions; they wait for the next round");
                sleep(PAUSE).await;
            }
            if !(self.hub.has_work().await && self.hub.gather().await) {
                return;
            }
        }
    }
}

struct Sequencer<'a> {
    store: &'a dyn Store,
    clock: &'a dyn Clock,
    hub: &'a Hub,
    holder: Holder,
    /// The rank up to which watchers were told; none before the first look.
    told: Option<u64>,
}

impl Sequencer<'_> {
    /// Until nothing waits any more. What another holder has placed is told here all the same.
    async fn round(&mut self) -> Result<(), StoreError> {
        loop {
            let order = self.store.event_order().await?;
            // Nobody listened before the first look, so nobody is to be told of what was before.
            self.told.get_or_insert(order.last_rank);
            let placed = order.waiting && self.place().await?;
            self.tell().await?;
            if !placed {
                return Ok(());
            }
        }
    }

    /// Whether it was this holder's to do.
    async fn place(&mut self) -> Result<bool, StoreError> {
        // Each time anew: under a load that never ends, so does a round.
        let now = self.clock.now();
        let Some((scope, fence)) = self.holder.claim(self.store, now).await? else { return Ok(false) };
        let task = Housekeeping::PlaceEvents { fence, at: now, limit: ROUND };
        match self.store.keep_house(&scope, task).await {
            Err(StoreError::Clash(Clash::Lease)) => {
                self.holder.lost();
                Ok(false)
            }
            placed => placed.map(|()| true),
        }
    }

    async fn tell(&mut self) -> Result<(), StoreError> {
        loop {
            let placed = self.store.placed_events(self.told.unwrap_or_default(), ROUND).await?;
            let more = placed.len() == ROUND;
            for event in placed {
                self.told = Some(event.rank);
                self.hub.tell(event);
            }
            if !more {
                return Ok(());
            }
        }
    }
}
