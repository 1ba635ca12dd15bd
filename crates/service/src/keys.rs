//! The keys of this process: the system's, opened at start, and each organization's, opened when first needed.

use std::sync::Arc;

use quick_cache::sync::Cache;
use strongroom_domain::Timestamp;
use strongroom_domain::audit::AuditRecord;
use strongroom_domain::error::Cause;
use strongroom_domain::ids::OrganizationId;
use strongroom_domain::{Error, Scope};
use strongroom_sealing::{
    KeyId, KeyPurpose, OrganizationKeys, RootKey, RootKeyId, SealingError, SystemKeys, SystemRng, WrappedKey,
    WrappingKey,
};
use strongroom_store::{Commit, Expectation, KeyOwner, KeyRow, Store, StoreError, Write};

use crate::failure::of_store;

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
    root: RootKey,
    system: SystemKeys,
    organizations: Cache<OrganizationId, Arc<OrganizationKeys>>,
}

impl Keys {
    pub(crate) async fn open(root: RootKey, store: &dyn Store) -> Result<Self, StartError> {
        let rows = store.keys(KeyOwner::System).await?;
        if rows.is_empty() && store.organizations().await?.is_empty() {
            return Err(StartError::Empty);
        }
        let wrapped = rows.iter().map(from_row).collect::<Option<Vec<_>>>().ok_or(StartError::Row)?;
        let system = SystemKeys::open(&root, &wrapped)?;
        Ok(Self { root, system, organizations: Cache::new(OPEN_ORGANIZATIONS) })
    }

    pub(crate) const fn system(&self) -> &SystemKeys {
        &self.system
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
        let rows = store.keys(KeyOwner::Organization(organization)).await.map_err(of_store)?;
        let wrapped = rows.iter().map(from_row).collect::<Option<Vec<_>>>();
        let wrapped = wrapped.ok_or_else(|| Error::Integrity(Cause::new(StartError::Row)))?;
        OrganizationKeys::open(&self.root, organization, &wrapped)
            .map(Arc::new)
            .map_err(|error| Error::Integrity(Cause::new(error)))
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
        let (grown, rows) = keys.add_epoch(&self.root, now, &mut SystemRng);
        let commit =
            rows.iter().map(to_row).fold(Commit::new(record()), |commit, row| commit.write(Write::Key(row)));
        match store.commit(scope, commit).await {
            Ok(()) => self.organizations.insert(scope.organization(), Arc::new(grown)),
            Err(StoreError::Clash(_)) => drop(self.organizations.remove(&scope.organization())),
            Err(error) => return Err(of_store(error)),
        }
        self.of(store, scope.organization()).await
    }
}

/// New keys for an empty store and its first organization, as writes of the founding commit.
pub(crate) fn make(
    root: &RootKey,
    organization: OrganizationId,
    now: Timestamp,
) -> (SystemKeys, Vec<Write>, [Expectation; 2]) {
    let (system, mut rows) = SystemKeys::make(root, now, &mut SystemRng);
    rows.extend(OrganizationKeys::make(root, organization, now, &mut SystemRng).1);
    let writes = rows.iter().map(|row| Write::Key(to_row(row))).collect();
    let owners = [KeyOwner::System, KeyOwner::Organization(organization)];
    (system, writes, owners.map(Expectation::NoKeys))
}

fn to_row(key: &WrappedKey) -> KeyRow {
    KeyRow {
        owner: key.organization.map_or(KeyOwner::System, KeyOwner::Organization),
        purpose: key.purpose.code().to_owned(),
        epoch: key.epoch,
        key_id: *key.key_id.as_bytes(),
        wrapped_by: match key.wrapped_by {
            WrappingKey::Root(id) => format!("root:{}", hex(id.as_bytes())),
            WrappingKey::Kek { id, epoch } => format!("kek:{}:{epoch}", hex(id.as_bytes())),
        },
        blob: key.blob.clone(),
        created_at: key.created_at,
    }
}

fn from_row(row: &KeyRow) -> Option<WrappedKey> {
    Some(WrappedKey {
        purpose: KeyPurpose::from_code(&row.purpose)?,
        organization: match row.owner {
            KeyOwner::System => None,
            KeyOwner::Organization(id) => Some(id),
        },
        epoch: row.epoch,
        key_id: KeyId::from_bytes(row.key_id),
        wrapped_by: wrapping_key(&row.wrapped_by)?,
        created_at: row.created_at,
        blob: row.blob.clone(),
    })
}

fn wrapping_key(text: &str) -> Option<WrappingKey> {
    if let Some(id) = text.strip_prefix("root:") {
        return unhex(id).map(|bytes| WrappingKey::Root(RootKeyId::from_bytes(bytes)));
    }
    let (id, epoch) = text.strip_prefix("kek:")?.split_once(':')?;
    Some(WrappingKey::Kek { id: KeyId::from_bytes(unhex(id)?), epoch: epoch.parse().ok()? })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_rows_come_back_as_they_went() {
        let root = RootKey::make(&mut SystemRng);
        let organization = OrganizationId::from_bytes([1; 16]);
        let (_, keys) =
            OrganizationKeys::make(&root, organization, Timestamp::from_unix_micros(7), &mut SystemRng);
        for key in keys {
            assert_eq!(from_row(&to_row(&key)), Some(key));
        }
    }
}
