//! What is counted, and its text form (`OpenMetrics` 1.0).
//!
//! Labels come from closed sets: route templates, methods, status classes. Must never carry a name, an id
//! or a path of a caller's (LOG-11).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use strongroom_domain::Timestamp;
use strongroom_store::StoreStatus;
use strongroom_web::Observed;

/// From a cached read to a check at its deadline.
const BUCKETS: [f64; 12] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0];

/// Everything that is counted. One per server.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Family<Route, Histogram>,
    commits: Counter,
    syncs: Counter,
    scrub_pending: Gauge<u64, AtomicU64>,
    free: Gauge<u64, AtomicU64>,
    leaves_pending: Gauge<u64, AtomicU64>,
    refused_tokens: Family<Reason, Counter>,
    watchers: Gauge<u64, AtomicU64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: Arc<str>,
    method: &'static str,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// What the service counts.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    pub(crate) watchers: usize,
    pub(crate) leaves_pending: u64,
    pub(crate) refused_tokens: [(&'static str, u64); 5],
}

impl Metrics {
    /// All at zero.
    pub(crate) fn new(started: Timestamp) -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            commits: Counter::default(),
            syncs: Counter::default(),
            scrub_pending: Gauge::default(),
            free: Gauge::default(),
            leaves_pending: Gauge::default(),
            refused_tokens: Family::default(),
            watchers: Gauge::default(),
        };
        metrics.register_process(started);
        metrics.register_requests();
        metrics.register_store();
        metrics.register_audit();
        metrics
    }

    fn register_process(&mut self, started: Timestamp) {
        let start_time = Gauge::<i64>::default();
        start_time.set(started.unix_millis() / 1_000);
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        self.registry.register("strongroom_build", "What runs", version);
        let help = "When the process started, since 1970";
        self.registry.register_with_unit("process_start_time", help, Unit::Seconds, start_time);
    }

    fn register_requests(&mut self) {
        let (requests, durations) = (self.requests.clone(), self.durations.clone());
        self.registry.register("strongroom_http_requests", "Requests answered", requests);
        let help = "From a request's head to its answer's";
        self.registry.register_with_unit("strongroom_http_request_duration", help, Unit::Seconds, durations);
        let watchers = self.watchers.clone();
        self.registry.register("strongroom_watchers", "Open streams of events", watchers);
    }

    fn register_store(&mut self) {
        let (commits, syncs) = (self.commits.clone(), self.syncs.clone());
        self.registry.register("strongroom_store_commits", "Commits applied", commits);
        self.registry.register("strongroom_store_syncs", "Syncs that made them durable", syncs);
        let free = self.free.clone();
        self.registry.register_with_unit(
            "strongroom_disk_free",
            "Room where the store writes",
            Unit::Bytes,
            free,
        );
        let help = "For how long destroyed values have been waiting to leave the files";
        let pending = self.scrub_pending.clone();
        self.registry.register_with_unit("strongroom_scrub_pending", help, Unit::Seconds, pending);
    }

    fn register_audit(&mut self) {
        let (pending, refused) = (self.leaves_pending.clone(), self.refused_tokens.clone());
        self.registry.register(
            "strongroom_audit_leaves_pending",
            "Audit records without a leaf yet",
            pending,
        );
        self.registry.register("strongroom_refused_tokens", "Tokens that did not count", refused);
    }

    /// The text, with the figures of this moment.
    pub(crate) fn render(&self, store: StoreStatus, now: &Numbers) -> String {
        self.watchers.set(now.watchers as u64);
        self.leaves_pending.set(now.leaves_pending);
        self.free.set(store.free_bytes);
        for (reason, count) in now.refused_tokens {
            self.refused_tokens.get_or_create(&Reason { reason }).inner().store(count, Relaxed);
        }
        self.commits.inner().store(store.commits, Relaxed);
        self.syncs.inner().store(store.syncs, Relaxed);
        self.scrub_pending.set(store.scrub_pending_seconds);
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing into a String does not fail");
        text
    }

    /// Counts and times one answer.
    pub(crate) fn observe(&self, answer: &Observed) {
        let Observed { route, method, status, took } = answer;
        let durations = self.durations.get_or_create(&Route { route: Arc::clone(route) });
        durations.observe(took.as_secs_f64());
        let answered = Answered { route: Arc::clone(route), method, status: class(*status) };
        self.requests.get_or_create(&answered).inc();
    }
}

const fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_counted_is_in_the_text() {
        let metrics = Metrics::new(Timestamp::from_unix_micros(1_763_719_200_000_000));
        metrics.observe(&Observed {
            route: "/v1/kinds".into(),
            method: "GET",
            status: StatusCode::OK,
            took: Duration::from_millis(3),
        });
        let status = StoreStatus { commits: 5, syncs: 2, scrub_pending_seconds: 1, free_bytes: 4_096 };
        let refused_tokens =
            ["unknown", "wrong_secret", "expired", "revoked", "network"].map(|word| (word, 7));
        let text = metrics.render(status, &Numbers { watchers: 3, leaves_pending: 9, refused_tokens });
        for line in [
            "process_start_time_seconds 1763719200",
            "strongroom_http_requests_total{route=\"/v1/kinds\",method=\"GET\",status=\"2xx\"} 1",
            "strongroom_http_request_duration_seconds_bucket{le=\"0.005\",route=\"/v1/kinds\"} 1",
            "strongroom_watchers 3",
            "strongroom_store_commits_total 5",
            "strongroom_store_syncs_total 2",
            "strongroom_scrub_pending_seconds 1",
            "strongroom_disk_free_bytes 4096",
            "strongroom_audit_leaves_pending 9",
            "strongroom_refused_tokens_total{reason=\"expired\"} 7",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
