//! `[egress]`: where checks may connect to.

use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::error::WRITE;

/// Where checks may connect to. The default: public addresses only, which is safe without a word (SSR-10).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Egress {
    /// `allow`: ranges of private and other special addresses that may be reached, each with its length.
    #[serde(deserialize_with = "ranges")]
    pub allow: Vec<IpNet>,
    /// `deny`: ranges that may never be reached; goes before `allow`.
    #[serde(deserialize_with = "ranges")]
    pub deny: Vec<IpNet>,
    /// `allow_names`: names of one label, like those of a container network, that may be looked up.
    pub allow_names: Vec<String>,
    /// `ca_files`: certificates to trust beside the system's, as PEM files.
    pub ca_files: Vec<PathBuf>,
}

/// Each entry must be the first address of its range: `10.1.2.3/8` may be a slip for one address or for
/// the whole range, and the two are far apart.
pub(super) fn ranges<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let range = |text: &String| text.parse::<IpNet>().ok().filter(|range| range.trunc() == *range);
    texts.iter().map(range).collect::<Option<_>>().ok_or_else(|| {
        D::Error::custom(format_args!(
            "{WRITE}ranges by their first address and length, like [\"10.20.0.0/16\", \"fd00::/8\"]; one \
             address is \"10.20.0.5/32\""
        ))
    })
}
