//! A store whose answers are lost when a test says so: the commit is applied, and nobody hears of it; or that
//! does nothing any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use strongroom_domain::Scope;
use strongroom_domain::Timestamp;
use strongroom_domain::consumer::Hold;
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::event::Event;
use strongroom_domain::identity::Identity;
use strongroom_domain::ids::{CredentialId, IntegrationId, OrganizationId, TokenId, WorkspaceId};
use strongroom_domain::integration::Integration;
use strongroom_domain::text::{Name, Slug};
use strongroom_store::{
    AuditEntry, Commit, CredentialFilter, EventOrder, EventRange, Fingerprint, HostKeyPin, Housekeeping,
    IdempotencyKey, IdempotencyRow, KeyOwner, KeyRow, Leaf, LeafOrder, Lease, LeaseName, LogHead, LogOwner,
    OrganizationRow, Page, PlacedEvent, Result, SealedPage, SignedHead, Store, StoreError, StoreStatus,
    StoredCredential, StoredIntegration, Stretch, TokenRow, UnloggedRecord, WorkspaceRow, Write,
};
use strongroom_store_sqlite::SqliteStore;

/// Hands everything on to the store below.
pub(crate) struct ForgetfulStore {
    below: Arc<SqliteStore>,
    /// The commit that puts a root key in force is applied, and its answer lost.
    pub(crate) loses_answers: AtomicBool,
    /// From such a commit on the keys cannot be read either.
    pub(crate) then_hides_keys: AtomicBool,
    pub(crate) keys_are_hidden: AtomicBool,
    /// How everything fails from now on but the look-up of a token, so that a request gets past it.
    pub(crate) failing: Mutex<Option<Failing>>,
}

/// How a store fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failing {
    /// It is gone, and its driver says in many words how.
    Unavailable,
    /// What it has does not decode.
    Corrupt,
    /// It is full: whatever is written fails.
    Full,
    /// It was closed under our feet.
    Closed,
    /// The code panics.
    Panics,
}

/// What a driver might say: none of it is anybody's business.
pub(crate) const DRIVER: &str =
    "cnry-driver: SELECT secret FROM credential_value at db7.internal:5432 /var/lib/x v3.51.2";

impl ForgetfulStore {
    pub(crate) fn over(below: &Arc<SqliteStore>) -> Arc<Self> {
        let (loses_answers, then_hides_keys, keys_are_hidden, failing) = Default::default();
        Arc::new(Self { below: Arc::clone(below), loses_answers, then_hides_keys, keys_are_hidden, failing })
    }

    pub(crate) fn fail(&self, how: Failing) {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
    }

    fn work(&self, is_write: bool) -> Result<()> {
        let said = || Arc::new(std::io::Error::other(DRIVER));
        let failing = *self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        match failing {
            Some(Failing::Unavailable) => Err(StoreError::Unavailable(said())),
            Some(Failing::Corrupt) => Err(StoreError::Corrupt("credential_value")),
            Some(Failing::Full) if is_write => Err(StoreError::Full(said())),
            Some(Failing::Closed) => Err(StoreError::Closed),
            Some(Failing::Panics) => panic!("{DRIVER}"),
            Some(Failing::Full) | None => Ok(()),
        }
    }

    async fn apply(&self, scope: &Scope, commit: Commit) -> Result<()> {
        let is_of_a_root = commit.writes().iter().any(|write| matches!(write, Write::RewrapKeys(..)));
        let applied = self.below.commit(scope, commit).await;
        if is_of_a_root && self.loses_answers.load(Ordering::Relaxed) {
            self.keys_are_hidden.store(self.then_hides_keys.load(Ordering::Relaxed), Ordering::Relaxed);
            return Err(StoreError::Unknown(Arc::new(std::io::Error::other("the disk did not say"))));
        }
        applied
    }

    async fn read_keys(&self, owner: KeyOwner) -> Result<Vec<KeyRow>> {
        if self.keys_are_hidden.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable(Arc::new(std::io::Error::other("the disk is gone"))));
        }
        self.below.keys(owner).await
    }
}

macro_rules! hand_on {
    ($(async fn $name:ident(&self $(, $argument:ident: $of:ty)*) -> $answer:ty;)*) => {
        #[async_trait]
        impl Store for ForgetfulStore {
            async fn token(&self, id: TokenId) -> Result<Option<TokenRow>> {
                self.below.token(id).await
            }

            async fn close(&self) {
                self.below.close().await;
            }

            async fn commit(&self, scope: &Scope, commit: Commit) -> Result<()> {
                self.work(true)?;
                self.apply(scope, commit).await
            }

            async fn keys(&self, owner: KeyOwner) -> Result<Vec<KeyRow>> {
                self.work(false)?;
                self.read_keys(owner).await
            }

            $(async fn $name(&self $(, $argument: $of)*) -> $answer {
                self.work(false)?;
                self.below.$name($($argument),*).await
            })*
        }
    };
}

