//! Rows 7 and 8: whether it matters how much is stored, and what a start costs then.
//!
//! Both servers run at once and take turns, so that one disk state and one page cache serve both. What is compared is alike
//! on both sides but for the size of the store: as many credentials are asked for, pages come from workspaces of the same
//! size, and everything has been asked once before.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::Instant;

use super::{Subject, Way, World, closed_cells};
use crate::arguments::Part;
use crate::driver::{Driver, Load, Request, Script, open};
use crate::plan::{PER_WORKSPACE, Rounds, SMALL};
use crate::report::{Cell, Figure, Name, Report, What};
use crate::sample::Spread;
use crate::seed::{self, Filled, Layout};
use crate::server::{Server, list_in, resolve_in};
use crate::{process, progress};

/// What the open-loop driver offers here, as a share of the slower server's closed-loop rate: so far from full that no queue
/// stands on either side. The machine slows down and speeds up by more than the other rows leave free.
const OFFERED_HERE: f64 = 0.4;

/// Clients of both servers; the bar names none. Few, so that latency is the server's and not the queue's.
const CLIENTS: usize = 8;

/// How long a server is left alone before its memory at rest is read.
const REST: Duration = Duration::from_secs(2);

/// What a server without requests spends in a second at most.
const IDLE: Duration = Duration::from_millis(30);

/// How long it may take until then.
const MOST_SECONDS: u64 = 300;

/// Measures it, if wanted.
pub(crate) async fn measure(world: &World<'_>, report: &mut Report) -> Result<()> {
    if !world.wants(Part::Scale) {
        return Ok(());
    }
    let small = Layout { organizations: 1, workspaces: SMALL / PER_WORKSPACE, credentials: PER_WORKSPACE };
    let organizations = world.plan.organizations;
    let large = Layout { organizations, workspaces: 1, credentials: PER_WORKSPACE };
    let few = prepare(world, &world.place("small"), small, PER_WORKSPACE).await?;
    // All organizations, and among them as many credentials as the small store has.
    let many = prepare(world, &world.place("large"), large, SMALL.div_ceil(organizations)).await?;
    report.add(Figure::count(Name::LargeStore, large.total()));
    report.add(Figure::seconds(Name::Start, starts(world, &world.place("large"))?));
    let few = Loaded { server: world.program.start(&world.place("small"))?, filled: few };
    let many = Loaded { server: world.program.start(&world.place("large"))?, filled: many };
    tokio::time::sleep(REST).await;
    report.add(Figure::bytes(Name::MemoryAtRestLarge, many.server.memory()?.now));
    for question in [Question::Resolve, Question::List] {
        compare(world, report, question, &few, &many).await?;
    }
    report.add(Figure::bytes(Name::MemoryUnderLoadLarge, many.server.memory()?.peak));
    few.server.stop()?;
    many.server.stop()
}

/// Founds a store, has the server make one credential, and fills the store with more like it.
async fn prepare(world: &World<'_>, folder: &Path, layout: Layout, named: usize) -> Result<Vec<Filled>> {
    progress::step(&format!("writing {} credentials", layout.total()));
    let server = world.program.start(folder)?;
    let pattern = server.create(1)?.pop().context("one was made")?;
    let token = server.token().to_owned();
    server.stop()?;
    let filled = seed::fill(folder, &pattern, &token, layout, named).await?;
    let server = world.program.start(folder)?;
    settle(&server)?;
    server.stop()?;
    Ok(filled)
}

/// Until a server has done what was left to it by filling its store behind its back: leaves for a million records, positions
/// for as many events. It would do that while it is measured.
fn settle(server: &Server) -> Result<()> {
    progress::step("waiting until it has nothing left to do");
    for _ in 0..MOST_SECONDS {
        let before = process::cpu_time(server.pid())?;
        std::thread::sleep(Duration::from_secs(1));
        if process::cpu_time(server.pid())?.saturating_sub(before) < IDLE {
            return Ok(());
        }
    }
    bail!("the server still works by itself after {MOST_SECONDS} s");
}

