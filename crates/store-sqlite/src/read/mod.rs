//! Questions, one file per noun. Each is a function of a connection and a scope, and one statement, so
//! that its answer is of one moment.
//!
//! Must never read outside the scope: organization and workspace are in every `WHERE`.

pub(crate) mod credential;
pub(crate) mod event;
pub(crate) mod hold;
pub(crate) mod integration;
pub(crate) mod list;
pub(crate) mod log;
mod question;
pub(crate) mod record;
pub(crate) mod sealed;
pub(crate) mod tenant;
pub(crate) mod token;
