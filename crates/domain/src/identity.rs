//! Who a signed statement names: an issuer and a subject, exactly as the issuer writes them; and whether a
//! statement counts.
//!
//! Owns the claims that count and every comparison of them; pure, so time is an argument. A statement comes here
//! only after its signature was checked (`sealing`). Must never look at a name, an address or a case: two
//! identities are the same where both texts are the same bytes (AUT-18).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use crate::Timestamp;
use crate::web_url::WebUrl;

/// An issuer, and whom it means.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Identity {
    /// The text of the issuer, as it stands in `iss`.
    pub issuer: String,
    /// Whom it means, as in `sub`.
    pub subject: Subject,
}

/// The subject of a statement: 1 to 255 printable ASCII characters (OpenID Connect Core 1.0, section 2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Subject(String);

/// The text is no subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 255 printable ASCII characters, as the issuer writes them")]
pub struct NotASubject;

impl Subject {
    /// As the issuer writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Subject {
    type Err = NotASubject;

    fn from_str(text: &str) -> Result<Self, NotASubject> {
        let is_good = (1..=255).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b));
        if is_good && text.trim() == text { Ok(Self(text.to_owned())) } else { Err(NotASubject) }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An issuer's URL: without query, because discovery appends to it (OpenID Connect Discovery 1.0, section 3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IssuerUrl(WebUrl);

impl IssuerUrl {
    /// As the operator wrote it, and as `iss` must have it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The same as a URL.
    pub const fn url(&self) -> &WebUrl {
        &self.0
    }

    /// Where its own document lies (OpenID Connect Discovery 1.0, section 4.1).
    pub fn document(&self) -> WebUrl {
        let text = format!("{}/.well-known/openid-configuration", self.0.as_str().trim_end_matches('/'));
        text.parse().unwrap_or_else(|_| self.0.clone())
    }
}

impl FromStr for IssuerUrl {
    type Err = crate::web_url::NotAWebUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: WebUrl = text.parse()?;
        if text.contains('?') || text.len() > 400 { Err(crate::web_url::NotAWebUrl) } else { Ok(Self(url)) }
    }
}

/// How a statement is signed. Nothing unsigned and nothing with a shared secret is among them: whoever can check
/// such a statement can make it (AUT-15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[expect(missing_docs, reason = "RFC 7518 section 3.1 and RFC 8037 have the table")]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

impl Algorithm {
    /// What counts unless the operator says otherwise.
    pub const USUAL: [Self; 3] = [Self::RS256, Self::ES256, Self::EdDSA];

    /// By its name in the header `alg`, in exactly this case.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::RS256,
            "RS384" => Self::RS384,
            "RS512" => Self::RS512,
            "PS256" => Self::PS256,
            "PS384" => Self::PS384,
            "PS512" => Self::PS512,
            "ES256" => Self::ES256,
            "ES384" => Self::ES384,
            "EdDSA" => Self::EdDSA,
            _ => return None,
        })
    }
}

/// What a statement says, as far as anybody here asks. Other claims are not read.
#[derive(Debug, Clone, Deserialize)]
pub struct Claims {
    /// Who says it.
    pub iss: String,
    /// Of whom.
    pub sub: String,
    /// For whom.
    #[serde(deserialize_with = "one_or_many")]
    pub aud: Vec<String>,
    /// Until when, in seconds since 1970; statements without end do not count.
    pub exp: f64,
    /// From when.
    #[serde(default)]
    pub nbf: Option<f64>,
    /// Since when.
    #[serde(default)]
    pub iat: Option<f64>,
    /// For which question of ours.
    #[serde(default)]
    pub nonce: Option<String>,
    /// To which client it was given.
    #[serde(default)]
    pub azp: Option<String>,
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Audience {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Audience::deserialize(deserializer)? {
        Audience::One(one) => vec![one],
        Audience::Many(many) => many,
    })
}

/// What a statement must say to count.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// By whom.
    pub issuer: &'a str,
    /// For whom.
    pub audience: Audience<'a>,
    /// How far two clocks may differ.
    pub leeway: Duration,
}

/// For whom a statement must be.
#[derive(Debug, Clone, Copy)]
pub enum Audience<'a> {
    /// An ID token: for one of these clients and nobody else, and given to that client (OpenID Connect Core 1.0,
    /// section 3.1.3.7).
    Client(&'a [&'a str]),
    /// A statement of a workload: for one of these names, among others perhaps.
    Named(&'a [String]),
}

/// Why a statement does not count. For the operator's log; callers learn only that it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `iss` is another text.
    #[error("it is of another issuer")]
    Issuer,
    /// `aud` or `azp` name others.
    #[error("it is for somebody else")]
    Audience,
    /// `exp` has passed.
    #[error("it has expired")]
    Expired,
    /// `nbf` or `iat` lie ahead.
    #[error("it is of the future")]
    NotYet,
    /// `sub` is no subject, or a time is no time.
    #[error("its claims are malformed")]
    Malformed,
    /// `nonce` is not the one that was asked for, or was shown before.
    #[error("it answers no question of ours")]
    Nonce,
}

/// A statement that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// Of whom.
    pub identity: Identity,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Whether a statement counts here and now. What is bound to one question of ours (`nonce`) is its asker's to
