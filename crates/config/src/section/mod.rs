//! The sections of the file, one module each.

pub(crate) mod audit;
pub(crate) mod dialects;
pub(crate) mod egress;
pub(crate) mod events;
pub(crate) mod first_start;
pub(crate) mod identity;
pub(crate) mod keys;
pub(crate) mod kinds;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod server;
pub(crate) mod store;

use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};

/// A text that must be a `T`; `wanted` is what to write where it is not.
fn parsed<'de, T: FromStr, D: Deserializer<'de>>(deserializer: D, wanted: &str) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format_args!("{}{wanted}", crate::error::WRITE)))
}
