//! What is measured, one module per part: each sets its servers up, loads them and reports.
//!
//! Owns the order of things inside one cell: subjects take turns, repetition by repetition, so that
//! whatever else the machine does falls on all of them.

pub(crate) mod check;
pub(crate) mod dialects;
pub(crate) mod rates;
pub(crate) mod scale;
pub(crate) mod size;
pub(crate) mod watch;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::arguments::{Arguments, Part};
use crate::child::Child;
use crate::driver::{Driver, Load, closed, open};
use crate::plan::{OFFERED, Plan, Rounds, Span};
use crate::progress;
use crate::report::{Cell, What};
use crate::sample::{Sample, Spread};
use crate::server::Program;
use crate::slow_disk::SlowDisk;

/// What every part needs.
pub(crate) struct World<'a> {
    arguments: &'a Arguments,
    plan: Plan,
    program: Program,
    folder: TempDir,
}

impl<'a> World<'a> {
    /// Finds the program beside this one, and makes a folder on the disk that is measured.
    pub(crate) fn prepare(arguments: &'a Arguments) -> Result<Self> {
        let here = std::env::current_exe()?;
        let release = here.parent().context("a program lies in a folder")?;
        let path = release.join("strongroom");
        ensure!(path.is_file(), "no program `strongroom` beside this one; run it by: cargo xtask bench");
        let beside = || release.parent().unwrap_or(release).join("bench");
        let base = arguments.folder.clone().unwrap_or_else(beside);
        std::fs::create_dir_all(&base)?;
        let folder = TempDir::new_in(&base)?;
        let compile = |delay| SlowDisk::compile(folder.path(), delay);
        let slow_disk = arguments.sync_delay.map(compile).transpose()?;
        Ok(Self { arguments, plan: arguments.plan(), program: Program { path, slow_disk }, folder })
    }

    fn wants(&self, part: Part) -> bool {
        self.arguments.wants(part)
    }

    /// A path in the folder that is removed in the end.
    fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new, empty folder there.
    fn new_folder(&self) -> Result<PathBuf> {
        Ok(TempDir::new_in(self.folder.path())?.keep())
    }
}

/// One thing whose rate and latency are measured.
struct Subject {
    what: What,
    way: Way,
}

/// How it is measured.
enum Way {
    /// By one of our drivers.
    Http(Load),
    /// By a process of its own, which is its own closed loop.
    Process(fn(PathBuf, u64, usize) -> Child),
}

impl Subject {
    async fn closed(&self, world: &World<'_>, span: Span, clients: usize) -> Result<Sample> {
        match &self.way {
            Way::Http(load) => closed::run(load, clients, span).await,
            Way::Process(child) => {
                let (folder, millis) = (world.new_folder()?, crate::child::millis(span));
                child(folder, millis, clients).measure(world.program.slow_disk.as_ref())
            }
        }
    }
}

/// One closed-loop cell for each subject, all at this number of clients.
async fn closed_cells(
    world: &World<'_>,
    subjects: &[&Subject],
    clients: usize,
    rounds: Rounds,
) -> Result<Vec<Cell>> {
    let mut samples = vec![Vec::new(); subjects.len()];
    for _ in 0..rounds.count {
        for (subject, samples) in subjects.iter().zip(&mut samples) {
            progress::step(&format!("{} at {clients}, closed loop", subject.what.title()));
            samples.push(subject.closed(world, rounds.span, clients).await?);
        }
    }
    let cell = |(subject, samples): (&&Subject, &Vec<Sample>)| {
        Cell::of(subject.what, clients, Driver::Closed, None, samples)
    };
    subjects.iter().zip(&samples).map(cell).collect()
}

/// One open-loop cell for each subject that a driver of ours measures, at its share of the closed-loop rate.
async fn open_cells(world: &World<'_>, closed: &[Cell], subjects: &[&Subject]) -> Result<Vec<Cell>> {
    let rated = subjects.iter().zip(closed).filter_map(|(subject, cell)| match &subject.way {
        Way::Http(load) => Some((subject.what, load, cell.clients, cell.rate.median * OFFERED)),
        Way::Process(_) => None,
    });
    let rated: Vec<_> = rated.collect();
    let rounds = rated.first().map_or(0, |(_, _, clients, _)| world.plan.repetitions(*clients));
    let mut samples = vec![Vec::new(); rated.len()];
    for _ in 0..rounds {
        for ((what, load, clients, rate), samples) in rated.iter().zip(&mut samples) {
            progress::step(&format!("{} at {clients}, open loop", what.title()));
            samples.push(open::run(load, *clients, *rate, world.plan.span).await?);
        }
    }
    let cell = |((what, _, clients, rate), samples): (&(What, &Load, usize, f64), &Vec<Sample>)| {
        Cell::of(*what, *clients, Driver::Open, Some(*rate), samples)
    };
    rated.iter().zip(&samples).map(cell).collect()
}

/// Of one field of several samples.
pub(crate) fn spread(samples: &[Sample], field: impl Fn(&Sample) -> f64) -> Result<Spread> {
    Spread::of(samples.iter().map(field))
}
