//! `strongroom login --oidc`: a person signs in by an issuer, in a browser (RFC 8252).
//!
//! The issuer hears of a code challenge, never of its verifier; the browser brings the code to a port of this
//! machine; the ID token goes to the server, which gives a session for it. Nothing of the issuer's is kept.

use std::process::{Command, Stdio};
use std::time::Duration;

use http::Method;
use rand_core::Rng as _;
use serde_json::{Value, json};
use strongroom_connectors::issuer::{Client, Code, IssuerError, IssuerSettings, challenge_of, encoded};
use strongroom_domain::Secret;
use strongroom_domain::identity::{Algorithm, IssuerUrl};
use strongroom_domain::web_url::WebUrl;
use strongroom_sealing::SystemRng;
use strongroom_server::LoopbackAnswer;
use tokio::time::timeout;

use crate::arguments::Login;
use crate::client::{Ask, Session};
use crate::refusal::{Exit, Refusal};

/// For a person and a browser.
const PATIENCE: Duration = Duration::from_mins(5);
const UNDONE: &str = "nobody was signed in";

/// A session of the server, in exchange for what an issuer says.
pub(crate) async fn by_issuer(session: &Session, login: &Login) -> Result<Secret<String>, Refusal> {
    let offered = session.send(Ask::get(&["v1", "sign-in"])).await;
    let offered = offered.map_err(|failure| failure.refuse(session, UNDONE, Some("nothing was stored")))?;
    let chosen = Chosen::of(offered.body.value(), login.issuer.as_deref())?;
    let token = ask(session, login, chosen).await?;
    // EXPOSE: the server reads it, and gives a session for it
    let body = json!({"id_token": token.expose()});
    let ask = Ask::new(Method::POST, &["v1", "sessions"]).json(body);
    let begun = session.send(ask).await;
    let begun = begun.map_err(|failure| failure.refuse(session, UNDONE, Some("nothing was stored")))?;
    match begun.body.value()["session"].as_str() {
        Some(text) => Ok(Secret::new(text.to_owned())),
        None => Err(fault("the server's answer holds no session", "check that address and server are right")),
    }
}

/// Which issuer, as which client, and the server's nonce for it.
struct Chosen {
    issuer: IssuerUrl,
    client_id: String,
    nonce: String,
}

impl Chosen {
    fn of(offered: &Value, wanted: Option<&str>) -> Result<Self, Refusal> {
        let issuers = offered["issuers"].as_array().map_or(&[][..], Vec::as_slice);
        let url = |one: &Value| one["issuer"].as_str().map(str::to_owned);
        let named: Vec<&Value> =
            issuers.iter().filter(|one| wanted.is_none_or(|wanted| one["issuer"] == wanted)).collect();
        let only = match named.as_slice() {
            [only] => *only,
            [] if issuers.is_empty() => {
                return Err(fault(
                    "this server knows no issuer of people",
                    "log in with a token: strongroom login",
                ));
            }
            [] => return Err(fault("this server does not know that issuer", &choices(issuers))),
            _ => return Err(fault("this server knows several issuers", &choices(issuers))),
        };
        let parts = url(only)
            .and_then(|url| url.parse().ok())
            .zip(only["client_id"].as_str().map(str::to_owned))
            .zip(offered["nonce"].as_str().map(str::to_owned));
        parts.map(|((issuer, client_id), nonce)| Self { issuer, client_id, nonce }).ok_or_else(|| {
            fault("the server's answer was not understood", "check that address and server are right")
        })
    }
}

fn choices(issuers: &[Value]) -> String {
    let named: Vec<&str> = issuers.iter().filter_map(|one| one["issuer"].as_str()).collect();
    format!("--issuer with one of: {}", named.join(", "))
}

