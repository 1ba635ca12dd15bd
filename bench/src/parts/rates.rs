//! Rows 1 to 5 and 12: what the machine and SQLite can do, beside what the server does.

use anyhow::{Context, Result};

use super::{Subject, Way, World, closed_cells, open_cells};
use crate::arguments::Part;
use crate::child::{Child, Shape};
use crate::driver::{Load, Script};
use crate::plan::CLIENTS;
use crate::process::Process;
use crate::progress;
use crate::report::{Figure, Name, Report, What};
use crate::server::Server;

/// How long a server is left alone before its memory at rest is read.
const REST: std::time::Duration = std::time::Duration::from_secs(2);

/// Measures what of these rows is wanted.
pub(crate) async fn measure(world: &World<'_>, report: &mut Report) -> Result<()> {
    single_callers(world, report).await?;
    if !world.wants(Part::Bare)
        && !world.wants(Part::GroupCommit)
        && !world.wants(Part::Resolve)
        && !world.wants(Part::Change)
        && !world.wants(Part::Exchange)
    {
        return Ok(());
    }
    let server = world.program.start(&world.place("rates"))?;
    tokio::time::sleep(REST).await;
    report.add(Figure::bytes(Name::MemoryAtRest, server.memory()?.now));
    let credentials = create(&server)?;
    let size = server.resolve_size(&credentials[0])?;
    let yardsticks = (Bare::start(Shape::Answer, size)?, Bare::start(Shape::Exchange, size)?);
    let subjects = subjects(&server, &yardsticks, &credentials)?;
    let wanted: Vec<&Subject> =
        subjects.iter().filter(|(part, _)| world.wants(*part)).map(|(_, subject)| subject).collect();
    for clients in world.arguments.clients() {
        let closed = closed_cells(world, &wanted, clients, world.plan.rounds(clients)).await?;
        let open = open_cells(world, &closed, &wanted).await?;
        report.cells.extend(closed);
        report.cells.extend(open);
    }
    report.add(Figure::bytes(Name::MemoryUnderLoad, server.memory()?.peak));
    server.stop()
}

/// Rows 2 and 3 where one caller is all there can be.
async fn single_callers(world: &World<'_>, report: &mut Report) -> Result<()> {
    let sync = Way::Process(|folder, millis, _| Child::Sync { folder, millis });
    let single = Way::Process(|folder, millis, _| Child::SingleCommit { folder, millis });
    let subjects = [
        (Part::Sync, Subject { what: What::Sync, way: sync }),
        (Part::GroupCommit, Subject { what: What::SingleCommit, way: single }),
    ];
    let wanted: Vec<&Subject> =
        subjects.iter().filter(|(part, _)| world.wants(*part)).map(|(_, subject)| subject).collect();
    report.cells.extend(closed_cells(world, &wanted, 1, world.plan.rounds(1)).await?);
    Ok(())
}

/// One for each client.
fn create(server: &Server) -> Result<Vec<String>> {
    progress::step("creating credentials");
    server.create(CLIENTS[CLIENTS.len() - 1])
}

fn subjects(
    server: &Server,
    (bare, exchange): &(Bare, Bare),
    credentials: &[String],
) -> Result<Vec<(Part, Subject)>> {
    let hot = credentials.first().context("there are credentials")?;
    let resolve = |number| Script::repeat(server.resolve(hot, number));
    let resolves: Vec<Script> = (0..credentials.len()).map(resolve).collect();
    let changes = credentials.iter().map(|id| Script::repeat(server.change(id))).collect();
    let exchanges = credentials.iter().map(|id| Script::repeat(server.exchange(id))).collect();
    let ours = |scripts| Way::Http(Load { address: server.address(), pid: server.pid(), scripts });
    let yardstick = |bare: &Bare| {
        Way::Http(Load { address: bare.address, pid: bare.process.pid(), scripts: resolves.clone() })
    };
    let rows = Way::Process(|folder, millis, callers| Child::GroupCommit { folder, millis, callers });
    Ok(vec![
        // The very bytes of a resolve, so that both servers read the same.
        (Part::Bare, Subject { what: What::Bare, way: yardstick(bare) }),
        (Part::Bare, Subject { what: What::BareExchange, way: yardstick(exchange) }),
        (Part::Resolve, Subject { what: What::Resolve, way: ours(resolves) }),
        (Part::GroupCommit, Subject { what: What::GroupCommit, way: rows }),
        (Part::Change, Subject { what: What::Change, way: ours(changes) }),
        (Part::Exchange, Subject { what: What::Exchange, way: ours(exchanges) }),
    ])
}

/// The yardstick, running.
struct Bare {
    process: Process,
    address: std::net::SocketAddr,
}

impl Bare {
    fn start(shape: Shape, bytes: usize) -> Result<Self> {
        // Nothing is synced there: the disk is of no matter.
        let process = Process::start(Child::Bare { shape, bytes }.command(None)?)?;
        let address = process.first_line.trim().parse().context("the yardstick names its address")?;
        Ok(Self { process, address })
    }
}
