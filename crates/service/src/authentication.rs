//! From a token's text to a principal. The only place where a principal is made.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;
use strongroom_domain::ids::TokenId;
use strongroom_domain::principal::{Principal, network_allows};
use strongroom_domain::token::TokenText;
use strongroom_domain::{Error, Timestamp};
use strongroom_sealing::macs_match;
use strongroom_store::{Housekeeping, TokenRow};

use crate::Service;
use crate::failure::of_store;

/// Tokens kept at hand.
const TOKENS: usize = 8_192;
/// How exact the time of last use is.
const USE_IS_NOTED_EVERY: Duration = Duration::from_mins(1);

/// Token rows at hand. An entry is dropped in the same call that revokes or rotates its token.
pub(crate) struct TokenCache(Cache<TokenId, Arc<TokenRow>>);

impl TokenCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(TOKENS))
    }

    pub(crate) fn forget(&self, id: TokenId) {
        self.0.remove(&id);
    }
}

impl Service {
    /// Who this token stands for, here and now.
    ///
    /// # Errors
    ///
    /// `unauthenticated`, whatever the reason: form, unknown, wrong secret, expired, revoked, network.
    pub async fn authenticate(&self, text: &str, peer: Option<IpAddr>) -> Result<Principal, Error> {
        let token = TokenText::parse(text).ok_or(Error::Unauthenticated)?;
        // EXPOSE: the secret part is compared as a keyed MAC, which costs the same whether or not the token exists.
        let mac = self.keys.system().token_mac(token.secret.expose().as_bytes());
        let row = self.token_row(token.id).await?.ok_or(Error::Unauthenticated)?;
        let now = self.now();
        let counts = macs_match(&mac, &row.mac)
            && row.kind == token.kind
            && is_live(&row, now)
            && is_from_there(&row, peer);
        if !counts {
            return Err(Error::Unauthenticated);
        }
        self.note_use(&row, now).await;
        Ok(principal_of(&row))
    }

    async fn token_row(&self, id: TokenId) -> Result<Option<Arc<TokenRow>>, Error> {
        if let Some(row) = self.tokens.0.get(&id) {
            return Ok(Some(row));
        }
        let Some(row) = self.store.token(id).await.map_err(of_store)?.map(Arc::new) else { return Ok(None) };
        // A row revoked between the read and here is found revoked again at its next look-up: never kept.
        if row.revoked_at.is_none() {
            self.tokens.0.insert(id, Arc::clone(&row));
        }
        Ok(Some(row))
    }

    async fn note_use(&self, row: &Arc<TokenRow>, now: Timestamp) {
        let noted_lately = row.last_used_at.is_some_and(|at| now.since(at) < USE_IS_NOTED_EVERY);
        if noted_lately {
            return;
        }
        self.tokens.0.insert(row.id, Arc::new(TokenRow { last_used_at: Some(now), ..TokenRow::clone(row) }));
        if let Err(error) = self.store.keep_house(&row.scope, Housekeeping::TokenUsed(row.id, now)).await {
            tracing::warn!(%error, "the last use of a token was not noted");
        }
    }
}

fn is_live(row: &TokenRow, now: Timestamp) -> bool {
    row.revoked_at.is_none() && row.expires_at.is_none_or(|end| end > now)
}

fn is_from_there(row: &TokenRow, peer: Option<IpAddr>) -> bool {
    row.networks.is_empty() || peer.is_some_and(|peer| network_allows(&row.networks, peer))
}

fn principal_of(row: &TokenRow) -> Principal {
    Principal {
        id: row.principal,
        token: row.id,
        kind: row.kind,
        name: row.name.clone(),
        role: row.role,
        scope: row.scope,
        credentials: row.credentials.clone(),
    }
}
