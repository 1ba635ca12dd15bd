//! This program as a process of its own: what is compared with the server must not share a process with
//! the load, and its syncs must be delayable by the same means.
//!
//! Owns the comparisons. Must never use more of our own code than the comparison is about: nothing here
//! touches a store.

mod bare;
mod rows;
mod sync;

pub(crate) use self::bare::Shape;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Subcommand;

use crate::plan::Span;
use crate::sample::Sample;
use crate::slow_disk::SlowDisk;

/// What such a process does.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Child {
    /// Answer every request with the same JSON, until killed
    #[command(hide = true)]
    Bare {
        /// What becomes of the request
        shape: Shape,
        /// Size of the body
        bytes: usize,
    },
    /// Append 4 KiB and sync, over and over
    #[command(hide = true)]
    Sync {
        /// Where
        folder: PathBuf,
        /// How long
        millis: u64,
    },
    /// Insert rows, many to one sync
    #[command(hide = true)]
    GroupCommit {
        /// Where
        folder: PathBuf,
        /// How long
        millis: u64,
        /// Callers at once
        callers: usize,
    },
    /// Insert rows, each with a sync of its own
    #[command(hide = true)]
    SingleCommit {
        /// Where
        folder: PathBuf,
        /// How long
        millis: u64,
    },
}

impl Child {
    /// Does it, here. What was measured goes to standard output.
    pub(crate) fn run(&self) -> Result<()> {
        let sample = match self {
            Self::Bare { shape, bytes } => return bare::serve(*shape, *bytes),
            Self::Sync { folder, millis } => sync::measure(folder, Duration::from_millis(*millis)),
            Self::GroupCommit { folder, millis, callers } => {
                rows::group_commit(folder, Duration::from_millis(*millis), *callers)
            }
            Self::SingleCommit { folder, millis } => {
                rows::single_commit(folder, Duration::from_millis(*millis))
            }
        }?;
        println!("{}", serde_json::to_string(&sample)?);
        Ok(())
    }

    /// Does it in a process of its own, and gives what that measured.
    pub(crate) fn measure(&self, slow_disk: Option<&SlowDisk>) -> Result<Sample> {
        let output = self.command(slow_disk)?.stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "a measuring process failed");
        serde_json::from_slice(&output.stdout).context("a measuring process gives a sample")
    }

    /// The command line that does it.
    pub(crate) fn command(&self, slow_disk: Option<&SlowDisk>) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        match self {
            Self::Bare { shape, bytes } => command.arg("bare").args([shape.name(), &bytes.to_string()]),
            Self::Sync { folder, millis } => command.arg("sync").arg(folder).arg(millis.to_string()),
            Self::GroupCommit { folder, millis, callers } => {
                command.arg("group-commit").arg(folder).args([millis.to_string(), callers.to_string()])
            }
            Self::SingleCommit { folder, millis } => {
                command.arg("single-commit").arg(folder).arg(millis.to_string())
            }
        };
        if let Some(slow_disk) = slow_disk {
            slow_disk.apply(&mut command);
        }
        Ok(command)
    }
}

/// How long a process measures: it needs no connections, so its warm-up is part of its start.
pub(crate) fn millis(span: Span) -> u64 {
    u64::try_from(span.length.as_millis()).expect("a stretch is seconds long")
}
