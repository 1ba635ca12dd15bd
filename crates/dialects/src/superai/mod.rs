//! The credential API of SuperAI Flows, `/api/integrations/...`: contracts/superai.md.
//!
//! Both public generations at once: the union of their words goes in, the newer one's object and
//! `google_email` come out, and a validation error has both published shapes. Must never show anything that
//! a credential holds but in the answer to operation 7, to a service account with the right to resolve; and
//! never answer a caller without a key.

mod annotation;
mod caller;
mod catalog;
mod connection;
mod credentials;
mod detail;
mod failure;
mod fields;
mod guesses;
mod input;
mod mapping;
mod oauth;
mod operations;
mod reply;
mod routes;
mod ulid;
mod words;

/// What its document says beyond its routes.
pub(crate) const ABOUT: &strongroom_web::openapi::About = &operations::ABOUT;

pub use routes::table;
