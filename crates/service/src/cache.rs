//! Sealed values of hot credentials. Never plaintext: every resolve opens the envelope again.
//!
//! An entry may be older than the store for the moment between a load and a change that overtook it. No
//! resolve is ever answered from such an entry, because its commit expects the value to be current.

use std::sync::Arc;

use quick_cache::sync::Cache;
use strongroom_domain::Scope;
use strongroom_domain::ids::CredentialId;
use strongroom_store::StoredCredential;

/// Entries kept; about 2 KB each.
const ENTRIES: usize = 16_384;

/// Keyed by scope and id, so that no entry is ever seen from another tenant.
pub(crate) struct SealedCache(Cache<(Scope, CredentialId), Arc<StoredCredential>>);

impl SealedCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(ENTRIES))
    }

    pub(crate) fn find(&self, scope: &Scope, id: CredentialId) -> Option<Arc<StoredCredential>> {
        self.0.get(&(*scope, id))
    }

    pub(crate) fn keep(&self, scope: &Scope, stored: Arc<StoredCredential>) {
        self.0.insert((*scope, stored.credential.id), stored);
    }

    /// A whole tenant is gone.
    pub(crate) fn forget_all(&self) {
        self.0.clear();
    }

    pub(crate) fn forget(&self, scope: &Scope, id: CredentialId) {
        self.0.remove(&(*scope, id));
    }
}
