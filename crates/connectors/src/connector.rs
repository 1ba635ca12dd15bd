//! What a connector is.
//!
//! Owns the trait and nothing that belongs to one system. A connector must never write at its target,
//! try twice, open a socket of its own, or repeat the text of a remote system.

use std::fmt;

use async_trait::async_trait;
use strongroom_domain::Fault;
use strongroom_domain::credential::Candidate;
use strongroom_domain::host::Host;
use strongroom_domain::verification::{Finding, Reason};
use strongroom_egress::{Egress, Target};
use tokio::time::Instant;

/// Knows how candidates of a kind are tried against their system.
///
/// Candidates have passed the schema of their kind: fields are there and have their types.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Faults that only show across fields or inside one. Pure and quick; none by default.
    fn examine(&self, _candidate: &Candidate) -> Vec<Fault> {
        Vec::new()
    }

    /// Whether [`Connector::examine_deeply`] would keep a processor busy: those who ask for it take turns.
    fn takes_work(&self, _candidate: &Candidate) -> bool {
        false
    }

    /// Faults that take work to find, such as a key that its passphrase does not open. After [`examine`] found
    /// none; makes nobody wait who has nothing to do with it.
    ///
    /// [`examine`]: Connector::examine
    async fn examine_deeply(&self, _candidate: &Candidate) -> Vec<Fault> {
        Vec::new()
    }

    /// Under what refused attempts are counted; `None` where the candidate names nothing to count under.
    fn account(&self, candidate: &Candidate) -> Option<Account>;

    /// Where the other side shows a key of its own and the candidate does not say which; `None` where it
    /// does, and for systems that have no such keys.
    fn unstated_host_key(&self, _candidate: &Candidate) -> Option<HostKeyPlace> {
        None
    }

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
    /// A user at a target. `system` is a word for the system, so that two systems never share a counter.
    ///
    /// Few systems tell names apart by case, and to count two as one is the safe mistake.
    pub(crate) fn of(system: &str, target: &Target, user: &str) -> Self {
        Self::of_exactly(system, target, &user.to_lowercase())
    }

    /// The same for a system that does tell names apart by case.
    pub(crate) fn of_exactly(system: &str, target: &Target, user: &str) -> Self {
        Self(format!("{system}://{}/{user}", place(target)))
    }

    /// A key that has a name of its own, wherever it is shown.
    pub(crate) fn of_key(system: &str, id: &str) -> Self {
        Self(format!("{system}://{id}"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One spelling for this machine, and one for each address; other hosts count as they are named.
fn place(target: &Target) -> Target {
    let host = match &target.host {
        Host::Name(name) if name == LOCALHOST || name.ends_with(".localhost") => here(),
        Host::Name(name) => Host::Name(name.clone()),
        Host::Address(address) if address.to_canonical().is_loopback() => here(),
        Host::Address(address) => Host::Address(address.to_canonical()),
    };
    Target { host, port: target.port }
}

const LOCALHOST: &str = "localhost";

fn here() -> Host {
    Host::Name(LOCALHOST.to_owned())
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A server whose own key nobody has stated: whoever calls may know it, or decide to believe the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKeyPlace {
    endpoint: String,
    setting: &'static str,
}

/// The facts of a finding that name the key a server showed.
pub(crate) const KEY_TYPE: &str = "host_key_type";
pub(crate) const FINGERPRINT: &str = "host_key_fingerprint";

impl HostKeyPlace {
    /// `setting` is the field in which a candidate would state the key.
    pub(crate) fn new(target: &Target, setting: &'static str) -> Self {
        Self { endpoint: target.to_string(), setting }
    }

    /// `host:port`, canonical: equal text is the same place.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The candidate with this key stated, for one attempt; it is not to be stored.
    #[must_use]
    pub fn stated(&self, candidate: &Candidate, key: &str) -> Candidate {
        let mut candidate = candidate.clone();
        candidate.settings.set(self.setting, key);
        candidate
    }

    /// Type and fingerprint of the key that stopped an attempt, as they can be stated.
    pub fn shown(finding: &Finding) -> Option<String> {
        let is_about_it = matches!(finding.reason, Some(Reason::HostKeyUnknown | Reason::HostKeyChanged));
        let facts = &finding.evidence.facts;
        let (key_type, fingerprint) = facts.get(KEY_TYPE).zip(facts.get(FINGERPRINT))?;
        is_about_it.then(|| format!("{key_type} {fingerprint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str) -> Target {
        Target { host: host.parse().unwrap(), port: 25 }
    }

    #[test]
    fn one_account_has_one_name_however_it_is_spelt() {
        for host in ["LOCALHOST", "a.localhost", "127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(
                Account::of("smtp", &at(host), "App@Example.COM").as_str(),
                "smtp://localhost:25/app@example.com"
            );
        }
        let spelt = |host| Account::of("smtp", &at(host), "app");
        assert_eq!(spelt("::ffff:192.0.2.1"), spelt("192.0.2.1"));
        assert_eq!(spelt("Mail.Example"), spelt("mail.example"));
    }

    #[test]
    fn two_accounts_have_two_names() {
        let all = [
            Account::of("smtp", &at("mail.example"), "app"),
            Account::of("ssh", &at("mail.example"), "app"),
            Account::of("smtp", &at("mail.example"), "app2"),
            Account::of("smtp", &at("192.0.2.1"), "app"),
            Account::of("smtp", &at("notlocalhost"), "app"),
            Account::of("smtp", &Target { port: 26, ..at("mail.example") }, "app"),
            Account::of_exactly("smtp", &at("mail.example"), "App"),
            Account::of_key("aws", "AKIA"),
        ];
        let different: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len(), "{all:?}");
    }
}
