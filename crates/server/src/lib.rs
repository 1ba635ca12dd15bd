//! The composition root: every part of the house put together, listening, and stopped again.
//!
//! The binary `strongroom` is the commands around it. Nothing here decides about credentials; whatever
//! has a rule lives in the crate that owns it.

mod audit;
mod clock;
pub mod exported;
mod jobs;
mod listener;
mod metrics;
mod mounts;
mod routes;
mod stall;
mod stop;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use strongroom_connectors::Catalogue;
use strongroom_domain::Clock;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::ids::RequestId;
use strongroom_domain::web_url::WebUrl;
use strongroom_egress::{Egress, Policy, Resolver, Roots};
use strongroom_sealing::{RootKey, SystemRng};
use strongroom_service::{Limits, NamedIssuer, Parts, Service, StartError};
use strongroom_store::Store;
use strongroom_web::{Edge, Proxies};
use tokio::task::JoinHandle;

pub use audit::AuditKeeping;
pub use clock::SystemClock;
pub use listener::{Listener, LocalCaller, LocalListener, LoopbackAnswer, local_socket};
pub use mounts::{Mount, Place};
pub use routes::own_routes;

use crate::audit::Keeper;
use crate::exported::{Exported, ExportedError};
use crate::metrics::Metrics;
use crate::mounts::Mounted;
use crate::routes::MetricsRoute;
use crate::stop::Stop;

/// What a server is made of. The store is open and founded, the listeners are bound.
pub struct Composition {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The key the store was founded under.
    pub root_key: RootKey,
    /// Where checks may connect to. The server's own addresses are added here (SSR-15).
    pub policy: Policy,
    /// Whose certificates checks trust.
    pub roots: Roots,
    /// Which kinds of credentials there are.
    pub catalogue: Catalogue,
    /// How long things may take.
    pub limits: Limits,
    /// For how long watchers can go on from an event.
    pub events_kept: Duration,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where requests come in.
    pub listener: Listener,
    /// Which foreign APIs are spoken, and where.
    pub mounts: Vec<Mount>,
    /// Where the metrics are read without a token, if anywhere.
    pub metrics: Option<Listener>,
    /// How people and workloads come in.
    pub people: People,
    /// Where the audit log is kept beside the database, and for how long.
    pub audit: AuditKeeping,
}

/// How people and workloads come in. The default: by tokens alone, and from where their connections come.
#[derive(Debug, Default)]
pub struct People {
    /// Whose signed statements count.
    pub issuers: Vec<NamedIssuer>,
    /// Where people reach the server; without it no issuer can send them back.
    pub public_url: Option<WebUrl>,
    /// Whose word counts about where a request comes from.
    pub proxies: Proxies,
}

