//! The credential API of Flowise 3.1.4, `/api/v1`: contracts/flowise.md.
//!
//! Keys of its JSON, shapes of its errors, the order of its checks and its forgiveness are the original's; the
//! workspace chooses between what its documentation says (404, 409, 412) and what it does (`flowise_mode`).
//! Must never show a secret: not in a reply, where passwords are a placeholder and `encryptedData` is a text
//! that opens with no key, and not in an error. What comes back masked means *keep*.

mod annotation;
mod caller;
mod components;
mod credentials;
mod elsewhere;
mod failure;
mod fields;
mod guesses;
mod input;
mod javascript;
mod kinds;
mod mapping;
mod oauth2;
mod operations;
mod query;
mod redaction;
mod registry;
mod reply;
mod routes;
mod schema;
mod screen;
mod sign_in;

use strongroom_web::openapi::About;

pub use kinds::kinds;
pub use routes::table;

/// What `openapi/flowise.json` says beyond its routes.
pub const ABOUT: &About = &operations::ABOUT;
