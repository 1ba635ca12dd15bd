//! The native API, `/v1`: API.md word for word.
//!
//! One small file per endpoint: read, one call of the service, show. Must never decide a rule of a change
//! itself, and must never show a secret but in the answer to a resolve.

mod audit;
mod consumers;
mod credentials;
mod events;
mod host_keys;
mod input;
mod integrations;
mod kinds;
mod limits;
mod operations;
mod organizations;
mod path;
mod reference;
mod routes;
mod sessions;
mod tokens;
mod wire;
mod workspaces;

use strongroom_web::openapi::About;

pub use routes::{PREFIX, table};

/// What `openapi/native.json` says beyond its routes.
pub const ABOUT: &About = &operations::ABOUT;