/// Why a server does not begin. The store is closed.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The root key is not the one wanted, or a key is missing or damaged; nothing was written.
    #[error(transparent)]
    Keys(#[from] StartError),
    /// The folder for the audit log cannot be used.
    #[error(transparent)]
    Audit(#[from] ExportedError),
}

/// A server that accepts requests. Dropping it stops nothing: see [`Running::stop`].
pub struct Running {
    address: SocketAddr,
    dialects: BTreeMap<Dialect, String>,
    service: Arc<Service>,
    stop: Stop,
    tasks: Vec<JoinHandle<()>>,
    audit: Keeper,
}

/// Opens the keys and begins to accept requests. Must be called inside a Tokio runtime.
///
/// # Errors
///
/// [`NotStarted`].
pub async fn start(parts: Composition) -> Result<Running, NotStarted> {
    let address = parts.listener.address();
    let local = parts.metrics.as_ref().map(Listener::address);
    let own = parts.mounts.iter().filter_map(Mount::own_address).chain(local).chain([address]);
    let egress = door_out(parts.policy, &parts.roots, own);
    let service_parts = Parts {
        store: Arc::clone(&parts.store),
        catalogue: parts.catalogue,
        egress,
        clock: Arc::clone(&parts.clock),
        limits: parts.limits,
        issuers: parts.people.issuers,
    };
    let service = match Service::open(service_parts, parts.root_key).await {
        Ok(service) => Arc::new(service),
        Err(error) => {
            parts.store.close().await;
            return Err(error.into());
        }
    };
    let folder = parts.audit.folder.as_deref();
    let exported = match folder.map(|folder| Exported::open(folder, &service.audit_verifier())).transpose() {
        Ok(exported) => exported,
        Err(error) => {
            parts.store.close().await;
            return Err(error.into());
        }
    };
    let audit = Keeper::start(&service, exported);
    let metrics = Arc::new(Metrics::new(parts.clock.now()));
    let (stop, stopping) = stop::channel();
    let numbers = if local.is_some() { MetricsRoute::Elsewhere } else { MetricsRoute::WithToken };
    let edge = edge(&service, &parts.clock, &metrics, parts.people.proxies);
    let console =
        strongroom_console::table(strongroom_console::Settings { public_url: parts.people.public_url });
    let dialects = mounts::urls(&parts.mounts, address);
    let mounted = Mounted::new(parts.mounts, &edge);
    let prefixes = mounted.prefixes.merge(console.router(&edge));
    let router = routes::application(&edge, &metrics, numbers, (prefixes, mounted.documents));
    let router = mounts::by_host(router, mounted.hosts);
    let sequencing = Arc::clone(&service);
    let mut tasks = vec![
        tokio::spawn(parts.listener.serve(router, stopping.clone())),
        tokio::spawn(jobs::renew_keys(
            Arc::clone(&service),
            Arc::clone(&parts.store),
            Arc::clone(&parts.clock),
            stopping.clone(),
        )),
        tokio::spawn(audit::forget(
            Arc::clone(&service),
            Arc::clone(&parts.clock),
            parts.audit,
            stopping.clone(),
        )),
        tokio::spawn(jobs::run(parts.store, parts.clock, parts.events_kept, stopping.clone())),
        tokio::spawn(async move { sequencing.sequence_events().await }),
    ];
    for (listener, router) in mounted.listeners {
        tasks.push(tokio::spawn(listener.serve(router, stopping.clone())));
    }
    if let Some(listener) = parts.metrics {
        tasks.push(tokio::spawn(listener.serve(routes::local_metrics(&edge, &metrics), stopping)));
    }
    Ok(Running { address, dialects, service, stop, tasks, audit })
}

fn edge(
    service: &Arc<Service>,
    clock: &Arc<dyn Clock>,
    metrics: &Arc<Metrics>,
    proxies: Proxies,
) -> Arc<Edge> {
    let metrics = Arc::clone(metrics);
    Arc::new(Edge {
        service: Arc::clone(service),
        clock: Arc::clone(clock),
        make_request_id: Box::new(|now| RequestId::make(now, &mut SystemRng)),
        proxies,
        observe: Box::new(move |answer| metrics.observe(answer)),
    })
}

fn door_out(mut policy: Policy, roots: &Roots, own: impl Iterator<Item = SocketAddr>) -> Egress {
    policy.own_addresses.extend(own);
    Egress::new(policy, roots, Resolver::System)
}

impl Running {
    /// Where requests come in; with the real port where port 0 was asked for.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The use cases, for who asks at another door.
    pub fn service(&self) -> Arc<Service> {
        Arc::clone(&self.service)
    }

    /// What is mounted, with base URLs for clients of this machine.
    pub const fn dialects(&self) -> &BTreeMap<Dialect, String> {
        &self.dialects
    }

    /// Accepts nothing more, lets what is under way finish for a few seconds, then closes the store.
    pub async fn stop(self) {
        self.stop.now();
        // Streams never finish by themselves, so nothing is waited for on their behalf.
        self.service.end_streams();
        for task in self.tasks {
            // A task that panicked has ended as well, and its panic was logged where it happened.
            let _ended = task.await;
        }
        self.audit.finish().await;
        self.service.close().await;
    }
}
