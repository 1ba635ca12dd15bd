//! The question that a sign-in asks an issuer, and its answer: authorization code with PKCE.
//!
//! State, nonce and verifier are made from one random text that the browser holds in a cookie, by keyed MACs: so
//! a question costs no memory, whoever asks how often (DOS-07), it counts on every node, and an answer without
//! the browser that asked is none (OAU-01, WEB-10). An answer counts once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use strongroom_connectors::issuer::{Code, IssuerError, challenge_of, encoded};
use strongroom_domain::error::{Cause, Code as ErrorCode};
use strongroom_domain::identity::{Identity, Refusal};
use strongroom_domain::token::make_session;
use strongroom_domain::{Error, Secret, Timestamp};
use strongroom_sealing::{SystemRng, macs_match};

use super::not_counting;
use crate::Service;

/// How long a person may take at the issuer.
pub const TO_ANSWER: Duration = Duration::from_mins(10);
/// Answers that are remembered; more are made by nobody but whom an issuer lets in.
const REMEMBERED: usize = 16_384;

/// A question on its way.
#[derive(Debug)]
pub struct Question {
    /// Where the browser goes.
    pub url: String,
    /// What the browser keeps until it comes back.
    pub kept: Secret<String>,
}

/// What a browser brings back.
#[derive(Debug, Clone, Copy)]
pub struct Returned<'a> {
    /// What it kept.
    pub kept: &'a str,
    /// The issuer's `code`.
    pub code: &'a Secret<String>,
    /// The issuer's `state`.
    pub state: &'a str,
    /// The issuer's `iss`, where it names itself (RFC 9207).
    pub issuer: Option<&'a str>,
    /// Where the issuer sent it, as in the question.
    pub redirect_uri: &'a str,
}

impl Service {
    /// A question to one of the issuers of people, by its place among them.
    ///
    /// # Errors
    ///
    /// `not_found` where there is none, `unavailable` where it cannot be asked where its page is.
    pub async fn ask_issuer(&self, place: usize, redirect_uri: &str) -> Result<Question, Error> {
        let known = self.issuers.of_people().nth(place).ok_or(Error::NotFound)?;
        let client = known.issuer.settings().client.as_ref().ok_or(Error::NotFound)?;
        let document = known.document(self.now()).await?;
        let page = document.authorization.ok_or(Error::NotNow(ErrorCode::Unavailable, None))?;
        let kept = self.make_kept(place);
        // EXPOSE: what goes to the issuer is made from it by MACs that cannot be turned back
        let text = kept.expose();
        let verifier = Secret::new(self.part_of("verifier", text));
        let parameters = [
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", redirect_uri),
            ("scope", "openid"),
            ("state", &self.part_of("state", text)),
            ("nonce", &self.part_of("nonce", text)),
            ("code_challenge", &challenge_of(&verifier)),
            ("code_challenge_method", "S256"),
        ];
        let query: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let sign = if page.as_str().contains('?') { '&' } else { '?' };
        Ok(Question { url: format!("{page}{sign}{}", query.join("&")), kept })
    }

    /// Whom the issuer names in answer to our question to it.
    ///
    /// # Errors
    ///
    /// `unauthenticated`, whatever is wrong with the answer; `unavailable` where the issuer cannot be asked.
    pub(crate) async fn answered(&self, returned: &Returned<'_>) -> Result<Identity, Error> {
        let place = self.place_of(returned.kept).ok_or_else(|| not_counting(Refusal::Nonce))?;
        // Compared as MACs, so that the time says nothing about how much of a guess is right.
        let mac = |text: &str| self.keys.system().sign_in_mac(&[b"compare", text.as_bytes()]);
        if !macs_match(&mac(returned.state), &mac(&self.part_of("state", returned.kept))) {
            return Err(not_counting(Refusal::Nonce));
        }
        let known = self.issuers.of_people().nth(place).ok_or_else(|| not_counting(Refusal::Issuer))?;
        let document = known.document(self.now()).await?;
        // Of another issuer: a mix-up (RFC 9207); the code is not sent anywhere.
        let own = known.issuer.settings().url.as_str();
        if returned.issuer.map_or(document.names_itself, |named| named != own) {
            return Err(not_counting(Refusal::Issuer));
        }
        let at = document.token.ok_or(Error::NotNow(ErrorCode::Unavailable, None))?;
        let verifier = Secret::new(self.part_of("verifier", returned.kept));
        let code = Code { code: returned.code, verifier: &verifier, redirect_uri: returned.redirect_uri };
        let token = known.issuer.redeem(&at, &code).await.map_err(of_issuer)?;
        let nonce = self.part_of("nonce", returned.kept);
        // EXPOSE: the statement is read here and kept nowhere
        self.person_of(token.expose(), |given| given == nonce).await.and_then(|identity| {
            // What another issuer says is no answer to a question to this one.
            if identity.issuer == own { Ok(identity) } else { Err(not_counting(Refusal::Issuer)) }
        })
    }

