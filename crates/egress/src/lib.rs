#![doc = include_str!("../README.md")]

pub mod addresses;
pub mod http;

mod dial;
mod error;
mod policy;
mod resolver;
mod stream;
mod tls;

#[cfg(test)]
mod tests;

pub use dial::Target;
pub use error::{EgressError, RootsError, TlsFault};
pub use policy::{Permitted, Policy, Refused};
pub use resolver::Resolver;
#[cfg(any(test, feature = "scripted-dns"))]
pub use resolver::ScriptedDns;
pub use stream::{Connection, Stream, TlsStream};
pub use tls::{Roots, TlsVerification};

/// The door: one per process, shared.
#[derive(Debug)]
pub struct Egress {
    policy: Policy,
    resolver: Resolver,
    tls: tls::TlsClients,
}

impl Egress {
    /// A door with these rules, trusting `roots`, asking `resolver`.
    pub fn new(policy: Policy, roots: &Roots, resolver: Resolver) -> Self {
        Self { policy, resolver, tls: tls::TlsClients::new(roots) }
    }

    /// The rules in force: for the lines at start and for explaining a refusal.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }
}
