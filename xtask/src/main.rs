//! `cargo xtask`: what a person or a CI run does with this repository, one command each.
//!
//! Owns no rule of its own: `layers` checks what DESIGN.md decides, the rest starts the usual tools.
//! Must never depend on our crates, which would make it slow to build and broken when they are.

mod layers;
mod needs;
mod step;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use needs::CargoTool;
use step::Step;

#[derive(Parser)]
#[command(about = "Tasks of this repository")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run all tests, after installing what they need and saying so
    Test {
        /// Also the tests that are ignored for being slow
        #[arg(long)]
        slow: bool,
        /// Passed on to `cargo nextest run`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        nextest: Vec<String>,
    },
    /// Check format, clippy, layers, licences and documentation
    Lint,
    /// Check who may depend on whom, who may open a socket, and that each exposed secret has a reason
    Layers,
    /// Check licences, banned crates and sources of all dependencies
    Deny,
    /// Measure the release binary against the numbers of DESIGN.md section 9 (see bench/README.md)
    Bench {
        /// Passed on to the bench: --quick, --only NAME, --sync-delay 2ms, --json FILE, --svg FILE, --strict
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// `lint`, then `test`
    Ci,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the workspace")?;
    std::env::set_current_dir(root)?;
    match task {
        Task::Test { slow, nextest } => test(slow, &nextest),
        Task::Lint => lint(),
        Task::Layers => layers::check(root),
        Task::Deny => deny(),
        Task::Bench { options } => bench(&options),
        Task::Ci => lint().and_then(|()| test(false, &[])),
    }
}

/// Both kinds of tests run even after a failure, so that one run shows everything; the many come last, so
/// that their summary is the last thing said.
fn test(slow: bool, nextest: &[String]) -> Result<()> {
    needs::postgres()?;
    needs::openssh()?;
    needs::exim()?;
    needs::nginx()?;
    needs::iproute()?;
    needs::python()?;
    needs::browser()?;
    needs::cargo_tool(CargoTool::Nextest)?;
    let documented = Step::cargo("test --doc --workspace --all-features").passes()?;
    let mut step = Step::cargo("nextest run --workspace --all-features");
    if let Some(profile) = profile()? {
        step = step.with(["--profile", profile]);
    }
    if slow {
        step = step.with(["--run-ignored", "all"]);
    }
    let passed = step.with(nextest).passes()?;
    ensure!(passed, "tests failed");
    ensure!(documented, "documentation tests failed");
    Ok(())
}

/// Tests that this account may not run here are left out by their names: nextest counts them as skipped.
fn profile() -> Result<Option<&'static str>> {
    let (is_root, has_namespaces) = (needs::is_root()?, needs::has_namespaces());
    if !is_root {
        eprintln!("xtask: not root: the tests that make users of this machine (_as_root) are left out");
    }
    if !has_namespaces {
        eprintln!(
            "xtask: no namespaces of one's own: the tests in a network of theirs (_alone) are left out"
        );
    }
    Ok(match (is_root, has_namespaces) {
        (true, true) => None,
        (false, true) => Some("not-root"),
        (true, false) => Some("not-alone"),
        (false, false) => Some("neither"),
    })
}

/// Two builds, so that the server has the features it ships with and none that only the bench asks for.
fn bench(options: &[String]) -> Result<()> {
    needs::postgres()?;
    Step::cargo("build --release --package strongroom-server").run()?;
    Step::cargo("run --release --package strongroom-bench --").with(options).run()
}

fn lint() -> Result<()> {
    Step::cargo("fmt --all --check").run()?;
    layers::check(Path::new("."))?;
    Step::cargo("clippy --workspace --all-targets --all-features -- -D warnings").run()?;
    deny()?;
    Step::cargo("doc --workspace --no-deps --all-features").env("RUSTDOCFLAGS", "-D warnings").run()
}

fn deny() -> Result<()> {
    needs::cargo_tool(CargoTool::Deny)?;
    Step::cargo("deny check bans licenses sources").run()
}
