//! What callers and workspaces may choose: arguments of the use cases, never an `if` on who calls.

use serde::{Deserialize, Serialize};

use crate::access::Action;

/// How much a change must prove before it is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyMode {
    /// Not checked.
    #[serde(rename = "never", alias = "skip")]
    Skip,
    /// Only a definite refusal is refused.
    IfSupported,
    /// Only a proof is saved.
    Required,
}

/// What an outage means for a change that must prove itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnreachable {
    /// Nothing is saved.
    Refuse,
    /// Saved with health unknown.
    SaveUnverified,
}

/// What a request asks for; what it leaves out is the workspace's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyRequest {
    /// The mode, or the workspace's.
    pub mode: Option<VerifyMode>,
    /// What an outage means, or the mode's own habit.
    pub on_unreachable: Option<OnUnreachable>,
    /// Why less is asked for than the workspace wants; goes into the audit record.
    pub reason: Option<String>,
}

/// What holds for one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyPolicy {
    /// How much must be proved.
    pub mode: VerifyMode,
    /// Whether an outage refuses.
    pub on_unreachable: OnUnreachable,
    /// The rights a caller needs beyond those of the change itself.
    pub needs: Vec<Action>,
    /// Whether the request must give a reason and did not.
    pub reason_missing: bool,
}

impl VerifyRequest {
    /// Lays the request over the workspace's default. Stricter is always allowed; laxer needs a right.
    pub fn over(&self, default: &VerifyDefault) -> VerifyPolicy {
        let mode = self.mode.unwrap_or(default.verify);
        let on_unreachable = self.on_unreachable.unwrap_or(match mode {
            VerifyMode::Required => default.on_unreachable,
            VerifyMode::IfSupported | VerifyMode::Skip => OnUnreachable::SaveUnverified,
        });
        let mut needs = Vec::new();
        if mode < default.verify {
            needs.push(Action::SkipVerification);
        }
        let laxer_on_outage = mode == VerifyMode::Required
            && on_unreachable == OnUnreachable::SaveUnverified
            && default.on_unreachable == OnUnreachable::Refuse;
        if laxer_on_outage {
            needs.push(Action::SaveUnverified);
        }
        let reason_missing = laxer_on_outage && self.reason.as_deref().is_none_or(|r| r.trim().is_empty());
        VerifyPolicy { mode, on_unreachable, needs, reason_missing }
    }
}

/// A workspace's own choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyDefault {
    /// How much a change must prove.
    pub verify: VerifyMode,
    /// What an outage means where a proof is required.
    pub on_unreachable: OnUnreachable,
}

impl VerifyDefault {
    /// The same for a dialect that promises `habit` to its clients, which is nobody's wish for less and needs
    /// no right. A workspace that checks nothing checks nothing here either.
    #[must_use]
    pub fn with_habit(self, habit: Option<VerifyMode>) -> Self {
        match habit {
            Some(verify) if self.verify != VerifyMode::Skip => Self { verify, ..self },
            _ => self,
        }
    }
}

/// What to do with a field that the kind does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldPolicy {
    /// Refuse it.
    Strict,
    /// Keep it among the secrets, whatever its value.
    StoreUnknownSealed,
    /// The same, and refuse nothing for its form: a public field that does not fit its kind is sealed as it
    /// was given, and nothing is required. What does not fit is not checked. For wire formats that validate
    /// nothing.
    AsGiven,
}

/// What to do when another credential of the workspace has the same identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicatePolicy {
    /// Save, and name the other one in the audit record.
    Report,
    /// Refuse.
    Refuse,
    /// Do not look.
    Off,
}

/// What to do about each of the two ways to be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuplicateRules {
    /// The whole identity, secret included.
    pub secrets: DuplicatePolicy,
    /// The public part of it: the same account under another secret.
    pub settings: DuplicatePolicy,
}

impl DuplicateRules {
    /// Both alike.
    pub const fn both(policy: DuplicatePolicy) -> Self {
        Self { secrets: policy, settings: policy }
    }
}

/// What a delete does about unexpired holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteMode {
    /// Refuse while a hold is unexpired.
    UnlessHeld,
    /// Delete all the same; a right of its own.
    Force,
    /// Delete all the same, because the caller's wire format knows no holds; needs no further right.
    Regardless,
}

/// Where unstated SSH host keys come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SshHostKeys {
    /// The credential must state them.
    Stated,
    /// The first one seen on a successful use is kept.
    PinFirst,
}

/// Whom to believe where a credential states no host key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostKeyTrust {
    /// Nobody, pins or not: the workspace says that keys are stated.
    Stated,
    /// The key that is pinned, where one is; none is pinned.
    Pinned,
    /// The key that is pinned, or else the first one seen, which is pinned when it has let the candidate in.
    PinFirst,
}

/// How `PostgreSQL` is reached where a dialect has no field for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    /// No TLS.
    Disable,
    /// TLS without proof of who answers.
    Require,
    /// TLS with a trusted certificate, whatever its name.
    VerifyCa,
    /// TLS with a trusted certificate for this name.
    VerifyFull,
}

/// How faithfully the Flowise dialect copies its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowiseMode {
    /// As its documentation says.
    Documented,
    /// As the program answers.
    Exact,
}

