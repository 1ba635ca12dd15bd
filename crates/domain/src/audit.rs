//! The record of an act: who, what, from where, on whose behalf, with what outcome. Never a value.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::consumer::Consumer;
use crate::ids::{CredentialId, IntegrationId, OrganizationId, PrincipalId, RequestId, TokenId, WorkspaceId};
use crate::principal::PrincipalKind;
use crate::text::Name;
use crate::trace::TraceId;
use crate::verification::{Outcome, Reason, Verification};

/// Who acts, as a record keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// An authenticated caller.
    Principal {
        /// Who.
        id: PrincipalId,
        /// By which token.
        token: TokenId,
        /// What sort of caller.
        kind: PrincipalKind,
        /// The name its token was issued under.
        name: Name,
    },
    /// The server itself: first start, jobs.
    System,
    /// Somebody who did not show who they are.
    Unknown,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AuditAction {
    /// A credential was made, or was to be.
    #[serde(rename = "credential.create")]
    Create,
    /// A credential was changed, or was to be.
    #[serde(rename = "credential.change")]
    Change,
    /// A credential was deleted, or was to be.
    #[serde(rename = "credential.delete")]
    Delete,
    /// A credential or draft was tried against its real system.
    #[serde(rename = "credential.verify")]
    Verify,
    /// Secrets were given out, or asked for.
    #[serde(rename = "credential.resolve")]
    Resolve,
    /// Single secret fields were opened for a dialect that shows them redacted or, by its contract, in clear.
    #[serde(rename = "credential.excerpt")]
    Excerpt,
    /// A consumer reported a refusal.
    #[serde(rename = "credential.report")]
    Report,
    /// A consumer gave its hold back.
    #[serde(rename = "credential.release")]
    Release,
    /// Metadata was asked for by one who may not.
    #[serde(rename = "credential.read")]
    Read,
    /// A workspace was asked for by one who may not.
    #[serde(rename = "workspace.read")]
    WorkspaceRead,
    /// Tokens were asked for by one who may not.
    #[serde(rename = "token.read")]
    TokenRead,
    /// A workspace was made or changed.
    #[serde(rename = "workspace.change")]
    Workspace,
    /// A workspace was made, or was to be.
    #[serde(rename = "workspace.create")]
    WorkspaceCreate,
    /// A workspace was erased, or was to be.
    #[serde(rename = "workspace.delete")]
    WorkspaceDelete,
    /// Organizations were asked for by one who may not.
    #[serde(rename = "organization.read")]
    OrganizationRead,
    /// An organization was made, or was to be.
    #[serde(rename = "organization.create")]
    OrganizationCreate,
    /// An organization was renamed, or was to be.
    #[serde(rename = "organization.change")]
    OrganizationChange,
    /// An organization was erased, or was to be.
    #[serde(rename = "organization.delete")]
    OrganizationDelete,
    /// Integrations were asked for by one who may not.
    #[serde(rename = "integration.read")]
    IntegrationRead,
    /// An integration was made, or was to be.
    #[serde(rename = "integration.create")]
    IntegrationCreate,
    /// An integration was changed, or was to be.
    #[serde(rename = "integration.change")]
    IntegrationChange,
    /// An integration was deleted, or was to be.
    #[serde(rename = "integration.delete")]
    IntegrationDelete,
    /// A token was issued.
    #[serde(rename = "token.issue")]
    TokenIssue,
    /// A token was replaced.
    #[serde(rename = "token.rotate")]
    TokenRotate,
    /// A token was revoked.
    #[serde(rename = "token.revoke")]
    TokenRevoke,
    /// A token for a run was asked for by one who may not.
    #[serde(rename = "token.exchange")]
    TokenExchange,
    /// A token was shown that does not count.
    #[serde(rename = "token.use")]
    TokenUse,
    /// A session began: somebody signed in with a token.
    #[serde(rename = "session.begin")]
    SessionBegin,
    /// A session was ended by its holder.
    #[serde(rename = "session.end")]
    SessionEnd,
    /// The audit log was asked for by one who may not.
    #[serde(rename = "audit.read")]
    AuditRead,
    /// A key of ours was made.
    #[serde(rename = "key.make")]
    KeyMake,
    /// Keys of ours are rotated: begun, or done.
    #[serde(rename = "key.rotate")]
    KeyRotate,
    /// Sealed values, or keys, were put into another wrapping.
    #[serde(rename = "key.rewrap")]
    KeyRewrap,
    /// A key of ours was destroyed.
    #[serde(rename = "key.destroy")]
    KeyDestroy,
}

/// What it was done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum AuditObject {
    /// A credential; the id asked for, where the caller may not know whether it exists.
    Credential(CredentialId),
    /// Credentials as a whole, or one that has no id yet.
    Credentials,
    /// An integration; the id asked for, where the caller may not know whether it exists.
    Integration(IntegrationId),
    /// Integrations as a whole, or one that has no id yet.
    Integrations,
    /// A workspace.
    Workspace(WorkspaceId),
    /// A token.
    Token(TokenId),
    /// A tenant.
    Organization(OrganizationId),
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditOutcome {
    /// About to be done: durable before the effect.
    Attempted,
    /// Done.
    Succeeded,
    /// Not done, because a rule or the real system said no.
    Refused,
    /// Not done, because the caller may not.
    Denied,
    /// Not done, because something broke.
    Failed,
}

/// What an attempt showed, short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditVerification {
    /// What it showed.
    pub outcome: Outcome,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Whose credential it turned out to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

impl From<&Verification> for AuditVerification {
    fn from(verification: &Verification) -> Self {
        Self {
            outcome: verification.outcome,
            reason: verification.reason,
            account: verification.evidence.account.clone(),
            duration_ms: verification.duration_ms,
        }
    }
}

/// One record. Organization and workspace are those of the scope it is committed under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// For whom, as the caller claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Consumer>,
    /// From which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// In which request.
    pub request: RequestId,
    /// In which trace, as the caller says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
    /// What.
    pub action: AuditAction,
    /// To what.
    pub object: AuditObject,
    /// How it went.
    pub outcome: AuditOutcome,
    /// The credential's version, after a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The value's version that was given, tried or made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_version: Option<u64>,
    /// Which parts were named, without values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// The stable code of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What the real system said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<AuditVerification>,
    /// Facts about how it was done: `dry_run`, `rebind`, `skipped_verification`, `tls_relaxed`, `if_match`,
    /// `force`, `duplicate_of`, the caller's `reason`, the digest of the sealed payload; of keys: which, how many, at
    /// whose request.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub notes: std::collections::BTreeMap<String, String>,
}
