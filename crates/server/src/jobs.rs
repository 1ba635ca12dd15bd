//! What is done every hour: forgetting what has served its time.
//!
//! Must never be needed for correctness: what is too old is refused by whoever reads it.

use std::sync::Arc;
use std::time::Duration;

use strongroom_domain::{Clock, Scope};
use strongroom_store::{Housekeeping, Store, StoreError};
use tokio::time::{MissedTickBehavior, interval};

use crate::stop::Stopping;

const EVERY: Duration = Duration::from_hours(1);
/// How long an answer is remembered under its `Idempotency-Key` (API.md).
const IDEMPOTENCY: Duration = Duration::from_hours(24);
/// How long an ended hold is kept, for whoever asks who had the old value.
const ENDED_HOLDS: Duration = Duration::from_hours(7 * 24);

/// Runs until the server stops. A job that fails is logged and tried again an hour later.
pub(crate) async fn run(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    events_kept: Duration,
    mut stopping: Stopping,
) {
    let mut hours = interval(EVERY);
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopping.wait() => return,
            _ = hours.tick() => {}
        }
        if let Err(error) = forget(store.as_ref(), clock.as_ref(), events_kept).await {
            tracing::warn!(%error, "the hourly housekeeping failed");
        }
    }
}

async fn forget(store: &dyn Store, clock: &dyn Clock, events_kept: Duration) -> Result<(), StoreError> {
    let Some(scope) = any_scope(store).await? else { return Ok(()) };
    let now = clock.now();
    store.keep_house(&scope, Housekeeping::ForgetIdempotency(now.minus(IDEMPOTENCY))).await?;
    store.keep_house(&scope, Housekeeping::ForgetHolds(now.minus(ENDED_HOLDS))).await?;
    store.keep_house(&scope, Housekeeping::ForgetEvents(now.minus(events_kept))).await
}

/// These tasks reach every workspace; the scope only says on whose behalf.
async fn any_scope(store: &dyn Store) -> Result<Option<Scope>, StoreError> {
    for organization in store.organizations().await? {
        if let Some(workspace) = store.workspaces(&organization).await?.first() {
            return Ok(Some(Scope::new(organization.id, workspace.id)));
        }
    }
    Ok(None)
}
