#![doc = include_str!("../README.md")]

mod aws;
mod catalogue;
mod clock;
mod connector;
mod generic;
mod github_app;
mod guard;
mod http_probe;
mod icon;
pub mod issuer;
mod kindfile;
mod outage;
mod postgres;
mod reflection;
mod sftp;
mod smtp;

#[cfg(feature = "contract")]
pub mod contract;
pub mod schema;

pub use catalogue::Catalogue;
pub use connector::{Account, Connector, HostKeyPlace};
pub use icon::Icon;
pub use kindfile::KindFileError;
/// The door that checks go through: a caller hands it on and need not know its crate.
pub use strongroom_egress::Egress;
