//! What a connector is.
//!
//! Owns the trait and nothing that belongs to one system. A connector must never write at its target,
//! try twice, open a socket of its own, or repeat the text of a remote system.

use std::fmt;

use async_trait::async_trait;
use strongroom_domain::Fault;
use strongroom_domain::credential::Candidate;
use strongroom_domain::verification::Finding;
use strongroom_egress::Egress;
use tokio::time::Instant;

/// Knows how candidates of a kind are tried against their system.
///
/// Candidates have passed the schema of their kind: fields are there and have their types.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Faults that only show across fields or inside one. Pure; none by default.
    fn examine(&self, _candidate: &Candidate) -> Vec<Fault> {
        Vec::new()
    }

    /// Under what refused attempts are counted; `None` where the candidate names nothing to count under.
    fn account(&self, candidate: &Candidate) -> Option<Account>;

    /// Makes one attempt and says what came of it.
    ///
    /// `egress` is this attempt's own view of the door. Its trail knows the steps on the way there; a
    /// connector says the others, each once where it begins, and says before a proof of the secret leaves.
    async fn check(&self, candidate: &Candidate, egress: &Egress, deadline: Instant) -> Finding;
}

/// Where an attempt goes and as whom, as one opaque text such as `postgresql://db.example:5432/app`.
///
/// Equal for all candidates that one system would count together towards locking an account. Never
/// holds the secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Account(String);

impl Account {
    /// An account. `text` begins with a word for the system, so that two systems never share a counter.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
