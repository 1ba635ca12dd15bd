//! The catalogue of kinds, one endpoint per file.

pub(super) mod icon;
pub(super) mod list;
pub(super) mod show;
