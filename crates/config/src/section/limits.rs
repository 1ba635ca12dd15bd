//! `[limits]`: how long things may take.

use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::error::WRITE;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// `check_seconds`: one check against a real system.
    #[serde(rename = "check_seconds", deserialize_with = "seconds")]
    pub check: Duration,
    /// `permit_seconds`: waiting for other changes of the same credential.
    #[serde(rename = "permit_seconds", deserialize_with = "seconds")]
    pub permit: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { check: Duration::from_secs(10), permit: Duration::from_secs(10) }
    }
}

/// More than a minute and callers have given up; they would never learn what happened.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match i64::deserialize(deserializer)? {
        seconds @ 1..=60 => Ok(Duration::from_secs(seconds.unsigned_abs())),
        _ => Err(D::Error::custom(format_args!("{WRITE}a whole number of seconds from 1 to 60"))),
    }
}
