//! Gives events their positions and tells the hub, under a lease that has one holder among all nodes.
//!
//! One small write for all events that wait, however many commits wrote them. Must never tell of a position
//! before the store has made it durable.

use std::time::Duration;

use strongroom_domain::ids::NodeId;
use strongroom_domain::{Clock, Scope, Timestamp};
use strongroom_sealing::SystemRng;
use strongroom_store::{Clash, Housekeeping, Lease, LeaseName, Store, StoreError};
use tokio::time::sleep;

use super::Hub;
use crate::{Service, first_scope};

/// Events that are placed in one write and told from one read.
const ROUND: usize = 1_000;
/// How long the others wait for a holder that is gone.
const LEASE: Duration = Duration::from_secs(30);
/// It is asked for again when less than this is left of it.
const LEASE_LEFT: Duration = Duration::from_secs(10);
/// After a round that failed.
const PAUSE: Duration = Duration::from_secs(1);

impl Service {
    /// Runs until [`Service::end_streams`]. A round that fails is logged and tried again: events wait.
    pub async fn sequence_events(&self) {
        let mut sequencer = Sequencer {
            store: self.store.as_ref(),
            clock: self.clock.as_ref(),
            hub: &self.hub,
            holder: NodeId::make(self.now(), &mut SystemRng),
            scope: None,
            lease: None,
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
    /// This run of this process: another one of the same node is another holder.
    holder: NodeId,
    /// The store asks on whose behalf; what is done here is done for all of them.
    scope: Option<Scope>,
    lease: Option<Lease>,
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
        let Some(scope) = self.scope().await? else { return Ok(false) };
        let Some(lease) = self.lease(&scope, now).await? else { return Ok(false) };
        let task = Housekeeping::PlaceEvents { fence: lease.fence, at: now, limit: ROUND };
        match self.store.keep_house(&scope, task).await {
            Err(StoreError::Clash(Clash::Lease)) => {
                self.lease = None;
                Ok(false)
            }
            placed => placed.map(|()| true),
        }
    }

    /// Asked for only when there is something to place: an idle server writes nothing.
    async fn lease(&mut self, scope: &Scope, now: Timestamp) -> Result<Option<Lease>, StoreError> {
        if self.lease.is_none_or(|lease| lease.until.minus(LEASE_LEFT) <= now) {
            let (name, holder, until) = (LeaseName::Sequencer, self.holder, now.plus(LEASE));
            self.store.keep_house(scope, Housekeeping::Lease { name, holder, now, until }).await?;
            self.lease = self.store.lease(name).await?.filter(|lease| lease.holder == holder);
        }
        Ok(self.lease)
    }

    async fn scope(&mut self) -> Result<Option<Scope>, StoreError> {
        if self.scope.is_none() {
            self.scope = first_scope(self.store).await?;
        }
        Ok(self.scope)
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
