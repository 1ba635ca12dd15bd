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
mod coverage;
mod crowds;
mod disclosure;
mod dx;
mod events;
mod flowise;
mod forgetful;
mod gates;
mod grants;
mod growth;
mod host_keys;
mod house;
mod identities;
mod input;
mod integrations;
mod lifecycle;
mod limits;
mod manner;
mod openapi;
mod parity;
mod problems;
mod properties;
mod rotation;
mod rules;
mod runs;
mod samples;
mod site;
mod slow_targets;
mod superai;
mod tenancy;
mod tenants;
mod walk;
mod zstack;
