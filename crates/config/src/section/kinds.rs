//! `[kinds]`: kinds of credentials beside those of the product.

use std::path::PathBuf;

use serde::Deserialize;

/// Kinds of credentials beside those of the product. The default: none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Kinds {
    /// `folder`: every `*.toml` directly in it is a kind (docs/KINDS.md). Read at start.
    pub folder: Option<PathBuf>,
}