hand_on! {
    async fn keep_house(&self, scope: &Scope, task: Housekeeping) -> Result<()>;
    async fn credential(&self, scope: &Scope, id: CredentialId) -> Result<Option<StoredCredential>>;
    async fn credential_with_slug(&self, scope: &Scope, slug: &Slug) -> Result<Option<CredentialId>>;
    async fn credentials(&self, scope: &Scope, filter: &CredentialFilter, page: Page) -> Result<Vec<Credential>>;
    async fn credentials_at(&self, scope: &Scope, filter: &CredentialFilter, stretch: Stretch) -> Result<Vec<Credential>>;
    async fn credentials_matching(&self, scope: &Scope, filter: &CredentialFilter) -> Result<u64>;
    async fn credential_with_alias(&self, scope: &Scope, dialect: Dialect, external: &str) -> Result<Option<CredentialId>>;
    async fn credentials_with_fingerprint(&self, scope: &Scope, fingerprint: Fingerprint, except: Option<CredentialId>) -> Result<Vec<CredentialId>>;
    async fn integration(&self, scope: &Scope, id: IntegrationId) -> Result<Option<StoredIntegration>>;
    async fn integration_with_alias(&self, scope: &Scope, dialect: Dialect, external: &str) -> Result<Option<IntegrationId>>;
    async fn integrations(&self, scope: &Scope, page: Page<IntegrationId>) -> Result<Vec<Integration>>;
    async fn verified_integrations(&self, scope: &Scope, filter: &CredentialFilter, now: Timestamp) -> Result<Vec<IntegrationId>>;
    async fn credential_count(&self, scope: &Scope) -> Result<u64>;
    async fn holds(&self, scope: &Scope, id: CredentialId, now: Timestamp) -> Result<Vec<Hold>>;
    async fn holds_of_consumer(&self, scope: &Scope, name: &Name, now: Timestamp) -> Result<Vec<Hold>>;
    async fn history(&self, scope: &Scope, id: CredentialId, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>>;
    async fn audit(&self, scope: &Scope, after: u64, limit: usize) -> Result<Vec<AuditEntry>>;
    async fn log_order(&self) -> Result<u64>;
    async fn unlogged_count(&self, most: u64) -> Result<u64>;
    async fn unlogged(&self, limit: usize) -> Result<Vec<UnloggedRecord>>;
    async fn log_head(&self, owner: LogOwner) -> Result<Option<LogHead>>;
    async fn signed_head(&self, owner: LogOwner) -> Result<Option<SignedHead>>;
    async fn unsigned_heads(&self, after: Option<OrganizationId>, limit: usize) -> Result<Vec<(OrganizationId, LogHead)>>;
    async fn leaves(&self, scope: &Scope, order: LeafOrder, from: u64, limit: usize) -> Result<Vec<Leaf>>;
    async fn log_tile(&self, scope: &Scope, level: u8, number: u64) -> Result<Option<Vec<[u8; 32]>>>;
    async fn system_log(&self, from: u64, limit: usize) -> Result<Vec<String>>;
    async fn events(&self, scope: &Scope, after: u64, limit: usize) -> Result<Vec<(u64, Event)>>;
    async fn event_range(&self, scope: &Scope) -> Result<EventRange>;
    async fn placed_events(&self, after: u64, limit: usize) -> Result<Vec<PlacedEvent>>;
    async fn event_order(&self) -> Result<EventOrder>;
    async fn lease(&self, name: LeaseName) -> Result<Option<Lease>>;
    async fn workspace(&self, scope: &Scope) -> Result<Option<WorkspaceRow>>;
    async fn workspace_with_slug(&self, organization: OrganizationId, slug: &Slug) -> Result<Option<WorkspaceId>>;
    async fn organization(&self, id: OrganizationId) -> Result<Option<OrganizationRow>>;
    async fn token_of_identity(&self, identity: &Identity) -> Result<Option<TokenRow>>;
    async fn tokens(&self, scope: &Scope, page: Page<TokenId>) -> Result<Vec<TokenRow>>;
    async fn token_count(&self, scope: &Scope) -> Result<u64>;
    async fn host_key_pin(&self, scope: &Scope, endpoint: &str) -> Result<Option<HostKeyPin>>;
    async fn host_key_pins(&self, scope: &Scope, after: Option<&str>, limit: usize) -> Result<Vec<HostKeyPin>>;
    async fn sealed_values(&self, scope: &Scope, page: Page) -> Result<SealedPage>;
    async fn idempotency(&self, scope: &Scope, key: &IdempotencyKey, since: Timestamp) -> Result<Option<IdempotencyRow>>;
    async fn organizations(&self, after: Option<OrganizationId>, limit: usize) -> Result<Vec<OrganizationRow>>;
    async fn organizations_with_old_keys(&self, purpose: &str, made_by: Timestamp, after: Option<OrganizationId>, limit: usize) -> Result<Vec<OrganizationId>>;
    async fn workspaces(&self, organization: &OrganizationRow) -> Result<Vec<WorkspaceRow>>;
    async fn status(&self) -> Result<StoreStatus>;
}
