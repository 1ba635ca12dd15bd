//! What a store promises, and the values that go in and out of it.
//!
//! A store keeps sealed envelopes and cannot open them. It applies a [`Commit`] whole or not at all,
//! durably; it answers questions about what is there; it decides nothing. Rules that every store keeps,
//! and that the suite in `contract` (feature of the same name) checks:
//!
//! - **A change is a value.** [`Store::commit`] is the only way to change values, grants and tokens. When
//!   it returns `Ok`, the commit survives kill -9 and power loss. When it returns an error other than
//!   [`StoreError::Unknown`], nothing of it is there.
//! - **Housekeeping is closed.** [`Housekeeping`] cannot touch values, grants or tokens.
//! - **Tenant scope is a type.** Every method takes a [`Scope`] and answers from inside it; what lies
//!   outside is not found. The exceptions (looking up a token before its scope is known, keys of the
//!   system, first start, leases, the order of events) say so.
//! - **Not found is `Ok(None)`** or an empty list, never an error.
//! - **One corrupt record harms only itself**: reading it is [`StoreError::Corrupt`]; lists leave it out
//!   and log it; starting does not depend on it.
//! - **Time, ids and randomness are arguments.** A store reads no clock.
//! - No interactive transaction leaves a store, and no lock of it outlives a call.

mod commit;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod log;
mod query;
mod rows;
mod tenants;

pub use commit::{Alias, Commit, Expectation, Housekeeping, Write};
pub use error::{Clash, StoreError};
pub use log::{
    GrownLog, GrownSystemLog, Leaf, LeafOrder, LeafRecord, LogHead, LogOwner, NewLeaf, SignedHead,
    UnloggedRecord, UpperHash,
};
pub use query::{CredentialFilter, Fingerprint, HealthFilter, Made, Order, Page, Stretch};
pub use rows::{
    AuditEntry, EventOrder, EventRange, HostKeyPin, IdempotencyKey, IdempotencyRow, KeyOwner, KeyRow, Lease,
    LeaseName, OrganizationRow, PlacedEvent, PreviousSecret, RewrappedValue, SealedPage, SealedValue,
    StoreStatus, StoredCredential, StoredIntegration, StoredValue, TokenRow, WorkspaceRow,
};
pub use tenants::EveryOrganization;

use async_trait::async_trait;
use strongroom_domain::consumer::Hold;
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::event::Event;
use strongroom_domain::identity::Identity;
use strongroom_domain::ids::{CredentialId, IntegrationId, OrganizationId, TokenId, WorkspaceId};
use strongroom_domain::integration::Integration;
use strongroom_domain::text::{Name, Slug};
use strongroom_domain::{Scope, Timestamp};

/// The answer of every method.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Where everything is kept. See the rules at the door of this crate.
#[async_trait]
pub trait Store: Send + Sync {
    /// Applies a commit whole or not at all. Returns when it is durable.
    ///
    /// # Errors
    ///
    /// [`StoreError::Clash`] where an expectation does not hold or a slug or alias is taken; the first clash found
    /// is named. [`StoreError::Full`] where the disk (or the reserve kept for reads) is exhausted.
    async fn commit(&self, scope: &Scope, commit: Commit) -> Result<()>;

    /// Keeps house. Durable at the next commit at the latest; a crash may lose it, and that harms nothing.
    /// The exceptions are [`Housekeeping::PlaceEvents`], [`Housekeeping::AppendLeaves`] and
    /// [`Housekeeping::KeepSignedHeads`], durable when this returns: a position that somebody was told must not come
    /// to mean another event, nor a signed head another tree.
    ///
    /// # Errors
    ///
    /// As for any access. What it refers to may be gone, and then nothing happens; the only clash is
    /// [`Clash::Lease`], for a holder that was replaced.
    async fn keep_house(&self, scope: &Scope, task: Housekeeping) -> Result<()>;

    /// One credential with its current value.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] where the record does not decode.
    async fn credential(&self, scope: &Scope, id: CredentialId) -> Result<Option<StoredCredential>>;

    /// The credential that has this slug.
    async fn credential_with_slug(&self, scope: &Scope, slug: &Slug) -> Result<Option<CredentialId>>;

    /// Credentials that match, in the order of their ids, which is the order of their creation.
    async fn credentials(
        &self,
        scope: &Scope,
        filter: &CredentialFilter,
        page: Page,
    ) -> Result<Vec<Credential>>;