/// From the start of the process to its first answer about credentials.
fn starts(world: &World<'_>, folder: &Path) -> Result<Spread> {
    progress::step("starting with all of them");
    let mut times = Vec::new();
    for _ in 0..world.plan.repetitions(CLIENTS) {
        let before = Instant::now();
        let server = world.program.start(folder)?;
        server.list_once()?;
        times.push(before.elapsed().as_secs_f64());
        server.stop()?;
    }
    Spread::of(times)
}

#[derive(Clone, Copy)]
enum Question {
    Resolve,
    List,
}

impl Question {
    /// Of the small store, of as much of the large one, and of all organizations of that.
    const fn names(self) -> [What; 3] {
        match self {
            Self::Resolve => [What::ResolveSmall, What::ResolveLarge, What::ResolveEverywhere],
            Self::List => [What::ListSmall, What::ListLarge, What::ListEverywhere],
        }
    }
}

/// A server with what is asked of it.
struct Loaded {
    server: Server,
    filled: Vec<Filled>,
}

impl Loaded {
    /// At most `most` different requests, evenly from all organizations; each client begins with another one.
    fn subject(&self, what: What, question: Question, most: usize) -> Subject {
        let script = |client| {
            let all = self.requests(question, client);
            let step = all.len().div_ceil(most).max(1);
            let requests: Vec<Request> = all.into_iter().step_by(step).collect();
            let first = client * requests.len() / CLIENTS;
            Script::round(requests, first)
        };
        let scripts = (0..CLIENTS).map(script).collect();
        let load = Load { address: self.server.address(), pid: self.server.pid(), scripts };
        Subject { what, way: Way::Http(load) }
    }

    fn requests(&self, question: Question, client: usize) -> Vec<Request> {
        let of = |place: &Filled| match question {
            Question::Resolve => place.credentials.iter().map(|id| resolve_in(place, id, client)).collect(),
            Question::List => vec![list_in(place)],
        };
        self.filled.iter().flat_map(of).collect()
    }
}

/// Both at full speed, then both at one fixed rate, which is a share of the slower one's. Afterwards, at the same rate, the
/// large store with every organization in turn, which is more than the server keeps at hand.
async fn compare(
    world: &World<'_>,
    report: &mut Report,
    question: Question,
    few: &Loaded,
    many: &Loaded,
) -> Result<()> {
    let [small, large, everywhere] = question.names();
    let pair = [few.subject(small, question, SMALL), many.subject(large, question, SMALL)];
    let pair: Vec<&Subject> = pair.iter().collect();
    warm(&pair).await?;
    let closed = closed_cells(world, &pair, CLIENTS, world.plan.fine).await?;
    let rate = closed.iter().map(|cell| cell.rate.median).fold(f64::INFINITY, f64::min) * OFFERED_HERE;
    report.cells.extend(closed);
    report.cells.extend(at_rate(world, &pair, rate).await?);
    let all = many.subject(everywhere, question, usize::MAX);
    warm(&[&all]).await?;
    report.cells.extend(closed_cells(world, &[&all], CLIENTS, world.plan.fine).await?);
    report.cells.extend(at_rate(world, &[&all], rate).await?);
    Ok(())
}

/// Everything is asked once, whatever the caches make of it.
async fn warm(subjects: &[&Subject]) -> Result<()> {
    for subject in subjects {
        progress::step(&format!("{} once each", subject.what.title()));
        if let Way::Http(load) = &subject.way {
            load.warm().await?;
        }
    }
    Ok(())
}

/// One open-loop cell each, in turns.
async fn at_rate(world: &World<'_>, subjects: &[&Subject], rate: f64) -> Result<Vec<Cell>> {
    let mut samples = vec![Vec::new(); subjects.len()];
    let Rounds { span, count } = world.plan.long;
    for _ in 0..count {
        for (subject, samples) in subjects.iter().zip(&mut samples) {
            let Way::Http(load) = &subject.way else { continue };
            progress::step(&format!("{} at {CLIENTS}, open loop", subject.what.title()));
            samples.push(open::run(load, CLIENTS, rate, span).await?);
        }
    }
    let cell = |(subject, samples): (&&Subject, &Vec<_>)| {
        Cell::of(subject.what, CLIENTS, Driver::Open, Some(rate), samples)
    };
    subjects.iter().zip(&samples).map(cell).collect()
}
