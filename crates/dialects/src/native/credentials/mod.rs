//! Credentials, one endpoint per file.

pub(super) mod consumers;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod history;
pub(super) mod list;
pub(super) mod patch;
pub(super) mod put;
pub(super) mod release;
pub(super) mod report;
pub(super) mod resolve;
pub(super) mod resolve_many;
pub(super) mod show;
pub(super) mod verify_draft;
pub(super) mod verify_stored;