/// What the Flowise dialect makes of fields that do not fit their type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowiseSchema {
    /// Nothing, as its model.
    #[default]
    Off,
    /// They are saved, and the answer says so in a header.
    Warn,
    /// They are refused.
    Strict,
}

/// The settings of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceSettings {
    /// How much a change must prove.
    pub verify: VerifyMode,
    /// What an outage means.
    pub on_unreachable: OnUnreachable,
    /// Whether a change must name the version it is based on.
    pub require_if_match: bool,
    /// What the native API does about duplicates.
    pub duplicates: DuplicatePolicy,
    /// Unset: stated for the native API, pinned for dialects without a field.
    pub ssh_host_keys: Option<SshHostKeys>,
    /// For dialects without a field.
    pub postgres_sslmode: SslMode,
    /// How long a hold lasts when a resolve does not say, in seconds.
    pub hold_seconds: u64,
    /// How the Flowise dialect answers.
    pub flowise_mode: FlowiseMode,
    /// What it makes of fields that do not fit their type.
    #[serde(default)]
    pub flowise_schema: FlowiseSchema,
}

impl Default for WorkspaceSettings {
    fn default() -> Self {
        Self {
            verify: VerifyMode::Required,
            on_unreachable: OnUnreachable::Refuse,
            require_if_match: false,
            duplicates: DuplicatePolicy::Report,
            ssh_host_keys: None,
            postgres_sslmode: SslMode::VerifyFull,
            hold_seconds: 3_600,
            flowise_mode: FlowiseMode::Documented,
            flowise_schema: FlowiseSchema::Off,
        }
    }
}

impl WorkspaceSettings {
    /// How host keys that a credential does not state are treated; `unset` is what the caller's dialect means
    /// where the workspace has not chosen.
    pub const fn host_keys(&self, unset: SshHostKeys) -> HostKeyTrust {
        match (self.ssh_host_keys, unset) {
            (Some(SshHostKeys::Stated), _) => HostKeyTrust::Stated,
            (Some(SshHostKeys::PinFirst), _) | (None, SshHostKeys::PinFirst) => HostKeyTrust::PinFirst,
            (None, SshHostKeys::Stated) => HostKeyTrust::Pinned,
        }
    }

    /// The part that a change's policy is laid over.
    pub const fn verify_default(&self) -> VerifyDefault {
        VerifyDefault { verify: self.verify, on_unreachable: self.on_unreachable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: VerifyDefault =
        VerifyDefault { verify: VerifyMode::Required, on_unreachable: OnUnreachable::Refuse };

    fn request(mode: Option<VerifyMode>, on_unreachable: Option<OnUnreachable>) -> VerifyRequest {
        VerifyRequest { mode, on_unreachable, reason: None }
    }

    #[test]
    fn laxer_needs_a_right_and_stricter_does_not() {
        assert_eq!(request(None, None).over(&STRICT).needs, []);
        assert_eq!(request(Some(VerifyMode::Skip), None).over(&STRICT).needs, [Action::SkipVerification]);
        let lax = VerifyDefault { verify: VerifyMode::Skip, ..STRICT };
        assert_eq!(request(Some(VerifyMode::Required), None).over(&lax).needs, []);
    }

    #[test]
    fn a_workspace_that_wants_keys_stated_believes_no_pin() {
        let settings = |choice| WorkspaceSettings { ssh_host_keys: choice, ..WorkspaceSettings::default() };
        let (stated, pin_first) = (SshHostKeys::Stated, SshHostKeys::PinFirst);
        for (choice, unset, trust) in [
            (Some(stated), pin_first, HostKeyTrust::Stated),
            (Some(stated), stated, HostKeyTrust::Stated),
            (Some(pin_first), stated, HostKeyTrust::PinFirst),
            (None, pin_first, HostKeyTrust::PinFirst),
            (None, stated, HostKeyTrust::Pinned),
        ] {
            assert_eq!(settings(choice).host_keys(unset), trust, "{choice:?} {unset:?}");
        }
    }

    #[test]
    fn a_habit_needs_no_right_and_never_is_never() {
        let request = request(None, None);
        let policy = request.over(&STRICT.with_habit(Some(VerifyMode::IfSupported)));
        assert_eq!((policy.mode, policy.needs), (VerifyMode::IfSupported, vec![]));
        let never = VerifyDefault { verify: VerifyMode::Skip, ..STRICT };
        assert_eq!(request.over(&never.with_habit(Some(VerifyMode::Required))).mode, VerifyMode::Skip);
    }

    #[test]
    fn saving_unverified_needs_a_right_and_a_reason() {
        let policy = request(None, Some(OnUnreachable::SaveUnverified)).over(&STRICT);
        assert_eq!((policy.needs, policy.reason_missing), (vec![Action::SaveUnverified], true));
    }

    #[test]
    fn if_supported_saves_through_an_outage_unless_told() {
        let policy = request(Some(VerifyMode::IfSupported), None).over(&STRICT);
        assert_eq!(policy.on_unreachable, OnUnreachable::SaveUnverified);
        let told = request(Some(VerifyMode::IfSupported), Some(OnUnreachable::Refuse)).over(&STRICT);
        assert_eq!(told.on_unreachable, OnUnreachable::Refuse);
    }
}
