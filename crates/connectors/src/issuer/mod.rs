//! The outside systems whose signed statements name people and workloads: OpenID providers.
//!
//! Owns how they are reached: their own document, their keys, and the exchange of a code for an ID token. Speaks
//! to nobody but the URLs that the operator's configuration names and those that the issuer's own document
//! names. Must never judge a statement, and never repeat what an issuer said: both are others' business.

mod document;

use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use strongroom_domain::Secret;
use strongroom_domain::identity::{Algorithm, IssuerUrl};
use strongroom_domain::web_url::WebUrl;
use strongroom_egress::http::{HeaderName, Limits, Method, Request, Scheme, StatusCode};
use strongroom_egress::{Egress, EgressError, Target, TlsVerification};

pub use document::Document;

/// What the operator says of one issuer.
#[derive(Debug)]
pub struct IssuerSettings {
    /// Its URL, byte for byte as `iss` has it.
    pub url: IssuerUrl,
    /// Which client of its we are, where people sign in by it.
    pub client: Option<Client>,
    /// For whom the statements of its workloads must be; none where it has no workloads for us.
    pub audiences: Vec<String>,
    /// Which signatures count.
    pub algorithms: Vec<Algorithm>,
    /// How far its clock may differ from ours.
    pub leeway: Duration,
}

/// Which client of an issuer we are.
#[derive(Debug)]
pub struct Client {
    /// The client of the server's own pages.
    pub id: String,
    /// Its secret, where it has one.
    pub secret: Option<Secret<String>>,
    /// The public client of the command line, where it is another one.
    pub cli_id: Option<String>,
}

impl IssuerSettings {
    /// Every client whose ID tokens are meant for us.
    pub fn clients(&self) -> Vec<&str> {
        self.client
            .iter()
            .flat_map(|client| [Some(client.id.as_str()), client.cli_id.as_deref()])
            .flatten()
            .collect()
    }
}

/// Why an issuer gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// It was not reached.
    #[error("the issuer could not be reached")]
    Egress(#[from] EgressError),
    /// It answered with another status than 200.
    #[error("the issuer answered with status {0}")]
    Status(u16),
    /// What it answered is not what the specification says.
    #[error("the issuer's answer was not understood")]
    Form,
    /// Its document is that of another issuer.
    #[error("the document found there is that of another issuer")]
    Mismatch,
    /// It does not take the code.
    #[error("the issuer refused the code")]
    Refused,
}

/// An issuer, reachable.
#[derive(Debug)]
pub struct Issuer {
    settings: IssuerSettings,
    door: Egress,
}

/// Small documents, and somebody who waits for them.
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(5), total: Duration::from_secs(10), body: 256 * 1024 };

impl Issuer {
    /// An issuer behind the one door out.
    pub fn new(settings: IssuerSettings, egress: &Egress) -> Self {
        let door = egress.toward(target_of(settings.url.url()));
        Self { settings, door }
    }

    /// What the operator says of it.
    pub const fn settings(&self) -> &IssuerSettings {
        &self.settings
    }

    /// Its own document (OpenID Connect Discovery 1.0, section 4).
    ///
    /// # Errors
    ///
    /// [`IssuerError`]; [`IssuerError::Mismatch`] where the document names another issuer, even one that differs by
    /// a slash (section 4.3).
    pub async fn document(&self) -> Result<Document, IssuerError> {
        Document::parse(&self.get(&self.settings.url.document()).await?, &self.settings.url)
    }

    /// Its keys, as it publishes them.
    ///
    /// # Errors
    ///
    /// [`IssuerError`].
    pub async fn keys(&self, at: &WebUrl) -> Result<Vec<u8>, IssuerError> {
        self.get(at).await
    }

