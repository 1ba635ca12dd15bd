//! A dialect's manner: how its clients send a key, how its answers look, what is forgiven.
//!
//! One constant per dialect; every request to its routes is treated by it from the first byte to the last,
//! errors that arise before any handler included. Must never loosen what is checked: only what is said.

use axum::response::Response;
use http::HeaderMap;
use http::request::Parts;
use strongroom_domain::Error;
use strongroom_domain::dialect::View;
use strongroom_domain::ids::RequestId;
use strongroom_service::sessions::Door;

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
    /// With what the caller wanted to be let in.
    pub shown: Shown,
}

/// With what a caller wants to be let in: told apart by dialects that answer pages otherwise than programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Nothing that its dialect reads as a key.
    Nothing,
    /// A token, whether it counts or not.
    Token,
    /// The session of a page, or what a page sends that has none.
    Session,
}

/// What comes first, where both are wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Nothing of a body is read before the caller is known (INP-04).
    CallerFirst,
    /// A body is read and parsed first, because the dialect's contract says so. No more than the route takes,
    /// and no longer than any body may take to arrive.
    BodyFirst,
}

/// The session that a page sends; `None` where the caller is no page. Such a caller shows no token.
pub type SessionFrom = fn(&HeaderMap) -> Option<&str>;

/// What a dialect answers before it looks at the caller, by the head of the request alone.
pub type Screen = fn(&Parts) -> Option<Response>;

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
    /// Another way to send one, which counts where the first sends none that lets anybody in.
    pub other_key: KeyFrom,
    /// How the pages of its UI send their session, where it has one.
    pub session: SessionFrom,
    /// Which sessions count here: those that began at this door.
    pub door: Door,
    /// Whether a body is read before the caller is known.
    pub order: Order,
    /// What it answers to a request with a body by its head alone, before the body is read.
    pub screen_of_bodies: Screen,
    /// What it answers by the head of a request alone. Comes after the body where that is read first.
    pub screen: Screen,
    /// What query parameters it takes.
    pub queries: Queries,
    /// Whether its paths may end with a slash.
    pub slashes: Slashes,
    /// What its paths begin with where they are declared, and may leave out; empty for nothing. Not for those
    /// that answer for everything below them.
    pub stem: &'static str,
    /// Its headers.
    pub dress: Dress,
}

impl Manner {
    /// The native API's and the server's own, where the sessions of command lines count beside tokens.
    pub const OWN: Self = Self { session: keys::session, ..Self::NATIVE };

    /// The same with tokens alone: what other dialects begin with.
    pub const NATIVE: Self = Self {
        view: View::All,
        render: problem::render,
        key: keys::bearer,
        other_key: |_| None,
        session: |_| None,
        door: Door::Client,
        order: Order::CallerFirst,
        screen_of_bodies: |_| None,
        screen: |_| None,
        queries: Queries::Strict,
        slashes: Slashes::Exact,
        stem: "",
        dress: |_, _| {},
    };
}
