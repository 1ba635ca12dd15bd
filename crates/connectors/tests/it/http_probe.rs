//! The engine behind the kind files, and what hostile systems get out of it.

use std::time::Duration;

use serde_json::json;
use strongroom_connectors::Catalogue;
use strongroom_connectors::contract::{Cases, Tells, upholds};
use strongroom_domain::verification::{Outcome, Reason};
use strongroom_testkit::Canaries;
use tokio::time::Instant;

use crate::probing::{Probing, egress, kind_files, stated};
use crate::web::{Reply, WebServer};
use crate::world::{ACCEPTED, unreachable, verdict};

const SECRET: &str = "cnry-probe-0123456789";

#[tokio::test]
async fn kinds_with_a_public_account_uphold_the_contract() {
    let mut canaries = Canaries::seeded(3);
    let (good, bad, remote) = (canaries.make("good"), canaries.make("bad"), canaries.make("remote"));
    let door = stated(
        "http_basic",
        json!({"base_url": "http://a.example", "probe_path": "/v1/me", "username": "app"}),
        json!({"password": good.text()}),
    );
    let expected = {
        let server = WebServer::http(Reply::json(200, &json!({}))).await;
        at(&door, &server.http_url()).check().await;
        server.asked()[0].headers("authorization")[0].to_owned()
    };
    let server = WebServer::answering(move |asked| {
        let is_good = asked.headers("authorization") == [expected.as_str()];
        Some(Reply::json(if is_good { 200 } else { 401 }, &json!({})))
    })
    .await;
    let silent = WebServer::answering(|_| None).await;
    let echo =
        Reply::new(500, "application/json", format!("{{\"error\":\"{} {}\"}}", remote.text(), good.text()));
    let hostile = [
        WebServer::http(echo).await,
        WebServer::http(Reply::new(200, "text/html", remote.text())).await,
        WebServer::http(
            Reply::json(302, &json!({})).with("location", format!("http://{}.example/", remote.text())),
        )
        .await,
    ];
    let mut wrong = door.candidate.clone();
    wrong.secrets.expose_mut().set("password", bad.text());
    let cases = Cases {
        good: at(&door, &server.http_url()).candidate,
        bad: at(&Probing { catalogue: Catalogue::built_in(), candidate: wrong }, &server.http_url())
            .candidate,
        otherwise_spelt: vec![
            at(&door, &server.http_url().replace("127.0.0.1", "LOCALHOST")).candidate,
            at(&door, &server.http_url().replace("127.0.0.1", "[::1]")).candidate,
        ],
        unreachable: at(&door, "http://127.0.0.1:1").candidate,
        slow: at(&door, &silent.http_url()).candidate,
        hostile: hostile.iter().map(|server| at(&door, &server.http_url()).candidate).collect(),
        remote_text: remote.text().to_owned(),
        tells: Tells::Both,
    };
    upholds(Catalogue::built_in().connector("http_basic").unwrap(), &cases, egress()).await;
}

fn at(probing: &Probing, base: &str) -> Probing {
    let mut candidate = probing.candidate.clone();
    candidate.settings.set("base_url", base);
    Probing { catalogue: Catalogue::built_in(), candidate }
}

/// Answers that no kind may take for a judgement, whatever stands in them.
fn outages() -> Vec<(Reply, Reason)> {
    let page = format!("<html><body>Your key {SECRET} is invalid. <form>log in</form></body></html>");
    let error = json!({"ok": true, "error": {"message": format!("{SECRET} \u{1b}[31m\r\n")}});
    let pages = [400, 404, 502].map(|status| Reply::html(status, &page));
    let errors = [404, 408, 410, 418, 421, 500, 501, 503, 599].map(|status| Reply::json(status, &error));
    let moved = Reply::json(302, &error).with("location", format!("https://{SECRET}.example/"));
    let mut outages: Vec<(Reply, Reason)> =
        pages.into_iter().chain(errors).chain([moved]).map(|reply| (reply, Reason::ProtocolError)).collect();
    outages.extend([
        (Reply::html(200, &page), Reason::ProtocolError),
        (Reply::json(429, &error).with("retry-after", "30"), Reason::RateLimited),
        (Reply::html(429, &page).with("retry-after", format!("{SECRET} <b>")), Reason::RateLimited),
        (Reply::new(200, "application/json", vec![b' '; 2 * 1024 * 1024]), Reason::ProtocolError),
    ]);
    outages
}

