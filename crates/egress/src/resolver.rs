//! Names to addresses, once per connection.
//!
//! Owns which names are looked up and how. Must never decide about the addresses that come back, and
//! must never be asked twice for one connection: a second answer may differ (DNS rebinding).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[cfg(any(test, feature = "scripted-dns"))]
pub use scripted::ScriptedDns;

use crate::policy::is_localhost;

/// Who is asked for the addresses of a name.
#[derive(Debug, Clone)]
pub enum Resolver {
    /// The operating system's resolver. Its search list and hosts file apply to listed names only.
    System,
    /// Prepared answers, for tests.
    #[cfg(any(test, feature = "scripted-dns"))]
    Scripted(ScriptedDns),
}

impl Resolver {
    /// The addresses of `name`, in the order in which to try them. The caller has asked
    /// [`Policy::permits_name`](crate::Policy::permits_name), knows whether the operator listed the name, and
    /// bounds the time.
    pub(crate) async fn addresses_of(&self, name: &str, is_listed: bool) -> io::Result<Vec<IpAddr>> {
        if is_localhost(name) {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]); // RFC 6761, section 6.3
        }
        match self {
            Self::System => system_lookup(name, is_listed).await,
            #[cfg(any(test, feature = "scripted-dns"))]
            Self::Scripted(script) => script.next_answer(name),
        }
    }
}

/// A trailing dot makes the name absolute, which turns the search list off (resolv.conf(5)). A listed
/// name is asked as it stands: the operator named it, and short names live from search list and hosts file.
#[expect(clippy::disallowed_methods, reason = "this is the door; its answers are judged before use")]
async fn system_lookup(name: &str, is_listed: bool) -> io::Result<Vec<IpAddr>> {
    let asked = if is_listed { name.to_owned() } else { format!("{name}.") };
    let answer = tokio::net::lookup_host((asked, 0)).await?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for endpoint in answer {
        if !addresses.contains(&endpoint.ip()) {
            addresses.push(endpoint.ip());
        }
    }
    Ok(addresses)
}

#[cfg(any(test, feature = "scripted-dns"))]
mod scripted {
    use std::collections::{HashMap, VecDeque};
    use std::io;
    use std::net::IpAddr;
    use std::sync::{Arc, Mutex, PoisonError};

    /// A resolver for tests: one answer per lookup in the order given, and a count of the lookups.
    /// Clones share the script.
    #[derive(Debug, Clone, Default)]
    pub struct ScriptedDns {
        names: Arc<Mutex<HashMap<String, Script>>>,
    }

    #[derive(Debug, Default)]
    struct Script {
        answers: VecDeque<Vec<IpAddr>>,
        lookups: usize,
    }

    impl ScriptedDns {
        /// Adds an answer for the next lookup of `name` that has none yet. The last answer repeats.
        #[must_use]
        pub fn answer(self, name: &str, addresses: &[IpAddr]) -> Self {
            self.with(name, |script| script.answers.push_back(addresses.to_vec()));
            self
        }

        /// How often `name` was looked up.
        pub fn lookups(&self, name: &str) -> usize {
            self.with(name, |script| script.lookups)
        }

        pub(super) fn next_answer(&self, name: &str) -> io::Result<Vec<IpAddr>> {
            let answer = self.with(name, |script| {
                script.lookups += 1;
                if script.answers.len() > 1 {
                    script.answers.pop_front()
                } else {
                    script.answers.front().cloned()
                }
            });
            answer.ok_or_else(|| io::ErrorKind::NotFound.into())
        }

        fn with<T>(&self, name: &str, act: impl FnOnce(&mut Script) -> T) -> T {
            let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
            act(names.entry(name.to_owned()).or_default())
        }
    }
}
