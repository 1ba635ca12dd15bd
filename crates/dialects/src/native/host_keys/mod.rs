//! Host keys that a workspace has pinned: one file per endpoint.

pub(super) mod forget;
pub(super) mod list;
