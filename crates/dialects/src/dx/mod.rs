//! DX Data Cloud: connections, and the credentials that their connectors use.
//!
//! Connections are integrations under their integer alias. Every save is checked first, that of a label
//! included. What the public contract leaves open stands in `guesses` and nowhere else. Must never answer
//! with a secret, nor with a word of a remote system.

mod connections;
mod connectors;
mod credentials;
mod draft;
mod errors;
mod guesses;
mod operations;
mod routes;
mod wire;

use strongroom_web::openapi::About;

pub use routes::table;

/// What `openapi/dx.json` says beyond its routes.
pub const ABOUT: &About = &operations::ABOUT;
