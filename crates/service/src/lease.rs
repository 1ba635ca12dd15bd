//! Work that one node at a time does: a lease, asked for only when there is something to do, so that an idle server
//! writes nothing.

use std::time::Duration;

use strongroom_domain::ids::NodeId;
use strongroom_domain::{Scope, Timestamp};
use strongroom_store::{Housekeeping, Lease, LeaseName, Store, StoreError};

use crate::first_scope;

/// How long the others wait for a holder that is gone.
const LEASE: Duration = Duration::from_secs(30);
/// It is asked for again when less than this is left of it.
const LEASE_LEFT: Duration = Duration::from_secs(10);

/// One run of one process, as the holder of a lease.
pub(crate) struct Holder {
    name: LeaseName,
    /// Of this run of this process: another run of the same node is another holder.
    id: NodeId,
    /// The store asks on whose behalf; what is done here is done for all of them.
    scope: Option<Scope>,
    lease: Option<Lease>,
}

impl Holder {
    /// One that has not asked yet.
    pub(crate) const fn new(name: LeaseName, id: NodeId) -> Self {
        Self { name, id, scope: None, lease: None }
    }

    /// The fence to write under, and the scope to ask in; `None` where the work is another's, or there is no tenant yet.
    pub(crate) async fn claim(
        &mut self,
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<Option<(Scope, u64)>, StoreError> {
        let Some(scope) = self.scope(store).await? else { return Ok(None) };
        if self.lease.is_none_or(|lease| lease.until.minus(LEASE_LEFT) <= now) {
            let (name, holder, until) = (self.name, self.id, now.plus(LEASE));
            store.keep_house(&scope, Housekeeping::Lease { name, holder, now, until }).await?;
            self.lease = store.lease(name).await?.filter(|lease| lease.holder == holder);
        }
        Ok(self.lease.map(|lease| (scope, lease.fence)))
    }

    /// A write under its fence was refused.
    pub(crate) const fn lost(&mut self) {
        self.lease = None;
    }

    async fn scope(&mut self, store: &dyn Store) -> Result<Option<Scope>, StoreError> {
        if self.scope.is_none() {
            self.scope = first_scope(store).await?;
        }
        Ok(self.scope)
    }
}
