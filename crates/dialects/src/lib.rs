//! The wire formats over the core; one module each.
//!
//! A dialect is wire types, a mapping to one call of the service, and an error renderer. What differs
//! between dialects is an argument of the use case. No dialect knows another, and none sees the store.

pub mod dx;
pub mod flowise;
pub mod native;
pub mod superai;
pub mod zstack;

use strongroom_domain::dialect::Dialect;
use strongroom_domain::kind::Kind;
use strongroom_web::RouteTable;
use strongroom_web::openapi::About;

/// Every foreign dialect there is: one line each.
pub fn foreign() -> Vec<RouteTable> {
    vec![dx::table(), flowise::table(), superai::table(), zstack::table()]
}

/// The kinds that are words of one dialect each, where it knows their fields.
pub fn opaque_kinds() -> Vec<Kind> {
    flowise::kinds()
}

/// What the document of each dialect says beyond its routes: one line each. `None` where it has no document.
pub const fn about(dialect: Dialect) -> Option<&'static About> {
    match dialect {
        Dialect::Native => Some(native::ABOUT),
        Dialect::Flowise => Some(flowise::ABOUT),
        Dialect::Superai => Some(superai::ABOUT),
        Dialect::Zstack => Some(zstack::ABOUT),
        Dialect::Dx => Some(dx::ABOUT),
    }
}
