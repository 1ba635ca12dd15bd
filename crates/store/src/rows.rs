//! The records a store keeps, as plain values.

use ipnet::IpNet;
use strongroom_domain::Scope;
use strongroom_domain::Timestamp;
use strongroom_domain::audit::AuditRecord;
use strongroom_domain::credential::Credential;
use strongroom_domain::event::Event;
use strongroom_domain::identity::Identity;
use strongroom_domain::ids::{CredentialId, NodeId, OrganizationId, PrincipalId, TokenId, WorkspaceId};
use strongroom_domain::integration::{Integration, Shared};
use strongroom_domain::policy::WorkspaceSettings;
use strongroom_domain::principal::{Grant, PrincipalKind, Reach, Role};
use strongroom_domain::text::{Name, Slug};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationRow {
    /// Its id.
    pub id: OrganizationId,
    /// Unique among organizations.
    pub slug: Slug,
    /// Free text.
    pub name: Name,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A workspace with its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceRow {
    /// Its id.
    pub id: WorkspaceId,
    /// Unique in its organization.
    pub slug: Slug,
    /// Free text.
    pub name: Name,
    /// What it chose.
    pub settings: WorkspaceSettings,
    /// Counts its changes.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The sealed part of a credential's current value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredValue {
    /// Counts changes of the value.
    pub value_version: u64,
    /// What the envelope is bound to beside ids and version: a digest of the target.
    pub target_digest: [u8; 32],
    /// The sealed secrets, opaque here.
    pub envelope: Vec<u8>,
    /// Keyed fingerprint of the identity, where there is a whole one.
    pub fingerprint: Option<[u8; 16]>,
    /// The same of its public part.
    pub account_fingerprint: Option<[u8; 16]>,
}

/// A credential and its current value, read in one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCredential {
    /// The public part.
    pub credential: Credential,
    /// The sealed part; its `value_version` is the credential's.
    pub value: StoredValue,
    /// What its integration had to give in that moment, where it has one.
    pub shared: Option<Shared>,
}

/// An integration and its current value, read in one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredIntegration {
    /// The public part.
    pub integration: Integration,
    /// The sealed part; its `value_version` is the integration's, and it has no fingerprints.
    pub value: StoredValue,
}

/// A sealed value in whatever state, with all that its envelope is bound to: what a sweep rewraps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedValue {
    /// Of which credential; an integration's id, where the kind says so.
    pub credential: CredentialId,
    /// The kind it is sealed under: the credential's, or `integration/` and the integration's.
    pub kind: String,
    /// Which of its values.
    pub value_version: u64,
    /// The digest of its target.
    pub target_digest: [u8; 32],
    /// The sealed secrets.
    pub envelope: Vec<u8>,
}

/// Part of a walk over all sealed values of a workspace. Nothing is left out: what does not decode is named,
/// because whoever walks here decides which keys are needed no more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SealedPage {
    /// The values that decode.
    pub values: Vec<SealedValue>,
    /// Credentials with a value that does not.
    pub damaged: Vec<CredentialId>,
    /// Where the next part begins; none at the end.
    pub next: Option<CredentialId>,
}

/// The same value in another wrapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewrappedValue {
    /// Of which credential, or integration by the same bytes.
    pub credential: CredentialId,
    /// Which of its values.
    pub value_version: u64,
    /// The envelope it was made from.
    pub from: Vec<u8>,
    /// The envelope to store.
    pub to: Vec<u8>,
}

/// A token without its text: the text itself is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id, which is also in its text.
    pub id: TokenId,
    /// Who it stands for.
    pub principal: PrincipalId,
    /// What sort of caller.
    pub kind: PrincipalKind,
    /// The name it was issued under.
    pub name: Name,
    /// What it may do at home.
    pub role: Role,
    /// Where it is at home.
    pub scope: Scope,
    /// Which credentials it reaches there.
    pub reach: Reach,
    /// What it may do elsewhere.
    pub grants: Vec<Grant>,
    /// The only networks it may be used from; empty means any.
    pub networks: Vec<IpNet>,
    /// Keyed MAC of its secret part; where it has an identity, of a secret that nobody was ever shown.
    pub mac: [u8; 32],
    /// The secret part before the last rotation, while it still counts.
    pub previous: Option<PreviousSecret>,
    /// Whose statements prove it, where they do so in place of a secret.
    pub identity: Option<Identity>,
    /// When it was issued.
    pub created_at: Timestamp,
    /// By whom; `None` for the first one.
    pub created_by: Option<PrincipalId>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was used last, roughly.
    pub last_used_at: Option<Timestamp>,
}

