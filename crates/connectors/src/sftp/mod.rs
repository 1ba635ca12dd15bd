//! `sftp`: who may log in to an SSH server and reach its files.
//!
//! Owns the one attempt: dial, agree on keys, judge the host key, log in, open SFTP, open the path. The
//! server's identity is settled before it hears a name. Must never write there, send a secret twice, or
//! answer a question that it does not know.

mod algorithms;
mod authentication;
mod failure;
mod fields;
mod files;
mod host_key;
mod known_hosts;
mod login;
mod openings;
mod private_key;
mod relay;
mod session;
mod watch;

use async_trait::async_trait;
use strongroom_domain::Fault;
use strongroom_domain::credential::Candidate;
use strongroom_domain::verification::{Finding, Reason, Step};
use strongroom_egress::Egress;
use tokio::time::Instant;

use crate::{Account, Connector, HostKeyPlace};
use failure::Failure;
pub(crate) use fields::kind;
use login::{Login, Opened};
use openings::Openings;

/// The check of the kind.
pub(crate) struct Sftp {
    openings: Openings,
}

impl Sftp {
    pub(crate) fn new() -> Self {
        Self { openings: Openings::for_this_machine() }
    }
}

#[async_trait]
impl Connector for Sftp {
    fn examine(&self, candidate: &Candidate) -> Vec<Fault> {
        Login::of(candidate).err().unwrap_or_default()
    }

    fn takes_work(&self, candidate: &Candidate) -> bool {
        Login::of(candidate).is_ok_and(|login| login.proof.takes_work())
    }

    /// Decrypts the private key, which is made to take time: up to seconds.
    async fn examine_deeply(&self, candidate: &Candidate) -> Vec<Fault> {
        match Login::of(candidate) {
            Ok(login) => self.openings.open(login.proof).await.err().into_iter().collect(),
            Err(faults) => faults,
        }
    }

    fn account(&self, candidate: &Candidate) -> Option<Account> {
        let login = Login::of(candidate).ok()?;
        Some(Account::of("ssh", &login.target, &login.user))
    }

    fn unstated_host_key(&self, candidate: &Candidate) -> Option<HostKeyPlace> {
        let login = Login::of(candidate).ok()?;
        login.host_keys.is_empty().then(|| HostKeyPlace::new(&login.target, "host_key"))
    }

    async fn check(&self, candidate: &Candidate, egress: &Egress, deadline: Instant) -> Finding {
        let Ok(login) = Login::of(candidate) else { return misconfigured() };
        let Ok(opened) = self.openings.open(login.proof.clone()).await else {
            return Finding::unsupported("The private key cannot be opened with what the credential holds.");
        };
        attempt(&login, &opened, egress, deadline).await.unwrap_or_else(Failure::into_finding)
    }
}

fn misconfigured() -> Finding {
    Finding::unreachable(
        Reason::MisconfiguredTarget,
        "The fields do not say which server, user and password or key are meant.",
    )
}

async fn attempt(
    login: &Login,
    opened: &Opened,
    egress: &Egress,
    deadline: Instant,
) -> Result<Finding, Failure> {
    let connection = egress.dial(&login.target, deadline).await?;
    egress.trail().step(Step::HostKey);
    let (near, far) = relay::pipe();
    tokio::select! {
        biased;
        finding = session::run(near, login, opened, egress.trail()) => finding,
        failure = relay::run(connection, far) => Err(failure),
    }
}
