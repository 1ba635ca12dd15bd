//! Why a store did not do what was asked.

use std::sync::Arc;

/// Which expectation or constraint did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// The credential is gone, or has another version.
    Version,
    /// The current value is another one.
    ValueVersion,
    /// Somebody holds it.
    Held,
    /// The slug belongs to another credential of the workspace.
    Slug,
    /// The id belongs to something else in that dialect, or the credential has one there already.
    Alias,
    /// Another number of credentials refers to the integration.
    Uses,
    /// There are as many as there may be.
    Quota,
    /// The token is gone or revoked.
    Token,
    /// Another token that is not revoked has this identity.
    Identity,
    /// The workspace has another version.
    Workspace,
    /// There are keys already.
    Keys,
    /// Another host key is pinned there.
    HostKey,
    /// There is an answer under this key already.
    Idempotency,
    /// The lease is somebody else's by now.
    Lease,
}

/// The leaf error of every store. Texts of the database stay in `source` and never hold a bound value.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Nothing was applied, because something else came first.
    #[error("the commit clashes: {0:?}")]
    Clash(Clash),
    /// One record does not decode; others are not affected. Names the table, never the content.
    #[error("a record of `{0}` is damaged")]
    Corrupt(&'static str),
    /// No room: nothing was applied.
    #[error("no room left to write")]
    Full(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The data cannot be reached or used; nothing was applied.
    #[error("the store is not available")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The commit may or may not have been applied: the answer was lost.
    #[error("the outcome of the commit is not known")]
    Unknown(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}
