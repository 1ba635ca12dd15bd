//! HTTP building blocks: how a request is read, who sends it, how an answer and an error look.
//!
//! No route lives here, and nothing here decides who may: a dialect declares its routes in a
//! [`RouteTable`], which authenticates before it reads a body, and each handler makes one call of the
//! service. Must never let the framework's, a parser's or a caller's own words into an answer, and never
//! takes an identity or a tenant from anything but the key that its dialect's clients send.

pub mod body;
mod call;
pub mod conditional;
pub mod decode;
mod dispatch;
mod form;
pub mod json;
pub mod keys;
mod manner;
pub mod openapi;
pub mod percent;
pub mod problem;
mod proxies;
pub mod query;
pub mod respond;
mod route;
pub mod sse;

pub use call::{Call, Edge, Observed, Visit};
pub use decode::Fields;
pub use json::Document;
pub use manner::{Dress, Manner, Order, Queries, Refusal, Render, Screen, SessionFrom, Shown, Slashes};
pub use proxies::{Forwarding, Proxies};
pub use query::Query;
pub use route::{
    Answer, AuditClass, Authentication, Declaration, Idempotency, Operation, Route, RouteTable, Shape,
};