#[tokio::test]
async fn con_18_an_outage_is_never_a_judgement() {
    for (kind, _) in kind_files() {
        for (reply, reason) in outages() {
            let (status, media) = (reply.status, reply.headers.clone());
            let server = WebServer::https(reply).await;
            let finding = Probing::of(&kind, &server, SECRET).check().await;
            assert_eq!(verdict(&finding), unreachable(reason), "{kind}: {status} {media:?}: {finding:?}");
            assert_eq!(finding.evidence, strongroom_domain::verification::Evidence::default());
            con_13_nothing_of_it_surfaces(&kind, &finding);
            let said = finding.said.as_deref();
            assert!(said.is_none_or(|said| said.starts_with(&status.to_string())), "{kind}: {said:?}");
            assert_eq!(server.asked().len(), 1, "con_15: {kind}");
        }
    }
}

fn con_13_nothing_of_it_surfaces(kind: &str, finding: &strongroom_domain::verification::Finding) {
    let shown = format!("{finding:?}");
    assert!(!shown.contains("cnry") && !shown.contains('<') && !shown.contains("\\u{1b}"), "{kind}: {shown}");
    assert!(finding.message.len() < 150 && finding.message.ends_with('.'), "{kind}: {shown}");
}

#[tokio::test]
async fn con_18_an_empty_success_is_no_proof() {
    let is_stated = |kind: &str| STATED_BY_THE_CALLER.iter().any(|(stated, _)| *stated == kind);
    for (kind, _) in kind_files().into_iter().filter(|(kind, _)| !is_stated(kind)) {
        for body in [
            "",
            "{}",
            "null",
            "[]",
            "true",
            "\"ok\"",
            "{\"ok\":true,\"ok\":false}",
            "{\"error\":\"invalid_auth\"}",
        ] {
            let server = WebServer::https(Reply::new(200, "application/json", body)).await;
            let finding = Probing::of(&kind, &server, SECRET).check().await;
            assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{kind}: {body}");
        }
    }
}

/// The kinds whose request the caller states: what is accepted rests on the secret, not on the path.
const STATED_BY_THE_CALLER: [(&str, &str); 3] =
    [("http_api_key", "x-api-key"), ("http_basic", "authorization"), ("http_bearer", "authorization")];

#[tokio::test]
async fn con_18_a_path_that_answers_everyone_proves_nothing() {
    for (kind, header) in STATED_BY_THE_CALLER {
        let server = WebServer::https(Reply::json(200, &json!({"hello": "world"}))).await;
        let finding = Probing::of(kind, &server, SECRET).check().await;
        assert_eq!(verdict(&finding), unreachable(Reason::MisconfiguredTarget), "{kind}: {finding:?}");
        assert_eq!(finding.evidence, strongroom_domain::verification::Evidence::default(), "{kind}");
        let asked = server.asked();
        let shown: Vec<usize> = asked.iter().map(|asked| asked.headers(header).len()).collect();
        assert_eq!(shown, [1, 0], "{kind}: the secret once, and the same without it: {asked:?}");
        assert_eq!(asked[0].request_line(), asked[1].request_line(), "{kind}");
    }
}

/// What the system answers to anybody decides whether letting this one in shows anything.
#[tokio::test]
async fn con_18_accepted_rests_on_what_the_secret_changed() {
    let page = "<html><form>log in</form></html>";
    let rows = [
        (Reply::json(401, &json!({})), ACCEPTED),
        (Reply::json(403, &json!({})), ACCEPTED),
        (Reply::json(404, &json!({})), ACCEPTED),
        (Reply::html(200, page), ACCEPTED),
        (Reply::json(302, &json!({})).with("location", "https://a.example/login"), ACCEPTED),
        (Reply::json(200, &json!({})), unreachable(Reason::MisconfiguredTarget)),
        (Reply::json(429, &json!({})).with("retry-after", "30"), unreachable(Reason::RateLimited)),
        (Reply::json(408, &json!({})), unreachable(Reason::ProtocolError)),
        (Reply::json(503, &json!({})), unreachable(Reason::ProtocolError)),
    ];
    for (kind, header) in STATED_BY_THE_CALLER {
        for (to_anybody, expected) in &rows {
            let reply = to_anybody.clone();
            let server = WebServer::answering_over_tls(move |asked| {
                let is_shown = !asked.headers(header).is_empty();
                Some(if is_shown { Reply::json(200, &json!({})) } else { reply.clone() })
            })
            .await;
            let finding = Probing::of(kind, &server, SECRET).check().await;
            assert_eq!(verdict(&finding), *expected, "{kind}: {}: {finding:?}", to_anybody.status);
            con_13_nothing_of_it_surfaces(kind, &finding);
        }
    }
}

