//! `[store]`: where the data lies.

use std::path::PathBuf;

use serde::Deserialize;

/// Where the data lies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// `folder`: made at the first start, for its owner alone. The root key must not lie in it.
    pub folder: PathBuf,
}
