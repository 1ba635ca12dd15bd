//! `smtp`: who may submit mail to a server.
//!
//! Owns the one attempt: dial, TLS, EHLO, AUTH, QUIT. Speaks the few lines itself: lettre brings its own TLS
//! roots and reads replies without a limit, and everything here has to go through `egress`. Must never send
//! MAIL, RCPT or DATA (CON-15), nor AUTH in the clear unless `security` is stated as `none`.

mod failure;
mod fields;
mod login;
mod session;
mod wire;

use async_trait::async_trait;
use strongroom_domain::Fault;
use strongroom_domain::credential::Candidate;
use strongroom_domain::verification::{Finding, Reason, Step};
use strongroom_egress::{Egress, TlsVerification};
use tokio::time::Instant;

use crate::{Account, Connector};
use failure::Failure;
pub(crate) use fields::kind;
use login::{Login, Security};

/// The check.
pub(crate) struct Smtp;

#[async_trait]
impl Connector for Smtp {
    fn examine(&self, candidate: &Candidate) -> Vec<Fault> {
        Login::of(candidate).err().unwrap_or_default()
    }

    fn account(&self, candidate: &Candidate) -> Option<Account> {
        let login = Login::of(candidate).ok()?;
        Some(Account::of("smtp", &login.target, &login.user))
    }

    async fn check(&self, candidate: &Candidate, egress: &Egress, deadline: Instant) -> Finding {
        let Ok(login) = Login::of(candidate) else {
            return Finding::unreachable(
                Reason::MisconfiguredTarget,
                "The fields do not say which server and user are meant.",
            );
        };
        attempt(&login, egress, deadline).await.unwrap_or_else(Failure::into_finding)
    }
}

async fn attempt(login: &Login, egress: &Egress, deadline: Instant) -> Result<Finding, Failure> {
    let mut connection = egress.dial(&login.target, deadline).await?;
    if login.security == Security::None {
        session::greet(&mut connection).await?;
        return session::log_in(connection, login, "off", egress.trail()).await;
    }
    if login.security == Security::StartTls {
        session::greet(&mut connection).await?;
        egress.trail().step(Step::Tls);
        session::agree_on_tls(&mut connection).await?;
    }
    let host = &login.target.host;
    let mut stream = egress.secure(connection, host, TlsVerification::Full, deadline).await?;
    if login.security == Security::Tls {
        session::greet(&mut stream).await?;
    }
    let version = stream.protocol();
    session::log_in(stream, login, version, egress.trail()).await
}
