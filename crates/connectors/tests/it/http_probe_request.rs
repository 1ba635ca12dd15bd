//! What the engine behind the kind files sends, and what it refuses to.

use std::time::Duration;

use serde_json::{Value, json};
use strongroom_domain::verification::Reason;
use tokio::time::Instant;

use crate::probing::{Probing, catalogue_with, egress, kind_files, stated};
use crate::web::{Reply, WebServer};
use crate::world::{ACCEPTED, unreachable, verdict};

const SECRET: &str = "cnry-probe-0123456789";

/// The pointers of the faults that `examine` finds.
fn faulty(probing: &Probing) -> Vec<String> {
    let faults = probing.connector().examine(&probing.candidate);
    assert!(!format!("{faults:?}").contains("cnry"), "{faults:?}");
    faults.into_iter().map(|fault| fault.pointer).collect()
}

#[tokio::test]
async fn con_14_values_are_data_encoded_for_their_place() {
    let file = r#"
name = "places"
title = "Places"
description = "Every place a value can stand."
documentation = "https://example.com/"
icon = "key"
check = "documented"
methods = [{ name = "m", title = "M" }]
fields = [
  { name = "base_url", title = "B", type = "url", marks = ["required", "target"] },
  { name = "value", title = "V", marks = ["required"] },
  { name = "secret", title = "S", marks = ["required", "secret"] },
]
[probe]
method = "POST"
read_only = "It is a test."
base = "{base_url}"
path = "/a/{value}/b"
query = { q = "{value}", fixed = "1 2" }
headers = { x-value = "<{secret}>" }
json = { text = "{value}", deep = [{ secret = "{secret}" }], number = 1 }
allow_http = true
answers = [
  { status = [200], has = ["/ok"], means = "accepted" },
  { status = [401], means = "auth_failed" },
]
"#;
    let server = WebServer::http(Reply::json(200, &json!({"ok": 1}))).await;
    let probing = |value: &str, secret: &str| {
        let settings = json!({"base_url": format!("{}/api/", server.http_url()), "value": value});
        Probing::with(catalogue_with(file).unwrap(), "places", settings, json!({"secret": secret}))
    };
    for (value, encoded) in [
        ("{secret}", "%7Bsecret%7D"),
        ("a/admin", "a%2Fadmin"),
        ("?admin=1&x#y", "%3Fadmin%3D1%26x%23y"),
        ("\"},{\"a\":\"\\", "%22%7D%2C%7B%22a%22%3A%22%5C"),
        ("\u{e9} %2e+", "%C3%A9%20%252e%2B"),
    ] {
        let finding = probing(value, "{value} \"q\"").check().await;
        assert_eq!(verdict(&finding), ACCEPTED, "{value}: {finding:?}");
        let asked = server.asked().pop().unwrap();
        assert_eq!(asked.request_line(), format!("POST /api/a/{encoded}/b?fixed=1%202&q={encoded} HTTP/1.1"));
        assert_eq!(asked.headers("x-value"), ["<{value} \"q\">"]);
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        assert_eq!(body, json!({"text": value, "deep": [{"secret": "{value} \"q\""}], "number": 1}));
    }
    let sent = server.asked().len();
    for (value, secret, pointer) in [
        (".", "s", "/settings/value"),
        ("..", "s", "/settings/value"),
        ("../../admin", "s", "/settings/value"),
        ("a\\..\\admin", "s", "/settings/value"),
        ("v", "cnry-\u{e9}", "/secrets/secret"),
        ("v", " cnry", "/secrets/secret"),
        ("v", &"cnry".repeat(4_000), "/secrets/secret"),
    ] {
        let probing = probing(value, secret);
        assert_eq!(faulty(&probing), [pointer], "{value:?}");
        assert_eq!(verdict(&probing.check().await), unreachable(Reason::MisconfiguredTarget), "{value:?}");
    }
    assert_eq!(server.asked().len(), sent, "what cannot be sent is not sent");
}

/// Validation refuses control characters before; the engine does not rely on it.
#[tokio::test]
async fn con_14_no_value_ends_a_header() {
    let server = WebServer::https(Reply::json(200, &json!({}))).await;
    for text in ["a\r\nx-evil: 1", "a\nb", "a\0b", "a\u{7f}b"] {
        let mut probing = Probing::of("http_bearer", &server, SECRET);
        probing.candidate.secrets.expose_mut().set("token", text);
        assert_eq!(faulty(&probing), ["/secrets/token"], "{text:?}");
        assert_eq!(verdict(&probing.check().await), unreachable(Reason::MisconfiguredTarget));
    }
    assert_eq!(server.asked().len(), 0);
}

