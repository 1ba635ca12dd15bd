//! The audit log, one endpoint per file.

pub(super) mod checkpoint;
pub(super) mod list;
pub(super) mod proof;
mod wire;
