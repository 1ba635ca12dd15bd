//! Why an attempt did not come to its end, and what that means for a finding.
//!
//! Owns every sentence about it. Must never hold a text of the server's: of an error, only its SQLSTATE.

use std::{fmt, io};

use strongroom_domain::verification::{Finding, Proof, Reason};
use strongroom_egress::EgressError;

use crate::outage::{CLOSED, unreached};

/// The end of an attempt that the server did not let in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Egress(#[from] EgressError),
    #[error("the connection broke")]
    Broken(#[from] io::Error),
    #[error("the server does not offer TLS")]
    NoTls,
    #[error("bytes in clear text where TLS should begin")]
    BytesBeforeTls,
    #[error("the server asks for {0}")]
    AsksFor(&'static str),
    #[error("the server asks for no password")]
    AsksForNothing,
    #[error("the iteration count is out of bounds")]
    Iterations,
    #[error("the server did not prove that it knows the password")]
    ServerUnproven,
    #[error("not the protocol of PostgreSQL")]
    Protocol,
    #[error("more data than a log-in needs")]
    TooMuch,
    #[error("an error of the server")]
    Refused(SqlState),
    #[error("a refusal of the role before any proof")]
    TurnedAway(SqlState),
}

/// Five characters that name an error (PostgreSQL manual, appendix A).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SqlState(pub(super) [u8; 5]);

impl Failure {
    /// Who has seen no proof cannot have judged it, whatever is said: nobody learns the password is wrong
    /// from a server that never asked for it.
    pub(super) fn by_proof(self, proof: Proof) -> Self {
        match (self, proof) {
            (Self::Refused(state @ SqlState([b'2', b'8', ..])), Proof::NotSent) => Self::TurnedAway(state),
            (failure, _) => failure,
        }
    }

    pub(super) fn into_finding(self) -> Finding {
        let unclear = |message: &str| Finding::unreachable(Reason::ProtocolError, message);
        match self {
            Self::Egress(error) => unreached(&error),
            Self::Broken(_) => Finding::unreachable(Reason::ConnectionRefused, CLOSED),
            Self::NoTls => Finding::unreachable(
                Reason::TlsFailed,
                "The server does not offer TLS; nothing was sent. If it need not, set sslmode to disable.",
            ),
            Self::BytesBeforeTls => unclear(
                "The server, or someone between, sent clear text where TLS should begin; nothing was sent.",
            ),
            Self::AsksFor(method) => Finding::unreachable(
                Reason::ProtocolError,
                format!("The server asks for {method} instead of SCRAM-SHA-256; no password was sent."),
            ),
            Self::AsksForNothing => {
                unclear("The server asks for no password, so the password could not be proved.")
            }
            Self::Iterations => unclear(
                "The server asks for fewer than 4,096 or more than 100,000 SCRAM iterations; no proof was sent.",
            ),
            Self::ServerUnproven => unclear("The server did not prove that it knows the password."),
            Self::Protocol => unclear("The answers are not those of a PostgreSQL server."),
            Self::TooMuch => unclear("The server sent more than a log-in needs."),
            Self::TurnedAway(state) => Finding::unreachable(
                Reason::ConnectionRefused,
                "The server turned this role away without asking for a proof of the password, so nothing is known \
                 of it: perhaps no line of pg_hba.conf permits the role from here.",
            )
            .saying(state.to_string()),
            Self::Refused(state) => state.into_finding().saying(state.to_string()),
        }
    }
}

/// What is no SQLSTATE is not repeated.
impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match str::from_utf8(&self.0) {
            Ok(code) if code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) => {
                write!(f, "SQLSTATE {code}")
            }
            _ => f.write_str("an error without an SQLSTATE"),
        }
    }
}

impl SqlState {
    fn into_finding(self) -> Finding {
        let [class @ .., _, _, _] = &self.0;
        match (&self.0, class) {
            (b"28P01", _) => Finding::rejected(
                Reason::AuthFailed,
                "The server refused the password: it is wrong or has expired, or the role does not exist.",
            ),
            (b"28000", _) => Finding::rejected(
                Reason::AuthFailed,
                "The server does not let this role in: it does not exist, may not log in, or no line of \
                 pg_hba.conf permits it from here.",
            ),
            (b"42501", _) => {
                Finding::rejected(Reason::InsufficientScope, "The role may not connect to this database.")
            }
            (b"3D000", _) => {
                Finding::unreachable(Reason::MisconfiguredTarget, "The server has no such database.")
            }
            (b"53300", _) => Finding::unreachable(
                Reason::RateLimited,
                "The server or the role has no connection to spare.",
            ),
            (b"57P01" | b"57P02" | b"57P03", _) => {
                Finding::unreachable(Reason::ConnectionRefused, "The server is starting up or shutting down.")
            }
            (_, b"53") => {
                Finding::unreachable(Reason::ConnectionRefused, "The server is short of resources.")
            }
            _ => {
                // A code from a table, or five letters of a stranger's: for the log of the operator only.
                tracing::debug!(sqlstate = %self.0.escape_ascii(), "the check ended with an unexpected error");
                Finding::unreachable(
                    Reason::ProtocolError,
                    "The server answered with an error that says nothing about the password.",
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use strongroom_domain::verification::Outcome;

    use super::*;

    #[test]
    fn con_18_only_definite_refusals_are_rejections() {
        use Outcome::{Rejected, Unreachable};
        for (code, outcome, reason) in [
            (b"28P01", Rejected, Reason::AuthFailed),
            (b"28000", Rejected, Reason::AuthFailed),
            (b"42501", Rejected, Reason::InsufficientScope),
            (b"3D000", Unreachable, Reason::MisconfiguredTarget),
            (b"53300", Unreachable, Reason::RateLimited),
            (b"53200", Unreachable, Reason::ConnectionRefused),
            (b"57P01", Unreachable, Reason::ConnectionRefused),
            (b"57P03", Unreachable, Reason::ConnectionRefused),
            (b"XX000", Unreachable, Reason::ProtocolError),
            (b"08P01", Unreachable, Reason::ProtocolError),
        ] {
            let finding = Failure::Refused(SqlState(*code)).into_finding();
            assert_eq!((finding.outcome, finding.reason), (outcome, Some(reason)), "{code:?}");
        }
    }
}
