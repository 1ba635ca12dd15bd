//! One attempt against a real system, and what came of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What an attempt showed. An outage is never blamed on the key: four outcomes and never two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The system let the candidate in and proved it.
    Accepted,
    /// The system definitely refused the candidate.
    Rejected,
    /// Nothing definite: the system was not reached, or did not behave as it should.
    Unreachable,
    /// This kind, or this method of it, has no check.
    Unsupported,
}

/// Why an attempt ended as it did. The first four belong to *rejected*, the others to *unreachable*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Wrong user, password, key or token.
    AuthFailed,
    /// The system knows the candidate but does not grant what the kind needs.
    InsufficientScope,
    /// The system says the candidate has run out.
    Expired,
    /// The system says the candidate was withdrawn.
    Revoked,
    /// No answer before the deadline.
    Timeout,
    /// Nobody listens there, or the system turns everyone away.
    ConnectionRefused,
    /// The name does not resolve.
    NameNotFound,
    /// The system asks to come back later.
    RateLimited,
    /// The answers are not those of such a system.
    ProtocolError,
    /// Too many refused attempts on this account lately: nothing was sent.
    CoolingDown,
    /// The SSH host key is not stated yet.
    HostKeyUnknown,
    /// The SSH host key is another one than stated.
    HostKeyChanged,
    /// TLS is not offered or the certificate does not prove the name.
    TlsFailed,
    /// The address or name may not be reached from here.
    TargetNotAllowed,
    /// The system answers, but not for what the settings name (an unknown database, say).
    MisconfiguredTarget,
}

impl Reason {
    /// Whether only an explicit skip may save such a candidate (API.md, fourth row of the policy table).
    pub const fn forbids_saving(self) -> bool {
        matches!(
            self,
            Self::HostKeyUnknown
                | Self::HostKeyChanged
                | Self::TlsFailed
                | Self::TargetNotAllowed
                | Self::MisconfiguredTarget
        )
    }

    /// The stable code, as on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AuthFailed => "auth_failed",
            Self::InsufficientScope => "insufficient_scope",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Timeout => "timeout",
            Self::ConnectionRefused => "connection_refused",
            Self::NameNotFound => "name_not_found",
            Self::RateLimited => "rate_limited",
            Self::ProtocolError => "protocol_error",
            Self::CoolingDown => "cooling_down",
            Self::HostKeyUnknown => "host_key_unknown",
            Self::HostKeyChanged => "host_key_changed",
            Self::TlsFailed => "tls_failed",
            Self::TargetNotAllowed => "target_not_allowed",
            Self::MisconfiguredTarget => "misconfigured_target",
        }
    }
}

impl Outcome {
    /// The stable code, as on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Unreachable => "unreachable",
            Self::Unsupported => "unsupported",
        }
    }
}

/// What the system said about the candidate, as far as it can tell. Public facts only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Whose credential it is: the same text for the same account of the same system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What it may do there, where the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// When the system will stop accepting it, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Further facts by name, such as `server_version` or `tls`.
    #[serde(flatten)]
    pub facts: std::collections::BTreeMap<String, String>,
}

/// Whether the other side was given something to judge the secret by: every such attempt that is not
/// accepted counts against the account, whatever it is called (a server may refuse in many words).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Nothing that depends on the secret left.
    NotSent,
    /// It did.
    Sent,
}

/// What a connector found. Becomes a [`Verification`] with time and duration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What the attempt showed.
    pub outcome: Outcome,
    /// Why, for rejected and unreachable.
    pub reason: Option<Reason>,
    /// One sentence of ours; never text of the remote system.
    pub message: String,
    /// Facts, for accepted.
    pub evidence: Evidence,
    /// Whether a proof of the secret was sent.
    pub proof: Proof,
}

impl Finding {
    /// The system let the candidate in.
    pub fn accepted(message: impl Into<String>, evidence: Evidence) -> Self {
        let proof = Proof::Sent;
        Self { outcome: Outcome::Accepted, reason: None, message: message.into(), evidence, proof }
    }

    /// The same, after a proof of the secret was sent.
    #[must_use]
    pub fn after_proof(self) -> Self {
        Self { proof: Proof::Sent, ..self }
    }

    /// Whether this attempt counts against the account.
    pub fn counts(&self) -> bool {
        self.outcome != Outcome::Accepted && self.proof == Proof::Sent
    }

    /// The system refused the candidate.
    pub fn rejected(reason: Reason, message: impl Into<String>) -> Self {
        Self::without_evidence(Outcome::Rejected, Some(reason), message).after_proof()
    }

    /// Nothing definite.
    pub fn unreachable(reason: Reason, message: impl Into<String>) -> Self {
        Self::without_evidence(Outcome::Unreachable, Some(reason), message)
    }

    /// There is no check.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::without_evidence(Outcome::Unsupported, None, message)
    }

    fn without_evidence(outcome: Outcome, reason: Option<Reason>, message: impl Into<String>) -> Self {
        let (evidence, proof) = (Evidence::default(), Proof::NotSent);
        Self { outcome, reason, message: message.into(), evidence, proof }
    }
}

/// One attempt and its outcome, as kept and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// What the attempt showed.
    pub outcome: Outcome,
    /// Why, for rejected and unreachable.
    pub reason: Option<Reason>,
    /// One sentence of ours.
    pub message: String,
    /// Facts, for accepted.
    pub evidence: Evidence,
    /// How long the attempt took, in milliseconds.
    pub duration_ms: u64,
    /// When it ended.
    pub checked_at: Timestamp,
}

impl Verification {
    /// A finding with its time.
    pub fn of(finding: Finding, duration: Duration, checked_at: Timestamp) -> Self {
        let Finding { outcome, reason, message, evidence, proof: _ } = finding;
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self { outcome, reason, message, evidence, duration_ms, checked_at }
    }
}
