//! The issuers that the operator names, with what was fetched from them.
//!
//! Keys are fetched when the first statement that could count needs them, again after an hour, and again where a
//! key is named that is not among them; together at most once in 30 seconds, whatever callers send. What an issuer
//! withdraws stops counting with the next fetch; while it cannot be reached, what was fetched counts for a day.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use strongroom_connectors::Egress;
use strongroom_connectors::issuer::{Document, Issuer, IssuerError, IssuerSettings};
use strongroom_domain::error::{Cause, Code};
use strongroom_domain::identity::Algorithm;
use strongroom_domain::ids::OrganizationId;
use strongroom_domain::{Error, Timestamp};
use strongroom_sealing::{NotKeys, PublishedKeys, Statement, StatementFault};
use tokio::sync::Mutex;

use super::not_counting;

/// Between two fetches of one issuer's document and keys.
const PAUSE: Duration = Duration::from_secs(30);
/// After this, what was fetched is fetched again.
const FRESH: Duration = Duration::from_hours(1);
/// After this, what was fetched counts no more.
const STALE: Duration = Duration::from_hours(24);

/// An issuer as the operator names it.
#[derive(Debug)]
pub struct NamedIssuer {
    /// What the operator says of it.
    pub settings: IssuerSettings,
    /// Its keys, where the operator has them in a file and they are not to be fetched.
    pub keys: Option<PublishedKeys>,
    /// The organizations whose people and workloads it names; none stands for all of them.
    pub organizations: Vec<OrganizationId>,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Issuers(Vec<Known>);

/// One issuer, and what is known of it.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) issuer: Issuer,
    organizations: Vec<OrganizationId>,
    fixed: Option<Arc<PublishedKeys>>,
    fetched: RwLock<Option<Arc<Fetched>>>,
    /// When it was asked last, in vain or not. Held by the one who asks.
    asked: Mutex<Option<Timestamp>>,
}

#[derive(Debug)]
struct Fetched {
    document: Document,
    keys: Arc<PublishedKeys>,
    at: Timestamp,
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the issuer gave nothing")]
    Issuer(#[from] IssuerError),
    #[error("the issuer's keys cannot be used")]
    Keys(#[from] NotKeys),
    #[error("the issuer was asked in vain less than 30 seconds ago")]
    Paused,
}

impl Issuers {
    pub(crate) fn new(named: Vec<NamedIssuer>, egress: &Egress) -> Self {
        let known = |NamedIssuer { settings, keys, organizations }| Known {
            issuer: Issuer::new(settings, egress),
            organizations,
            fixed: keys.map(Arc::new),
            fetched: RwLock::default(),
            asked: Mutex::default(),
        };
        Self(named.into_iter().map(known).collect())
    }

    pub(crate) fn named(&self, issuer: &str) -> Option<&Known> {
        self.0.iter().find(|known| known.issuer.settings().url.as_str() == issuer)
    }

    pub(crate) fn of_people(&self) -> impl Iterator<Item = &Known> {
        self.0.iter().filter(|known| known.issuer.settings().client.is_some())
    }

    pub(crate) fn allow(&self, algorithm: Algorithm) -> bool {
        self.0.iter().any(|known| known.allows(algorithm))
    }
}

impl Known {
    pub(crate) fn allows(&self, algorithm: Algorithm) -> bool {
        self.issuer.settings().algorithms.contains(&algorithm)
    }

    /// Whether it names anybody of this organization.
    pub(crate) fn serves(&self, organization: OrganizationId) -> bool {
        self.organizations.is_empty() || self.organizations.contains(&organization)
    }

    /// Whether the issuer signed it.
    ///
    /// # Errors
    ///
    /// `unauthenticated` where it did not; `unavailable` where the issuer cannot be asked for its keys.
    pub(crate) async fn prove(&self, statement: &Statement<'_>, now: Timestamp) -> Result<(), Error> {
        let (keys, at) = match &self.fixed {
            Some(keys) => (Arc::clone(keys), None),
            None => self.at_hand(now).await.map(|fetched| (Arc::clone(&fetched.keys), Some(fetched.at)))?,
        };
        match (statement.proved_by(&keys), at) {
            (Err(StatementFault::UnknownKey), Some(at)) => {
                let newer =
                    self.newer_than(at, now).await.ok_or_else(|| not_counting(StatementFault::UnknownKey))?;
                statement.proved_by(&newer.keys).map(drop).map_err(not_counting)
            }
            (proved, _) => proved.map(drop).map_err(not_counting),
        }
    }

    /// Its document; fetched where there is none.
    ///
    /// # Errors
    ///
    /// `unavailable` where the issuer cannot be asked.
    pub(crate) async fn document(&self, now: Timestamp) -> Result<Document, Error> {
        Ok(self.at_hand(now).await?.document.clone())
    }

    async fn at_hand(&self, now: Timestamp) -> Result<Arc<Fetched>, Error> {
        let held = self.held();
        if let Some(held) = held.as_ref().filter(|held| now.since(held.at) < FRESH) {
            return Ok(Arc::clone(held));
        }
        match self.fetch(held.as_ref().map(|held| held.at), now).await {
            Ok(fetched) => Ok(fetched),
            Err(error) => held.filter(|held| now.since(held.at) < STALE).ok_or_else(|| {
                tracing::warn!(issuer = self.issuer.settings().url.as_str(), cause = ?Cause::new(error), "no keys of this issuer");
                Error::NotNow(Code::Unavailable, None)
            }),
        }
    }

    /// What was fetched after `at`, where something could be.
    async fn newer_than(&self, at: Timestamp, now: Timestamp) -> Option<Arc<Fetched>> {
        self.fetch(Some(at), now).await.ok()
    }

    /// Asks the issuer, unless others did meanwhile or it was asked a moment ago. One asks; the others wait for it.
    async fn fetch(&self, known: Option<Timestamp>, now: Timestamp) -> Result<Arc<Fetched>, FetchError> {
        let mut asked = self.asked.lock().await;
        if let Some(held) = self.held().filter(|held| Some(held.at) > known) {
            return Ok(held);
        }
        if asked.is_some_and(|last| now.since(last) < PAUSE) {
            return Err(FetchError::Paused);
        }
        *asked = Some(now);
        let document = self.issuer.document().await?;
        let keys = match &self.fixed {
            Some(keys) => Arc::clone(keys),
            None => Arc::new(PublishedKeys::parse(&self.issuer.keys(&document.keys).await?)?),
        };
        let fetched = Arc::new(Fetched { document, keys, at: now });
        *self.fetched.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&fetched));
        Ok(fetched)
    }

    fn held(&self) -> Option<Arc<Fetched>> {
        self.fetched.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
