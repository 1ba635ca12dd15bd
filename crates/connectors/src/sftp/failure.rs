//! Why an attempt did not come to its end, and what that means for a finding.
//!
//! Owns every sentence about it. Must never hold a text of the server's: errors of the library lose
//! theirs here.

use std::fmt;

use russh::client::RemoteDisconnectInfo;
use russh::{AlgorithmKind, Disconnect};
use strongroom_domain::verification::{Evidence, Finding, Reason};
use strongroom_egress::EgressError;

use super::host_key::{HostKey, WeakKey};
use crate::outage::{CLOSED, unreached};

/// The end of an attempt that the server did not let in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Egress(#[from] EgressError),
    #[error("the connection ended")]
    Closed,
    #[error("the session ended; its task knows why")]
    Lost,
    #[error("the session ended after the {0} was sent; its task knows why")]
    LostAfterProof(Means),
    #[error("the connection ended before keys were agreed on")]
    NotSsh,
    #[error("the server turns clients away")]
    TurnedAway,
    #[error("the host key is not stated")]
    HostKeyUnknown(HostKey),
    #[error("the host key is not the stated one")]
    HostKeyChanged(HostKey),
    #[error("no such path")]
    PathMissing,
    #[error(transparent)]
    Unclear(#[from] Unclear),
    #[error(transparent)]
    Refusal(#[from] Refusal),
}

/// What says nothing about the secret. The texts are for findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unclear {
    #[error("The answers are not those of an SSH server.")]
    Protocol,
    #[error("The server sent more than a log-in needs.")]
    TooMuch,
    #[error("The server offers no {0} that is still considered safe; nothing was sent.")]
    NothingSafe(&'static str),
    #[error(
        "The server is open to prefix truncation: it has ChaCha20-Poly1305 alone and no strict key exchange. \
         Nothing was sent."
    )]
    PrefixTruncation,
    #[error("The server showed {0}; nothing was sent.")]
    WeakHostKey(WeakKey),
    #[error("The server did not prove that it holds its host key.")]
    ServerUnproven,
    #[error("The server lets this user in without a proof, so the password or key could not be proved.")]
    AsksForNothing,
    #[error("The server asks for something else than the password; nothing was sent.")]
    OtherPrompt,
    #[error("The server asks for more than the password, which may be right or wrong.")]
    MorePrompts,
    #[error("The server takes RSA signatures with SHA-1 only; the key was not used.")]
    OnlySha1,
    #[error(
        "The server refused the RSA key, but may only know signatures with SHA-1; try another type of key."
    )]
    MaybeSha1,
    #[error("The private key could not sign the login.")]
    Unsigned,
    #[error("The login works, but the path could not be opened.")]
    Path,
}

/// What the server definitely does not grant. The texts are for findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("The server offers this user no way to log in.")]
    NoMethodLeft,
    #[error("The server does not let this user log in by {0}; nothing was sent.")]
    NotOffered(Means),
    #[error("The server refused the {0}: it is wrong, or the user does not exist or may not log in.")]
    Proof(Means),
    #[error("The server refused the login and ended the connection.")]
    TooManyFailures,
    #[error("The server took the {0} and wants a second proof, which this kind has not.")]
    SecondProof(Means),
    #[error("The login works, but the server opens no session for this user.")]
    NoSession,
    #[error("The login works, but SFTP does not start for this user.")]
    NoSftp,
    #[error("The login works, but the user may not open the path.")]
    PathForbidden,
}

/// What a user logs in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    Password,
    Key,
}

impl fmt::Display for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password => "password",
            Self::Key => "key",
        })
    }
}

impl From<russh::Error> for Failure {
    fn from(error: russh::Error) -> Self {
        use russh::Error;
        match error {
            Error::Disconnect | Error::HUP | Error::IO(_) => Self::Closed,
            Error::SendError | Error::RecvError => Self::Lost,
            Error::NoAuthMethod => Refusal::NoMethodLeft.into(),
            Error::ChannelOpenFailure(_) => Refusal::NoSession.into(),
            Error::NoCommonAlgo { kind, .. } => Unclear::NothingSafe(word_for(&kind)).into(),
            Error::WrongServerSig => Unclear::ServerUnproven.into(),
            _ => Unclear::Protocol.into(),
        }
    }
}

