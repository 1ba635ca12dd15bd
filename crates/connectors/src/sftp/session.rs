//! One session: key exchange, log-in, a look at the files.

use std::sync::Arc;

use russh::client::{Handle, connect_stream};
use strongroom_domain::verification::{Evidence, Finding, Step};
use strongroom_egress::Trail;
use tokio::io::DuplexStream;

use super::failure::{Failure, Unclear};
use super::files::{self, Looked};
use super::host_key::HostKey;
use super::login::{Login, Opened};
use super::watch::{Seen, Watch};
use super::{algorithms, authentication};

/// The finding is *accepted*; everything else is a failure.
pub(super) async fn run(
    stream: DuplexStream,
    login: &Login,
    opened: &Opened,
    trail: &Trail,
) -> Result<Finding, Failure> {
    let seen = Arc::new(Seen::default());
    let config = algorithms::config(&login.host_keys.algorithms());
    let watch = Watch::new(login.host_keys.clone(), Arc::clone(&seen));
    let mut handle = connect_stream(config, stream, watch).await.map_err(|failure| early(failure, &seen))?;
    let failure = match log_in_and_look(&mut handle, login, opened, trail).await {
        Ok(looked) => {
            return seen.host_key().map(|key| accepted(login, looked, key)).ok_or(Unclear::Protocol.into());
        }
        Err(failure) => failure,
    };
    Err(match failure {
        Failure::Lost => cause(&mut handle, &seen).await.before_proof(),
        Failure::LostAfterProof(means) => cause(&mut handle, &seen).await.after_proof(means),
        failure => failure,
    })
}

/// Before keys are agreed on, what is no SSH server looks like one that hangs up.
fn early(failure: Failure, seen: &Seen) -> Failure {
    match failure {
        Failure::Closed => seen.take_end().unwrap_or(Failure::NotSsh).before_proof(),
        failure => failure,
    }
}

async fn log_in_and_look(
    handle: &mut Handle<Watch>,
    login: &Login,
    opened: &Opened,
    trail: &Trail,
) -> Result<Looked, Failure> {
    trail.step(Step::Authenticate);
    authentication::prove(handle, &login.user, opened, trail).await?;
    trail.step(Step::Authorise);
    files::look(handle, login.path.as_deref(), trail).await
}

/// The library tells the waiting side only that the session is over; its task says why, as its last act.
async fn cause(handle: &mut Handle<Watch>, seen: &Seen) -> Failure {
    let ended = handle.await;
    seen.take_end().or(ended.err()).unwrap_or(Failure::Closed)
}

fn accepted(login: &Login, looked: Looked, host_key: &HostKey) -> Finding {
    let user = &login.user;
    let path = login.path.as_deref().unwrap_or_default();
    let message = match looked {
        Looked::Nowhere => format!("Logged in as {user}; SFTP works."),
        Looked::Opened => format!("Logged in as {user} and opened {path}."),
        Looked::Found => format!("Logged in as {user}; {path} is there and was not opened."),
    };
    let account = Some(format!("{user}@{}", host_key.fingerprint));
    Finding::accepted(message, Evidence { account, facts: host_key.facts(), ..Evidence::default() })
}
