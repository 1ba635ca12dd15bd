//! The kinds of developers' tools against the answers their vendors document: one table a kind.

use serde_json::{Value, json};
use strongroom_domain::verification::Outcome;
use strongroom_domain::verification::Reason::{
    self, AuthFailed, InsufficientScope, MisconfiguredTarget, ProtocolError, RateLimited,
};

use crate::http_probe_vendors::{Row, SECRET, rejected, table, table_by};
use crate::web::Reply;
use crate::world::{ACCEPTED, unreachable};

fn says(status: u16, body: &Value, outcome: (Outcome, Option<Reason>)) -> Row {
    (Reply::json(status, body), outcome)
}

fn page(status: u16, outcome: (Outcome, Option<Reason>)) -> Row {
    (Reply::html(status, "<h1>sign in</h1>"), outcome)
}

/// What every system may answer besides, at the end of each table.
fn with_outages(mut rows: Vec<Row>) -> Vec<Row> {
    rows.push(page(200, unreachable(ProtocolError)));
    rows.push(says(200, &json!({"other": 1}), unreachable(ProtocolError)));
    rows.push(says(429, &json!({"message": "slower"}), unreachable(RateLimited)));
    rows.push(says(503, &json!({"message": "later"}), unreachable(ProtocolError)));
    rows
}

fn atlassian_rows(good: &Value) -> Vec<Row> {
    let captcha = Reply::json(403, &json!({})).with("x-authentication-denied-reason", "CAPTCHA_CHALLENGE; x");
    with_outages(vec![
        (Reply::json(200, good).with("x-ausername", "fred"), ACCEPTED),
        says(401, &json!({"message": "Client must be authenticated"}), rejected(AuthFailed)),
        page(401, rejected(AuthFailed)),
        (captcha, unreachable(RateLimited)),
        says(403, &json!({"message": "No permission."}), rejected(InsufficientScope)),
        page(403, unreachable(ProtocolError)),
    ])
}

/// `printf 'a@b.example:cnry-vendor-0123456789' | base64`
const PAIR: &str = "Basic YUBiLmV4YW1wbGU6Y25yeS12ZW5kb3ItMDEyMzQ1Njc4OQ==";

#[tokio::test]
async fn jira_data_center() {
    let myself =
        json!({"key": "JIRAUSER10100", "name": "fred", "emailAddress": "f@b.example", "active": true});
    let (finding, asked) = table("jira_data_center", atlassian_rows(&myself)).await;
    assert!(finding.evidence.account.unwrap().starts_with("JIRAUSER10100@localhost:"));
    assert_eq!(finding.evidence.facts["user"], "fred");
    assert_eq!(asked.request_line(), "GET /rest/api/2/myself HTTP/1.1");
    assert_eq!(asked.headers("authorization"), [format!("Bearer {SECRET}")]);
    let rows = atlassian_rows(&myself);
    let (_, asked) = table_by("jira_data_center", Some("password"), rows).await;
    assert_eq!(asked.headers("authorization"), [PAIR], "one header, by the method");
}

#[tokio::test]
async fn bitbucket() {
    let fails = |status, message: &str, outcome| {
        says(status, &json!({"type": "error", "error": {"message": message}}), outcome)
    };
    let rows = || {
        let good = Reply::json(200, &json!({"pagelen": 1, "values": [], "page": 1}));
        let scopes = "Your credentials lack one or more required privilege scopes.";
        with_outages(vec![
            (good.with("x-oauth-scopes", "repository, pullrequest"), ACCEPTED),
            fails(
                401,
                "Token is invalid, expired, or not supported for this endpoint.",
                rejected(AuthFailed),
            ),
            (Reply::new(401, "text/plain", ""), rejected(AuthFailed)),
            fails(403, scopes, rejected(InsufficientScope)),
            fails(403, "Forbidden", unreachable(ProtocolError)),
            fails(404, "No workspace with identifier 'acme'.", unreachable(MisconfiguredTarget)),
        ])
    };
    let (finding, asked) = table("bitbucket", rows()).await;
    assert_eq!(finding.evidence.account, None, "a list of repositories names nobody");
    assert_eq!(finding.evidence.scopes.unwrap(), ["pullrequest", "repository"]);
    assert_eq!(asked.request_line(), "GET /2.0/repositories/a%40b.example?pagelen=1 HTTP/1.1");
    assert_eq!(asked.headers("authorization"), [format!("Bearer {SECRET}")]);
    let (_, asked) = table_by("bitbucket", Some("api_token"), rows()).await;
    assert_eq!(asked.headers("authorization"), [PAIR]);
}