    /// The same by position.
    async fn credentials_at(
        &self,
        scope: &Scope,
        filter: &CredentialFilter,
        stretch: Stretch,
    ) -> Result<Vec<Credential>>;

    /// How many credentials match.
    async fn credentials_matching(&self, scope: &Scope, filter: &CredentialFilter) -> Result<u64>;

    /// The credential that a dialect knows by this id.
    async fn credential_with_alias(
        &self,
        scope: &Scope,
        dialect: Dialect,
        external: &str,
    ) -> Result<Option<CredentialId>>;

    /// Other credentials of the workspace whose current value has this fingerprint, oldest first, at most ten.
    async fn credentials_with_fingerprint(
        &self,
        scope: &Scope,
        fingerprint: Fingerprint,
        except: Option<CredentialId>,
    ) -> Result<Vec<CredentialId>>;

    /// One integration with its current value.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] where the record does not decode.
    async fn integration(&self, scope: &Scope, id: IntegrationId) -> Result<Option<StoredIntegration>>;

    /// The integration that a dialect knows by this id.
    async fn integration_with_alias(
        &self,
        scope: &Scope,
        dialect: Dialect,
        external: &str,
    ) -> Result<Option<IntegrationId>>;

    /// Integrations of the workspace, oldest first.
    async fn integrations(&self, scope: &Scope, page: Page<IntegrationId>) -> Result<Vec<Integration>>;

    /// Integrations of the workspace of which a credential that matches works, as far as was seen last: one value
    /// of it was accepted, it is healthy, and it has not expired at `now`.
    async fn verified_integrations(
        &self,
        scope: &Scope,
        filter: &CredentialFilter,
        now: Timestamp,
    ) -> Result<Vec<IntegrationId>>;

    /// How many credentials the whole organization has.
    async fn credential_count(&self, scope: &Scope) -> Result<u64>;

    /// Holds on a credential that are live at `now`, by name and instance.
    async fn holds(&self, scope: &Scope, id: CredentialId, now: Timestamp) -> Result<Vec<Hold>>;

    /// Live holds of every consumer of this name in the workspace, by credential.
    async fn holds_of_consumer(&self, scope: &Scope, name: &Name, now: Timestamp) -> Result<Vec<Hold>>;

