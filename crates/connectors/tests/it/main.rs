//! The connectors against real servers and hostile ones.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod contract;
mod hostile;
mod real;
mod tls;
mod world;