/// Nobody is asked twice about a secret that was refused, and a check never sends a wrong one.
#[tokio::test]
async fn con_15_a_refused_secret_costs_one_request() {
    for (kind, _) in STATED_BY_THE_CALLER {
        let server = WebServer::https(Reply::json(401, &json!({}))).await;
        let finding = Probing::of(kind, &server, SECRET).check().await;
        assert_eq!(finding.outcome, Outcome::Rejected, "{kind}");
        assert_eq!(server.asked().len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn con_13_evidence_of_strangers_is_plain_or_absent() {
    let long = "x".repeat(600);
    for login in ["<script>alert(1)</script>", "\u{1b}[31mred", "a\r\nb", "\u{202e}evil", SECRET, &long] {
        let user = json!({"id": login, "login": login});
        let server = WebServer::https(Reply::json(200, &user).with("x-oauth-scopes", SECRET)).await;
        let finding = Probing::of("github", &server, SECRET).check().await;
        assert_eq!(verdict(&finding), ACCEPTED, "{login:?}");
        assert_eq!((finding.evidence.account.clone(), finding.evidence.facts.len()), (None, 0), "{login:?}");
        assert_eq!(finding.evidence.scopes, None);
        con_13_nothing_of_it_surfaces("github", &finding);
    }
}

#[tokio::test]
async fn con_15_one_request_that_only_reads() {
    for (kind, text) in kind_files() {
        let server = WebServer::https(Reply::json(503, &json!({})).with("retry-after", "0")).await;
        Probing::of(&kind, &server, SECRET).check().await;
        let asked = server.asked();
        assert_eq!(asked.len(), 1, "{kind}");
        let reads = asked[0].head.starts_with("GET ") || asked[0].head.starts_with("HEAD ");
        let is_query = text.contains("graphql = ");
        assert!(reads || is_query || text.contains("read_only = "), "{kind}");
        assert_eq!(asked[0].body.is_empty(), !is_query, "{kind}: {}", asked[0].body);
        assert!(!asked[0].request_line().contains("cnry"), "{kind}: no secret in a URL");
    }
}

#[tokio::test]
async fn ssr_03_redirects_are_not_followed() {
    let elsewhere = WebServer::http(Reply::json(200, &json!({}))).await;
    for (kind, _) in kind_files() {
        for status in [301, 302, 303, 307, 308] {
            let reply = Reply::json(status, &json!({}))
                .with("location", elsewhere.http_url())
                .with("refresh", format!("0; url={}", elsewhere.http_url()))
                .with("set-cookie", "a=b");
            let server = WebServer::https(reply).await;
            let finding = Probing::of(&kind, &server, SECRET).check().await;
            assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{kind}: {status}");
            assert!(finding.message.contains("redirects are not followed"), "{}", finding.message);
        }
    }
    assert_eq!(elsewhere.asked().len(), 0);
}

#[tokio::test]
async fn an_unknown_authority_hears_nothing() {
    let server = WebServer::https(Reply::json(200, &json!({}))).await;
    let probing = Probing::of("http_bearer", &server, SECRET);
    let deadline = Instant::now() + Duration::from_secs(20);
    let finding = probing.catalogue.check(&probing.candidate, &crate::world::egress(&[]), deadline).await;
    assert_eq!(verdict(&finding), unreachable(Reason::TlsFailed));
    assert_eq!(server.asked().len(), 0);
}

#[tokio::test]
async fn ssr_12_silence_ends_at_the_deadline() {
    let server = WebServer::answering(|_| None).await;
    let probing = stated(
        "http_bearer",
        json!({"base_url": server.http_url(), "probe_path": "/v1/me"}),
        json!({"token": SECRET}),
    );
    let deadline = Instant::now() + Duration::from_millis(200);
    let finding = probing.catalogue.check(&probing.candidate, egress(), deadline).await;
    assert_eq!(verdict(&finding), unreachable(Reason::Timeout));
}

#[tokio::test]
async fn ssr_18_fixed_hosts_cannot_be_moved_by_a_credential() {
    for kind in ["openai", "anthropic", "slack", "stripe"] {
        let catalogue = Catalogue::built_in();
        assert!(
            catalogue
                .kind(kind)
                .unwrap()
                .fields
                .iter()
                .all(|field| { !field.is(strongroom_domain::kind::Mark::Target) }),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn a_limit_says_when_to_come_back() {
    for (after, message) in [
        ("30", "The system asks to come back in 30 s."),
        ("99999999", "The system asks to come back later."),
        ("Fri, 31 Dec 2027 23:59:59 GMT", "The system asks to come back later."),
    ] {
        let server = WebServer::https(Reply::json(429, &json!({})).with("retry-after", after)).await;
        let finding = Probing::of("stripe", &server, SECRET).check().await;
        assert_eq!((finding.outcome, finding.message.as_str()), (Outcome::Unreachable, message));
    }
}
