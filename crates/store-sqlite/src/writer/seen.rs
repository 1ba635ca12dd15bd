//! What a transaction has looked up already: its commits are often about the same token and credential.
//!
//! Lives for one transaction, in which nobody else writes. Must never outlive a write to what it remembers.

use std::collections::{HashMap, HashSet};

use strongroom_domain::Scope;
use strongroom_domain::ids::{CredentialId, TokenId};

/// Where a credential is and what it is at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Located {
    pub(super) row: i64,
    pub(super) version: i64,
    pub(super) value_version: i64,
}

/// Keyed by scope as well: what one tenant has found, another has not.
#[derive(Debug, Default)]
pub(super) struct Seen {
    credentials: HashMap<(Scope, CredentialId), Located>,
    live_tokens: HashSet<(Scope, TokenId)>,
}

impl Seen {
    /// Before each transaction, and when a part of one was rolled back.
    pub(super) fn clear(&mut self) {
        self.credentials.clear();
        self.live_tokens.clear();
    }

    pub(super) fn credential(&self, scope: &Scope, id: CredentialId) -> Option<Located> {
        self.credentials.get(&(*scope, id)).copied()
    }

    pub(super) fn keep_credential(&mut self, scope: &Scope, id: CredentialId, located: Located) {
        self.credentials.insert((*scope, id), located);
    }

    pub(super) fn forget_credential(&mut self, scope: &Scope, id: CredentialId) {
        self.credentials.remove(&(*scope, id));
    }

    pub(super) fn is_live(&self, scope: &Scope, token: TokenId) -> bool {
        self.live_tokens.contains(&(*scope, token))
    }

    pub(super) fn keep_live(&mut self, scope: &Scope, token: TokenId) {
        self.live_tokens.insert((*scope, token));
    }

    /// One of them was written to.
    pub(super) fn forget_tokens(&mut self) {
        self.live_tokens.clear();
    }
}
