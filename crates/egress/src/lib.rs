#![doc = include_str!("../README.md")]

pub mod addresses;
pub mod http;

mod capped;
mod dial;
mod error;
mod explain;
mod policy;
mod resolver;
mod stream;
mod tls;
mod trail;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use dial::Target;
pub use error::{EgressError, RootsError, TlsFault};
pub use explain::{Judged, Unjudged};
pub use policy::{Permitted, Policy, Refused};
pub use resolver::Resolver;
#[cfg(any(test, feature = "scripted-dns"))]
pub use resolver::ScriptedDns;
pub use stream::{Connection, Stream, TlsStream};
pub use tls::{Roots, TlsVerification};
pub use trail::Trail;

/// The door: one per process, and one view of it for each attempt.
#[derive(Debug)]
pub struct Egress {
    rules: Arc<Rules>,
    trail: Trail,
    chosen: Option<Target>,
}

/// What holds for every way out.
#[derive(Debug)]
struct Rules {
    policy: Policy,
    resolver: Resolver,
    tls: tls::TlsClients,
}

impl Egress {
    /// A door with these rules, trusting `roots`, asking `resolver`.
    pub fn new(policy: Policy, roots: &Roots, resolver: Resolver) -> Self {
        let rules = Rules { policy, resolver, tls: tls::TlsClients::new(roots) };
        Self { rules: Arc::new(rules), trail: Trail::default(), chosen: None }
    }

    /// The same door for one attempt: what is done through it leaves a trail of its own.
    #[must_use]
    pub fn for_one_attempt(&self) -> Self {
        Self { rules: Arc::clone(&self.rules), trail: Trail::default(), chosen: self.chosen.clone() }
    }

    /// The same door for a place that the operator's own configuration names as such (an issuer of identities):
    /// exactly this host and port may also be a private address or a short name. `egress.deny`, addresses at
    /// which clouds hand out credentials, and our own listeners stay closed, and so does every other place that
    /// the policy does not open (SSR-16). Never for a target that a request names.
    #[must_use]
    pub fn toward(&self, chosen: Target) -> Self {
        Self { rules: Arc::clone(&self.rules), trail: Trail::default(), chosen: Some(chosen) }
    }

    /// What was done through this view of the door.
    pub const fn trail(&self) -> &Trail {
        &self.trail
    }

    /// The rules in force: for the lines at start and for explaining a refusal.
    pub fn policy(&self) -> &Policy {
        &self.rules.policy
    }
}