    /// Records of changes of one credential (create, change, delete; successes only), newest first, starting
    /// below `before` where given.
    async fn history(
        &self,
        scope: &Scope,
        id: CredentialId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>>;

    /// All records of the workspace, oldest first, starting above `after`.
    async fn audit(&self, scope: &Scope, after: u64, limit: usize) -> Result<Vec<AuditEntry>>;

    /// Every record up to this position of the node has its leaf, and none above it. Over all tenants and without a
    /// scope, like every question of the one who gives the leaves.
    async fn log_order(&self) -> Result<u64>;

    /// How many records have no leaf yet, counted up to `most`.
    async fn unlogged_count(&self, most: u64) -> Result<u64>;

    /// Records above that order, of every tenant, oldest first. A record that does not decode is among them: what a
    /// leaf commits to is the stored bytes.
    async fn unlogged(&self, limit: usize) -> Result<Vec<UnloggedRecord>>;

    /// The head of a tree; none before its first leaf. Whoever asks for another tree than their own must be the
    /// server itself.
    async fn log_head(&self, owner: LogOwner) -> Result<Option<LogHead>>;

    /// The newest signed head of a tree.
    async fn signed_head(&self, owner: LogOwner) -> Result<Option<SignedHead>>;

    /// Heads of tenants that have grown since they were signed, in the order of the organizations' ids, starting
    /// behind `after` where given.
    async fn unsigned_heads(
        &self,
        after: Option<OrganizationId>,
        limit: usize,
    ) -> Result<Vec<(OrganizationId, LogHead)>>;

    /// Leaves of the organization, of all its workspaces: at most `limit` from `from` on.
    async fn leaves(&self, scope: &Scope, order: LeafOrder, from: u64, limit: usize) -> Result<Vec<Leaf>>;

    /// Hashes of one tile of the organization's tree, as many as there are: those of leaves at level 0. None where
    /// the tree does not reach that far.
    async fn log_tile(&self, scope: &Scope, level: u8, number: u64) -> Result<Option<Vec<[u8; 32]>>>;

    /// Lines of the tree over the heads, oldest first, starting with `from`.
    async fn system_log(&self, from: u64, limit: usize) -> Result<Vec<String>>;

    /// Events of the workspace that have their positions, oldest first, starting above `after`.
    ///
    /// Positions count 1, 2, 3 in each workspace, without a gap and without ever beginning again; a
    /// position that can be read is durable. Events of one node keep their order, and an event of a credential
    /// never comes before one with a lower version of it.
    async fn events(&self, scope: &Scope, after: u64, limit: usize) -> Result<Vec<(u64, Event)>>;

    /// From where to where events of the workspace can be read.
    async fn event_range(&self, scope: &Scope) -> Result<EventRange>;

    /// Events of every workspace that have their positions, in the order of their ranks, starting above
    /// `after`: for the one who tells watchers. Without a scope, because that one serves all of them.
    async fn placed_events(&self, after: u64, limit: usize) -> Result<Vec<PlacedEvent>>;

    /// How far that order has come, over every workspace.
    async fn event_order(&self) -> Result<EventOrder>;

    /// Who has this lease, or had it last. Leases belong to no tenant.
    async fn lease(&self, name: LeaseName) -> Result<Option<Lease>>;

    /// The workspace of this scope.
    async fn workspace(&self, scope: &Scope) -> Result<Option<WorkspaceRow>>;

    /// The workspace of the organization that has this slug.
    async fn workspace_with_slug(
        &self,
        organization: OrganizationId,
        slug: &Slug,
    ) -> Result<Option<WorkspaceId>>;

    /// A token, whatever its scope: this look-up is what gives a request its scope. Revoked and expired
    /// tokens are found; the caller judges.
    async fn token(&self, id: TokenId) -> Result<Option<TokenRow>>;

    /// The token that is not revoked and has this identity, whatever its scope. Issuer and subject are compared
    /// byte for byte; there is at most one.
    async fn token_of_identity(&self, identity: &Identity) -> Result<Option<TokenRow>>;

    /// Tokens of the workspace that are not revoked, oldest first.
    async fn tokens(&self, scope: &Scope, page: Page<TokenId>) -> Result<Vec<TokenRow>>;

    /// How many unrevoked tokens the whole organization has.
    async fn token_count(&self, scope: &Scope) -> Result<u64>;

    /// Wrapped keys of one owner, oldest epoch first. Keys have no scope: those of the system belong to no tenant.
    async fn keys(&self, owner: KeyOwner) -> Result<Vec<KeyRow>>;

    /// The host key that the workspace has pinned for an endpoint.
    async fn host_key_pin(&self, scope: &Scope, endpoint: &str) -> Result<Option<HostKeyPin>>;

    /// Pins of the workspace by endpoint, starting behind `after` where given.
    async fn host_key_pins(
        &self,
        scope: &Scope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<HostKeyPin>>;

    /// Every sealed value of at most `page.limit` credentials of the workspace, in the order of the
    /// credentials' ids. A value that is there from the beginning of a walk to its end is seen by it.
    async fn sealed_values(&self, scope: &Scope, page: Page) -> Result<SealedPage>;

    /// The remembered answer to a request, unless it was made before `since`.
    async fn idempotency(
        &self,
        scope: &Scope,
        key: &IdempotencyKey,
        since: Timestamp,
    ) -> Result<Option<IdempotencyRow>>;

    /// One organization. Without a scope: whoever asks has its id from its own scope, or manages all of them.
    async fn organization(&self, id: OrganizationId) -> Result<Option<OrganizationRow>>;

    /// Organizations, oldest first: those after one, at most so many. For first start, for jobs
    /// ([`EveryOrganization`]), and for who manages all of them.
    async fn organizations(
        &self,
        after: Option<OrganizationId>,
        limit: usize,
    ) -> Result<Vec<OrganizationRow>>;

    /// Organizations whose keys of this purpose are of more than one epoch, or were all made at this time or before: at
    /// most so many, oldest organization first, after this one. For the job that renews keys.
    async fn organizations_with_old_keys(
        &self,
        purpose: &str,
        made_by: Timestamp,
        after: Option<OrganizationId>,
        limit: usize,
    ) -> Result<Vec<OrganizationId>>;

    /// Every workspace of an organization, as the scopes they are.
    async fn workspaces(&self, organization: &OrganizationRow) -> Result<Vec<WorkspaceRow>>;

    /// Whether the store is in order, for `/readyz` and the metrics.
    async fn status(&self) -> Result<StoreStatus>;

    /// Finishes what was handed in and lets go of the data. Later calls answer [`StoreError::Closed`].
    async fn close(&self);
}