    /// A nonce for a client that asks an issuer itself, and shows us the answer. It costs no memory.
    pub fn make_sign_in_nonce(&self) -> String {
        // EXPOSE: a nonce is public; the text is used for its 256 bits of chance
        let text = format!("{}.{}", seconds(self.now()), make_session(&mut SystemRng).expose());
        format!("{text}.{}", self.part_of("client", &text))
    }

    /// Whether a nonce is one of ours, and not too old.
    pub(crate) fn is_own_nonce(&self, nonce: &str) -> bool {
        let Some((text, mark)) = nonce.rsplit_once('.') else { return false };
        let mac = |text: &str| self.keys.system().sign_in_mac(&[b"compare", text.as_bytes()]);
        let begun = text.split_once('.').and_then(|(begun, _)| moment(begun));
        macs_match(&mac(mark), &mac(&self.part_of("client", text)))
            && begun.is_some_and(|begun| self.now().since(begun) < TO_ANSWER)
    }

    /// `place.seconds.chance.mark`: the mark says that we made it, when, and for which issuer.
    fn make_kept(&self, place: usize) -> Secret<String> {
        // EXPOSE: for the browser, which is who keeps it
        let text = format!("{place}.{}.{}", seconds(self.now()), make_session(&mut SystemRng).expose());
        Secret::new(format!("{text}.{}", self.part_of("kept", &text)))
    }

    fn place_of(&self, kept: &str) -> Option<usize> {
        let (text, mark) = kept.rsplit_once('.')?;
        let mac = |text: &str| self.keys.system().sign_in_mac(&[b"compare", text.as_bytes()]);
        let mut parts = text.splitn(3, '.');
        let (place, begun) = (parts.next()?.parse().ok()?, moment(parts.next()?)?);
        let counts = macs_match(&mac(mark), &mac(&self.part_of("kept", text)));
        (counts && self.now().since(begun) < TO_ANSWER).then_some(place)
    }

    /// 43 characters: as long as a verifier must be (RFC 7636, section 4.1).
    fn part_of(&self, what: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.keys.system().sign_in_mac(&[what.as_bytes(), text.as_bytes()]))
    }
}

/// A refusal is the caller's, an outage is not.
fn of_issuer(error: IssuerError) -> Error {
    match error {
        IssuerError::Refused => not_counting(error),
        error => Error::NotNow(ErrorCode::Unavailable, Some(Cause::new(error))),
    }
}

const fn seconds(now: Timestamp) -> i64 {
    now.unix_millis().div_euclid(1_000)
}

fn moment(seconds: &str) -> Option<Timestamp> {
    seconds.parse::<i64>().ok()?.checked_mul(1_000_000).map(Timestamp::from_unix_micros)
}

/// The questions that were answered, as long as their answers could be shown again.
#[derive(Debug, Default)]
pub(crate) struct Answered(Mutex<HashMap<[u8; 32], Timestamp>>);

impl Answered {
    /// Whether this is the first answer. Where more than can be remembered are answered at once, the next is
    /// refused: forgetting one would let it be shown again.
    pub(crate) fn is_first(&self, question: [u8; 32], now: Timestamp) -> bool {
        let mut answered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answered.len() >= REMEMBERED {
            answered.retain(|_, at| now.since(*at) < TO_ANSWER);
        }
        answered.len() < REMEMBERED && answered.insert(question, now).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oau_01_an_answer_counts_once() {
        let (answered, now) = (Answered::default(), Timestamp::from_unix_micros(1_763_719_200_000_000));
        assert!(answered.is_first([1; 32], now));
        assert!(!answered.is_first([1; 32], now));
        assert!(answered.is_first([2; 32], now));
    }
}
