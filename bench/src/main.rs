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

use anyhow::{Context, Error, Result};
use clap::Parser;

use crate::arguments::{Arguments, Strictness};
use crate::parts::World;
use crate::report::Report;

/// The server's, so that it is no part of what is compared.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    let (report, failures) = runtime.block_on(report(arguments))?;
    print!("{}", report.table());
    if let Some(file) = &arguments.json {
        std::fs::write(file, report.json()).with_context(|| format!("{} not written", file.display()))?;
    }
    if let Some(file) = &arguments.svg {
        std::fs::write(file, report.svg()).with_context(|| format!("{} not written", file.display()))?;
    }
    let is_missed = arguments.strictness() == Strictness::Strict && !report.all_met();
    for (part, error) in &failures {
        eprintln!("bench: {part} was not measured as a whole: {error:#}");
    }
    Ok(if is_missed || !failures.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What was measured, and the parts that failed: they take no figures of the others away.
async fn report(arguments: &Arguments) -> Result<(Report, Vec<(&'static str, Error)>)> {
    let world = World::prepare(arguments)?;
    let mut report = Report::new(machine::look(), arguments.conditions());
    let ended = [
        ("rates", parts::rates::measure(&world, &mut report).await),
        ("check", parts::check::measure(&world, &mut report).await),
        ("dialects", parts::dialects::measure(&world, &mut report).await),
        ("watch", parts::watch::measure(&world, &mut report).await),
        ("scale", parts::scale::measure(&world, &mut report).await),
        ("size", parts::size::measure(&world, &mut report)),
    ];
    report.judge();
    let failures = ended.into_iter().filter_map(|(part, ended)| Some((part, ended.err()?)));
    Ok((report, failures.collect()))
}