/// compare.
///
/// # Errors
///
/// [`Refusal`].
pub fn judge(claims: &Claims, expected: &Expected<'_>, now: Timestamp) -> Result<Stated, Refusal> {
    if claims.iss != expected.issuer {
        return Err(Refusal::Issuer);
    }
    if !is_for(claims, expected.audience) {
        return Err(Refusal::Audience);
    }
    let expires_at = moment(claims.exp)?;
    if expires_at.plus(expected.leeway) <= now {
        return Err(Refusal::Expired);
    }
    for begin in [claims.nbf, claims.iat].into_iter().flatten() {
        if moment(begin)? > now.plus(expected.leeway) {
            return Err(Refusal::NotYet);
        }
    }
    let subject = claims.sub.parse().map_err(|NotASubject| Refusal::Malformed)?;
    Ok(Stated { identity: Identity { issuer: claims.iss.clone(), subject }, expires_at })
}

fn is_for(claims: &Claims, audience: Audience<'_>) -> bool {
    match audience {
        Audience::Client(clients) => {
            let is_client = |name: &String| clients.contains(&name.as_str());
            let given_to = match &claims.azp {
                Some(client) => is_client(client),
                None => claims.aud.len() == 1,
            };
            !claims.aud.is_empty() && claims.aud.iter().all(is_client) && given_to
        }
        Audience::Named(names) => claims.aud.iter().any(|audience| names.contains(audience)),
    }
}

/// Seconds since 1970, fractions allowed (RFC 7519, section 2), in the years that a [`Timestamp`] shows.
fn moment(seconds: f64) -> Result<Timestamp, Refusal> {
    const YEAR_9999: f64 = 253_402_300_799.0;
    if !(0.0..=YEAR_9999).contains(&seconds) {
        return Err(Refusal::Malformed);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was just checked")]
    Ok(Timestamp::from_unix_micros((seconds * 1e6) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example.com";
    const NOW: i64 = 1_763_719_200;

    fn now() -> Timestamp {
        Timestamp::from_unix_micros(NOW * 1_000_000)
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds of this century fit")]
    fn at(offset: i64) -> f64 {
        (NOW + offset) as f64
    }

    fn claims() -> Claims {
        Claims {
            iss: ISSUER.to_owned(),
            sub: "248289761001".to_owned(),
            aud: vec!["strongroom".to_owned()],
            exp: at(60),
            nbf: None,
            iat: Some(at(0)),
            nonce: None,
            azp: None,
        }
    }

    type Change = fn(&mut Claims);

    fn judged(change: impl FnOnce(&mut Claims)) -> Result<Stated, Refusal> {
        let mut claims = claims();
        change(&mut claims);
        let audience = Audience::Client(&["strongroom", "strongroom-cli"]);
        judge(&claims, &Expected { issuer: ISSUER, audience, leeway: Duration::from_secs(10) }, now())
    }

    #[test]
    fn aut_15_only_a_whole_statement_counts() {
        assert_eq!(judged(|_| ()).unwrap().expires_at, now().plus(Duration::from_mins(1)));
        let cases: [(Change, Refusal); 14] = [
            (|c| c.iss = "https://id.example.com/".to_owned(), Refusal::Issuer),
            (|c| c.iss = "https://ID.example.com".to_owned(), Refusal::Issuer),
            (|c| c.aud = vec!["other".to_owned()], Refusal::Audience),
            (|c| c.aud = Vec::new(), Refusal::Audience),
            (|c| c.aud.push("other".to_owned()), Refusal::Audience),
            (|c| c.aud.push("strongroom-cli".to_owned()), Refusal::Audience),
            (|c| c.azp = Some("other".to_owned()), Refusal::Audience),
            (|c| c.exp = at(-10), Refusal::Expired),
            (|c| c.exp = f64::NAN, Refusal::Malformed),
            (|c| c.exp = 1e18, Refusal::Malformed),
            (|c| c.nbf = Some(at(11)), Refusal::NotYet),
            (|c| c.iat = Some(at(11)), Refusal::NotYet),
            (|c| c.sub = String::new(), Refusal::Malformed),
            (|c| c.sub = "a\u{0}".to_owned(), Refusal::Malformed),
        ];
        for (at, (change, refusal)) in cases.into_iter().enumerate() {
            assert_eq!(judged(change), Err(refusal), "case {at}");
        }
        assert!(judged(|c| c.exp = at(-9)).is_ok(), "clocks may differ by so much");
        assert!(
            judged(|c| {
                c.aud.push("strongroom-cli".to_owned());
                c.azp = Some("strongroom".to_owned());
            })
            .is_ok()
        );
    }

    #[test]
    fn aut_15_a_workload_is_for_a_named_audience() {
        let named = ["api".to_owned()];
        let expected = Expected { issuer: ISSUER, audience: Audience::Named(&named), leeway: Duration::ZERO };
        assert_eq!(judge(&claims(), &expected, now()), Err(Refusal::Audience));
        let claims = Claims { aud: vec!["other".to_owned(), "api".to_owned()], ..claims() };
        assert!(judge(&claims, &expected, now()).is_ok());
    }

    #[test]
    fn aut_18_a_subject_is_its_bytes() {
        for text in ["system:serviceaccount:ns:name", "repo:acme/app:ref:refs/heads/main", "A", "a@b.example"]
        {
            assert_eq!(text.parse::<Subject>().unwrap().as_str(), text);
        }
        assert_ne!("Ann".parse::<Subject>(), "ann".parse::<Subject>());
        for text in ["", " a", "a ", "a\n", "\u{ff21}", &"a".repeat(256)] {
            assert!(text.parse::<Subject>().is_err(), "{text}");
        }
    }

    #[test]
    fn discovery_appends_to_the_issuer() {
        for issuer in ["https://id.example.com/t", "https://id.example.com/t/"] {
            let issuer: IssuerUrl = issuer.parse().unwrap();
            assert_eq!(
                issuer.document().as_str(),
                "https://id.example.com/t/.well-known/openid-configuration"
            );
        }
        assert!("https://id.example.com/?a".parse::<IssuerUrl>().is_err());
    }
}
