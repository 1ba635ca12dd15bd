//! A slower disk for processes that we start: every sync takes longer.
//!
//! The server has no such switch, and must not have one. So a small library is compiled when it is asked
//! for and loaded before the C library's own functions (`LD_PRELOAD`): it syncs, then waits. It
//! delays; it does not share: syncs of several files at once wait at the same time, as on a device with a
//! queue.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

const SOURCE: &str = include_str!("slow_disk.c");

/// The compiled library and the delay.
#[derive(Debug)]
pub(crate) struct SlowDisk {
    library: PathBuf,
    delay: Duration,
}

impl SlowDisk {
    /// Compiles the library into `folder` with the system's C compiler.
    pub(crate) fn compile(folder: &Path, delay: Duration) -> Result<Self> {
        let (source, library) = (folder.join("slow_disk.c"), folder.join("slow_disk.so"));
        std::fs::write(&source, SOURCE)?;
        let mut cc = Command::new("cc");
        cc.args(["-O2", "-shared", "-fPIC", "-o"]).args([&library, &source]).arg("-ldl");
        let status = cc.status().context("--sync-delay needs a C compiler called cc")?;
        ensure!(status.success(), "the library that delays syncs does not compile");
        Ok(Self { library, delay })
    }

    /// Makes the syncs of this command slow.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library);
        command.env("BENCH_SYNC_DELAY_US", self.delay.as_micros().to_string());
    }
}
