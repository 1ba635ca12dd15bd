//! From what a caller shows to a principal. The only place where a principal is made.
//!
//! A token is found by its id and compared; a workload's statement is proved, and its identity looked up by exactly
//! its issuer and subject. Who fails too often waits (the `failures` of this crate). Every refusal is the same.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use quick_cache::sync::Cache;
use strongroom_domain::error::Code;
use strongroom_domain::identity::Identity;
use strongroom_domain::ids::TokenId;
use strongroom_domain::principal::{
    Grant, Place as PlaceOf, Principal, PrincipalKind, Reach, Standing, network_allows,
};
use strongroom_domain::run::{RunPass, RunText};
use strongroom_domain::token::{TokenText, is_statement};
use strongroom_domain::{Error, Timestamp};
use strongroom_sealing::macs_match;
use strongroom_store::{Housekeeping, TokenRow};

use crate::Service;
use crate::failure::of_store;
use crate::failures::{GoodPlaces, Place, Shown, Verdict};

/// Tokens kept at hand.
const TOKENS: usize = 8_192;
/// How exact the time of last use is.
const USE_IS_NOTED_EVERY: Duration = Duration::from_mins(1);

/// Token rows at hand. An entry is dropped in the same call that revokes or rotates its token; a look-up
/// that was under way meanwhile cannot put the old row back, because its place in the cache is gone.
pub(crate) struct TokenCache(Cache<TokenId, Arc<Known>>);

struct Known {
    row: TokenRow,
    /// From where it was shown with success lately.
    good: GoodPlaces,
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

    /// A whole tenant is gone: which tokens were its own is not looked for.
    pub(crate) fn forget_all(&self) {
        self.0.clear();
    }
}

/// Statements that were proved, by a keyed MAC of their text, until they end. What they stand for is looked at anew
/// each time, so a revoked identity is none at once.
pub(crate) struct StatementCache(Cache<[u8; 32], (TokenId, Timestamp)>);

impl StatementCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(TOKENS))
    }
}

impl Service {
    /// Who a bearer text stands for, here and now: a token, or the statement of a workload's issuer.
    ///
    /// # Errors
    ///
    /// `unauthenticated`, whatever the reason: form, unknown, wrong secret, expired, revoked, network;
    /// `rate_limited` where too much failed from there; `unavailable` where an issuer cannot be asked.
    pub async fn authenticate(&self, text: &str, peer: Option<IpAddr>) -> Result<Principal, Error> {
        if is_statement(text) {
            return self.authenticate_workload(text, peer).await;
        }
        if RunText::is_meant(text) {
            // Its proof costs no look-up, so nobody waits for the failures of others.
            return self.authenticate_run(text, peer).await.map_err(|error| self.failed_as(error, peer));
        }
        self.authenticate_token(text, peer).await
    }

    /// The same for tokens alone.
    pub(crate) async fn authenticate_token(
        &self,
        text: &str,
        peer: Option<IpAddr>,
    ) -> Result<Principal, Error> {
        let place = Place::of(peer);
        let Some(token) = TokenText::parse(text) else { return Err(self.failed_without_id(peer)) };
        let shown = Some(*token.id.as_bytes());
        // Whoever succeeds from there is not held up by others; who must wait costs no look-up in the store.
        let is_known =
            || self.tokens.0.get(&token.id).is_some_and(|known| known.good.knows(place, &self.places));
        if self.failures.verdict(place, shown, self.now()) == Verdict::Beyond && !is_known() {
            return Err(too_many());
        }
        let (known, standing) = match self.shown_token(&token, peer).await {
            Err(Error::Unauthenticated) => return Err(self.failed(place, shown)),
            known => known?,
        };
        // Others may have failed there meanwhile: of a burst, no more than the limit is looked at (AUT-09).
        if self.failures.verdict(place, shown, self.now()) == Verdict::Beyond
            && !known.good.knows(place, &self.places)
        {
            return Err(too_many());
        }
        known.good.note(place, &self.places);
        self.note_use(&known, self.now()).await;
        Ok(principal_of(&known.row, standing))
    }

    async fn shown_token(
        &self,
        token: &TokenText,
        peer: Option<IpAddr>,
    ) -> Result<(Arc<Known>, Standing), Error> {
        // EXPOSE: the secret part is compared as a keyed MAC, which costs the same whether or not the token exists.
        let mac = self.keys.system().token_mac(token.secret.expose().as_bytes());
        let known = self.known_token(token.id).await?;
        let (row, now) = (&known.row, self.now());
        let proven = proved(row, &mac, now);
        let counts =
            row.identity.is_none() && row.kind == token.kind && is_live(row, now) && is_from_there(row, peer);
        match proven.filter(|_| counts) {
            Some(standing) => Ok((known, standing)),
            None => Err(Error::Unauthenticated),
        }
    }