const fn word_for(kind: &AlgorithmKind) -> &'static str {
    match kind {
        AlgorithmKind::Kex => "key exchange",
        AlgorithmKind::Key => "type of host key",
        AlgorithmKind::Cipher => "cipher",
        AlgorithmKind::Mac => "message authentication",
        AlgorithmKind::Compression => "compression setting",
    }
}

impl From<russh::SendError> for Failure {
    fn from(_: russh::SendError) -> Self {
        Self::Lost
    }
}

impl Failure {
    /// What a server's last message means. `OpenSSH` has no code of its own for too many failures, only this
    /// text (`auth_maxtries_exceeded` in its `auth.c`), which is compared and dropped.
    pub(super) fn of_goodbye(goodbye: &RemoteDisconnectInfo) -> Self {
        let too_many = goodbye.message.starts_with("Too many authentication failures");
        match goodbye.reason_code {
            Disconnect::NoMoreAuthMethodsAvailable => Refusal::TooManyFailures.into(),
            Disconnect::ProtocolError if too_many => Refusal::TooManyFailures.into(),
            Disconnect::TooManyConnections
            | Disconnect::HostNotAllowedToConnect
            | Disconnect::ServiceNotAvailable => Self::TurnedAway,
            _ => Self::Closed,
        }
    }

    /// No refusal of a proof that was not given.
    pub(super) fn before_proof(self) -> Self {
        if matches!(self, Self::Refusal(Refusal::TooManyFailures)) { Self::TurnedAway } else { self }
    }

    /// A server that leaves no method after a proof has refused it.
    pub(super) fn after_proof(self, means: Means) -> Self {
        match self {
            Self::Refusal(Refusal::NoMethodLeft) => Refusal::Proof(means).into(),
            failure => failure,
        }
    }

    pub(super) fn into_finding(self) -> Finding {
        match self {
            Self::Egress(error) => unreached(&error),
            Self::Closed | Self::Lost | Self::LostAfterProof(_) => closed(CLOSED),
            Self::NotSsh => closed(
                "The connection was closed before keys were agreed on: this is no SSH server, or it turns us away.",
            ),
            Self::TurnedAway => closed("The server turns connections away."),
            Self::HostKeyUnknown(shown) => unproven(
                Reason::HostKeyUnknown,
                format!(
                    "No host key is stated. The server showed {shown}; nothing was sent. If that is its key, \
                     state it."
                ),
                &shown,
            ),
            Self::HostKeyChanged(shown) => unproven(
                Reason::HostKeyChanged,
                format!("The server showed {shown}, which is not a stated host key; nothing was sent."),
                &shown,
            ),
            Self::PathMissing => Finding::unreachable(
                Reason::MisconfiguredTarget,
                "The login works, but the path does not exist.",
            ),
            Self::Unclear(unclear) => Finding::unreachable(Reason::ProtocolError, unclear.to_string()),
            Self::Refusal(refusal) => Finding::rejected(refusal.reason(), refusal.to_string()),
        }
    }
}

impl Refusal {
    /// A login that works and is not enough is told apart from one that does not.
    const fn reason(self) -> Reason {
        match self {
            Self::NoMethodLeft | Self::NotOffered(_) | Self::Proof(_) | Self::TooManyFailures => {
                Reason::AuthFailed
            }
            Self::SecondProof(_) | Self::NoSession | Self::NoSftp | Self::PathForbidden => {
                Reason::InsufficientScope
            }
        }
    }
}

fn closed(message: &str) -> Finding {
    Finding::unreachable(Reason::ConnectionRefused, message)
}

/// Names the key also as facts, so that a program can show it and state it.
fn unproven(reason: Reason, message: String, shown: &HostKey) -> Finding {
    let evidence = Evidence { facts: shown.facts(), ..Evidence::default() };
    Finding { evidence, ..Finding::unreachable(reason, message) }
}
