//! The keys of this process: the system's, opened at start, and each organization's, opened when first needed.
//!
//! Owns which root key is in force, and the beginning of an epoch. Must never begin one over keys that
//! another node has moved on from.

mod rows;

use std::sync::{Arc, PoisonError, RwLock};

use quick_cache::sync::Cache;
use strongroom_domain::audit::{AuditAction, AuditOutcome, AuditRecord};
use strongroom_domain::error::Cause;
use strongroom_domain::ids::OrganizationId;
use strongroom_domain::{Error, Scope, Timestamp};
use strongroom_sealing::log::LogKey;
use strongroom_sealing::{
    KeyPurpose, OrganizationKeys, RootKey, RootKeyId, SealingError, SystemKeys, SystemRng, WrappedKey,
    WrappingKey,
};
use strongroom_store::{Clash, Commit, Expectation, KeyOwner, Store, StoreError, Write};

pub(crate) use self::rows::{from_row, hex, name_of, to_row};
use crate::failure::of_store;
use crate::{first_scope, rotation};

/// Why the service does not start. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store does not answer.
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    /// The root key is not the one wanted, or a stored key is missing or damaged.
    #[error("the stored keys do not open")]
    Keys(#[from] SealingError),
    /// A row of the key table is not one of ours.
    #[error("a row of the key table is damaged")]
    Row,
    /// There is nothing to open: the store was never founded.
    #[error("the store is empty")]
    Empty,
}

/// Organizations whose opened keys are kept.
const OPEN_ORGANIZATIONS: usize = 1_024;

pub(crate) struct Keys {
    roots: RwLock<Roots>,
    system: SystemKeys,
    log: Arc<LogKey>,
    organizations: Cache<OrganizationId, Arc<OrganizationKeys>>,
}

/// The root key in force, and during a rotation the one that may be in force any moment.
#[derive(Clone)]
struct Roots {
    current: Arc<RootKey>,
    next: Option<Arc<RootKey>>,
}

impl Roots {
    /// The one that these rows name; otherwise the current one, whose refusal says which was wanted.
    fn fitting(&self, rows: &[WrappedKey]) -> &RootKey {
        let named =
            |root: &&Arc<RootKey>| rows.iter().any(|row| row.wrapped_by == WrappingKey::Root(root.id()));
        self.next.as_ref().filter(named).unwrap_or(&self.current)
    }
}

impl Keys {
    pub(crate) async fn open(root: RootKey, store: &dyn Store, now: Timestamp) -> Result<Self, StartError> {
        let rows = store.keys(KeyOwner::System).await?;
        if rows.is_empty() && store.organizations(None, 1).await?.is_empty() {
            return Err(StartError::Empty);
        }
        let wrapped = rows.iter().map(from_row).collect::<Option<Vec<_>>>().ok_or(StartError::Row)?;
        let system = SystemKeys::open(&root, &wrapped)?;
        let log = match LogKey::open(&root, &wrapped) {
            Err(SealingError::KeyAbsent { .. }) => make_log_key(&root, store, now).await?,
            log => log?,
        };
        let log = Arc::new(log);
        let roots = Roots { current: Arc::new(root), next: None };
        Ok(Self { roots: roots.into(), system, log, organizations: Cache::new(OPEN_ORGANIZATIONS) })
    }

    /// What the heads of the audit trees are signed with.
    pub(crate) const fn log(&self) -> &Arc<LogKey> {
        &self.log
    }

    pub(crate) const fn system(&self) -> &SystemKeys {
        &self.system
    }

    /// The root key that new wrappings are made with.
    pub(crate) fn root(&self) -> Arc<RootKey> {
        self.roots().current
    }

    /// The key that may be in force any moment.
    pub(crate) fn expected_root(&self) -> Option<Arc<RootKey>> {
        self.roots().next
    }

    /// From now on rows under this key open too.
    pub(crate) fn expect_root(&self, next: Option<Arc<RootKey>>) {
        self.roots.write().unwrap_or_else(PoisonError::into_inner).next = next;
    }

