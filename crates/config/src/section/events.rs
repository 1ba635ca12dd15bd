//! `[events]`: what is kept for those who listen.

use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::error::WRITE;

/// What is kept for those who listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Events {
    /// `kept_hours`: for how long a client that was away can go on from the last event it heard.
    #[serde(rename = "kept_hours", deserialize_with = "hours")]
    pub kept: Duration,
}

impl Default for Events {
    fn default() -> Self {
        Self { kept: Duration::from_hours(7 * 24) }
    }
}

/// At most a year.
fn hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match i64::deserialize(deserializer)? {
        hours @ 1..=8_760 => Ok(Duration::from_hours(hours.unsigned_abs())),
        _ => Err(D::Error::custom(format_args!("{WRITE}a whole number of hours from 1 to 8760"))),
    }
}