/// The ID token.
async fn ask(session: &Session, login: &Login, chosen: Chosen) -> Result<Secret<String>, Refusal> {
    let Chosen { issuer, client_id, nonce } = chosen;
    let client = Client { id: client_id, secret: None, cli_id: None };
    let settings = IssuerSettings {
        url: issuer,
        client: Some(client),
        audiences: Vec::new(),
        algorithms: Algorithm::USUAL.to_vec(),
        leeway: Duration::ZERO,
    };
    let provider = session.issuer(settings);
    let document = provider.document().await.map_err(|error| of_issuer(&error))?;
    let (Some(page), Some(at)) = (document.authorization, document.token) else {
        return Err(of_issuer(&IssuerError::Form));
    };
    let port = LoopbackAnswer::bind().await.map_err(|error| {
        fault(
            &format!("no port of this machine can wait for the browser: {error}"),
            "log in with a token instead",
        )
    })?;
    let (redirect_uri, state, verifier) = (port.redirect_uri(), chance(), Secret::new(chance()));
    let client_id = provider.settings().client.as_ref().map_or("", |client| client.id.as_str());
    let url = question(&page, client_id, &redirect_uri, &state, &nonce, &verifier);
    show(session, login, &url);
    let is_ours = |query: &str| value_of(query, "state").as_deref() == Some(state.as_str());
    let query = timeout(PATIENCE, port.wait(is_ours)).await.map_err(|_| {
        fault("nobody came back from the issuer within five minutes", "strongroom login --oidc once more")
    })?;
    let query = query.map_err(|error| fault(&format!("the port failed: {error}"), "try again"))?;
    let own = provider.settings().url.as_str();
    if value_of(&query, "iss").map_or(document.names_itself, |named| named != own) {
        return Err(fault(
            "another issuer answered",
            "find out who sits between this machine and the issuer",
        ));
    }
    let code = value_of(&query, "code").map(Secret::new).ok_or_else(|| {
        fault("the issuer did not let you in", "strongroom login --oidc once more, and sign in there")
    })?;
    let code = Code { code: &code, verifier: &verifier, redirect_uri: &redirect_uri };
    provider.redeem(&at, &code).await.map_err(|error| of_issuer(&error))
}

fn question(
    page: &WebUrl,
    client_id: &str,
    redirect_uri: &str,
    state: &str,
    nonce: &str,
    verifier: &Secret<String>,
) -> String {
    let parameters = [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("scope", "openid"),
        ("state", state),
        ("nonce", nonce),
        ("code_challenge", &challenge_of(verifier)),
        ("code_challenge_method", "S256"),
    ];
    let query: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let sign = if page.as_str().contains('?') { '&' } else { '?' };
    format!("{page}{sign}{}", query.join("&"))
}

/// The URL holds no secret: whoever opens it signs themselves in, and the code comes to this machine.
fn show(session: &Session, login: &Login, url: &str) {
    let is_opened = !login.no_browser && open(url);
    if is_opened {
        session.output.say("your browser asks you to sign in; if it does not, open:");
    } else {
        session.output.say("open this in a browser of this machine, and sign in:");
    }
    session.output.say(url);
}

fn open(url: &str) -> bool {
    let named = strongroom_config::text_variable("BROWSER").filter(|named| !named.is_empty());
    let program =
        named.unwrap_or_else(|| if cfg!(target_os = "macos") { "open" } else { "xdg-open" }.to_owned());
    let mut browser = Command::new(program);
    browser.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    browser.spawn().is_ok()
}

/// 256 bits, in 64 hex digits.
fn chance() -> String {
    (0..4).map(|_| SystemRng.next_u64()).fold(String::new(), |text, part| format!("{text}{part:016x}"))
}

/// A value of a query, decoded; `None` where it does not stand there once.
fn value_of(query: &str, name: &str) -> Option<String> {
    let mut values =
        query.split('&').filter_map(|pair| pair.split_once('=')).filter(|(given, _)| *given == name);
    let (_, value) = values.next().filter(|_| values.next().is_none())?;
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit =
                    |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(rest.next()?)? << 4 | digit(rest.next()?)?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn of_issuer(error: &IssuerError) -> Refusal {
    let cause = std::error::Error::source(error).map_or(String::new(), |source| format!(": {source}"));
    fault(&format!("{error}{cause}"), "check that the issuer is reachable from this machine, then try again")
}

fn fault(cause: &str, fix: &str) -> Refusal {
    Refusal::new(Exit::Login, UNDONE, cause, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_query_are_decoded_and_stand_once() {
        assert_eq!(value_of("a=1&code=x%2Fy+z&b=", "code").as_deref(), Some("x/y z"));
        for query in ["", "code", "code=a&code=b", "code=%", "code=%zz", "code=%ff"] {
            assert_eq!(value_of(query, "code"), None, "{query}");
        }
    }

    #[test]
    fn one_issuer_is_chosen_or_none() {
        let offered = |urls: &[&str]| {
            let issuers: Vec<Value> =
                urls.iter().map(|url| json!({"issuer": url, "client_id": "c"})).collect();
            json!({"issuers": issuers, "nonce": "n"})
        };
        let (one, two) = ("https://a.example", "https://b.example");
        let chosen = |urls: &[&str], wanted| {
            Chosen::of(&offered(urls), wanted).ok().map(|chosen| chosen.issuer.as_str().to_owned())
        };
        assert_eq!(chosen(&[one], None).as_deref(), Some(one));
        assert_eq!(chosen(&[one, two], Some(two)).as_deref(), Some(two));
        assert_eq!(chosen(&[one, two], None), None);
        assert_eq!(chosen(&[], None), None);
        assert_eq!(chosen(&[one], Some(two)), None);
    }
}
