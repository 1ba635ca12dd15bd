//! The credential API of ZStack's federation platform, `/api/v1`: contracts/zstack.md.
//!
//! Nine fields of every credential, always, and never its value. A credential made here is of an opaque kind;
//! one of a kind that keeps one secret of a ZStack type shows up as well, and a new `value` for it is tried
//! before it is saved. What the contract marks GUESS is in `guesses` and in the tables of `mapping` and
//! `failure`.

mod credentials;
mod failure;
mod guesses;
mod input;
mod mapping;
mod operations;
mod removal;
mod routes;
mod wire;

use strongroom_web::openapi::About;

pub use routes::table;

/// What `openapi/zstack.json` says beyond its routes.
pub const ABOUT: &About = &operations::ABOUT;
