//! The SuperAI dialect: every row of its contract, by its own clients' requests.

mod callers;
mod changes;
mod connection;
mod documented;
mod leaks;
mod limits;
mod operations;
mod refusals;
pub(crate) mod world;
