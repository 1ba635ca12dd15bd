//! Sealed values of hot credentials, and integrations without theirs. Never plaintext: every resolve opens the
//! envelope again.
//!
//! A sealed entry may be older than the store for the moment between a load and a change that overtook it. No
//! resolve is ever answered from such an entry, because its commit expects the value to be current.

use std::sync::Arc;

use quick_cache::sync::Cache;
use strongroom_domain::dialect::{Aliases, Dialect};
use strongroom_domain::ids::{CredentialId, IntegrationId};
use strongroom_domain::integration::Integration;
use strongroom_domain::{Error, Scope};
use strongroom_store::StoredCredential;

/// Entries kept of each sort; a sealed one has about 2 KB.
const ENTRIES: usize = 16_384;

/// What dialects name. What is found under the id has the last word.
struct Names<Id>(Cache<(Scope, Dialect, String), Id>);

impl<Id: Copy> Names<Id> {
    fn new() -> Self {
        Self(Cache::new(ENTRIES))
    }

    fn find(&self, scope: &Scope, dialect: Dialect, external: &str) -> Option<Id> {
        self.0.get(&(*scope, dialect, external.to_owned()))
    }

    fn clear(&self) {
        self.0.clear();
    }

    fn keep(&self, scope: &Scope, aliases: &Aliases, id: Id) {
        for (dialect, external) in aliases {
            self.0.insert((*scope, *dialect, external.clone()), id);
        }
    }
}

/// Keyed by scope and id, so that no entry is ever seen from another tenant.
pub(crate) struct SealedCache {
    values: Cache<(Scope, CredentialId), Arc<StoredCredential>>,
    names: Names<CredentialId>,
}

impl SealedCache {
    pub(crate) fn new() -> Self {
        Self { values: Cache::new(ENTRIES), names: Names::new() }
    }

    pub(crate) fn find(&self, scope: &Scope, id: CredentialId) -> Option<Arc<StoredCredential>> {
        self.values.get(&(*scope, id))
    }

    /// The id of the one that a dialect knows by this name, where its value is at hand.
    pub(crate) fn aliased(&self, scope: &Scope, dialect: Dialect, external: &str) -> Option<CredentialId> {
        let id = self.names.find(scope, dialect, external)?;
        let stored = self.find(scope, id)?;
        (stored.credential.foreign.aliases.get(&dialect)? == external).then_some(id)
    }

    /// The one of this id. A change that comes while it is loaded wins.
    pub(crate) async fn find_or_load(
        &self,
        scope: &Scope,
        id: CredentialId,
        load: impl Future<Output = Result<StoredCredential, Error>>,
    ) -> Result<Arc<StoredCredential>, Error> {
        let load = async {
            let stored = Arc::new(load.await?);
            self.names.keep(scope, &stored.credential.foreign.aliases, id);
            Ok(stored)
        };
        self.values.get_or_insert_async(&(*scope, id), load).await
    }

    /// What has just been saved.
    pub(crate) fn keep(&self, scope: &Scope, stored: Arc<StoredCredential>) {
        let id = stored.credential.id;
        self.names.keep(scope, &stored.credential.foreign.aliases, id);
        self.values.insert((*scope, id), stored);
    }

    /// A whole tenant is gone.
    pub(crate) fn forget_all(&self) {
        self.values.clear();
        self.names.clear();
    }

    pub(crate) fn forget(&self, scope: &Scope, id: CredentialId) {
        self.values.remove(&(*scope, id));
    }
}

/// Integrations at hand. An entry goes in the same call that changes its integration, before that is answered.
pub(crate) struct IntegrationCache {
    integrations: Cache<(Scope, IntegrationId), Arc<Integration>>,
    names: Names<IntegrationId>,
}

impl IntegrationCache {
    pub(crate) fn new() -> Self {
        Self { integrations: Cache::new(ENTRIES), names: Names::new() }
    }

    /// The one of this id. A change that comes while it is loaded wins.
    pub(crate) async fn find_or_load(
        &self,
        scope: &Scope,
        id: IntegrationId,
        load: impl Future<Output = Result<Integration, Error>>,
    ) -> Result<Arc<Integration>, Error> {
        let load = async {
            let integration = Arc::new(load.await?);
            self.names.keep(scope, &integration.aliases, id);
            Ok(integration)
        };
        self.integrations.get_or_insert_async(&(*scope, id), load).await
    }

    /// The id of the one that a dialect knows by this name, where it is at hand.
    pub(crate) fn aliased(&self, scope: &Scope, dialect: Dialect, external: &str) -> Option<IntegrationId> {
        let id = self.names.find(scope, dialect, external)?;
        let integration = self.integrations.get(&(*scope, id))?;
        (integration.aliases.get(&dialect)? == external).then_some(id)
    }

    pub(crate) fn forget(&self, scope: &Scope, id: IntegrationId) {
        self.integrations.remove(&(*scope, id));
    }

    /// A whole tenant is gone.
    pub(crate) fn forget_all(&self) {
        self.integrations.clear();
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
