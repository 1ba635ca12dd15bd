//! The use cases, one file per noun: the only place where authorisation, sealing, connectors, store and
//! audit meet.
//!
//! A dialect converts a request into one call here and converts the answer back. The rules of a change
//! live once, in [`credentials`], as readable steps in the order of DESIGN.md section 4. What differs
//! between dialects is an argument ([`options`]), never an `if`. Nothing here knows HTTP.

mod attempts;
pub mod audit;
pub mod authentication;
mod cache;
mod context;
pub mod credentials;
mod cursor;
pub mod events;
mod failure;
mod failures;
pub mod founding;
mod host_keys;
mod idempotency;
pub mod identities;
pub mod integrations;
mod keys;
pub mod kinds;
mod lease;
pub mod options;
pub mod organizations;
mod permits;
mod refusals;
pub mod rotation;
pub mod runs;
pub mod sessions;
pub mod tokens;
pub mod whoami;
pub mod workspaces;

use std::collections::hash_map::RandomState;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use strongroom_connectors::{Catalogue, Egress};
use strongroom_domain::ids::NodeId;
use strongroom_domain::{Clock, Timestamp};
use strongroom_sealing::{RootKey, SystemRng};
use strongroom_store::{Store, StoreStatus};
use tokio::sync::Mutex;

pub use context::Context;
pub use failures::FailureLimits;
pub use identities::NamedIssuer;
pub use keys::{StartError, choose_root};
pub use strongroom_store::HostKeyPin;
pub use workspaces::first_scope;

/// What the service is made of; put together in the composition root.
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Which kinds there are, and their checks.
    pub catalogue: Catalogue,
    /// The one door out.
    pub egress: Egress,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How long things may take.
    pub limits: Limits,
    /// Whose signed statements name people and workloads.
    pub issuers: Vec<NamedIssuer>,
}

/// How long things may take, and how often they happen.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// One check against a real system.
    pub check: Duration,
    /// Waiting for other changes of the same credential.
    pub permit: Duration,
    /// Silence on a stream of events before something is said all the same.
    pub heartbeat: Duration,
    /// How often authentication may fail.
    pub failures: FailureLimits,
    /// Between two signed heads of a tree that grows all the time; one that grows again after that long is signed
    /// at once.
    pub checkpoint: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            check: Duration::from_secs(10),
            permit: Duration::from_secs(10),
            heartbeat: Duration::from_secs(15),
            failures: FailureLimits::default(),
            checkpoint: Duration::from_secs(10),
        }
    }
}

/// Every use case. One per process, shared.
pub struct Service {
    store: Arc<dyn Store>,
    catalogue: Catalogue,
    egress: Egress,
    clock: Arc<dyn Clock>,
    limits: Limits,
    keys: keys::Keys,
    sealed: cache::SealedCache,
    integrations: cache::IntegrationCache,
    tokens: authentication::TokenCache,
    statements: authentication::StatementCache,
    /// What places are marked with.
    places: RandomState,
    workspaces: workspaces::WorkspaceCache,
    permits: permits::Permits,
    sessions: sessions::Sessions,
    once: sessions::OnceLinks,
    attempts: attempts::Attempts,
    issuers: identities::Issuers,
    answered: identities::Answered,
    failures: failures::Failures,
    refusals: refusals::Refusals,
    /// Held by the one sweep of KEKs that runs.
    sweeping: Mutex<()>,
    /// Sweeps that wait for it: as long as there are any, it makes no pauses.
    sweeps_waiting: AtomicU32,
    /// Held by the one rotation of the root key that runs.
    rooting: Mutex<()>,
    hub: Arc<events::Hub>,
    /// Whoever holds a lease here: this run of this process.
    run: NodeId,
    /// Held by whoever lets the audit trees grow.
    growing: Mutex<()>,
}

impl Service {
    /// Opens the keys of a founded store (see [`founding`]). Writes nothing but the key that signs the audit trees,
    /// where an older release has founded it.
    ///
    /// # Errors
    ///
    /// [`StartError`] where the root key is not the one these keys were wrapped with (the wanted key id is
    /// named), or a key is missing or damaged.
    pub async fn open(parts: Parts, root: RootKey) -> Result<Self, StartError> {
        let issuers = identities::Issuers::new(parts.issuers, &parts.egress);
        let run = NodeId::make(parts.clock.now(), &mut SystemRng);
        let keys = keys::Keys::open(root, parts.store.as_ref(), parts.clock.now()).await?;
        Ok(Self {
            store: parts.store,
            catalogue: parts.catalogue,
            egress: parts.egress,
            clock: parts.clock,
            limits: parts.limits,
            keys,
            sealed: cache::SealedCache::new(),
            integrations: cache::IntegrationCache::new(),
            tokens: authentication::TokenCache::new(),
            statements: authentication::StatementCache::new(),
            places: RandomState::new(),
            workspaces: workspaces::WorkspaceCache::new(),
            permits: permits::Permits::new(parts.limits.permit),
            sessions: sessions::Sessions::default(),
            once: sessions::OnceLinks::default(),
            attempts: attempts::Attempts::default(),
            issuers,
            answered: identities::Answered::default(),
            failures: failures::Failures::new(parts.limits.failures),
            refusals: refusals::Refusals::default(),
            sweeping: Mutex::default(),
            sweeps_waiting: AtomicU32::default(),
            rooting: Mutex::default(),
            hub: Arc::new(events::Hub::new()),
            run,
            growing: Mutex::default(),
        })
    }

    /// Whether the store answers: for `/readyz` and the metrics.
    ///
    /// # Errors
    ///
    /// `unavailable` where it does not.
    pub async fn status(&self) -> Result<StoreStatus, strongroom_domain::Error> {
        self.store.status().await.map_err(failure::of_store)
    }

    /// Finishes what is under way and lets go of the data.
    pub async fn close(&self) {
        self.end_streams();
        self.store.close().await;
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
