//! The operator's question "would this be dialled, and why not?", answered by the rules that dial.
//!
//! Must never answer a caller of the service: which rule refused is the operator's to know.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::time::{Instant, timeout_at};

use crate::dial::is_local;
use crate::{Egress, Permitted, Refused, Target};
use strongroom_domain::host::Host;

/// One address of a target, and the rule that applies to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The address.
    pub address: IpAddr,
    /// Why it may be reached, or why not.
    pub verdict: Result<Permitted, Refused>,
}

/// Why a target is refused before any address is judged.
#[derive(Debug, thiserror::Error)]
pub enum Unjudged {
    /// Port 0 is never dialled.
    #[error("port 0 is no port")]
    NoPort,
    /// It is a short name, or under `localhost`, and not listed.
    #[error("a short name that egress.allow_names does not list")]
    ShortName,
    /// The resolver knows no address.
    #[error("the name has no address")]
    NoAddress,
    /// The resolver failed.
    #[error("the name could not be resolved")]
    Resolver(#[source] io::Error),
    /// The resolver did not answer in time.
    #[error("the resolver did not answer in time")]
    Timeout,
}

impl Egress {
    /// Every address of `target` with the rule that applies to it. It would be dialled if none is refused.
    /// Asks the resolver, and connects to nothing.
    ///
    /// # Errors
    ///
    /// [`Unjudged`]: it would not be dialled.
    pub async fn explain(&self, target: &Target, deadline: Instant) -> Result<Vec<Judged>, Unjudged> {
        if target.port == 0 {
            return Err(Unjudged::NoPort);
        }
        let addresses = match &target.host {
            Host::Address(address) => vec![*address],
            Host::Name(name) if !self.rules.policy.permits_name(name) => return Err(Unjudged::ShortName),
            Host::Name(name) => {
                let answer = timeout_at(
                    deadline,
                    self.rules.resolver.addresses_of(name, self.rules.policy.lists_name(name)),
                )
                .await;
                answer.map_err(|_| Unjudged::Timeout)?.map_err(Unjudged::Resolver)?
            }
        };
        if addresses.is_empty() {
            return Err(Unjudged::NoAddress);
        }
        let judge = |address| {
            let verdict = self.rules.policy.judge_endpoint(SocketAddr::new(address, target.port), is_local);
            Judged { address, verdict }
        };
        Ok(addresses.into_iter().map(judge).collect())
    }
}
