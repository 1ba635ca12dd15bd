//! Why an attempt did not come to its end, and what that means for a finding.
//!
//! Owns every sentence about it. Must never hold a text of the server's: of a reply, only its code.

use std::io;

use strongroom_domain::verification::{Finding, Reason};
use strongroom_egress::EgressError;

use super::login::Security;
use crate::outage::{CLOSED, unreached};

/// The end of an attempt that the server did not let in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Egress(#[from] EgressError),
    #[error("the connection broke")]
    Broken(#[from] io::Error),
    #[error("the server turns everyone away")]
    TurnsAway,
    #[error("the server asks to come back later")]
    ComeBackLater,
    #[error("the server does not offer TLS")]
    NoTls,
    #[error("the server offers TLS and refuses it")]
    TlsRefused,
    #[error("bytes in clear text where TLS should begin")]
    BytesBeforeTls,
    #[error("an answer without a question")]
    Unasked,
    #[error("the server offers no log-in that the check knows")]
    NoMechanism,
    #[error("the server takes log-ins over TLS only")]
    WantsTls,
    #[error("the server refused the log-in")]
    Rejected,
    #[error("not SMTP")]
    Protocol,
    #[error("more data than a log-in needs")]
    TooMuch,
    #[error("reply code {0} to a log-in")]
    LogInCode(u16),
}

impl Failure {
    /// By the code that ends a log-in (RFC 4954, section 6).
    pub(super) const fn of_log_in(code: u16, security: Security) -> Self {
        match (code, security) {
            // "Must issue a STARTTLS command first" (RFC 3207, section 4), "encryption required" (RFC 4954).
            (530 | 538, Security::None) => Self::WantsTls,
            // 530 and 534 are how large providers say "not with this password".
            (530 | 534 | 535, _) => Self::Rejected,
            (421 | 454, _) => Self::ComeBackLater,
            (400..=499, _) => Self::TurnsAway,
            _ => Self::LogInCode(code),
        }
    }

    pub(super) fn into_finding(self) -> Finding {
        let unclear = |message: &str| Finding::unreachable(Reason::ProtocolError, message);
        match self {
            Self::Egress(error) => unreached(&error),
            Self::Broken(_) => Finding::unreachable(Reason::ConnectionRefused, CLOSED),
            Self::TurnsAway => Finding::unreachable(
                Reason::ConnectionRefused,
                "The server turns clients away, whoever they are.",
            ),
            Self::ComeBackLater => {
                Finding::unreachable(Reason::RateLimited, "The server asks to come back later.")
            }
            Self::NoTls => Finding::unreachable(
                Reason::TlsFailed,
                "The server does not offer STARTTLS; no user or password was sent. If it begins with TLS, set security to tls.",
            ),
            Self::TlsRefused => Finding::unreachable(
                Reason::TlsFailed,
                "The server offers STARTTLS and refuses it; no user or password was sent.",
            ),
            Self::BytesBeforeTls => unclear(
                "The server, or someone between, sent clear text where TLS should begin; no user or password was sent.",
            ),
            Self::Unasked => unclear("The server answered what it was not asked; the check stopped there."),
            Self::NoMechanism => unclear(
                "The server offers neither AUTH PLAIN nor AUTH LOGIN, so the password could not be proved.",
            ),
            Self::WantsTls => Finding::unreachable(
                Reason::MisconfiguredTarget,
                "The server takes log-ins over TLS only and did not judge the password: set security to starttls or tls.",
            ),
            Self::Rejected => {
                Finding::rejected(Reason::AuthFailed, "The server refused this user with this password.")
            }
            Self::Protocol => unclear("The answers are not those of an SMTP server."),
            Self::TooMuch => unclear("The server sent more than a log-in needs."),
            Self::LogInCode(code) => {
                tracing::debug!(code, "the check ended with an unexpected reply");
                unclear("The server answered with a reply that says nothing about the password.")
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
            (530, Rejected, Reason::AuthFailed),
            (534, Rejected, Reason::AuthFailed),
            (535, Rejected, Reason::AuthFailed),
            (421, Unreachable, Reason::RateLimited),
            (454, Unreachable, Reason::RateLimited),
            (432, Unreachable, Reason::ConnectionRefused),
            (451, Unreachable, Reason::ConnectionRefused),
            (250, Unreachable, Reason::ProtocolError),
            (334, Unreachable, Reason::ProtocolError),
            (500, Unreachable, Reason::ProtocolError),
            (504, Unreachable, Reason::ProtocolError),
            (538, Unreachable, Reason::ProtocolError),
        ] {
            for security in [Security::StartTls, Security::Tls] {
                let finding = Failure::of_log_in(code, security).into_finding();
                assert_eq!((finding.outcome, finding.reason), (outcome, Some(reason)), "{code}");
            }
        }
    }

    #[test]
    fn con_18_a_server_that_wants_tls_first_has_not_judged_the_password() {
        for code in [530, 538] {
            let finding = Failure::of_log_in(code, Security::None).into_finding();
            let expected = (Outcome::Unreachable, Some(Reason::MisconfiguredTarget));
            assert_eq!((finding.outcome, finding.reason), expected, "{code}");
        }
        assert_eq!(Failure::of_log_in(535, Security::None).into_finding().outcome, Outcome::Rejected);
    }
}
