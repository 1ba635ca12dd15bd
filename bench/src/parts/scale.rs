//! Rows 7 and 8: whether it matters how much is stored, and what a start costs then.
//!
//! Both servers run at once and take turns, so that one disk state and one page cache serve both.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use super::{Subject, Way, World, closed_cells};
use crate::arguments::Part;
use crate::driver::{Driver, Load, Script, open};
use crate::plan::{OFFERED, PER_ORGANIZATION, REPETITIONS, SMALL};
use crate::progress;
use crate::report::{Cell, Figure, Name, Report, What};
use crate::sample::Spread;
use crate::seed;
use crate::server::Server;

/// Clients of both servers; the bar names none. Few, so that latency is the server's and not the queue's.
const CLIENTS: usize = 8;

/// Credentials that are resolved, in turn; made over HTTP, so that they are sealed.
const RESOLVED: usize = 100;

/// How long a server is left alone before its memory at rest is read.
const REST: Duration = Duration::from_secs(2);

/// Measures it, if wanted.
pub(crate) async fn measure(world: &World<'_>, report: &mut Report) -> Result<()> {
    if !world.wants(Part::Scale) {
        return Ok(());
    }
    let (small, large) = (world.place("small"), world.place("large"));
    let few = prepare(world, &small, 1, SMALL).await?;
    let many = prepare(world, &large, world.plan.organizations, PER_ORGANIZATION).await?;
    report.add(Figure::count(Name::LargeStore, world.plan.large()));
    report.add(Figure::seconds(Name::Start, starts(world, &large)?));
    let few = Loaded { server: world.program.start(&small)?, credentials: few };
    let many = Loaded { server: world.program.start(&large)?, credentials: many };
    tokio::time::sleep(REST).await;
    report.add(Figure::bytes(Name::MemoryAtRestLarge, many.server.memory()?.now));
    compare(world, report, few.resolves(What::ResolveSmall), many.resolves(What::ResolveLarge)).await?;
    compare(world, report, few.lists(What::ListSmall), many.lists(What::ListLarge)).await?;
    report.add(Figure::bytes(Name::MemoryUnderLoadLarge, many.server.memory()?.peak));
    few.server.stop()?;
    many.server.stop()
}

/// Founds a store, makes what is resolved, and fills it up. Gives the ids of what is resolved.
async fn prepare(world: &World<'_>, folder: &Path, organizations: usize, each: usize) -> Result<Vec<String>> {
    progress::step(&format!("writing {} credentials", organizations * each));
    let server = world.program.start(folder)?;
    let credentials = server.create(RESOLVED)?;
    server.stop()?;
    seed::fill(folder, organizations, each).await?;
    Ok(credentials)
}

/// From the start of the process to its first answer about credentials.
fn starts(world: &World<'_>, folder: &Path) -> Result<Spread> {
    progress::step("starting with all of them");
    let mut times = Vec::new();
    for _ in 0..REPETITIONS {
        let before = Instant::now();
        let server = world.program.start(folder)?;
        server.list_once()?;
        times.push(before.elapsed().as_secs_f64());
        server.stop()?;
    }
    Spread::of(times)
}

/// A server with what is asked of it.
struct Loaded {
    server: Server,
    credentials: Vec<String>,
}

impl Loaded {
    /// Each client resolves all in turn, each from another one on.
    fn resolves(&self, what: What) -> Subject {
        let script = |number| {
            let requests = self.credentials.iter().map(|id| self.server.resolve(id, number));
            Script::round(requests.collect(), number * self.credentials.len() / CLIENTS)
        };
        self.subject(what, (0..CLIENTS).map(script).collect())
    }

    fn lists(&self, what: What) -> Subject {
        self.subject(what, vec![Script::repeat(self.server.list())])
    }

    fn subject(&self, what: What, scripts: Vec<Script>) -> Subject {
        Subject {
            what,
            way: Way::Http(Load { address: self.server.address(), pid: self.server.pid(), scripts }),
        }
    }
}

/// Both at full speed, then both at one fixed rate, which is a share of the slower one's.
async fn compare(world: &World<'_>, report: &mut Report, few: Subject, many: Subject) -> Result<()> {
    let closed = closed_cells(world, &[&few, &many], CLIENTS).await?;
    let rate = closed.iter().map(|cell| cell.rate.median).fold(f64::INFINITY, f64::min) * OFFERED;
    report.cells.extend(closed);
    let mut samples = [Vec::new(), Vec::new()];
    for _ in 0..REPETITIONS {
        for (subject, samples) in [&few, &many].into_iter().zip(&mut samples) {
            let Way::Http(load) = &subject.way else { continue };
            progress::step(&format!("{} at {CLIENTS}, open loop", subject.what.title()));
            samples.push(open::run(load, CLIENTS, rate, world.plan.span).await?);
        }
    }
    for (subject, samples) in [&few, &many].into_iter().zip(&samples) {
        report.cells.push(Cell::of(subject.what, CLIENTS, Driver::Open, Some(rate), samples)?);
    }
    Ok(())
}