    /// Exchanges a code for an ID token (RFC 6749 section 4.1.3, RFC 7636 section 4.5). Nothing else of the answer is
    /// read: we want to know who it is, not to act for them.
    ///
    /// # Errors
    ///
    /// [`IssuerError`]; [`IssuerError::Refused`] where the code does not count, or not with this verifier.
    pub async fn redeem(&self, at: &WebUrl, code: &Code<'_>) -> Result<Secret<String>, IssuerError> {
        #[derive(Deserialize)]
        struct Given {
            id_token: String,
        }
        let client = self.settings.client.as_ref().ok_or(IssuerError::Refused)?;
        let mut headers = vec![
            (HeaderName::from_static("accept"), Secret::new("application/json".to_owned())),
            (HeaderName::from_static("content-type"), Secret::new(FORM.to_owned())),
        ];
        headers.extend(authorization(client));
        let request = Request {
            method: Method::POST,
            scheme: scheme_of(at),
            target: target_of(at),
            path: Secret::new(at.path().to_owned()),
            headers,
            body: code.form(client),
        };
        let answer = self.door.for_one_attempt().fetch(request, &LIMITS).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => return Err(IssuerError::Refused),
            status => return Err(IssuerError::Status(status.as_u16())),
        }
        let given: Given = serde_json::from_slice(&answer.body).map_err(|_| IssuerError::Form)?;
        Ok(Secret::new(given.id_token))
    }

    async fn get(&self, at: &WebUrl) -> Result<Vec<u8>, IssuerError> {
        let request = Request {
            method: Method::GET,
            scheme: scheme_of(at),
            target: target_of(at),
            path: Secret::new(at.path().to_owned()),
            headers: vec![(HeaderName::from_static("accept"), Secret::new("application/json".to_owned()))],
            body: Secret::new(Vec::new()),
        };
        let answer = self.door.for_one_attempt().fetch(request, &LIMITS).await?;
        if answer.status == StatusCode::OK {
            Ok(answer.body)
        } else {
            Err(IssuerError::Status(answer.status.as_u16()))
        }
    }
}

/// The challenge of a verifier, method `S256` (RFC 7636, section 4.2).
pub fn challenge_of(verifier: &Secret<String>) -> String {
    // EXPOSE: only its hash is made public
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.expose().as_bytes()))
}

/// A code, and what proves that it was given for our question.
#[derive(Debug, Clone, Copy)]
pub struct Code<'a> {
    /// As the issuer sent it.
    pub code: &'a Secret<String>,
    /// Of the challenge that went with the question.
    pub verifier: &'a Secret<String>,
    /// As it stood in the question.
    pub redirect_uri: &'a str,
}

const FORM: &str = "application/x-www-form-urlencoded";

impl Code<'_> {
    fn form(&self, client: &Client) -> Secret<Vec<u8>> {
        let fields = [
            ("grant_type", "authorization_code"),
            // EXPOSE: the code goes back to the issuer that gave it
            ("code", self.code.expose().as_str()),
            ("redirect_uri", self.redirect_uri),
            ("client_id", client.id.as_str()),
            // EXPOSE: the verifier is what the issuer compares with the challenge
            ("code_verifier", self.verifier.expose().as_str()),
        ];
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        Secret::new(pairs.join("&").into_bytes())
    }
}

/// `client_secret_basic`: both parts are encoded as form fields first (RFC 6749, section 2.3.1).
fn authorization(client: &Client) -> Option<(HeaderName, Secret<String>)> {
    let secret = client.secret.as_ref()?;
    // EXPOSE: the secret goes to the issuer that gave it
    let pair = format!("{}:{}", encoded(&client.id), encoded(secret.expose()));
    Some((HeaderName::from_static("authorization"), Secret::new(format!("Basic {}", STANDARD.encode(pair)))))
}

/// As a value of a form field or a query: everything but unreserved characters is escaped (RFC 3986, section 2.3).
pub fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut done, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            done.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(done, "%{byte:02X}");
        }
        done
    })
}

fn target_of(url: &WebUrl) -> Target {
    Target { host: url.host().clone(), port: url.port() }
}

const fn scheme_of(url: &WebUrl) -> Scheme {
    if url.is_tls() { Scheme::Https(TlsVerification::Full) } else { Scheme::Http }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oau_05_the_challenge_is_that_of_the_specification() {
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        assert_eq!(challenge_of(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn what_goes_into_a_form_is_escaped() {
        assert_eq!(encoded("a-b._~ /+&%:\u{e9}"), "a-b._~%20%2F%2B%26%25%3A%C3%A9");
    }
}