#[tokio::test]
async fn what_a_caller_may_state_is_bounded() {
    let server = WebServer::answering_over_tls(|asked| {
        let is_shown = asked.head.contains(SECRET);
        Some(Reply::json(if is_shown { 202 } else { 401 }, &json!({})))
    })
    .await;
    let good = |settings: Value| {
        let mut probing = Probing::of("http_api_key", &server, SECRET);
        for (name, value) in settings.as_object().unwrap() {
            probing.candidate.settings.set(name.clone(), value.clone());
        }
        probing
    };
    let probing = good(
        json!({"probe_path": "/v1/me?f=id%20x", "probe_method": "HEAD", "expected_status": "200,202", "header": "X-Token"}),
    );
    assert_eq!(verdict(&probing.check().await), ACCEPTED);
    let asked = server.asked().remove(0);
    assert_eq!(asked.request_line(), "HEAD /v1/me?f=id%20x HTTP/1.1");
    assert_eq!(asked.headers("x-token"), [SECRET]);

    for (setting, value) in [
        ("probe_path", "v1"),
        ("probe_path", "//evil.example/"),
        ("probe_path", "/a/../b"),
        ("probe_path", "/%2E%2e/b"),
        ("probe_path", "/a#b"),
        ("probe_path", "/a b"),
        ("probe_path", "/a\\b"),
        ("probe_path", "/a?b c"),
        ("probe_path", "/{api_key}"),
        ("probe_method", "POST"),
        ("probe_method", "DELETE"),
        ("header", "Host"),
        ("header", "Content-Length"),
        ("header", "Transfer-Encoding"),
        ("header", "User-Agent"),
        ("header", "a b"),
        ("header", ""),
    ] {
        assert_eq!(faulty(&good(json!({setting: value}))), [format!("/settings/{setting}")], "{value}");
    }
    let lax = good(json!({"expected_status": "401,500,202x"}));
    assert_eq!(verdict(&lax.check().await), unreachable(Reason::ProtocolError));
}

#[test]
fn a_stated_header_is_none_that_the_check_sends_already() {
    let catalogue = || {
        let probe = "headers = { \"{header}\" = \"{api_key}\" }";
        let (_, text) = kind_files().into_iter().find(|(name, _)| name == "http_api_key").unwrap();
        assert!(text.contains(probe));
        let twice = text.replacen("name = \"http_api_key\"", "name = \"twice\"", 1).replacen(
            probe,
            "headers = { \"{header}\" = \"{api_key}\", x-own = \"1\" }",
            1,
        );
        catalogue_with(&twice).unwrap()
    };
    let with = |header: &str| {
        let settings = json!({"base_url": "https://a.example", "probe_path": "/me", "header": header});
        faulty(&Probing::with(catalogue(), "twice", settings, json!({"api_key": SECRET})))
    };
    assert_eq!(with("X-Other"), [""; 0]);
    assert_eq!(with("Accept"), [""; 0], "the engine's own gives way");
    assert_eq!(with("X-Own"), ["/settings/header"]);
}

#[test]
fn ssr_06_a_base_that_parsers_read_differently_is_refused() {
    let mut probing = stated(
        "http_bearer",
        json!({"base_url": "https://a.example", "probe_path": "/me"}),
        json!({"token": SECRET}),
    );
    for base in [
        "https://allowed@evil.example/",
        "https://evil.example\\@allowed/",
        "https://a%2eb.example",
        "https:evil.example",
        "//evil.example",
        "https://a.example\t/",
        "https://2130706433/",
        "https://127.1/",
        "https://a.example/?x",
        "https://a.example/#x",
        "https://a.example/../b",
        "file:///etc/passwd",
        "https://\u{ff41}.example/",
    ] {
        probing.candidate.settings.set("base_url", base);
        assert_eq!(faulty(&probing), ["/settings/base_url"], "{base}");
    }
}

#[tokio::test]
async fn plain_http_only_where_kind_and_setting_say_so() {
    let server = WebServer::answering(|asked| {
        let is_shown = !asked.headers("authorization").is_empty();
        Some(Reply::json(if is_shown { 200 } else { 401 }, &json!({})))
    })
    .await;
    let stated = stated(
        "http_bearer",
        json!({"base_url": server.http_url(), "probe_path": "/me"}),
        json!({"token": SECRET}),
    );
    assert_eq!(verdict(&stated.check().await), ACCEPTED);
    let mut github = Probing::of("github", &server, SECRET);
    github.candidate.settings.set("base_url", server.http_url());
    assert_eq!(faulty(&github), ["/settings/base_url"]);
    // A base that says https is never tried without.
    github
        .candidate
        .settings
        .set("base_url", server.http_url().replace("http://127.0.0.1", "https://localhost"));
    // The server waits for a request, and the check for TLS.
    let deadline = Instant::now() + Duration::from_millis(200);
    let finding = github.catalogue.check(&github.candidate, egress(), deadline).await;
    assert_eq!(verdict(&finding), unreachable(Reason::Timeout));
    assert_eq!(server.asked().len(), 2, "the bearer's check and its control");
}

#[test]
fn attempts_are_counted_by_public_identity_only() {
    let account = |kind: &str, settings: Value, secrets: Value| {
        let probing = stated(kind, settings, secrets);
        probing.connector().account(&probing.candidate).map(|account| account.to_string())
    };
    let basic = |base: &str, user: &str, password: &str| {
        account(
            "http_basic",
            json!({"base_url": base, "probe_path": "/me", "username": user}),
            json!({"password": password}),
        )
        .unwrap()
    };
    assert_eq!(basic("https://A.example/x", "App", SECRET), "http_basic://a.example:443/app");
    assert_eq!(basic("https://a.example/y", "app", "other"), "http_basic://a.example:443/app");
    let email = json!({"site_url": "https://a.atlassian.net", "email": "A@b.example"});
    assert_eq!(
        account("jira_cloud", email, json!({"api_token": SECRET})).unwrap(),
        "jira_cloud://a.atlassian.net:443/a@b.example"
    );
    assert_eq!(
        account(
            "http_bearer",
            json!({"base_url": "https://a.example", "probe_path": "/me"}),
            json!({"token": SECRET})
        ),
        None
    );
    assert_eq!(account("openai", json!({}), json!({"api_key": SECRET})), None);
}
