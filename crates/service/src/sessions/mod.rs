//! Sessions: what a browser or a command line holds after somebody has signed in.
//!
//! A session stands for a token or an identity and is worth nothing without it: at each use it must still be live,
//! allowed from there, and, of a token, the one that was shown at sign-in (a rotated one is another). Kept in
//! memory by a keyed MAC, so nothing in it signs anybody in and a restart signs everybody out. Never taken for a
//! token, nor a token for a session, nor a session at another door than its own.

mod once;
mod table;

use std::net::IpAddr;
use std::time::Duration;

use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome};
use strongroom_domain::dialect::View;
use strongroom_domain::identity::Identity;
use strongroom_domain::ids::RequestId;
use strongroom_domain::principal::{Principal, PrincipalKind, SessionKey, Standing};
use strongroom_domain::token::{TokenText, make_session};
use strongroom_domain::trace::TraceId;
use strongroom_domain::{Error, Secret};
use strongroom_sealing::{SystemRng, macs_match};

use crate::failure::of_store;
use crate::identities::Returned;
use crate::{Context, Service};

pub(crate) use once::OnceLinks;
pub(crate) use table::Sessions;

/// Every session ends after this.
pub const LONGEST: Duration = Duration::from_hours(12);
/// After this, a session of a person no longer does what asks for their presence (AUT-16).
const FRESH: Duration = Duration::from_mins(5);

/// Where a session counts. One of another door is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// At the pages of a foreign dialect, whose stock UI knows no way to sign in again: no step-up there.
    Page,
    /// At our own pages.
    Console,
    /// At the native API, as `Authorization: Bearer`.
    Client,
}

impl Door {
    /// Its name in records.
    const fn name(self) -> &'static str {
        match self {
            Self::Page => "dialect",
            Self::Console => "console",
            Self::Client => "client",
        }
    }
}

/// By what a session began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// By a token: the keyed MAC of its secret at that time.
    Secret([u8; 32]),
    /// By the statement of an issuer.
    Statement,
}

/// Where a sign-in comes from.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// In which request.
    pub request: RequestId,
    /// In which trace, as the caller says.
    pub trace: Option<TraceId>,
    /// From which address.
    pub source: Option<IpAddr>,
    /// Through which dialect.
    pub view: View,
    /// For which door.
    pub door: Door,
}

/// What a sign-in gives.
#[derive(Debug)]
pub struct SignedIn {
    /// Who, as in every later request of the session.
    pub context: Context,
    /// What the browser sends from now on.
    pub session: Secret<String>,
    /// When the session ends at the latest.
    pub ends: strongroom_domain::Timestamp,
}

/// Why nobody was signed in.
#[derive(Debug)]
pub enum NotSignedIn {
    /// They have proved who they are, and have nothing to do here.
    Stranger(Identity),
    /// Anything else.
    Error(Error),
}

impl From<Error> for NotSignedIn {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Service {
    /// Begins a session for the holder of a token.
    ///
    /// # Errors
    ///
    /// As [`Service::authenticate`]; what is no token is `unauthenticated` (AUT-17).
    pub async fn sign_in(&self, token: &str, arrival: Arrival) -> Result<SignedIn, Error> {
        let principal = self.authenticate_token(token, arrival.source).await?;
        // It would end before it is used: a session is of the text in force.
        if matches!(principal.standing, Standing::Replaced { .. }) {
            return Err(Error::Unauthenticated);
        }
        // Of what was shown, not of what is stored by now: a token rotated meanwhile begins no session.
        let mac = self.mac_of(&TokenText::parse(token).ok_or(Error::Unauthenticated)?);
        self.begin_session(principal, Proof::Secret(mac), arrival).await
    }

    /// A text that signs the holder of this token in, once, within fifteen minutes.
    ///
    /// # Errors
    ///
    /// As [`Service::authenticate`].
    pub async fn make_once_link(&self, token: &str) -> Result<Secret<String>, Error> {
        let principal = self.authenticate_token(token, None).await?;
        let mac = self.mac_of(&TokenText::parse(token).ok_or(Error::Unauthenticated)?);
        let text = make_session(&mut SystemRng);
        let link = once::Link { token: principal.token, mac, made: self.now() };
        // EXPOSE: only a keyed MAC of it stays here.
        self.once.keep(self.keys.system().token_mac(text.expose().as_bytes()), link);
        Ok(text)
    }

    /// Begins a session by a link of one use.
    ///
    /// # Errors
    ///
    /// `unauthenticated`, whatever the reason (a link that was used already is on record); `rate_limited` where too
    /// much failed from there.
    pub async fn sign_in_once(&self, text: &str, arrival: Arrival) -> Result<SignedIn, Error> {
        let key = self.keys.system().token_mac(text.as_bytes());
        let link = match self.once.take(&key, self.now()) {
            once::Shown::Fresh(link) => link,
            once::Shown::Used(link) => {
                self.note_reused_link(link.token, arrival).await;
                return Err(self.failed_without_id(arrival.source));
            }
            once::Shown::Nothing => return Err(self.failed_without_id(arrival.source)),
        };
        let standing = self.standing_from(link.token, arrival.source).await?;
        let standing = standing.filter(|(_, mac)| macs_match(mac, &link.mac));
        let (principal, mac) = standing.ok_or(Error::Unauthenticated)?;
        self.begin_session(principal, Proof::Secret(mac), arrival).await
    }

