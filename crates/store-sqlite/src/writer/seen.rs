//! What the writer has looked up already: most commits are resolves, about the same tokens and credentials.
//!
//! Nobody else writes, so what it remembers stays true until the writer writes to it, or takes a write back. Must never
//! outlive either.

use std::collections::HashMap;

use strongroom_domain::Scope;
use strongroom_domain::ids::{CredentialId, TokenId};

/// Credentials and tokens that are remembered; with more, all are forgotten. A bound on memory: some 2 MB.
const REMEMBERED: usize = 8_192;

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
    /// And in which workspace each was found to be, last of all.
    live_tokens: HashMap<TokenId, Scope>,
}

impl Seen {
    /// When a transaction or a part of one was rolled back, and when a whole tenant goes.
    pub(super) fn clear(&mut self) {
        self.credentials.clear();
        self.live_tokens.clear();
    }

    pub(super) fn credential(&self, scope: &Scope, id: CredentialId) -> Option<Located> {
        self.credentials.get(&(*scope, id)).copied()
    }

    pub(super) fn keep_credential(&mut self, scope: &Scope, id: CredentialId, located: Located) {
        if self.credentials.len() >= REMEMBERED {
            self.credentials.clear();
        }
        self.credentials.insert((*scope, id), located);
    }

    pub(super) fn forget_credential(&mut self, scope: &Scope, id: CredentialId) {
        self.credentials.remove(&(*scope, id));
    }

    pub(super) fn is_live(&self, scope: &Scope, token: TokenId) -> bool {
        self.live_tokens.get(&token) == Some(scope)
    }

    pub(super) fn keep_live(&mut self, scope: &Scope, token: TokenId) {
        if self.live_tokens.len() >= REMEMBERED {
            self.live_tokens.clear();
        }
        self.live_tokens.insert(token, *scope);
    }

    pub(super) fn forget_token(&mut self, token: TokenId) {
        self.live_tokens.remove(&token);
    }
}
