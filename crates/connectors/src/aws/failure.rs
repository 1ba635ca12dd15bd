//! Why AWS did not let a key in, and what that means for a finding.
//!
//! Owns every sentence about it. Must never hold a text of the server's.

use strongroom_domain::verification::{Finding, Reason};
use strongroom_egress::EgressError;

use crate::outage::unreached;

/// The end of an attempt that proved nothing, or proved the key wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Egress(#[from] EgressError),
    #[error("no key of this id")]
    UnknownKey,
    #[error("the signature does not match")]
    WrongSecret,
    #[error("the session token has expired")]
    Expired,
    #[error("the key may not ask this")]
    Denied,
    #[error("the account does not have the service in this region")]
    NotThere,
    #[error("AWS asks to come back later")]
    ComeBackLater,
    #[error("AWS reports a fault of its own")]
    Unwell,
    #[error("our clock and that of AWS differ")]
    OurClock,
    #[error("a code that says nothing about the key")]
    UnknownCode,
    #[error("not an answer of AWS")]
    Protocol,
}

impl Failure {
    pub(super) fn into_finding(self) -> Finding {
        match self {
            Self::Egress(error) => unreached(&error),
            Self::UnknownKey => Finding::rejected(
                Reason::AuthFailed,
                "AWS knows no active key of this id in this partition, or its session token is not the one issued.",
            ),
            Self::WrongSecret => Finding::rejected(
                Reason::AuthFailed,
                "AWS refused the signature: the secret access key does not belong to the key id.",
            ),
            Self::Expired => Finding::rejected(Reason::Expired, "The session token has expired."),
            Self::Denied => Finding::rejected(
                Reason::InsufficientScope,
                "AWS knows the key, but its policies do not allow this question.",
            ),
            Self::NotThere => Finding::unreachable(
                Reason::MisconfiguredTarget,
                "The account does not have this service, or not in this region.",
            ),
            Self::ComeBackLater => Finding::unreachable(Reason::RateLimited, "AWS asks to come back later."),
            Self::Unwell => {
                Finding::unreachable(Reason::ConnectionRefused, "AWS reports a fault of its own.")
            }
            Self::OurClock => Finding::unreachable(
                Reason::ProtocolError,
                "The clock of this server is wrong by minutes, so AWS accepts no signature of it.",
            ),
            Self::UnknownCode => Finding::unreachable(
                Reason::ProtocolError,
                "AWS answered with an error that says nothing about the key.",
            ),
            Self::Protocol => {
                Finding::unreachable(Reason::ProtocolError, "The answers are not those of AWS.")
            }
        }
    }
}
