//! From a token's text to a principal. The only place where a principal is made.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
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

/// Token rows at hand. An entry is dropped in the same call that revokes or rotates its token; a look-up
/// that was under way meanwhile cannot put the old row back, because its place in the cache is gone.
pub(crate) struct TokenCache(Cache<TokenId, Arc<Known>>);

struct Known {
    row: TokenRow,
    /// When its use was noted last, in microseconds since 1970; 0 for never.
    noted_at: AtomicI64,
}

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
        let known = self.known_token(token.id).await?;
        let (row, now) = (&known.row, self.now());
        let counts = macs_match(&mac, &row.mac)
            && row.kind == token.kind
            && is_live(row, now)
            && is_from_there(row, peer);
        if !counts {
            return Err(Error::Unauthenticated);
        }
        self.note_use(&known, now).await;
        Ok(principal_of(row))
    }

    /// What a stream goes on by: it looks again and again, because authority ends while it is open (TEN-12).
    pub(crate) async fn standing(&self, token: TokenId) -> Option<Standing> {
        let known = self.known_token(token).await.ok()?;
        is_live(&known.row, self.now()).then_some(Standing(known))
    }

    /// What a token stands for now, by its id alone, and the MAC of its secret; `None` where it no longer
    /// counts. For sessions, which began with the secret.
    pub(crate) async fn standing_from(
        &self,
        id: TokenId,
        peer: Option<IpAddr>,
    ) -> Result<Option<(Principal, [u8; 32])>, Error> {
        let known = match self.known_token(id).await {
            Err(Error::Unauthenticated) => return Ok(None),
            known => known?,
        };
        let (row, now) = (&known.row, self.now());
        if !(is_live(row, now) && is_from_there(row, peer)) {
            return Ok(None);
        }
        self.note_use(&known, now).await;
        Ok(Some((principal_of(row), row.mac)))
    }

    async fn known_token(&self, id: TokenId) -> Result<Arc<Known>, Error> {
        let load = async {
            let row = self.store.token(id).await.map_err(of_store)?.ok_or(Error::Unauthenticated)?;
            let noted_at = row.last_used_at.map_or(0, Timestamp::unix_micros).into();
            Ok(Arc::new(Known { row, noted_at }))
        };
        self.tokens.0.get_or_insert_async(&id, load).await
    }

    async fn note_use(&self, known: &Known, now: Timestamp) {
        let noted_at = Timestamp::from_unix_micros(known.noted_at.load(Ordering::Relaxed));
        if now.since(noted_at) < USE_IS_NOTED_EVERY {
            return;
        }
        known.noted_at.store(now.unix_micros(), Ordering::Relaxed);
        let task = Housekeeping::TokenUsed(known.row.id, now);
        if let Err(error) = self.store.keep_house(&known.row.scope, task).await {
            tracing::warn!(%error, "the last use of a token was not noted");
        }
    }
}

/// A token that counted when it was looked at.
pub(crate) struct Standing(Arc<Known>);

impl Standing {
    /// Whether nothing that the holder may do, and no secret, has changed in between.
    pub(crate) fn is_still(&self, earlier: &Self) -> bool {
        let (now, then) = (&self.0.row, &earlier.0.row);
        Arc::ptr_eq(&self.0, &earlier.0)
            || (now.mac == then.mac
                && now.networks == then.networks
                && principal_of(now) == principal_of(then))
    }
}

pub(crate) fn is_live(row: &TokenRow, now: Timestamp) -> bool {
    row.revoked_at.is_none() && row.expires_at.is_none_or(|end| end > now)
}

pub(crate) fn is_from_there(row: &TokenRow, peer: Option<IpAddr>) -> bool {
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
