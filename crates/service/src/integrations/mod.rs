//! Integrations: outside applications that credentials share, changed by the same steps as a credential.
//!
//! What an integration says lies under every credential that uses it, so a change of one is a change of
//! those: each that takes over something else is bound and tried first, and all are saved in one commit or
//! none. Must never hand out a secret.

mod carry;
mod change;
mod create;
mod delete;
mod read;
mod sealed;

use strongroom_domain::change::CredentialChange;
use strongroom_domain::ids::IntegrationId;
use strongroom_domain::text::Name;

/// How a caller names an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntegrationRef {
    /// By id.
    Id(IntegrationId),
    /// By the id that the caller's dialect knows it by.
    Alias(String),
}

/// An integration to be made.
#[derive(Clone)]
pub struct NewIntegration {
    /// Which sort of application.
    pub kind: String,
    /// Its name.
    pub name: Name,
    /// Its settings and secrets, as a change of one that has nothing yet; other parts do not count.
    pub parts: CredentialChange,
}
