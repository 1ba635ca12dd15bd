//! A dialect's manner: how its clients send a key, how its answers look, what is forgiven.
//!
//! One constant per dialect; every request to its routes is treated by it from the first byte to the last,
//! errors that arise before any handler included. Must never loosen what is checked: only what is said.

use axum::response::Response;
use strongroom_domain::Error;
use strongroom_domain::dialect::View;
use strongroom_domain::ids::RequestId;

use crate::keys::{self, KeyFrom};
use crate::problem;

/// An error on its way to a client.
#[derive(Debug)]
pub struct Refusal<'a> {
    /// What is wrong.
    pub error: &'a Error,
    /// In which request.
    pub request: RequestId,
    /// What was asked for, by the id of the route's operation; empty where no route was found.
    pub operation: &'static str,
}

/// How a dialect shows an error.
pub type Render = fn(&Refusal<'_>) -> Response;

/// Headers that a dialect puts on every answer, after those of the house.
pub type Dress = fn(&mut Response, RequestId);

/// What query parameters a dialect takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queries {
    /// Those that the route declares, once each; all others are faults (INP-14).
    Strict,
    /// Others are ignored, and each may stand more than once.
    Lenient,
}

/// Whether a path may end with one slash more than declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slashes {
    /// It may not.
    Exact,
    /// It may.
    Either,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// Which credentials it shows, and its name.
    pub view: View,
    /// How it shows an error.
    pub render: Render,
    /// How its clients send their key.
    pub key: KeyFrom,
    /// What query parameters it takes.
    pub queries: Queries,
    /// Whether its paths may end with a slash.
    pub slashes: Slashes,
    /// Its headers.
    pub dress: Dress,
}

impl Manner {
    /// The native API's, and the server's own.
    pub const NATIVE: Self = Self {
        view: View::All,
        render: problem::render,
        key: keys::bearer,
        queries: Queries::Strict,
        slashes: Slashes::Exact,
        dress: |_, _| {},
    };
}
