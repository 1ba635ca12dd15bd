//! `postgresql` and `internal_postgresql`: who may log in to a database server.
//!
//! Owns the one attempt: dial, TLS, log-in by SCRAM, one question. The server's identity is settled before
//! it hears a name, and its knowledge of the password before it is believed. Must never send a password
//! or anything from which one can be had without SCRAM, nor fall back to less.

mod channel_binding;
mod failure;
mod fields;
mod keywords;
mod login;
mod question;
mod scram;
mod session;
mod uri;
mod wire;

use async_trait::async_trait;
use strongroom_domain::Fault;
use strongroom_domain::credential::Candidate;
use strongroom_domain::verification::{Finding, Reason, Step};
use strongroom_egress::Egress;
use tokio::time::Instant;

use crate::{Account, Connector};
use channel_binding::EndPoint;
use failure::Failure;
pub(crate) use fields::{internal_kind, kind};
use login::Login;
use session::Channel;

/// The check of both kinds.
pub(crate) struct Postgres;

#[async_trait]
impl Connector for Postgres {
    fn examine(&self, candidate: &Candidate) -> Vec<Fault> {
        Login::of(candidate).err().into_iter().collect()
    }

    fn account(&self, candidate: &Candidate) -> Option<Account> {
        let login = Login::of(candidate).ok()?;
        Some(Account::of_exactly("postgresql", &login.target, cut(&login.user)))
    }

    async fn check(&self, candidate: &Candidate, egress: &Egress, deadline: Instant) -> Finding {
        let Ok(login) = Login::of(candidate) else {
            return Finding::unreachable(
                Reason::MisconfiguredTarget,
                "The fields do not say which server and role are meant.",
            );
        };
        let attempted = attempt(&login, egress, deadline).await;
        attempted.unwrap_or_else(|failure| failure.by_proof(egress.trail().proof()).into_finding())
    }
}

/// A server cuts role names to 63 bytes (`NAMEDATALEN`), so that many spellings are one role.
fn cut(role: &str) -> &str {
    const NAME_BYTES: usize = 63;
    let end = (0..=NAME_BYTES.min(role.len())).rev().find(|at| role.is_char_boundary(*at)).unwrap_or(0);
    &role[..end]
}

async fn attempt(login: &Login, egress: &Egress, deadline: Instant) -> Result<Finding, Failure> {
    let mut connection = egress.dial(&login.target, deadline).await?;
    let Some(verification) = login.tls.verification() else {
        return session::run(connection, login, Channel::Open, egress.trail()).await;
    };
    egress.trail().step(Step::Tls);
    wire::agree_on_tls(&mut connection).await?;
    let stream = egress.secure(connection, &login.target.host, verification, deadline).await?;
    let end_point = stream.peer_certificate().and_then(EndPoint::of_certificate);
    let channel = Channel::Tls { version: stream.protocol(), end_point };
    session::run(stream, login, channel, egress.trail()).await
}