    async fn authenticate_workload(&self, text: &str, peer: Option<IpAddr>) -> Result<Principal, Error> {
        let key = self.keys.system().token_mac(text.as_bytes());
        if let Some((token, ends)) = self.statements.0.get(&key) {
            let standing = Standing::Statement { ends };
            let known = self.known_token(token).await.ok().filter(|known| self.counts(known, peer));
            if let Some(known) = known.filter(|_| ends > self.now()) {
                self.note_use(&known, self.now()).await;
                return Ok(principal_of(&known.row, standing));
            }
            self.statements.0.remove(&key);
        }
        self.refuse_who_fails(peer)?;
        let stated = self.workload_of(text).await.map_err(|error| self.failed_as(error, peer))?;
        let known = self.identified(&stated.identity, peer, |kind| kind != PrincipalKind::User).await?;
        let Some(known) = known else { return Err(self.failed_without_id(peer)) };
        self.statements.0.insert(key, (known.row.id, stated.expires_at));
        self.note_use(&known, self.now()).await;
        Ok(principal_of(&known.row, Standing::Statement { ends: stated.expires_at }))
    }

    /// Who an identity stands for, where there is one of such a kind that counts from there.
    pub(crate) async fn holder_of(
        &self,
        identity: &Identity,
        peer: Option<IpAddr>,
        is_wanted: impl Fn(PrincipalKind) -> bool,
    ) -> Result<Option<Principal>, Error> {
        let known = self.identified(identity, peer, is_wanted).await?;
        Ok(known.map(|known| principal_of(&known.row, Standing::Token { ends: known.row.expires_at })))
    }

    async fn identified(
        &self,
        identity: &Identity,
        peer: Option<IpAddr>,
        is_wanted: impl Fn(PrincipalKind) -> bool,
    ) -> Result<Option<Arc<Known>>, Error> {
        let row = self.store.token_of_identity(identity).await.map_err(of_store)?;
        // A row that is older than the configuration counts no more than a new one would.
        let counts = |row: &TokenRow| is_wanted(row.kind) && self.is_still_named(row);
        let Some(id) = row.filter(counts).map(|row| row.id) else { return Ok(None) };
        // Through the cache, where a revocation of this node has dropped it already.
        match self.known_token(id).await {
            Err(Error::Unauthenticated) => Ok(None),
            known => known.map(|known| Some(known).filter(|known| self.counts(known, peer))),
        }
    }

    fn counts(&self, known: &Known, peer: Option<IpAddr>) -> bool {
        known.row.identity.is_some() && is_live(&known.row, self.now()) && is_from_there(&known.row, peer)
    }

    /// Refuses who has failed too often, before any work is done for them.
    pub(crate) fn refuse_who_fails(&self, peer: Option<IpAddr>) -> Result<(), Error> {
        match self.failures.verdict(Place::of(peer), None, self.now()) {
            Verdict::Within => Ok(()),
            Verdict::Beyond => Err(too_many()),
        }
    }

    /// Counts a failure at something that has no id which its sender could know.
    pub(crate) fn failed_without_id(&self, peer: Option<IpAddr>) -> Error {
        self.failed(Place::of(peer), None)
    }

    /// Counts a failure, if it is one of the caller's.
    pub(crate) fn failed_as(&self, error: Error, peer: Option<IpAddr>) -> Error {
        if matches!(error, Error::Unauthenticated) { self.failed_without_id(peer) } else { error }
    }

    /// The one place where a failed authentication is counted.
    fn failed(&self, place: Place, shown: Option<Shown>) -> Error {
        match self.failures.failed(place, shown, self.now()) {
            Verdict::Within => Error::Unauthenticated,
            Verdict::Beyond => too_many(),
        }
    }

    /// A run is who its token says, as far as the token behind it still counts and reaches. Anything of that
    /// token that was taken away since is taken from the run too.
    async fn authenticate_run(&self, text: &str, peer: Option<IpAddr>) -> Result<Principal, Error> {
        let text = RunText::parse(text).ok_or(Error::Unauthenticated)?;
        if !macs_match(&self.keys.system().run_mac(&text.payload), &text.proof) {
            return Err(Error::Unauthenticated);
        }
        let pass = RunPass::from_bytes(&text.payload).ok_or(Error::Unauthenticated)?;
        let known = self.known_token(pass.token).await?;
        let (row, now) = (&known.row, self.now());
        let counts = pass.expires_at > now
            && is_live(row, now)
            && is_from_there(row, peer)
            && self.is_still_named(row)
            && is_of_generation(row, &pass, now);
        if !counts {
            return Err(Error::Unauthenticated);
        }
        self.note_use(&known, now).await;
        Ok(run_of(row, pass))
    }

    /// Whether the issuer of an identity still names anybody of its organization.
    fn is_still_named(&self, row: &TokenRow) -> bool {
        let serves = |identity: &Identity| self.issuer_serves(&identity.issuer, row.scope.organization());
        row.identity.as_ref().is_none_or(serves)
    }