#[tokio::test]
async fn bitbucket_data_center() {
    let mut rows = atlassian_rows(&json!({"size": 0, "limit": 1, "isLastPage": true, "values": []}));
    // Nobody is shown public projects too.
    rows.push(says(200, &json!({"size": 0, "values": []}), unreachable(ProtocolError)));
    let (finding, asked) = table("bitbucket_data_center", rows.clone()).await;
    assert!(finding.evidence.account.unwrap().starts_with("fred@localhost:"));
    assert_eq!(asked.request_line(), "GET /rest/api/1.0/projects?limit=1 HTTP/1.1");
    assert_eq!(asked.headers("authorization"), [PAIR]);
    let (_, asked) = table_by("bitbucket_data_center", Some("token"), rows).await;
    assert_eq!(asked.headers("authorization"), [format!("Bearer {SECRET}")]);
}

#[tokio::test]
async fn azure_devops() {
    let data = |id: &str| json!({"authenticatedUser": {"id": id, "providerDisplayName": "Fred"}, "instanceId": "9f7b", "deploymentType": "hosted"});
    let rows = with_outages(vec![
        says(200, &data("d6245f20-2af8-44f4-9451-8107cb2767db"), ACCEPTED),
        says(200, &data("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"), rejected(AuthFailed)),
        (Reply::html(401, "<h1>Access denied</h1>"), rejected(AuthFailed)),
        says(403, &json!({"message": "TF400813", "typeKey": "x"}), rejected(InsufficientScope)),
        page(404, unreachable(ProtocolError)),
        page(203, unreachable(ProtocolError)),
    ]);
    let (finding, asked) = table("azure_devops", rows).await;
    let account = finding.evidence.account.unwrap();
    assert!(account.starts_with("d6245f20-2af8-44f4-9451-8107cb2767db@localhost:"), "{account}");
    assert_eq!(finding.evidence.facts["user"], "Fred");
    assert_eq!(asked.request_line(), "GET /a%40b.example/_apis/connectionData HTTP/1.1");
    assert_eq!(asked.headers("x-tfs-fedauthredirect"), ["Suppress"]);
    // `printf ':cnry-vendor-0123456789' | base64`
    assert_eq!(asked.headers("authorization"), ["Basic OmNucnktdmVuZG9yLTAxMjM0NTY3ODk="]);
}

#[tokio::test]
async fn sonar() {
    for (kind, authorization) in [
        ("sonarcloud", "Bearer cnry-vendor-0123456789"),
        // `printf 'cnry-vendor-0123456789:' | base64`
        ("sonarqube", "Basic Y25yeS12ZW5kb3ItMDEyMzQ1Njc4OTo="),
    ] {
        let rows = with_outages(vec![
            says(200, &json!({"isLoggedIn": true, "login": "fred@github", "name": "Fred"}), ACCEPTED),
            says(200, &json!({"isLoggedIn": false}), rejected(AuthFailed)),
            (Reply::new(401, "text/plain", ""), rejected(AuthFailed)),
            says(403, &json!({"errors": [{"msg": "Insufficient privileges"}]}), rejected(InsufficientScope)),
            page(403, unreachable(ProtocolError)),
        ]);
        let (finding, asked) = table(kind, rows).await;
        assert!(finding.evidence.account.unwrap().starts_with("fred@github@localhost:"));
        assert_eq!(asked.request_line(), "GET /api/users/current HTTP/1.1");
        assert_eq!(asked.headers("authorization"), [authorization], "{kind}");
    }
}

