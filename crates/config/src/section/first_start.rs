//! `[first_start]`: who gets in first.

use std::path::PathBuf;

use serde::Deserialize;

/// What happens when the data folder is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FirstStart {
    /// `token_file`: where the first admin token is written, for its owner alone. Without it an empty data
    /// folder is refused, so that a wrong path never founds a second, empty installation unnoticed.
    pub token_file: Option<PathBuf>,
}
