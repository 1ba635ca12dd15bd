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
mod login;
mod private_key;
mod relay;
mod session;
mod watch;

use async_trait::async_trait;
use strongroom_domain::Fault;
use strongroom_domain::credential::Candidate;
use strongroom_domain::verification::{Finding, Reason, Step};
use strongroom_egress::Egress;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::Instant;

use crate::{Account, Connector, HostKeyPlace};
use failure::Failure;
pub(crate) use fields::kind;
use login::{Login, Opened};

/// The check of the kind.
pub(crate) struct Sftp;

#[async_trait]
impl Connector for Sftp {
    /// Decrypts the private key, which is made to take time: up to seconds.
    fn examine(&self, candidate: &Candidate) -> Vec<Fault> {
        match Login::of(candidate) {
            Ok(login) => beside_other_tasks(|| login.proof.open()).err().into_iter().collect(),
            Err(faults) => faults,
        }
    }

    fn account(&self, candidate: &Candidate) -> Option<Account> {
        let login = Login::of(candidate).ok()?;
        Some(Account::new(format!("ssh://{}/{}", login.target, login.user)))
    }

    fn unstated_host_key(&self, candidate: &Candidate) -> Option<HostKeyPlace> {
        let login = Login::of(candidate).ok()?;
        login.host_keys.is_empty().then(|| HostKeyPlace::new(&login.target, "host_key"))
    }

    async fn check(&self, candidate: &Candidate, egress: &Egress, deadline: Instant) -> Finding {
        let Ok(login) = Login::of(candidate) else { return misconfigured() };
        let Ok(opened) = login.proof.open_elsewhere().await else { return misconfigured() };
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

/// On a runtime of several threads, lets another one take over this one's tasks meanwhile.
fn beside_other_tasks<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current() {
        Ok(runtime) if runtime.runtime_flavor() == RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(work)
        }
        _ => work(),
    }
}
