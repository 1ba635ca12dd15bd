//! Our own tokens, one endpoint per file.

pub(super) mod exchange;
mod grant;
pub(super) mod issue;
pub(super) mod list;
pub(super) mod revoke;
pub(super) mod rotate;
mod wire;

pub(super) use wire::GrantBody;
