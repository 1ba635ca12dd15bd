//! Row 6: a change with a `PostgreSQL` check, next to the check alone.
//!
//! One of each in turn, by one client, so that both see the same machine: each begins when the backend that the one
//! before has left is gone. The check alone runs in this process, through the same catalogue and the same door as the
//! server's.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use strongroom_connectors::Catalogue;
use strongroom_domain::credential::{Candidate, Owner};
use strongroom_domain::verification::Outcome;
use strongroom_domain::{FieldMap, Secret};
use strongroom_egress::{Egress, Policy, Resolver, Roots};
use strongroom_testkit::Postgres;
use strongroom_testkit::postgres::{Account, Tls};
use tokio::time::{Instant, sleep};

use super::World;
use crate::arguments::Part;
use crate::driver::{Connection, Script};
use crate::progress;
use crate::report::{Figure, Name, Report};
use crate::sample::Recorder;
use crate::server::Server;

const PASSWORD: &str = "canary-0-bench-postgresql";

/// Measures it, if wanted.
pub(crate) async fn measure(world: &World<'_>, report: &mut Report) -> Result<()> {
    if !world.wants(Part::Check) {
        return Ok(());
    }
    progress::step("change with a PostgreSQL check, beside the check alone");
    let postgres = Postgres::start(Tls::On);
    let account = postgres.create_account(PASSWORD);
    let settings = settings(&postgres, &account);
    let server = world.program.start(&world.place("check"))?;
    let pair = compare(&server, &settings, world.plan.checks).await?;
    server.stop()?;
    let (checks, changes) =
        (pair.checks.sample(Duration::from_secs(1))?, pair.changes.sample(Duration::from_secs(1))?);
    report.add(Figure::micros(Name::Check, checks.p50_us));
    report.add(Figure::micros(Name::CheckedChange, changes.p50_us));
    report.add(Figure::micros(Name::CheckOverhead, changes.p50_us - checks.p50_us));
    Ok(())
}

/// TLS without a certificate authority: that of the test server is not installed here.
fn settings(postgres: &Postgres, account: &Account) -> serde_json::Value {
    json!({
        "host": "127.0.0.1",
        "port": postgres.port(),
        "database": account.database,
        "username": account.role,
        "sslmode": "require",
    })
}

struct Pair {
    checks: Recorder,
    changes: Recorder,
}

async fn compare(server: &Server, settings: &serde_json::Value, attempts: usize) -> Result<Pair> {
    let body = json!({
        "kind": "postgresql",
        "method": "password",
        "name": "bench",
        "settings": settings,
        "secrets": {"password": PASSWORD},
    });
    let mut change = Script::repeat(server.change_password(&server.create_one(&body)?, PASSWORD));
    let mut connection = Connection::open(server.address()).await?;
    let check = Check::of(settings)?;
    let mut pair = Pair { checks: Recorder::new(), changes: Recorder::new() };
    for attempt in 0..attempts + WARM_UP {
        sleep(QUIET).await;
        let start = Instant::now();
        check.run().await?;
        let checked = start.elapsed();
        sleep(QUIET).await;
        let start = Instant::now();
        let status = connection.exchange(change.next()).await?;
        ensure!(status == 200, "a change with a check was answered {status}");
        if attempt >= WARM_UP {
            pair.checks.record(checked);
            pair.changes.record(start.elapsed());
        }
    }
    Ok(pair)
}

/// Attempts that count for nothing.
const WARM_UP: usize = 10;

/// A backend of `PostgreSQL` takes a core for some milliseconds to end itself, which is nobody's answer.
const QUIET: Duration = Duration::from_millis(20);

/// The same check, without the server around it.
struct Check {
    catalogue: Catalogue,
    egress: Egress,
    candidate: Candidate,
}

impl Check {
    fn of(settings: &serde_json::Value) -> Result<Self> {
        let settings: FieldMap = settings.as_object().cloned().unwrap_or_default().into();
        let candidate = Candidate {
            name: "bench".parse()?,
            slug: None,
            description: None,
            labels: [].into(),
            owner: Owner::Workspace,
            integration: None,
            expires_at: None,
            kind: "postgresql".to_owned(),
            method: "password".to_owned(),
            settings,
            secrets: Secret::new([("password", PASSWORD)].into_iter().collect()),
        };
        let egress = Egress::new(Policy::development(), &Roots::load(&[])?, Resolver::System);
        Ok(Self { catalogue: Catalogue::built_in(), egress, candidate })
    }

    async fn run(&self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(10);
        let finding = self.catalogue.check(&self.candidate, &self.egress, deadline).await;
        ensure!(
            finding.outcome == Outcome::Accepted,
            "the check alone was not accepted: {}",
            finding.message
        );
        Ok(())
    }
}
