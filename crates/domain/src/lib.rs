//! What Strongroom talks about, and every decision that needs no I/O.
//!
//! Owns the words of the design (credential, value, kind, method, verification, hold ...), the pure
//! steps of a change, and the public [`Error`]. Must never read a clock, a random source, a file, a
//! socket or a store: time and randomness come in as arguments.

pub mod access;
pub mod audit;
pub mod change;
pub mod consumer;
pub mod credential;
pub mod dialect;
pub mod error;
pub mod event;
pub mod fields;
pub mod health;
pub mod host;
pub mod identity;
pub mod ids;
pub mod integration;
pub mod kind;
pub mod limits;
pub mod mask;
pub mod pattern;
pub mod policy;
pub mod principal;
pub mod run;
pub mod scope;
pub mod scopes;
pub mod secret;
pub mod steps;
pub mod text;
pub mod time;
pub mod token;
pub mod trace;
pub mod verification;
pub mod web_url;

pub use error::{Error, Fault};
pub use fields::FieldMap;
pub use scope::Scope;
pub use secret::Secret;
pub use time::{Clock, Timestamp};
