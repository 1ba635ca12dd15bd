//! What is done every hour: forgetting what has served its time, and renewing keys that have.
//!
//! Must never be needed for correctness: what is too old is refused by whoever reads it, and an old key
//! opens what it has sealed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use strongroom_domain::ids::OrganizationId;
use strongroom_domain::{Clock, Timestamp};
use strongroom_service::rotation::{By, Epochs, KekRotated, Pace, RotationError};
use strongroom_service::{Service, first_scope};
use strongroom_store::{Housekeeping, OrganizationRow, Store, StoreError};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::stop::Stopping;

const EVERY: Duration = Duration::from_hours(1);
/// How long an answer is remembered under its `Idempotency-Key` (API.md).
const IDEMPOTENCY: Duration = Duration::from_hours(24);
/// How long an ended hold is kept, for whoever asks who had the old value.
const ENDED_HOLDS: Duration = Duration::from_hours(7 * 24);
/// Organizations that are looked up at once to have their keys renewed.
const AT_ONCE: usize = 256;
/// How long an organization with damaged values is left alone.
const UNFINISHED: Duration = Duration::from_hours(24);

/// Comes round every hour, for the first time at once, until the server stops.
pub(crate) struct Hours {
    ticks: Interval,
    stopping: Stopping,
}

impl Hours {
    pub(crate) fn until(stopping: Stopping) -> Self {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { ticks, stopping }
    }

    /// Waits for the next one; false where the server stops.
    pub(crate) async fn next(&mut self) -> bool {
        tokio::select! {
            () = self.stopping.wait() => false,
            _ = self.ticks.tick() => true,
        }
    }

    /// What comes of it; none where the server stops before.
    async fn unless_stopped<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            () = self.stopping.wait() => None,
            done = work => Some(done),
        }
    }
}

/// Runs until the server stops. A job that fails is logged and tried again an hour later.
pub(crate) async fn run(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    events_kept: Duration,
    stopping: Stopping,
) {
    let mut hours = Hours::until(stopping);
    while hours.next().await {
        if let Err(error) = forget(store.as_ref(), clock.as_ref(), events_kept).await {
            tracing::warn!(%error, "the hourly housekeeping failed");
        }
    }
}

/// Begins an epoch where the newest has served its time, and goes on with every rotation that was
/// interrupted: the first round is at the start of the server. Gentle, and ended by the server's stop at
/// any page.
pub(crate) async fn renew_keys(
    service: Arc<Service>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    stopping: Stopping,
) {
    let mut hours = Hours::until(stopping);
    let mut unfinished = BTreeMap::new();
    while hours.next().await {
        let renewing = renew_all(&service, store.as_ref(), clock.now(), &mut unfinished);
        if let Some(Err(error)) = hours.unless_stopped(renewing).await {
            tracing::warn!(%error, "no keys could be renewed; tried again in an hour");
        }
    }
}

/// `unfinished` has when an organization with values that do not open was walked last: nothing changes there
/// until an operator has looked, so once a day is enough.
async fn renew_all(
    service: &Service,
    store: &dyn Store,
    now: Timestamp,
    unfinished: &mut BTreeMap<OrganizationId, Timestamp>,
) -> Result<(), StoreError> {
    let mut last = None;
    loop {
        let due = service.organizations_to_renew(last, AT_ONCE).await?;
        let Some(newest) = due.last() else { return Ok(()) };
        last = Some(*newest);
        for id in due {
            renew_one(service, store, id, now, unfinished).await;
        }
    }
}

/// The keys of one may be damaged for good; those of the others have served their time all the same.
async fn renew_one(
    service: &Service,
    store: &dyn Store,
    id: OrganizationId,
    now: Timestamp,
    unfinished: &mut BTreeMap<OrganizationId, Timestamp>,
) {
    if unfinished.get(&id).is_some_and(|last| now.since(*last) < UNFINISHED) {
        return;
    }
    let renewed = match store.organization(id).await {
        Ok(Some(organization)) => renew(service, &organization).await,
        // Gone meanwhile, with its keys.
        Ok(None) => return,
        Err(error) => Err(error.into()),
    };
    match renewed {
        Ok(done) if done.kept.is_empty() => drop(unfinished.remove(&id)),
        Ok(_) => drop(unfinished.insert(id, now)),
        Err(error) => {
            tracing::error!(organization = %id, %error, "its keys could not be renewed; tried again in an hour");
        }
    }
}

async fn renew(service: &Service, organization: &OrganizationRow) -> Result<KekRotated, RotationError> {
    let (epochs, pace) = (Epochs::BeginIfDue, Pace::GENTLE);
    let done = service.rotate_kek(organization, epochs, By::Server, pace, &mut |_| {}).await?;
    if !done.destroyed.is_empty() {
        let KekRotated { epoch, rewrapped, .. } = done;
        tracing::info!(organization = %organization.id, epoch, rewrapped, "a key epoch was renewed");
    }
    if !done.kept.is_empty() {
        let values = done.damaged.len();
        tracing::error!(organization = %organization.id, values, "values do not open, and keep an old key epoch");
    }
    Ok(done)
}

async fn forget(store: &dyn Store, clock: &dyn Clock, events_kept: Duration) -> Result<(), StoreError> {
    // These tasks reach every workspace; the scope only says on whose behalf.
    let Some(scope) = first_scope(store).await? else { return Ok(()) };
    let now = clock.now();
    store.keep_house(&scope, Housekeeping::ForgetIdempotency(now.minus(IDEMPOTENCY))).await?;
    store.keep_house(&scope, Housekeeping::ForgetHolds(now.minus(ENDED_HOLDS))).await?;
    store.keep_house(&scope, Housekeeping::ForgetEvents(now.minus(events_kept))).await
}
