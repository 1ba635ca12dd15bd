//! `[audit]`: what leaves the database, and for how long bodies stay. The operator's alone: no tenant can choose a file,
//! a form or a name (LOG-09).

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::error::WRITE;

/// What leaves the database.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// `folder`: where checkpoints and sealed segments are written, outside the data folder.
    pub folder: Option<PathBuf>,
    /// `retention_days`: after how many days the bodies of records are forgotten; never, where it is absent.
    #[serde(rename = "retention_days", deserialize_with = "days")]
    pub retention: Option<Duration>,
    /// `checkpoint_seconds`: the longest time between two signed heads of a log that grows.
    #[serde(rename = "checkpoint_seconds", deserialize_with = "seconds")]
    pub checkpoint: Duration,
}

impl Default for Audit {
    fn default() -> Self {
        Self { folder: None, retention: None, checkpoint: Duration::from_secs(10) }
    }
}

/// From a week, so that no slip of the finger empties a log, to a hundred years.
fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    match i64::deserialize(deserializer)? {
        days @ 7..=36_500 => Ok(Some(Duration::from_hours(24 * days.unsigned_abs()))),
        _ => Err(D::Error::custom(format_args!(
            "{WRITE}a whole number of days from 7 to 36500, or nothing where records are kept for ever"
        ))),
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match i64::deserialize(deserializer)? {
        seconds @ 1..=3_600 => Ok(Duration::from_secs(seconds.unsigned_abs())),
        _ => Err(D::Error::custom(format_args!("{WRITE}a whole number of seconds from 1 to 3600"))),
    }
}
