#![doc = include_str!("../README.md")]

mod arguments;
mod child;
mod driver;
mod machine;
mod parts;
mod plan;
mod process;
mod progress;
mod report;
mod sample;
mod seed;
mod server;
mod slow_disk;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use mimalloc::MiMalloc;
use zeroizing_alloc::ZeroAlloc;

use crate::arguments::{Arguments, Strictness};
use crate::parts::World;
use crate::report::Report;

/// The server's, so that it is no part of what is compared.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.child {
        Some(child) => child.run().map(|()| ExitCode::SUCCESS),
        None => measure(&arguments),
    };
    done.unwrap_or_else(|error| {
        eprintln!("bench: {error:#}");
        ExitCode::FAILURE
    })
}

fn measure(arguments: &Arguments) -> Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("no threads to run on")?;
    let report = runtime.block_on(report(arguments))?;
    print!("{}", report.table());
    if let Some(file) = &arguments.json {
        std::fs::write(file, report.json()).with_context(|| format!("{} not written", file.display()))?;
    }
    if let Some(file) = &arguments.svg {
        std::fs::write(file, report.svg()).with_context(|| format!("{} not written", file.display()))?;
    }
    let missed = arguments.strictness() == Strictness::Strict && !report.all_met();
    Ok(if missed || !report.is_whole() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Each part adds what it measures as it goes. One that fails ends itself alone: the others took minutes.
async fn report(arguments: &Arguments) -> Result<Report> {
    let world = World::prepare(arguments)?;
    let mut report = Report::new(machine::look(), arguments.conditions());
    let done = parts::rates::measure(&world, &mut report).await;
    report.ended("rows 1 to 5 and 12", done);
    let done = parts::check::measure(&world, &mut report).await;
    report.ended("row 6", done);
    let done = parts::dialects::measure(&world, &mut report).await;
    report.ended("row 10", done);
    let done = parts::watch::measure(&world, &mut report).await;
    report.ended("row 9", done);
    let done = parts::scale::measure(&world, &mut report).await;
    report.ended("rows 7 and 8, stores", done);
    let done = parts::size::measure(&world, &mut report);
    report.ended("row 8, program", done);
    report.judge();
    Ok(report)
}
