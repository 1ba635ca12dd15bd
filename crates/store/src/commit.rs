//! A change as a value, and the closed type of everything that is not a change.

use strongroom_domain::Timestamp;
use strongroom_domain::audit::AuditRecord;
use strongroom_domain::consumer::{Consumer, Hold};
use strongroom_domain::credential::{Accepted, Credential};
use strongroom_domain::dialect::Dialect;
use strongroom_domain::event::Event;
use strongroom_domain::health::Health;
use strongroom_domain::ids::{CredentialId, IntegrationId, NodeId, OrganizationId, TokenId};
use strongroom_domain::integration::Integration;
use strongroom_domain::verification::Verification;

use crate::log::{GrownLog, GrownSystemLog, SignedHead};
use crate::query::Made;
use crate::rows::{
    HostKeyPin, IdempotencyRow, KeyOwner, KeyRow, LeaseName, OrganizationRow, RewrappedValue, StoredValue,
    TokenRow, WorkspaceRow,
};

/// What must hold at the moment the commit is applied; otherwise nothing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// The credential is there with exactly this version.
    Version(CredentialId, u64),
    /// The credential is there and its current value has exactly this version.
    ValueVersion(CredentialId, u64),
    /// Nobody has an unexpired hold on it at this time.
    NoHold(CredentialId, Timestamp),
    /// The organization has fewer credentials than this.
    CredentialsBelow(u64),
    /// The workspace has fewer credentials of this sort than this.
    MadeBelow(Made, u64),
    /// The organization has fewer unrevoked tokens than this.
    TokensBelow(u64),
    /// The token is there and not revoked, in whichever workspace of the scope's organization it is at home; and
    /// where that is another one than the scope's, the scope's is there.
    TokenLive(TokenId),
    /// The integration is there with exactly this version.
    IntegrationVersion(IntegrationId, u64),
    /// Exactly this many credentials refer to the integration.
    IntegrationUses(IntegrationId, u64),
    /// The workspace has fewer integrations than this.
    IntegrationsBelow(u64),
    /// The token has exactly this MAC: of two rotations at once one is refused.
    TokenSecret(TokenId, [u8; 32]),
    /// The organization of the scope is there.
    OrganizationThere,
    /// Nobody has an unexpired hold on anything in the workspace at this time.
    NoHoldAnywhere(Timestamp),
    /// The organization has fewer workspaces than this.
    WorkspacesBelow(u64),
    /// The workspace is there with exactly this version.
    WorkspaceVersion(u64),
    /// This owner has no keys yet, so that two first uses cannot make two sets.
    NoKeys(KeyOwner),
    /// The newest key of this owner for this purpose has this epoch. A value is committed under the newest
    /// epoch or not at all: otherwise it could come to lie under one that a sweep has passed and destroys.
    NewestEpoch(KeyOwner, String, u32),
    /// This owner has a key that is wrapped under the key of this name (`KeyRow::wrapped_by`).
    KeyUnder(KeyOwner, String),
    /// No key, whosever, is wrapped under the key of this name.
    NothingUnder(String),
    /// This owner has no key for this purpose.
    NoKeyFor(KeyOwner, String),
}

/// One row to write, in the commit's scope.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Inserts or replaces an organization; only for the one of the scope.
    Organization(OrganizationRow),
    /// Inserts or replaces the workspace of the scope.
    Workspace(WorkspaceRow),
    /// Inserts or replaces the public part of a credential: labels and search words follow. Health, last
    /// verification and what was accepted belong to the value: where `value_version` stays, the stored ones
    /// stay, because a check may have ended since the row was read. Aliases are written by [`Write::Alias`]
    /// alone, and the origin when the credential is first written.
    Credential(Box<Credential>),
    /// Erases the workspace of the scope: credentials, integrations, tokens, settings. Its records stay.
    EraseWorkspace,
    /// Erases any organization, whole: also its keys, records and events; of the log only the hashes stay. One of the two
    /// writes that reach beyond their scope (the other is [`Write::RewrapKeys`]): the act is an operator's, and on
    /// record where the operator is at home.
    EraseOrganization(OrganizationId),
    /// Gives the credential an id in a dialect. One that is taken there, or a second one for the same
    /// credential, is a clash. It goes with the credential.
    Alias(CredentialId, Dialect, Alias),
    /// Inserts or replaces the public part of an integration. Aliases are written by
    /// [`Write::IntegrationAlias`] alone.
    Integration(Box<Integration>),
    /// The same as [`Write::Alias`] for an integration.
    IntegrationAlias(IntegrationId, Dialect, Alias),
    /// Makes this the integration's current value; the old one is destroyed like a credential's.
    IntegrationValue(IntegrationId, StoredValue),
    /// Deletes an integration with its value and aliases. Nothing of it stays.
    DeleteIntegration(IntegrationId),
    /// Makes this the credential's current value. The old envelope, its DEK and its fingerprint are
    /// destroyed in this commit and gone from the files within the store's scrub time.
    Value(CredentialId, StoredValue),
    /// Deletes a credential: value, fingerprint, holds, labels, words and slug go; a tombstone of metadata stays.
    Delete(CredentialId, Timestamp),
    /// Inserts or renews a hold.
    Hold(Hold),
    /// Ends the holds of a consumer on a credential, whichever token they came through.
    Release(CredentialId, Consumer),
    /// Inserts or replaces a token and its principal.
    Token(Box<TokenRow>),
    /// Revokes a token.
    RevokeToken(TokenId, Timestamp),
    /// Inserts or replaces a wrapped key (by owner, purpose and epoch).
    Key(KeyRow),
    /// Pins a host key in the workspace. The same key pinned already stays as it was; another one is a clash, so
    /// that of two first uses one wins.
    PinHostKey(HostKeyPin),
    /// Forgets the pin of an endpoint, where there is one.
    UnpinHostKey(String),
    /// Puts another wrapping around every key that is wrapped under the key of this name, whosever they are: the
    /// one write that reaches beyond the scope, because it changes no key. A clash where a row names a key
    /// that is not there under that name, or leaves one of them out.
    RewrapKeys(String, Vec<KeyRow>),
    /// Destroys a wrapped key (owner, purpose, epoch). Gone from the files within the store's scrub time.
    DestroyKey(KeyOwner, String, u32),
    /// Puts another wrapping around a sealed value. Neither version moves. Where the stored envelope is not
    /// the one it was made from, byte for byte, nothing happens: a change came first, and is the newer.
    Rewrap(Box<RewrappedValue>),
    /// Remembers the answer to a request. An unexpired one under the same key is a clash.
    Idempotency(Box<IdempotencyRow>),
}