/// A secret part that counts for a while after it was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviousSecret {
    /// Its keyed MAC.
    pub mac: [u8; 32],
    /// Until when it counts.
    pub until: Timestamp,
}

/// A host key that a workspace believes because it was the first one seen there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKeyPin {
    /// `host:port`, as targets are written; one pin each.
    pub endpoint: String,
    /// Type and fingerprint: `ssh-ed25519 SHA256:...`.
    pub key: String,
    /// On whose behalf it was seen.
    pub pinned_by: PrincipalId,
    /// When.
    pub pinned_at: Timestamp,
}

/// Whose keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyOwner {
    /// The system's own: token pepper and the like.
    System,
    /// A tenant's.
    Organization(OrganizationId),
}

/// A wrapped key of ours, opaque here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Whose.
    pub owner: KeyOwner,
    /// What for: `kek`, `fingerprint`, `token_pepper` ...
    pub purpose: String,
    /// Which of its epochs; 0 where there is only one.
    pub epoch: u32,
    /// Its id.
    pub key_id: [u8; 16],
    /// The text that names the key it is wrapped under.
    pub wrapped_by: String,
    /// The wrapped key.
    pub blob: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Under what a request is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// Whose request.
    pub principal: PrincipalId,
    /// Which route, with its parameters.
    pub route: String,
    /// The key the caller chose.
    pub key: String,
}

/// The remembered answer to a request that succeeded. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRow {
    /// Under what.
    pub key: IdempotencyKey,
    /// Keyed MAC of the request's body.
    pub body_mac: [u8; 32],
    /// What the use case answered, as JSON of the public credential; empty where it answers nothing.
    pub answer: String,
    /// When.
    pub created_at: Timestamp,
}

/// A record with its position in the order of its node.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// The node that wrote it.
    pub node: NodeId,
    /// Its position there.
    pub node_seq: u64,
    /// The record.
    pub record: AuditRecord,
}

/// What only one at a time may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeaseName {
    /// Giving leaves to records, and signing heads.
    AuditLog,
    /// Giving positions to events.
    Sequencer,
}

impl LeaseName {
    /// As a store keeps it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuditLog => "audit_log",
            Self::Sequencer => "sequencer",
        }
    }
}

/// Who may do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// One run of one process.
    pub holder: NodeId,
    /// Counts the holders: a write under an older fence is one of a holder that was replaced.
    pub fence: u64,
    /// Until when nobody else can take it.
    pub until: Timestamp,
}

/// An event with its place among the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedEvent {
    /// Its place in the order over all workspaces. Grows; never shown to a caller, because it would tell one
    /// tenant how busy the others are.
    pub rank: u64,
    /// Where it happened.
    pub scope: Scope,
    /// Its place in its workspace: 1, 2, 3 and so on.
    pub position: u64,
    /// What happened.
    pub event: Event,
}

/// How far the order over all workspaces has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EventOrder {
    /// The highest rank that was ever given; 0 before the first.
    pub last_rank: u64,
    /// Whether events wait for their places.
    pub waiting: bool,
}

/// Which events of a workspace can be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EventRange {
    /// The highest position that was forgotten; 0 where none was.
    pub forgotten: u64,
    /// The highest position that was ever given; 0 before the first.
    pub last: u64,
}

/// How a store is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoreStatus {
    /// For how long old bytes have been waiting to be scrubbed from the files, in seconds; 0 when none are.
    pub scrub_pending_seconds: u64,
    /// Commits that were applied since start.
    pub commits: u64,
    /// Syncs they took.
    pub syncs: u64,
    /// Bytes that are free where it writes, when it looked last; 0 where it has not looked.
    pub free_bytes: u64,
}
