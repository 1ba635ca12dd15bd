//! Sealed values of hot credentials, and integrations without theirs. Never plaintext: every resolve opens the
//! envelope again.
//!
//! A sealed entry may be older than the store for the moment between a load and a change that overtook it. No
//! resolve is ever answered from such an entry, because its commit expects the value to be current.

use std::hash::Hash;
use std::sync::Arc;

use quick_cache::sync::Cache;
use strongroom_domain::dialect::{Aliases, Dialect};
use strongroom_domain::ids::{CredentialId, IntegrationId};
use strongroom_domain::integration::Integration;
use strongroom_domain::{Error, Scope};
use strongroom_store::StoredCredential;

/// Entries kept of each sort; a sealed one has about 2 KB.
const ENTRIES: usize = 16_384;

/// What dialects know by names of their own.
pub(crate) trait Named {
    fn aliases(&self) -> &Aliases;
}

impl Named for StoredCredential {
    fn aliases(&self) -> &Aliases {
        &self.credential.foreign.aliases
    }
}

impl Named for Integration {
    fn aliases(&self) -> &Aliases {
        &self.aliases
    }
}

/// Sealed values of credentials.
pub(crate) type SealedCache = AtHand<CredentialId, StoredCredential>;

/// Integrations. An entry goes in the same call that changes its integration, before that is answered.
pub(crate) type IntegrationCache = AtHand<IntegrationId, Integration>;

/// Keyed by scope and id, so that no entry is ever seen from another tenant.
pub(crate) struct AtHand<Id, T> {
    entries: Cache<(Scope, Id), Arc<T>>,
    /// Where to look for what a dialect names: the entry itself has the last word.
    names: Cache<(Scope, Dialect, String), Id>,
}

impl<Id: Copy + Eq + Hash, T: Named> AtHand<Id, T> {
    pub(crate) fn new() -> Self {
        Self { entries: Cache::new(ENTRIES), names: Cache::new(ENTRIES) }
    }

    pub(crate) fn find(&self, scope: &Scope, id: Id) -> Option<Arc<T>> {
        self.entries.get(&(*scope, id))
    }

    /// The id of the one that a dialect knows by this name, where it is at hand.
    pub(crate) fn aliased(&self, scope: &Scope, dialect: Dialect, external: &str) -> Option<Id> {
        let id = self.names.get(&(*scope, dialect, external.to_owned()))?;
        let entry = self.find(scope, id)?;
        (entry.aliases().get(&dialect)? == external).then_some(id)
    }

    /// The one of this id. A change that comes while it is loaded wins.
    pub(crate) async fn find_or_load(
        &self,
        scope: &Scope,
        id: Id,
        load: impl Future<Output = Result<T, Error>>,
    ) -> Result<Arc<T>, Error> {
        let load = async {
            let entry = load.await?;
            self.keep_names(scope, id, &entry);
            Ok(Arc::new(entry))
        };
        self.entries.get_or_insert_async(&(*scope, id), load).await
    }

    /// What has just been saved.
    pub(crate) fn keep(&self, scope: &Scope, id: Id, entry: T) {
        self.keep_names(scope, id, &entry);
        self.entries.insert((*scope, id), Arc::new(entry));
    }

    fn keep_names(&self, scope: &Scope, id: Id, entry: &T) {
        for (dialect, external) in entry.aliases() {
            self.names.insert((*scope, *dialect, external.clone()), id);
        }
    }

    pub(crate) fn forget(&self, scope: &Scope, id: Id) {
        self.entries.remove(&(*scope, id));
    }

    /// A whole tenant is gone.
    pub(crate) fn forget_all(&self) {
        self.entries.clear();
        self.names.clear();
    }
}

#[cfg(test)]
mod tests {
    use strongroom_domain::Timestamp;
    use strongroom_domain::fields::FieldMap;
    use strongroom_domain::ids::{OrganizationId, PrincipalId, WorkspaceId};

    use super::*;

    fn integration(id: IntegrationId, version: u64) -> Integration {
        let (someone, at) = (PrincipalId::from_bytes([3; 16]), Timestamp::from_unix_micros(0));
        Integration {
            id,
            aliases: Aliases::from([(Dialect::Dx, "7".to_owned())]),
            workspace: WorkspaceId::from_bytes([2; 16]),
            kind: "linear".to_owned(),
            name: "one".parse().unwrap(),
            settings: FieldMap::new(),
            secret_fields: Vec::new(),
            version,
            value_version: 1,
            created_by: someone,
            created_at: at,
            modified_by: someone,
            modified_at: at,
        }
    }

    /// What was read before a change and comes after it is not kept.
    #[tokio::test]
    async fn a_change_wins_over_what_is_being_loaded() {
        let cache = IntegrationCache::new();
        let scope = Scope::new(OrganizationId::from_bytes([1; 16]), WorkspaceId::from_bytes([2; 16]));
        let id = IntegrationId::from_bytes([4; 16]);
        let overtaken = async {
            cache.forget(&scope, id);
            Ok(integration(id, 1))
        };
        assert_eq!(cache.find_or_load(&scope, id, overtaken).await.unwrap().version, 1);
        assert_eq!(cache.aliased(&scope, Dialect::Dx, "7"), None, "it is not at hand");
        let now = async { Ok(integration(id, 2)) };
        assert_eq!(cache.find_or_load(&scope, id, now).await.unwrap().version, 2);
        assert_eq!(cache.aliased(&scope, Dialect::Dx, "7"), Some(id));
        let elsewhere = Scope::new(OrganizationId::from_bytes([9; 16]), WorkspaceId::from_bytes([2; 16]));
        assert_eq!(cache.aliased(&elsewhere, Dialect::Dx, "7"), None);
        cache.forget_all();
        assert_eq!(cache.aliased(&scope, Dialect::Dx, "7"), None);
    }
}
