//! The real binary, from the outside: its files, its answers, its refusals, its end.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod audit;
mod cli;
mod configuration;
mod coverage;
mod dev;
mod doctor;
mod documents;
mod events;
mod flowise_ui;
mod http;
mod keys;
mod kinds;
mod logs;
mod metrics;
mod mounts;
mod people;
mod process;
mod promises;
mod protection;
mod renewal;
mod rotation;
mod serve;
mod site;
mod stopping;
mod sweep;
mod walk;
