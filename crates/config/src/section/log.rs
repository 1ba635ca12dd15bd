//! `[log]`: how the server's own log looks. The audit log is another thing, and no setting turns it off.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::parsed;

/// How the log on standard error looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `format`
    pub format: LogFormat,
    /// `level`; the variable `STRONGROOM_LOG` goes before it.
    #[serde(deserialize_with = "level")]
    pub level: Level,
}

/// One record per line, either way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For machines.
    #[default]
    Json,
    /// For people.
    Text,
}

/// The least severe record that is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Level {
    /// Faults that need someone.
    Error,
    /// And what may become one.
    Warn,
    /// And what happened.
    #[default]
    Info,
    /// And how.
    Debug,
    /// And every step.
    Trace,
}

impl FromStr for Level {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "error" => Ok(Self::Error),
            "warn" => Ok(Self::Warn),
            "info" => Ok(Self::Info),
            "debug" => Ok(Self::Debug),
            "trace" => Ok(Self::Trace),
            _ => Err(()),
        }
    }
}

fn level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Level, D::Error> {
    parsed(deserializer, "\"error\", \"warn\", \"info\", \"debug\" or \"trace\"")
}
