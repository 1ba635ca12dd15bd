//! Identities: statements of an issuer in place of a secret.
//!
//! A statement is looked at in this order: form and algorithm; issuer, kind, audience and times, which cost
//! nothing; its signature, for which keys may have to be fetched; and only then the token row of exactly this
//! issuer and subject. Must never make a row, and never fetch for a statement that could not count.

mod issuers;
mod question;

use strongroom_domain::Error;
use strongroom_domain::identity::{Audience, Claims, Expected, Identity, Refusal, Stated, judge};
use strongroom_domain::ids::OrganizationId;
use strongroom_sealing::{Statement, StatementFault};

pub(crate) use issuers::Issuers;
pub use issuers::NamedIssuer;
pub(crate) use question::Answered;
pub use question::{Question, Returned, TO_ANSWER};

use crate::Service;
use issuers::Known;

/// What a statement is shown for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// An ID token: a person signs in.
    Person,
    /// A bearer token: a workload calls.
    Workload,
}

/// An issuer by which people can sign in, for clients that send them there.
#[derive(Debug, Clone)]
pub struct SignInIssuer {
    /// Its URL.
    pub issuer: String,
    /// The public client of the command line.
    pub client_id: String,
}

impl Service {
    /// By which issuers people can sign in, in the order of the configuration.
    pub fn sign_in_issuers(&self) -> Vec<SignInIssuer> {
        self.issuers
            .of_people()
            .filter_map(|known| {
                let settings = known.issuer.settings();
                let client = settings.client.as_ref()?;
                let client_id = client.cli_id.as_ref().unwrap_or(&client.id).clone();
                Some(SignInIssuer { issuer: settings.url.as_str().to_owned(), client_id })
            })
            .collect()
    }

    /// Whether statements of this issuer can count there at all: it is in the configuration, byte for byte, and speaks
    /// for that organization.
    pub(crate) fn issuer_serves(&self, issuer: &str, organization: OrganizationId) -> bool {
        self.issuers.named(issuer).is_some_and(|known| known.serves(organization))
    }

    /// Whom the bearer token of a workload names.
    pub(crate) async fn workload_of(&self, text: &str) -> Result<Stated, Error> {
        self.proved(text, Purpose::Workload).await.map(|(stated, _)| stated)
    }

    /// Whom an ID token names that answers this question of ours. A question is answered once.
    pub(crate) async fn person_of(
        &self,
        text: &str,
        is_ours: impl Fn(&str) -> bool + Send,
    ) -> Result<Identity, Error> {
        let (stated, claims) = self.proved(text, Purpose::Person).await?;
        let nonce =
            claims.nonce.filter(|nonce| is_ours(nonce)).ok_or_else(|| not_counting(Refusal::Nonce))?;
        if self.answered.is_first(self.keys.system().sign_in_mac(&[b"used", nonce.as_bytes()]), self.now()) {
            Ok(stated.identity)
        } else {
            Err(not_counting(Refusal::Nonce))
        }
    }

    async fn proved(&self, text: &str, purpose: Purpose) -> Result<(Stated, Claims), Error> {
        let statement =
            Statement::parse(text, |algorithm| self.issuers.allow(algorithm)).map_err(not_counting)?;
        let claims = statement.claims_unproved();
        let known = self.issuers.named(&claims.iss).ok_or_else(|| not_counting(Refusal::Issuer))?;
        if !known.allows(statement.algorithm()) {
            return Err(not_counting(StatementFault::Algorithm));
        }
        if !statement.is_of_kind(purpose.kinds()) {
            return Err(not_counting(StatementFault::Form));
        }
        let stated = known.judge(claims, purpose, self.now()).map_err(not_counting)?;
        known.prove(&statement, self.now()).await?;
        Ok((stated, claims.clone()))
    }
}

impl Purpose {
    /// The values of the header `typ`. An access token (RFC 9068) signs nobody in.
    const fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Person => &["JWT"],
            Self::Workload => &["JWT", "at+jwt"],
        }
    }
}

impl Known {
    fn judge(
        &self,
        claims: &Claims,
        purpose: Purpose,
        now: strongroom_domain::Timestamp,
    ) -> Result<Stated, Refusal> {
        let settings = self.issuer.settings();
        let clients = settings.clients();
        let audience = match purpose {
            Purpose::Person => Audience::Client(&clients),
            Purpose::Workload => Audience::Named(&settings.audiences),
        };
        judge(claims, &Expected { issuer: settings.url.as_str(), audience, leeway: settings.leeway }, now)
    }
}

/// Callers learn that it does not count; the operator's log says why, without a word of the statement.
fn not_counting(why: impl std::error::Error) -> Error {
    tracing::info!(reason = %why, "a statement of an issuer does not count");
    Error::Unauthenticated
}