/// An id that a dialect knows something by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alias {
    /// This text.
    Given(String),
    /// The next whole number of this dialect in the workspace, from 1: no number is used twice, not even
    /// after deletion.
    Counted,
}

/// Expectations, writes, audit records and events: applied whole or not at all. Cannot be built without
/// its audit record.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    expectations: Vec<Expectation>,
    writes: Vec<Write>,
    audit: Vec<AuditRecord>,
    events: Vec<Event>,
}

impl Commit {
    /// A commit that does nothing yet but leave this record.
    pub fn new(record: AuditRecord) -> Self {
        Self { expectations: Vec::new(), writes: Vec::new(), audit: vec![record], events: Vec::new() }
    }

    /// Adds an expectation.
    #[must_use]
    pub fn expect(mut self, expectation: Expectation) -> Self {
        self.expectations.push(expectation);
        self
    }

    /// Adds a write; writes are applied in this order.
    #[must_use]
    pub fn write(mut self, write: Write) -> Self {
        self.writes.push(write);
        self
    }

    /// Adds a further record.
    #[must_use]
    pub fn record(mut self, record: AuditRecord) -> Self {
        self.audit.push(record);
        self
    }

    /// Adds an event.
    #[must_use]
    pub fn event(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// What must hold.
    pub fn expectations(&self) -> &[Expectation] {
        &self.expectations
    }

    /// What is written.
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// What is recorded; never empty.
    pub fn audit(&self) -> &[AuditRecord] {
        &self.audit
    }

    /// What watchers are told.
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}

/// What a store does beside changes. Cannot express a change of a value, a grant or a token.
#[derive(Debug, Clone, PartialEq)]
pub enum Housekeeping {
    /// Health after a verification of the value with this version; nothing where another value is current (CCR-05).
    Health {
        /// Which credential.
        credential: CredentialId,
        /// The value that was verified.
        value_version: u64,
        /// What it adds up to.
        health: Health,
        /// The verification.
        verification: Box<Verification>,
        /// What the last accepted one showed.
        accepted: Option<Accepted>,
        /// What watchers are told, where they are to be told anything. Written where the health is, and
        /// only there.
        event: Option<Event>,
    },
    /// When a token was used last.
    TokenUsed(TokenId, Timestamp),
    /// Forgets remembered answers made before this time, in every workspace.
    ForgetIdempotency(Timestamp),
    /// Forgets holds that ended before this time, in every workspace.
    ForgetHolds(Timestamp),
    /// Takes a lease that is free or has ended, or holds on to one that is the holder's already; nothing
    /// where somebody else has it. Whoever asked reads [`Store::lease`](crate::Store::lease) next.
    Lease {
        /// Which.
        name: LeaseName,
        /// Who asks: one run of one process.
        holder: NodeId,
        /// When it is asked.
        now: Timestamp,
        /// Until when nobody else can take it.
        until: Timestamp,
    },
    /// Gives positions to events that have none yet, in every workspace: see
    /// [`Store::events`](crate::Store::events). For the holder of [`LeaseName::Sequencer`] alone.
    PlaceEvents {
        /// The fence of the lease. Another one clashes, and nothing is placed.
        fence: u64,
        /// When: what [`Housekeeping::ForgetEvents`] goes by.
        at: Timestamp,
        /// Most events of this round.
        limit: usize,
    },
    /// Gives leaves to records that have none yet, of every tenant. For the holder of
    /// [`LeaseName::AuditLog`] alone; applied whole or not at all.
    AppendLeaves {
        /// The fence of the lease. Another one clashes, and nothing is appended.
        fence: u64,
        /// How far the records had their leaves. Anything else clashes: another round came first.
        after: u64,
        /// How far they have them then. Every record in between is in one of `grown` or passed over, and nowhere twice.
        upto: u64,
        /// Records that get none, in order, because their tree is damaged: it must not stop the others.
        passed_over: Vec<u64>,
        /// The trees that grow. One whose `from_size` is not its size clashes.
        grown: Vec<GrownLog>,
    },
    /// Keeps signed heads of tenants, and lets the tree over them grow by as many lines. For the holder of
    /// [`LeaseName::AuditLog`] alone; applied whole or not at all.
    KeepSignedHeads {
        /// The fence of the lease.
        fence: u64,
        /// The heads.
        heads: Vec<(OrganizationId, SignedHead)>,
        /// How the tree over them grows. A `from_size` that is not its size clashes.
        system: Box<GrownSystemLog>,
    },
    /// Forgets the bodies of records that have leaves and were made before this time, in every workspace: a little at
    /// a time. Changes of credentials stay, for their history; so do the hashes, and the last row of all.
    ForgetRecords(Timestamp),
    /// Forgets the positions of events that were placed before this time, in every workspace: nobody can
    /// go on from before them any more. The rows stay in the journal, whose chain goes over them.
    ForgetEvents(Timestamp),
}
