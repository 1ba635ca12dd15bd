//! GitHub Apps: the token that the key signs, and the answers that GitHub documents.

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use strongroom_connectors::contract::{Cases, Tells, upholds};
use strongroom_domain::credential::Candidate;
use strongroom_domain::verification::Reason::{InsufficientScope, ProtocolError, RateLimited};
use strongroom_testkit::Canaries;

use crate::http_probe_vendors::{Row, rejected};
use crate::probing::{Probing, egress, stated};
use crate::web::{Asked, Reply, WebServer};
use crate::world::{ACCEPTED, AUTH_FAILED, unreachable, verdict};

/// Held to the contract below.
pub(crate) const HELD: &[&str] = &["github_app"];

struct TestKey {
    pem: String,
    public: Vec<u8>,
}

fn make() -> TestKey {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
    let body = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    let label = "PRIVATE KEY";
    let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"));
    TestKey { pem, public: key.public_key().as_ref().to_vec() }
}

static GOOD: LazyLock<TestKey> = LazyLock::new(make);
static OTHER: LazyLock<TestKey> = LazyLock::new(make);

/// A key that reads, for tests that go over all kinds.
pub(crate) fn readable_key() -> String {
    GOOD.pem.clone()
}

fn probing(url: &str, key: &str) -> Probing {
    stated("github_app", json!({"base_url": url, "app_id": "123456"}), json!({"private_key": key}))
}

/// The claims of the token that was sent, if the good key signed it.
fn claims(asked: &Asked) -> Option<Value> {
    let [header] = asked.headers("authorization")[..] else { return None };
    let (signed, signature) = header.strip_prefix("Bearer ")?.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &GOOD.public);
    public.verify(signed.as_bytes(), &signature).ok()?;
    let (head, claims) = signed.split_once('.')?;
    let read = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    assert_eq!(read(head), json!({"alg": "RS256", "typ": "JWT"}));
    Some(read(claims))
}

fn says(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({"message": message, "documentation_url": "https://docs.github.com/rest"}))
}

fn the_app() -> Reply {
    Reply::json(200, &json!({"id": 123_456, "slug": "dx-reader", "owner": {"login": "acme"}}))
}

#[tokio::test]
async fn github_app_upholds_the_contract() {
    let mut canaries = Canaries::seeded(3);
    let remote = canaries.make("remote");
    let server = WebServer::answering_over_tls(|asked: &Asked| {
        Some(claims(asked).map_or_else(|| says(401, "A JSON web token could not be decoded"), |_| the_app()))
    })
    .await;
    let silent = WebServer::answering(|_| None).await;
    let hostile = [
        WebServer::https(Reply::new(500, "application/json", format!("\"{}\"", remote.text()))).await,
        WebServer::https(Reply::html(200, remote.text())).await,
        WebServer::https(Reply::json(302, &json!({})).with("location", remote.text())).await,
    ];
    let at = |url: &str, key: &str| -> Candidate { probing(url, key).candidate };
    let here = server.https_url();
    let cases = Cases {
        good: at(&here, &GOOD.pem),
        bad: at(&here, &OTHER.pem),
        otherwise_spelt: vec![at(&here.replace("localhost", "127.0.0.1"), &GOOD.pem)],
        unreachable: at("https://127.0.0.1:1", &GOOD.pem),
        slow: at(&silent.http_url().replace("http:", "https:"), &GOOD.pem),
        hostile: hostile.iter().map(|server| at(&server.https_url(), &GOOD.pem)).collect(),
        remote_text: remote.text().to_owned(),
        tells: Tells::Both,
    };
    for kind in HELD {
        let probing = probing(&here, &GOOD.pem);
        upholds(probing.catalogue.connector(kind).unwrap(), &cases, egress()).await;
    }
}

#[tokio::test]
async fn what_goes_out_is_signed_for_minutes_and_is_not_the_key() {
    let server = WebServer::https(the_app()).await;
    let finding = probing(&server.https_url(), &GOOD.pem).check().await;
    assert_eq!(verdict(&finding), ACCEPTED, "{finding:?}");
    assert!(finding.evidence.account.unwrap().starts_with("123456@localhost:"));
    assert_eq!(finding.evidence.facts["app"], "dx-reader");
    let asked = server.asked().remove(0);
    assert_eq!(asked.request_line(), "GET /app HTTP/1.1");
    let claims = claims(&asked).expect("the good key signed it");
    let (from, until) = (claims["iat"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
    assert_eq!(until - from, 600, "GitHub takes no more");
    assert_eq!(claims["iss"], "123456");
    let middle = &GOOD.pem[200..260];
    assert!(!asked.head.contains(middle) && !asked.head.contains("PRIVATE"));
}

#[tokio::test]
async fn each_documented_answer_has_its_meaning() {
    let rows: Vec<Row> = vec![
        (the_app(), ACCEPTED),
        (says(401, "A JSON web token could not be decoded"), AUTH_FAILED),
        (says(401, "'Expiration time' claim ('exp') is too far in the future"), unreachable(ProtocolError)),
        (says(401, "'Issued at' claim ('iat') must be an Integer"), unreachable(ProtocolError)),
        (says(404, "Integration not found"), AUTH_FAILED),
        (says(404, "Not Found"), unreachable(ProtocolError)),
        (says(403, "This installation has been suspended"), rejected(InsufficientScope)),
        (says(403, "API rate limit exceeded").with("x-ratelimit-remaining", "0"), unreachable(RateLimited)),
        (says(403, "secondary rate limit").with("retry-after", "60"), unreachable(RateLimited)),
        (says(403, "Something new"), unreachable(ProtocolError)),
        (says(500, "Server Error"), unreachable(ProtocolError)),
        (Reply::html(200, "<h1>sign in</h1>"), unreachable(ProtocolError)),
    ];
    for (reply, expected) in rows {
        let shown = format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body));
        let server = WebServer::https(reply).await;
        let finding = probing(&server.https_url(), &GOOD.pem).check().await;
        assert_eq!(verdict(&finding), expected, "{shown}: {finding:?}");
        assert_eq!(server.asked().len(), 1, "con_15: {shown}");
    }
}

#[test]
fn what_cannot_sign_is_a_fault_that_repeats_nothing() {
    let inner = GOOD.pem.lines().nth(3).unwrap();
    let encrypted = GOOD.pem.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let twice = format!("{0}{0}", GOOD.pem);
    let torn = GOOD.pem.replace(inner, "");
    let long = GOOD.pem.replace(inner, &inner.repeat(200));
    for bad in ["-----BEGIN cnry-----\nAAAA\n-----END cnry-----", &encrypted, &twice, &torn, &long] {
        let probing = probing("https://localhost", bad);
        let faults = probing.connector().examine(&probing.candidate);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].pointer, "/secrets/private_key");
        assert!(!faults[0].message.contains(inner) && !faults[0].message.contains("cnry"));
    }
    let spaced = format!("\n {}\r\n", GOOD.pem.replace('\n', "\r\n"));
    let probing = probing("https://localhost", &spaced);
    assert_eq!(probing.connector().examine(&probing.candidate), []);
}
