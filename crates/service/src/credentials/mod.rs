//! Credentials: the use cases of one noun. [`change`](crate::Service::change) and
//! [`create`](crate::Service::create) run the ten steps of DESIGN.md section 4; the others are short.

pub(crate) mod change;
mod consumers;
mod create;
mod delete;
mod excerpt;
mod list;
mod locate;
pub(crate) mod notes;
pub(crate) mod plan;
pub(crate) mod prove;
mod read;
mod report;
mod resolve;
pub(crate) mod save;
mod verify;

pub use read::HistoryEntry;
