//! Credentials: the use cases of one noun. [`change`](crate::Service::change) and
//! [`create`](crate::Service::create) run the ten steps of DESIGN.md section 4; the others are short.

mod change;
mod consumers;
mod create;
mod delete;
mod excerpt;
mod list;
mod locate;
mod plan;
mod prove;
mod read;
mod report;
mod resolve;
mod save;
mod verify;

pub use read::HistoryEntry;
