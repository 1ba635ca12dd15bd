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

/// Entries kept; about 2 KB each.
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

    pub(crate) fn keep(&self, scope: &Scope, stored: Arc<StoredCredential>) {
        let id = stored.credential.id;
        self.names.keep(scope, &stored.credential.foreign.aliases, id);
        self.values.insert((*scope, id), stored);
    }

    /// A whole tenant is gone.
    pub(crate) fn forget_all(&self) {
        self.values.clear();
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
    }
}
