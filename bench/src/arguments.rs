//! The command line. Owns names and help texts.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use serde::Serialize;

use crate::child::Child;
use crate::plan::{CLIENTS, Plan};
use crate::report::Conditions;

/// Measure the numbers of DESIGN.md section 9, side by side, against the release binary.
#[derive(Debug, Parser)]
#[command(name = "bench", args_conflicts_with_subcommands = true)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Arguments {
    /// Shorter cells and 10,000 credentials instead of a million: to see that it works
    #[arg(long)]
    quick: bool,
    /// Next to nothing of everything, in some seconds: for a test that every row is there
    #[arg(long, conflicts_with = "quick")]
    smoke: bool,
    /// Also time a clean release build, in a folder of its own
    #[arg(long)]
    pub(crate) build: bool,
    /// Also write everything as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Also draw every row
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Make every sync of the server and of rows 2 and 3 take this much longer, like 2ms or 500us
    #[arg(long, value_name = "TIME", value_parser = delay)]
    pub(crate) sync_delay: Option<Duration>,
    /// Only this part; may be given more than once
    #[arg(long, value_name = "NAME", value_enum)]
    only: Vec<Part>,
    /// Only at this many clients in rows 1 to 5; may be given more than once
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    clients: Vec<u16>,
    /// Exit with 1 where a bar is not met
    #[arg(long)]
    strict: bool,
    /// Where the measured files lie: this folder's disk is the one that is measured [default: target/bench]
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) child: Option<Child>,
}

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// A bare axum JSON answer
    Bare,
    /// The disk's own syncs
    Sync,
    /// One bare row by group commit, and with a sync each
    GroupCommit,
    /// Resolve with durable audit
    Resolve,
    /// Change without outside check
    Change,
    /// Tokens for runs, made without a write
    Exchange,
    /// Change with a `PostgreSQL` check
    Check,
    /// 1,000 against 1,000,000 credentials; start and memory with them
    Scale,
    /// Change to the ears of 1,000 watchers
    Watch,
    /// Each dialect beside the native API
    Dialects,
}

/// What a bar that is not met does to the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    Lenient,
    Strict,
}

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Extent {
    Full,
    Quick,
    Smoke,
}

impl Arguments {
    pub(crate) const fn strictness(&self) -> Strictness {
        if self.strict { Strictness::Strict } else { Strictness::Lenient }
    }

    /// Whether this part is to be measured.
    pub(crate) fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    pub(crate) const fn plan(&self) -> Plan {
        Plan::of(self.extent())
    }

    /// How many clients load rows 1 to 5, cell by cell.
    pub(crate) fn clients(&self) -> Vec<usize> {
        if self.clients.is_empty() {
            CLIENTS.to_vec()
        } else {
            self.clients.iter().copied().map(usize::from).collect()
        }
    }

    pub(crate) fn conditions(&self) -> Conditions {
        let sync_delay_us = self.sync_delay.map(|delay| delay.as_micros());
        Conditions { extent: self.extent(), sync_delay_us }
    }

    const fn extent(&self) -> Extent {
        match (self.quick, self.smoke) {
            (_, true) => Extent::Smoke,
            (true, _) => Extent::Quick,
            _ => Extent::Full,
        }
    }
}

fn delay(text: &str) -> Result<Duration, String> {
    let micros = match (text.strip_suffix("us"), text.strip_suffix("ms")) {
        (Some(micros), _) => micros.parse().ok(),
        (_, Some(millis)) => millis.parse::<u64>().ok().and_then(|millis| millis.checked_mul(1_000)),
        (None, None) => None,
    };
    let short = micros.filter(|micros| (1..=1_000_000).contains(micros));
    short.map(Duration::from_micros).ok_or_else(|| "must be like 2ms or 500us, at most 1000ms".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_has_a_unit_and_a_bound() {
        assert_eq!(delay("2ms"), Ok(Duration::from_millis(2)));
        assert_eq!(delay("500us"), Ok(Duration::from_micros(500)));
        for text in ["2", "ms", "0ms", "2s", "1001ms", "-1ms", "99999999999999999999ms"] {
            assert!(delay(text).is_err(), "{text}");
        }
    }
}