    /// Every row is under this key now; the old one leaves the memory.
    pub(crate) fn adopt_root(&self, root: Arc<RootKey>) {
        *self.roots.write().unwrap_or_else(PoisonError::into_inner) = Roots { current: root, next: None };
    }

    fn roots(&self) -> Roots {
        self.roots.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys of an organization, opened once and kept. Made at founding, never silently later.
    pub(crate) async fn of(
        &self,
        store: &dyn Store,
        organization: OrganizationId,
    ) -> Result<Arc<OrganizationKeys>, Error> {
        self.organizations.get_or_insert_async(&organization, self.load(store, organization)).await
    }

    /// The next use loads the keys again.
    pub(crate) fn forget(&self, organization: OrganizationId) {
        self.organizations.remove(&organization);
    }

    async fn load(
        &self,
        store: &dyn Store,
        organization: OrganizationId,
    ) -> Result<Arc<OrganizationKeys>, Error> {
        match self.read(store, organization).await {
            Ok(keys) => Ok(Arc::new(keys)),
            Err(StartError::Store(error)) => Err(of_store(error)),
            // Erased while it was at work: its keys are gone, and not lost (TEN-18).
            Err(_) if matches!(store.organization(organization).await, Ok(None)) => Err(Error::NotFound),
            Err(other) => Err(Error::Integrity(Cause::new(other))),
        }
    }

    /// As they are stored now. A rotation of the root key may come between reading the rows and opening
    /// them: then they are read once more.
    pub(crate) async fn read(
        &self,
        store: &dyn Store,
        organization: OrganizationId,
    ) -> Result<OrganizationKeys, StartError> {
        match self.read_once(store, organization).await {
            Err(StartError::Keys(SealingError::OtherRootKey { .. })) => {
                self.read_once(store, organization).await
            }
            read => read,
        }
    }

    async fn read_once(
        &self,
        store: &dyn Store,
        organization: OrganizationId,
    ) -> Result<OrganizationKeys, StartError> {
        let rows = store.keys(KeyOwner::Organization(organization)).await?;
        let wrapped = rows.iter().map(from_row).collect::<Option<Vec<_>>>().ok_or(StartError::Row)?;
        Ok(OrganizationKeys::open(self.roots().fitting(&wrapped), organization, &wrapped)?)
    }

    /// The keys to seal with: a new epoch is begun when the newest one has served its time.
    pub(crate) async fn for_sealing(
        &self,
        store: &dyn Store,
        scope: &Scope,
        now: Timestamp,
        record: impl FnOnce() -> AuditRecord,
    ) -> Result<Arc<OrganizationKeys>, Error> {
        let keys = self.of(store, scope.organization()).await?;
        if !keys.epoch_is_due(now) {
            return Ok(keys);
        }
        self.begin_epoch(store, scope, &keys, now, Commit::new(record())).await.map_err(of_store)?;
        self.of(store, scope.organization()).await
    }

    /// Begins an epoch on top of these keys, in this commit. Of two that begin one at once the second
    /// is told so, and loads the first one's: a KEK that replaced another would take along what that
    /// has wrapped.
    pub(crate) async fn begin_epoch(
        &self,
        store: &dyn Store,
        scope: &Scope,
        keys: &OrganizationKeys,
        now: Timestamp,
        commit: Commit,
    ) -> Result<Begun, StoreError> {
        let (root, organization) = (self.root(), scope.organization());
        let (grown, rows) = keys.add_epoch(&root, now, &mut SystemRng);
        let commit = commit.expect(newest(keys)).expect(Expectation::KeyUnder(
            KeyOwner::Organization(organization),
            name_of(WrappingKey::Root(root.id())),
        ));
        let commit = rows.iter().map(to_row).fold(commit, |commit, row| commit.write(Write::Key(row)));
        match store.commit(scope, commit).await {
            Ok(()) => {
                self.organizations.insert(organization, Arc::new(grown));
                Ok(Begun::Here)
            }
            Err(StoreError::Clash(Clash::Keys)) => {
                self.forget(organization);
                Ok(Begun::Elsewhere)
            }
            Err(error) => {
                // The answer may be lost and the epoch there.
                self.forget(organization);
                Err(error)
            }
        }
    }
}

/// For a store that an older release has founded, in one commit that says so. Nothing was signed before, so a new
/// key over old data makes nothing void.
async fn make_log_key(root: &RootKey, store: &dyn Store, now: Timestamp) -> Result<LogKey, StartError> {
    let scope = first_scope(store).await?.ok_or(StartError::Empty)?;
    let (key, row) = LogKey::make(root, now, &mut SystemRng);
    let purpose = KeyPurpose::AuditSigning.code();
    let notes = [("purpose", purpose.to_owned())];
    let commit = Commit::new(own_record(&scope, now, AuditAction::KeyMake, notes))
        .expect(Expectation::NoKeyFor(KeyOwner::System, purpose.to_owned()))
        .expect(Expectation::KeyUnder(KeyOwner::System, name_of(WrappingKey::Root(root.id()))))
        .write(Write::Key(to_row(&row)));
    store.commit(&scope, commit).await?;
    Ok(key)
}

/// A record of what the server did of itself, with keys.
fn own_record(
    scope: &Scope,
    at: Timestamp,
    action: AuditAction,
    notes: impl IntoIterator<Item = (&'static str, String)>,
) -> AuditRecord {
    rotation::record(scope, at, (action, AuditOutcome::Succeeded), rotation::By::Server, notes)
}

/// Who began an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begun {
    /// This call did.
    Here,
    /// Somebody else came first.
    Elsewhere,
}

/// These keys are still the newest: what every commit of a sealed value expects.
pub(crate) fn newest(keys: &OrganizationKeys) -> Expectation {
    let purpose = KeyPurpose::OrganizationKek.code().to_owned();
    Expectation::NewestEpoch(KeyOwner::Organization(keys.organization()), purpose, keys.newest_epoch())
}

/// Which of these root keys the store's keys are under: the first where none is, for the refusal to name.
/// Of two keys that a rotation may have left either of in force, this is the one to start with.
///
/// # Errors
///
/// Those of the store.
pub async fn choose_root(
    store: &dyn Store,
    first: RootKey,
    others: impl IntoIterator<Item = RootKey>,
) -> Result<RootKey, StoreError> {
    let rows = store.keys(KeyOwner::System).await?;
    let wraps = |id: RootKeyId| rows.iter().any(|row| row.wrapped_by == name_of(WrappingKey::Root(id)));
    Ok(if wraps(first.id()) {
        first
    } else {
        others.into_iter().find(|other| wraps(other.id())).unwrap_or(first)
    })
}

/// The first keys of one more organization: rows to write, and the expectation that it has none yet.
pub(crate) fn make_for(
    root: &RootKey,
    organization: OrganizationId,
    now: Timestamp,
) -> (Vec<Write>, Expectation) {
    let rows = OrganizationKeys::make(root, organization, now, &mut SystemRng).1;
    let writes = rows.iter().map(|row| Write::Key(to_row(row))).collect();
    (writes, Expectation::NoKeys(KeyOwner::Organization(organization)))
}

/// New keys for an empty store and its first organization, as writes of the founding commit.
pub(crate) fn make(
    root: &RootKey,
    organization: OrganizationId,
    now: Timestamp,
) -> (SystemKeys, Vec<Write>, [Expectation; 2]) {
    let (system, mut rows) = SystemKeys::make(root, now, &mut SystemRng);
    rows.push(LogKey::make(root, now, &mut SystemRng).1);
    rows.extend(OrganizationKeys::make(root, organization, now, &mut SystemRng).1);
    let writes = rows.iter().map(|row| Write::Key(to_row(row))).collect();
    let owners = [KeyOwner::System, KeyOwner::Organization(organization)];
    (system, writes, owners.map(Expectation::NoKeys))
}
