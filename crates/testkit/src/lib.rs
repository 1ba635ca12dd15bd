//! What the tests of the other crates stand on: real outside systems, hostile ones, canary secrets,
//! a seeded RNG and a mock clock.
//!
//! A dev-dependency only. Whatever cannot do its part panics: in a test that is the right answer.
//! Must never leave a server or a folder behind, nor speak to any address but loopback.

#![expect(
    clippy::missing_panics_doc,
    reason = "a test that cannot have its outside world must fail, everywhere"
)]

pub mod alone;
pub mod binary;
pub mod canary;
pub mod certificates;
pub mod chromium;
pub mod clock;
pub mod dns;
pub mod flowise_ui;
mod folder;
pub mod http;
pub mod https;
pub mod memory;
pub mod moto;
pub mod net;
pub mod nginx;
pub mod oidc;
pub mod openssh;
pub mod postgres;
pub mod postgres_wire;
mod python;
pub mod rng;
pub mod schemathesis;
pub mod smtp;
pub mod smtp_wire;
pub mod ssh_liar;
pub mod ssh_wire;
pub mod vendor_words;
pub mod visitor;

pub use canary::{Canaries, Canary};
pub use chromium::Chromium;
pub use clock::MockClock;
pub use flowise_ui::FlowiseUi;
pub use https::HttpsResponder;
pub use moto::Moto;
pub use net::Net;
pub use nginx::Nginx;
pub use oidc::OpenIdProvider;
pub use openssh::OpenSsh;
pub use postgres::Postgres;
pub use postgres_wire::HostilePostgres;
pub use rng::seeded;
pub use smtp::Smtp;
pub use smtp_wire::HostileSmtp;
pub use ssh_liar::LyingSsh;
pub use ssh_wire::HostileSsh;
pub use visitor::{Lead, Visitor};
