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

/// The stages of an attempt, in the order in which one passes them. A kind has those that its system has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The name was looked up and its addresses judged.
    Resolve,
    /// A connection was opened and, where the system speaks first, it greeted.
    Connect,
    /// TLS was agreed on and the certificate proved the name.
    Tls,
    /// SSH: keys were agreed on and the server's own key was one that is trusted.
    HostKey,
    /// The candidate was shown and judged.
    Authenticate,
    /// The system grants what the kind is for.
    Authorise,
    /// The stated path was opened for reading.
    OpenPath,
}

impl Step {
    /// The stable code, as on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::HostKey => "host_key",
            Self::Authenticate => "authenticate",
            Self::Authorise => "authorise",
            Self::OpenPath => "open_path",
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// The next one began, or the attempt was accepted.
    Passed,
    /// The attempt ended in it.
    Failed,
}

/// One step of an attempt, as kept and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTaken {
    /// Which.
    pub name: Step,
    /// How it ended.
    pub outcome: StepOutcome,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
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
    /// What the system itself answered, in its protocol's own code and our words for it: `401 Unauthorized`,
    /// say. Never its prose, which may hold anything.
    pub said: Option<String>,
    /// Whether a proof of the secret was sent.
    pub proof: Proof,
    /// How far it came, in order; empty where nothing was tried. Set around the connector, not by it.
    pub steps: Vec<StepTaken>,
}

impl Finding {
    /// The system let the candidate in.
    pub fn accepted(message: impl Into<String>, evidence: Evidence) -> Self {
        let message = message.into();
        Self { evidence, ..Self::without_evidence(Outcome::Accepted, None, message) }.after_proof()
    }

    /// The same, after a proof of the secret was sent.
    #[must_use]
    pub fn after_proof(self) -> Self {
        Self { proof: Proof::Sent, ..self }
    }

    /// The same, with what the system answered: a code of its protocol, in words of ours.
    #[must_use]
    pub fn saying(self, said: impl Into<String>) -> Self {
        Self { said: Some(said.into()), ..self }
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
        let (evidence, said, proof) = (Evidence::default(), None, Proof::NotSent);
        Self { outcome, reason, message: message.into(), evidence, said, proof, steps: Vec::new() }
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
    /// What the system itself answered, as of [`Finding::said`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// How long the attempt took, in milliseconds.
    pub duration_ms: u64,
    /// When it ended.
    pub checked_at: Timestamp,
    /// How far it came; empty where nothing was tried, or it was kept before steps were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepTaken>,
}

impl Verification {
    /// A finding with its time. A refused target tells none: its name may be one of an inner network, and
    /// how long the look-up took would say something about it (SSR-11).
    pub fn of(finding: Finding, duration: Duration, checked_at: Timestamp) -> Self {
        let Finding { outcome, reason, message, evidence, said, proof: _, mut steps } = finding;
        let mut duration_ms = whole_millis(duration);
        if reason == Some(Reason::TargetNotAllowed) {
            duration_ms = 0;
            for step in &mut steps {
                step.duration_ms = 0;
            }
        }
        Self { outcome, reason, message, evidence, said, duration_ms, checked_at, steps }
    }

    /// The step in which the attempt ended without being accepted.
    pub fn failed_step(&self) -> Option<Step> {
        self.steps.iter().find(|step| step.outcome == StepOutcome::Failed).map(|step| step.name)
    }
}

/// For the wire: rounded down, like every duration there.
pub fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_micros(0);

    fn taken(name: Step, outcome: StepOutcome) -> StepTaken {
        StepTaken { name, outcome, duration_ms: 7 }
    }

    #[test]
    fn what_was_kept_before_there_were_steps_still_reads() {
        let kept = r#"{"outcome":"accepted","reason":null,"message":"m","evidence":{},"duration_ms":1,
            "checked_at":"2026-11-21T10:00:00.000Z"}"#;
        let verification: Verification = serde_json::from_str(kept).unwrap();
        assert_eq!(verification.steps, []);
        assert!(!serde_json::to_string(&verification).unwrap().contains("steps"), "absent, not empty");
    }

    #[test]
    fn steps_survive_being_kept() {
        let steps =
            vec![taken(Step::Resolve, StepOutcome::Passed), taken(Step::Connect, StepOutcome::Failed)];
        let finding = Finding { steps, ..Finding::unreachable(Reason::Timeout, "m") };
        let verification = Verification::of(finding, Duration::from_millis(14), NOW);
        let kept = serde_json::to_value(&verification).unwrap();
        assert_eq!(
            kept["steps"][1],
            serde_json::json!({"name": "connect", "outcome": "failed", "duration_ms": 7})
        );
        assert_eq!(serde_json::from_value::<Verification>(kept).unwrap(), verification);
        assert_eq!(verification.failed_step(), Some(Step::Connect));
    }

    #[test]
    fn ssr_11_a_refused_target_tells_no_time() {
        let steps = vec![taken(Step::Resolve, StepOutcome::Failed)];
        let finding = Finding { steps, ..Finding::unreachable(Reason::TargetNotAllowed, "m") };
        let verification = Verification::of(finding, Duration::from_millis(900), NOW);
        assert_eq!((verification.duration_ms, verification.steps[0].duration_ms), (0, 0));
    }
}