    /// Begins a session for whoever an ID token names that bears a nonce of ours.
    ///
    /// # Errors
    ///
    /// `unauthenticated`, whatever the reason; `rate_limited`; `unavailable` where the issuer cannot be asked.
    pub async fn sign_in_stated(&self, token: &str, arrival: Arrival) -> Result<SignedIn, Error> {
        self.refuse_who_fails(arrival.source)?;
        let signed_in = match self.person_of(token, |nonce| self.is_own_nonce(nonce)).await {
            Ok(named) => self.sign_in_identity(named, arrival).await,
            Err(error) => Err(NotSignedIn::Error(self.failed_as(error, arrival.source))),
        };
        self.note_unless_signed_in(&signed_in, arrival).await;
        match signed_in {
            Err(NotSignedIn::Stranger(_)) => Err(self.failed_without_id(arrival.source)),
            Err(NotSignedIn::Error(error)) => Err(error),
            Ok(signed_in) => Ok(signed_in),
        }
    }

    /// Begins a session for whoever an issuer names in answer to our question.
    ///
    /// # Errors
    ///
    /// [`NotSignedIn`].
    pub async fn sign_in_answered(
        &self,
        returned: &Returned<'_>,
        arrival: Arrival,
    ) -> Result<SignedIn, NotSignedIn> {
        self.refuse_who_fails(arrival.source)?;
        let signed_in = match self.answered(returned).await {
            Ok(named) => self.sign_in_identity(named, arrival).await,
            Err(error) => Err(NotSignedIn::Error(self.failed_as(error, arrival.source))),
        };
        self.note_unless_signed_in(&signed_in, arrival).await;
        signed_in
    }

    /// Somebody whom an issuer names, or who says so, did not get in (LOG-03).
    async fn note_unless_signed_in(&self, outcome: &Result<SignedIn, NotSignedIn>, arrival: Arrival) {
        if let Err(NotSignedIn::Stranger(_) | NotSignedIn::Error(Error::Unauthenticated)) = outcome {
            self.note_refused_statement(AuditAction::SessionBegin, arrival).await;
        }
    }

    async fn sign_in_identity(&self, named: Identity, arrival: Arrival) -> Result<SignedIn, NotSignedIn> {
        let known = self.holder_of(&named, arrival.source, |kind| kind == PrincipalKind::User).await?;
        let Some(principal) = known else { return Err(NotSignedIn::Stranger(named)) };
        Ok(self.begin_session(principal, Proof::Statement, arrival).await?)
    }

    /// Who a session stands for, here and now. Using it keeps it from ending of idleness.
    ///
    /// # Errors
    ///
    /// `unauthenticated`, whatever the reason; `rate_limited` where too much failed from there.
    pub async fn authenticate_session(
        &self,
        text: &str,
        peer: Option<IpAddr>,
        door: Door,
    ) -> Result<Principal, Error> {
        let key = self.session_key(text);
        let session = self.sessions.used(&key, self.now()).filter(|session| session.door == door);
        let Some(session) = session else { return Err(self.failed_without_id(peer)) };
        let standing = self.standing_from(session.token, peer).await?;
        let standing = standing.filter(|(_, mac)| session.proof.still_holds(mac));
        let Some((principal, _)) = standing else {
            self.sessions.end(&key);
            return Err(Error::Unauthenticated);
        };
        Ok(Principal { standing: self.standing_of(key, &session), ..principal })
    }

    /// Ends a session; one that is not there has ended already.
    ///
    /// # Errors
    ///
    /// `unavailable` where it cannot be recorded; it has ended all the same.
    pub async fn sign_out(&self, context: &Context, text: &str) -> Result<(), Error> {
        if self.sessions.end(&self.session_key(text)) {
            self.record_session(context, AuditAction::SessionEnd, &[]).await?;
        }
        Ok(())
    }

    async fn begin_session(
        &self,
        principal: Principal,
        proof: Proof,
        arrival: Arrival,
    ) -> Result<SignedIn, Error> {
        let now = self.now();
        let token = principal.token;
        let session = make_session(&mut SystemRng);
        // EXPOSE: only a keyed MAC of it stays here.
        let key = self.session_key(session.expose());
        let begun = table::Session { token, proof, door: arrival.door, begun: now, used: now };
        let principal = Principal { standing: self.standing_of(key, &begun), ..principal };
        let context = Context {
            principal,
            request: arrival.request,
            trace: arrival.trace,
            source: arrival.source,
            view: arrival.view,
        };
        let by = [("by", proof.name()), ("door", arrival.door.name())];
        self.record_session(&context, AuditAction::SessionBegin, &by).await?;
        self.sessions.keep(key, begun);
        Ok(SignedIn { context, session, ends: now.plus(LONGEST) })
    }

    fn standing_of(&self, session: SessionKey, kept: &table::Session) -> Standing {
        let is_fresh = kept.door == Door::Page || self.now().since(kept.begun) < FRESH;
        let ends = kept.begun.plus(LONGEST);
        if is_fresh {
            Standing::FreshSession { ends, session }
        } else {
            Standing::OldSession { ends, session }
        }
    }

    fn session_key(&self, text: &str) -> SessionKey {
        SessionKey(self.keys.system().token_mac(text.as_bytes()))
    }

    async fn record_session(
        &self,
        context: &Context,
        action: AuditAction,
        notes: &[(&str, &str)],
    ) -> Result<(), Error> {
        let object = AuditObject::Token(context.principal.token);
        let mut record = context.record(self.now(), action, object, AuditOutcome::Succeeded);
        let notes = notes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        record.notes.extend(notes);
        self.store.commit(context.scope(), context.commit(record)).await.map_err(of_store)
    }
}

impl Proof {
    /// Its name in records.
    const fn name(self) -> &'static str {
        match self {
            Self::Secret(_) => "token",
            Self::Statement => "statement",
        }
    }

    /// Whether the token is still the one that was shown. An identity has no secret that could be another.
    fn still_holds(&self, mac: &[u8; 32]) -> bool {
        match self {
            Self::Secret(shown) => macs_match(shown, mac),
            Self::Statement => true,
        }
    }
}
