//! The wire formats over the core; one module each.
//!
//! A dialect is wire types, a mapping to one call of the service, and an error renderer. What differs
//! between dialects is an argument of the use case. No dialect knows another, and none sees the store.

pub mod native;

use strongroom_web::RouteTable;

/// Every foreign dialect there is: one line each.
pub fn foreign() -> Vec<RouteTable> {
    vec![]
}
