//! The native API in process, over a real service and a real SQLite store.
//!
//! Each test has its own house: two organizations, three workspaces, a token of every sort.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod arguments;
mod audit;
mod authentication;
mod client;
mod conditional;
mod continuity;
mod dx;
mod events;
mod flowise;
mod forgetful;
mod gates;
mod host_keys;
mod house;
mod input;
mod integrations;
mod lifecycle;
mod manner;
mod openapi;
mod parity;
mod problems;
mod properties;
mod rotation;
mod rules;
mod samples;
mod site;
mod superai;
mod tenancy;
mod walk;
mod zstack;
