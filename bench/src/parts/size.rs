//! Row 8: the release binary as it lies there, and how long a clean build of it takes.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use tokio::time::Instant;

use super::World;
use crate::progress;
use crate::report::{Figure, Name, Report};

/// Reads its size; it costs nothing, so it is always there. A clean build takes minutes, so it is asked for.
pub(crate) fn measure(world: &World<'_>, report: &mut Report) -> Result<()> {
    report.add(Figure::bytes(Name::Binary, std::fs::metadata(&world.program.path)?.len()));
    if world.arguments.build {
        report.add(Figure::duration(Name::CleanBuild, build(&world.new_folder()?)?));
    }
    Ok(())
}

/// Seconds, of everything the server consists of. Sources of dependencies are fetched before; nothing is built yet.
fn build(target: &Path) -> Result<f64> {
    progress::step("building the server from nothing");
    cargo(&["fetch", "--locked"], target)?;
    let before = Instant::now();
    cargo(&["build", "--release", "--locked", "--package", "strongroom-server"], target)?;
    Ok(before.elapsed().as_secs_f64())
}

fn cargo(arguments: &[&str], target: &Path) -> Result<()> {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).stdout(Stdio::null());
    // What is set for this build of the bench itself is not the server's.
    command.env("CARGO_TARGET_DIR", target).env_remove("RUSTFLAGS");
    let status = command.status().context("cargo does not start")?;
    ensure!(status.success(), "cargo {} failed", arguments.join(" "));
    Ok(())
}
