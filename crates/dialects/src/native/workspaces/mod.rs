//! The token's own workspace, one endpoint per file.

pub(super) mod patch;
pub(super) mod show;
