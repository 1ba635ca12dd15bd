//! The connectors against real servers and hostile ones.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod aws;
mod contract;
mod dns;
mod every_kind;
mod github_app;
mod hostile;
mod http_probe;
mod http_probe_developer_tools;
mod http_probe_request;
mod http_probe_vendors;
mod kindfile;
mod probing;
mod real;
mod sftp;
mod smtp;
mod tls;
mod web;
mod web_server;
mod world;
