//! `[store]`: where the data lies.

use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::error::WRITE;

/// Where the data lies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// `folder`: made at the first start, for its owner alone. The root key must not lie in it.
    pub folder: PathBuf,
    /// `reserve_mib`: changes are refused when less than this is free on its disk, and everything that leaves a record
    /// when less than a quarter of it is; in bytes.
    #[serde(rename = "reserve_mib", default = "reserve", deserialize_with = "mebibytes")]
    pub reserve: u64,
}

const MIB: u64 = 1024 * 1024;

const fn reserve() -> u64 {
    64 * MIB
}

/// Up to a tebibyte; 0 leaves it to the disk.
fn mebibytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match i64::deserialize(deserializer)? {
        mebibytes @ 0..=1_048_576 => Ok(mebibytes.unsigned_abs() * MIB),
        _ => Err(D::Error::custom(format_args!("{WRITE}a whole number of MiB from 0 to 1048576"))),
    }
}