#[tokio::test]
async fn linear() {
    let fails = |status, code: &str, outcome| {
        let error = json!({"message": SECRET, "extensions": {"type": "x", "code": code}});
        says(status, &json!({"errors": [error], "data": null}), outcome)
    };
    let viewer = json!({"data": {"viewer": {"id": "u1", "name": "Fred"}, "organization": {"id": "o1", "urlKey": "acme"}}});
    let rows = with_outages(vec![
        says(200, &viewer, ACCEPTED),
        fails(401, "AUTHENTICATION_ERROR", rejected(AuthFailed)),
        fails(400, "AUTHENTICATION_ERROR", rejected(AuthFailed)),
        fails(200, "AUTHENTICATION_ERROR", rejected(AuthFailed)),
        fails(403, "FORBIDDEN", rejected(InsufficientScope)),
        fails(200, "FORBIDDEN", rejected(InsufficientScope)),
        fails(400, "RATELIMITED", unreachable(RateLimited)),
        fails(400, "GRAPHQL_VALIDATION_FAILED", unreachable(ProtocolError)),
        fails(200, "INTERNAL_ERROR", unreachable(ProtocolError)),
        says(200, &json!({"data": {"viewer": null}}), unreachable(ProtocolError)),
    ]);
    let (finding, asked) = table("linear", rows).await;
    let account = finding.evidence.account.unwrap();
    assert!(account.starts_with("u1@o1@localhost:"), "{account}");
    assert_eq!(finding.evidence.facts["organization"], "acme");
    assert_eq!(asked.request_line(), "POST /graphql HTTP/1.1");
    assert_eq!(asked.headers("authorization"), [SECRET], "a personal key stands bare");
    assert_eq!(asked.headers("content-type"), ["application/json"]);
    assert_eq!(asked.body, r#"{"query":"query { viewer { id name } organization { id urlKey } }"}"#);
}

#[tokio::test]
async fn pagerduty() {
    let rows = with_outages(vec![
        says(200, &json!({"abilities": ["sso", "teams"]}), ACCEPTED),
        says(401, &json!({"error": {"message": "Unauthorized", "code": 2006}}), rejected(AuthFailed)),
        says(403, &json!({"error": {"message": "Access Denied", "code": 2010}}), rejected(InsufficientScope)),
        page(403, unreachable(ProtocolError)),
        says(402, &json!({"error": {"message": "no ability", "code": 2014}}), unreachable(ProtocolError)),
    ]);
    let (finding, asked) = table("pagerduty", rows).await;
    assert_eq!(finding.evidence.account, None);
    assert_eq!(asked.request_line(), "GET /abilities HTTP/1.1");
    assert_eq!(asked.headers("authorization"), [format!("Token token={SECRET}")]);
    assert_eq!(asked.headers("accept"), ["application/vnd.pagerduty+json;version=2"]);
}

#[tokio::test]
async fn circleci() {
    let rows = with_outages(vec![
        says(200, &json!({"id": "c1f2", "login": "octocat", "name": "The Octocat"}), ACCEPTED),
        says(401, &json!({"message": "You must log in first."}), rejected(AuthFailed)),
        says(403, &json!({"message": "Permission denied."}), rejected(InsufficientScope)),
        page(403, unreachable(ProtocolError)),
    ]);
    let (finding, asked) = table("circleci", rows).await;
    assert!(finding.evidence.account.unwrap().starts_with("c1f2@localhost:"));
    assert_eq!(finding.evidence.facts["login"], "octocat");
    assert_eq!(asked.request_line(), "GET /api/v2/me HTTP/1.1");
    assert_eq!(asked.headers("circle-token"), [SECRET]);
}

#[tokio::test]
async fn buildkite() {
    let rows = with_outages(vec![
        says(200, &json!({"uuid": "b63254c0", "scopes": ["read_builds", "read_agents"]}), ACCEPTED),
        says(401, &json!({"message": "Authentication required."}), rejected(AuthFailed)),
        says(403, &json!({"message": "Not from this address."}), rejected(InsufficientScope)),
        page(403, unreachable(ProtocolError)),
    ]);
    let (finding, asked) = table("buildkite", rows).await;
    assert_eq!(finding.evidence.account, None, "the number is the token's, and a new token has another");
    assert_eq!(finding.evidence.scopes.unwrap(), ["read_agents", "read_builds"]);
    assert_eq!(finding.evidence.facts["token"], "b63254c0");
    assert_eq!(asked.request_line(), "GET /v2/access-token HTTP/1.1");
    assert_eq!(asked.headers("authorization"), [format!("Bearer {SECRET}")]);
}

#[tokio::test]
async fn snyk() {
    let error = |status: &str| json!({"jsonapi": {"version": "1.0"}, "errors": [{"status": status}]});
    let rows = with_outages(vec![
        says(200, &json!({"data": {"id": "55a348e2", "type": "user", "attributes": {}}}), ACCEPTED),
        says(401, &json!({"status": "401", "code": "Unauthorized"}), rejected(AuthFailed)),
        says(401, &error("401"), rejected(AuthFailed)),
        says(403, &error("403"), rejected(InsufficientScope)),
        page(403, unreachable(ProtocolError)),
        says(404, &error("404"), unreachable(ProtocolError)),
    ]);
    let (finding, asked) = table("snyk", rows).await;
    assert!(finding.evidence.account.unwrap().starts_with("55a348e2@localhost:"));
    assert_eq!(finding.evidence.facts["type"], "user");
    assert_eq!(asked.request_line(), "GET /rest/self?version=2024-06-10 HTTP/1.1");
    assert_eq!(asked.headers("authorization"), [format!("token {SECRET}")]);
}

#[tokio::test]
async fn cursor() {
    let member =
        json!({"id": 12345, "name": "Alex", "email": "a@b.example", "role": "member", "isRemoved": false});
    let refused = json!({"statusCode": 401, "error": "Unauthorized", "message": "Invalid API key"});
    let rows = with_outages(vec![
        says(200, &json!({"teamMembers": [member]}), ACCEPTED),
        says(401, &refused, rejected(AuthFailed)),
        says(403, &json!({"error": "Forbidden"}), rejected(InsufficientScope)),
        page(403, unreachable(ProtocolError)),
    ]);
    let (finding, asked) = table("cursor", rows).await;
    assert_eq!(finding.evidence.account, None, "a list of members says not whose the key is");
    assert_eq!(asked.request_line(), "GET /teams/members HTTP/1.1");
    // `printf 'cnry-vendor-0123456789:' | base64`
    assert_eq!(asked.headers("authorization"), ["Basic Y25yeS12ZW5kb3ItMDEyMzQ1Njc4OTo="]);
}

#[tokio::test]
async fn devin() {
    let session = json!({"session_id": "devin-1", "status": "finished", "title": "t"});
    let rows = with_outages(vec![
        says(200, &json!({"sessions": [session]}), ACCEPTED),
        says(200, &json!({"sessions": []}), ACCEPTED),
        says(401, &json!({"detail": "Unauthorized"}), rejected(AuthFailed)),
        says(403, &json!({"detail": "Forbidden"}), rejected(InsufficientScope)),
        page(403, unreachable(ProtocolError)),
    ]);
    let (finding, asked) = table("devin", rows).await;
    assert_eq!(finding.evidence.account, None);
    assert_eq!(asked.request_line(), "GET /v1/sessions?limit=1 HTTP/1.1");
    assert_eq!(asked.headers("authorization"), [format!("Bearer {SECRET}")]);
}