    /// What a stream goes on by: it looks again and again, because authority ends while it is open (TEN-12).
    pub(crate) async fn standing(&self, token: TokenId) -> Option<Continued> {
        let known = self.known_token(token).await.ok()?;
        is_live(&known.row, self.now()).then_some(Continued(known))
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
        Ok(Some((principal_of(row, Standing::Token { ends: row.expires_at }), row.mac)))
    }

    /// What a run's token is tied to: the token's secret, by the first bytes of its MAC, and its end.
    pub(crate) async fn standing_behind(&self, id: TokenId) -> Result<([u8; 8], Option<Timestamp>), Error> {
        let known = self.known_token(id).await?;
        Ok((RunPass::generation_of(&known.row.mac), known.row.expires_at))
    }

    async fn known_token(&self, id: TokenId) -> Result<Arc<Known>, Error> {
        let load = async {
            let row = self.store.token(id).await.map_err(of_store)?.ok_or(Error::Unauthenticated)?;
            let noted_at = row.last_used_at.map_or(0, Timestamp::unix_micros).into();
            Ok(Arc::new(Known { row, good: GoodPlaces::default(), noted_at }))
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
pub(crate) struct Continued(Arc<Known>);

impl Continued {
    /// Whether nothing that the holder may do, and no secret, has changed in between.
    pub(crate) fn is_still(&self, earlier: &Self) -> bool {
        let (now, then) = (&self.0.row, &earlier.0.row);
        Arc::ptr_eq(&self.0, &earlier.0)
            || (now.mac == then.mac
                && now.networks == then.networks
                && principal_of(now, Standing::Token { ends: None })
                    == principal_of(then, Standing::Token { ends: None }))
    }
}

/// Of the secret in force, or of the one before while it still counts.
pub(crate) fn is_of_generation(row: &TokenRow, pass: &RunPass, now: Timestamp) -> bool {
    let earlier = row.previous.filter(|previous| previous.until > now).map(|previous| previous.mac);
    let mut macs = [Some(row.mac), earlier].into_iter().flatten();
    macs.any(|mac| RunPass::generation_of(&mac) == pass.generation)
}

/// Never wider than its token: the credentials of both, in its token's own workspace.
fn run_of(row: &TokenRow, pass: RunPass) -> Principal {
    // With the text before the last rotation it ends where that does.
    let earlier = row.previous.filter(|_| RunPass::generation_of(&row.mac) != pass.generation);
    let ends = earlier.map_or(pass.expires_at, |previous| pass.expires_at.min(previous.until));
    let principal = principal_of(row, Standing::Token { ends: Some(ends) });
    let own = principal.reach.credentials.clone();
    let credentials = match (own, pass.credentials) {
        (Some(own), Some(given)) => Some(given.into_iter().filter(|id| own.contains(id)).collect()),
        (own, given) => given.or(own),
    };
    let reach = Reach { credentials, ..principal.reach.clone() };
    Principal { reach, grants: Vec::new(), run: Some(pass.consumer), ..principal }
}

/// By the secret in force, or the one before while it still counts. Both are compared, whichever matches.
pub(crate) fn proved(row: &TokenRow, mac: &[u8; 32], now: Timestamp) -> Option<Standing> {
    let earlier = row.previous.filter(|previous| previous.until > now);
    let by_earlier = earlier.filter(|previous| macs_match(mac, &previous.mac));
    let by_current = macs_match(mac, &row.mac).then_some(Standing::Token { ends: row.expires_at });
    let replaced = by_earlier.map(|previous| {
        let ends = row.expires_at.map_or(previous.until, |end| end.min(previous.until));
        Standing::Replaced { ends }
    });
    by_current.or(replaced)
}

/// The same whatever failed, and whether or not this one would have succeeded (AUT-06).
fn too_many() -> Error {
    Error::Limited(
        Code::RateLimited,
        "Too many requests from this address, or with this token, were not taken. Wait as long as Retry-After says, then use a token that counts. Nothing was changed.",
    )
}

pub(crate) fn is_live(row: &TokenRow, now: Timestamp) -> bool {
    row.revoked_at.is_none() && row.expires_at.is_none_or(|end| end > now)
}

pub(crate) fn is_from_there(row: &TokenRow, peer: Option<IpAddr>) -> bool {
    row.networks.is_empty() || peer.is_some_and(|peer| network_allows(&row.networks, peer))
}

fn principal_of(row: &TokenRow, standing: Standing) -> Principal {
    Principal {
        id: row.principal,
        token: row.id,
        kind: row.kind,
        name: row.name.clone(),
        role: row.role,
        scope: row.scope,
        reach: row.reach.clone(),
        home: Grant {
            place: PlaceOf::Workspace(row.scope.workspace()),
            role: row.role,
            reach: row.reach.clone(),
        },
        grants: row.grants.clone(),
        run: None,
        standing,
    }
}
