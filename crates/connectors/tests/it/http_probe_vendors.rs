//! Each bundled kind against the answers its vendor documents: one table a kind.

use serde_json::json;
use strongroom_domain::verification::Reason::{
    AuthFailed, Expired, InsufficientScope, ProtocolError, RateLimited, Revoked,
};
use strongroom_domain::verification::{Finding, Outcome, Reason, StepOutcome};

use crate::probing::Probing;
use crate::web::{Asked, Reply, WebServer};
use crate::world::{ACCEPTED, unreachable, verdict};

pub(crate) const SECRET: &str = "cnry-vendor-0123456789";

pub(crate) type Row = (Reply, (Outcome, Option<Reason>));

pub(crate) const fn rejected(reason: Reason) -> (Outcome, Option<Reason>) {
    (Outcome::Rejected, Some(reason))
}

/// Each row on a server of its own; the first row accepts. What it showed, and what was asked.
pub(crate) async fn table(kind: &str, rows: Vec<Row>) -> (Finding, Asked) {
    table_by(kind, None, rows).await
}

/// The same by one of the kind's methods.
pub(crate) async fn table_by(kind: &str, method: Option<&str>, rows: Vec<Row>) -> (Finding, Asked) {
    let mut first = None;
    for (reply, expected) in rows {
        let shown = format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body));
        let server = WebServer::answering_over_tls(move |asked| {
            Some(if shows_a_secret(asked) { reply.clone() } else { Reply::json(401, &json!({})) })
        })
        .await;
        let finding = Probing::by(kind, method, &server, SECRET).check().await;
        assert_eq!(verdict(&finding), expected, "{kind}: {shown}: {finding:?}");
        let asked = server.asked();
        let controls = usize::from(expected == ACCEPTED && kind.starts_with("http_"));
        assert_eq!(asked.len(), 1 + controls, "con_15: one request, {kind}");
        assert!(asked.iter().skip(1).all(|control| !shows_a_secret(control)), "{kind}");
        let is_refused = finding.outcome == Outcome::Rejected;
        let status = finding.said.as_deref().and_then(|said| said.split(' ').next());
        assert!(
            !is_refused || shown.split(' ').next() == status,
            "what it said: {kind}: {shown}: {finding:?}"
        );
        first.get_or_insert((finding, asked[0].clone()));
    }
    let (finding, asked) = first.unwrap();
    assert_eq!(verdict(&finding), ACCEPTED);
    (finding, asked)
}

fn shows_a_secret(asked: &Asked) -> bool {
    asked.head.contains(SECRET) || !asked.headers("authorization").is_empty()
}

#[tokio::test]
async fn openai() {
    let error = |status, code: &str, message: &str| {
        Reply::json(
            status,
            &json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": code}}),
        )
    };
    let models =
        json!({"object": "list", "data": [{"id": "gpt-4o", "object": "model", "owned_by": "openai"}]});
    let missing = "You have insufficient permissions for this operation. Missing scopes: api.model.read.";
    let rows = vec![
        (Reply::json(200, &models).with("openai-organization", "user-abc123"), ACCEPTED),
        (
            error(401, "invalid_api_key", &format!("Incorrect API key provided: {SECRET}.")),
            rejected(AuthFailed),
        ),
        (error(401, "account_deactivated", "The account is deactivated."), rejected(Revoked)),
        (error(401, "", missing), ACCEPTED),
        (error(403, "", missing), ACCEPTED),
        (error(403, "unsupported_country_region_territory", "Not from here."), unreachable(ProtocolError)),
        (error(429, "rate_limit_exceeded", "Slower."), unreachable(RateLimited)),
        (Reply::json(200, &json!({"error": {"message": "no"}})), unreachable(ProtocolError)),
    ];
    let (finding, asked) = table("openai", rows).await;
    assert_eq!(finding.evidence.account.as_deref(), Some("user-abc123"));
    assert_eq!(asked.request_line(), "GET /v1/models HTTP/1.1");
    assert_eq!(asked.headers("authorization"), [format!("Bearer {SECRET}")]);
    assert_eq!(asked.headers("openai-organization"), [""; 0], "an empty field leaves its header out");
}

#[tokio::test]
async fn anthropic() {
    let error = |status, kind: &str| {
        Reply::json(
            status,
            &json!({"type": "error", "error": {"type": kind, "message": SECRET}, "request_id": "req_1"}),
        )
    };
    let models = json!({"data": [{"type": "model", "id": "claude"}], "has_more": true, "first_id": "a", "last_id": "a"});
    let rows = vec![
        (Reply::json(200, &models).with("anthropic-organization-id", "5e1f"), ACCEPTED),
        (error(401, "authentication_error"), rejected(AuthFailed)),
        (error(403, "permission_error"), rejected(InsufficientScope)),
        (error(429, "rate_limit_error"), unreachable(RateLimited)),
        (error(529, "overloaded_error"), unreachable(RateLimited)),
        (error(500, "api_error"), unreachable(ProtocolError)),
        (error(404, "not_found_error"), unreachable(ProtocolError)),
    ];
    let (finding, asked) = table("anthropic", rows).await;
    assert_eq!(finding.evidence.account.as_deref(), Some("5e1f"));
    assert_eq!(asked.request_line(), "GET /v1/models?limit=1 HTTP/1.1");
    assert_eq!(asked.headers("x-api-key"), [SECRET]);
    assert_eq!(asked.headers("anthropic-version"), ["2023-06-01"]);
}

#[tokio::test]
async fn github() {
    let says = |status, message: &str| {
        Reply::json(status, &json!({"message": message, "documentation_url": "https://docs.github.com/rest"}))
    };
    let user = json!({"login": "octocat", "id": 583_231, "type": "User"});
    let rows = vec![
        (
            Reply::json(200, &user)
                .with("x-oauth-scopes", "repo, read:org")
                .with("github-authentication-token-expiration", "2027-01-31 08:00:00 UTC"),
            ACCEPTED,
        ),
        (says(401, "Bad credentials"), rejected(AuthFailed)),
        (says(403, "Resource not accessible by personal access token"), rejected(InsufficientScope)),
        (says(403, "Resource protected by organization SAML enforcement."), rejected(InsufficientScope)),
        (says(403, "API rate limit exceeded").with("x-ratelimit-remaining", "0"), unreachable(RateLimited)),
        (
            says(403, "You have exceeded a secondary rate limit").with("retry-after", "60"),
            unreachable(RateLimited),
        ),
        (says(403, "Something new"), unreachable(ProtocolError)),
        (says(404, "Not Found"), unreachable(ProtocolError)),
        (Reply::html(401, "<h1>401</h1>"), unreachable(ProtocolError)),
    ];
    let (finding, asked) = table("github", rows).await;
    let account = finding.evidence.account.unwrap();
    assert!(account.starts_with("583231@localhost:"), "{account}");
    assert_eq!(finding.evidence.scopes.unwrap(), ["read:org", "repo"]);
    assert_eq!(finding.evidence.expires_at.unwrap().to_string(), "2027-01-31T08:00:00.000Z");
    assert_eq!(finding.evidence.facts["login"], "octocat");
    assert_eq!(asked.request_line(), "GET /user HTTP/1.1");
    assert_eq!(asked.headers("authorization"), [format!("Bearer {SECRET}")]);
    assert_eq!(asked.headers("user-agent"), ["strongroom"]);
}

#[tokio::test]
async fn gitlab() {
    let token = |active: bool, revoked: bool| {
        json!({"id": 4, "name": "ci", "revoked": revoked, "created_at": "2026-07-23T14:31:47.729Z", "scopes": ["read_api", "api"],
               "user_id": 24, "last_used_at": null, "active": active, "expires_at": "2027-03-04"})
    };
    let oauth = |description: &str| {
        Reply::json(401, &json!({"error": "invalid_token", "error_description": description}))
    };
    let rows = vec![
        (Reply::json(200, &token(true, false)), ACCEPTED),
        (Reply::json(200, &token(false, true)), rejected(Revoked)),
        (Reply::json(200, &token(false, false)), unreachable(ProtocolError)),
        (oauth("Token was revoked. You have to re-authorize from the user."), rejected(Revoked)),
        (oauth("Token is expired. You can either do re-authorization or token refresh."), rejected(Expired)),
        (Reply::json(401, &json!({"message": "401 Unauthorized"})), rejected(AuthFailed)),
        (Reply::json(403, &json!({"error": "insufficient_scope", "scope": "api"})), ACCEPTED),
        (Reply::html(403, "<p>blocked"), unreachable(ProtocolError)),
    ];
    let (finding, asked) = table("gitlab", rows).await;
    assert!(finding.evidence.account.unwrap().starts_with("24@localhost:"));
    assert_eq!(finding.evidence.scopes.unwrap(), ["api", "read_api"]);
    assert_eq!(finding.evidence.expires_at.unwrap().to_string(), "2027-03-04T00:00:00.000Z");
    assert_eq!(asked.request_line(), "GET /api/v4/personal_access_tokens/self HTTP/1.1");
    assert_eq!(asked.headers("private-token"), [SECRET]);
}

#[tokio::test]
async fn jira_cloud() {
    let myself = |active: bool| json!({"accountId": "5b10ac8d", "emailAddress": "a@b.example", "displayName": "A", "active": active});
    let rows = vec![
        (Reply::json(200, &myself(true)), ACCEPTED),
        (Reply::json(200, &myself(false)), unreachable(ProtocolError)),
        (
            Reply::new(401, "text/html", "Client must be authenticated to access this resource."),
            rejected(AuthFailed),
        ),
        (
            Reply::json(401, &json!({}))
                .with("x-authentication-denied-reason", "CAPTCHA_CHALLENGE; login-url=x"),
            unreachable(RateLimited),
        ),
        (Reply::json(403, &json!({"message": "No permission."})), rejected(InsufficientScope)),
        (Reply::html(403, "<p>blocked"), unreachable(ProtocolError)),
        (
            Reply::json(404, &json!({"errorMessage": "Site temporarily unavailable"})),
            unreachable(ProtocolError),
        ),
    ];
    let (finding, asked) = table("jira_cloud", rows).await;
    assert!(finding.evidence.account.unwrap().starts_with("5b10ac8d@localhost:"));
    assert_eq!(asked.request_line(), "GET /rest/api/3/myself HTTP/1.1");
    // `printf 'a@b.example:cnry-vendor-0123456789' | base64`
    assert_eq!(asked.headers("authorization"), ["Basic YUBiLmV4YW1wbGU6Y25yeS12ZW5kb3ItMDEyMzQ1Njc4OQ=="]);
}

#[tokio::test]
async fn slack() {
    let fails = |error: &str| Reply::json(200, &json!({"ok": false, "error": error}));
    let good = json!({"ok": true, "url": "https://a.slack.com/", "team": "A", "user": "bot", "team_id": "T1", "user_id": "W2"});
    let rows = vec![
        (Reply::json(200, &good).with("x-oauth-scopes", "chat:write,channels:read"), ACCEPTED),
        (fails("invalid_auth"), rejected(AuthFailed)),
        (fails("not_authed"), rejected(AuthFailed)),
        (fails("token_revoked"), rejected(Revoked)),
        (fails("account_inactive"), rejected(Revoked)),
        (fails("token_expired"), rejected(Expired)),
        (fails("missing_scope"), rejected(InsufficientScope)),
        (fails("ratelimited"), unreachable(RateLimited)),
        (fails("internal_error"), unreachable(ProtocolError)),
        (fails(SECRET), unreachable(ProtocolError)),
        (Reply::json(200, &json!({"ok": true})), unreachable(ProtocolError)),
    ];
    let (finding, asked) = table("slack", rows).await;
    assert_eq!(finding.evidence.account.as_deref(), Some("W2@T1"));
    assert_eq!(finding.evidence.scopes.unwrap(), ["channels:read", "chat:write"]);
    assert_eq!(asked.request_line(), "POST /api/auth.test HTTP/1.1");
    assert_eq!(
        (asked.headers("authorization"), asked.body.as_str()),
        (vec![&*format!("Bearer {SECRET}")], "")
    );
}

#[tokio::test]
async fn stripe() {
    let error = |status, code: Option<&str>| {
        Reply::json(
            status,
            &json!({"error": {"type": "invalid_request_error", "code": code, "message": SECRET}}),
        )
    };
    let lacking = |permission: &str| {
        let message = format!(
            "The provided key '{SECRET}' does not have the required permissions for this endpoint on account \
             'acct_1'. Having the '{permission}' permission would allow this request to continue."
        );
        Reply::json(403, &json!({"error": {"type": "invalid_request_error", "message": message}}))
    };
    let account = json!({"id": "acct_1032D82eZvKYlo2C", "object": "account", "email": null});
    let rows = vec![
        (Reply::json(200, &account), ACCEPTED),
        (error(401, None), rejected(AuthFailed)),
        (error(401, Some("api_key_expired")), rejected(Expired)),
        (lacking("rak_accounts_kyc_id_numbers_read"), ACCEPTED),
        (error(403, None), rejected(InsufficientScope)),
        (error(429, Some("rate_limit")), unreachable(RateLimited)),
        (error(402, None), unreachable(ProtocolError)),
        (Reply::json(200, &json!({"id": "cus_1", "object": "customer"})), unreachable(ProtocolError)),
    ];
    let (finding, asked) = table("stripe", rows).await;
    assert_eq!(finding.evidence.account.as_deref(), Some("acct_1032D82eZvKYlo2C"));
    assert_eq!(asked.request_line(), "GET /v1/account HTTP/1.1");
    assert_eq!(asked.headers("authorization"), [format!("Bearer {SECRET}")]);
}

#[tokio::test]
async fn what_the_caller_states() {
    for (kind, header, value) in [
        ("http_api_key", "x-api-key", SECRET),
        ("http_bearer", "authorization", "Bearer cnry-vendor-0123456789"),
        ("http_basic", "authorization", "Basic YUBiLmV4YW1wbGU6Y25yeS12ZW5kb3ItMDEyMzQ1Njc4OQ=="),
    ] {
        let rows = vec![
            (Reply::json(200, &json!({"me": 1})), ACCEPTED),
            (Reply::new(200, "text/plain", "pong"), ACCEPTED),
            (Reply::html(401, "<h1>401 Authorization Required</h1>"), rejected(AuthFailed)),
            (Reply::json(403, &json!({})), rejected(InsufficientScope)),
            (Reply::html(403, "<p>blocked"), unreachable(ProtocolError)),
            (Reply::html(200, "<form>log in</form>"), unreachable(ProtocolError)),
            (Reply::new(200, "application/json", "\n <!doctype html>"), unreachable(ProtocolError)),
            (Reply::json(204, &json!({})), unreachable(ProtocolError)),
            (Reply::json(407, &json!({})), unreachable(ProtocolError)),
        ];
        let (_, asked) = table(kind, rows).await;
        assert_eq!(asked.request_line(), "GET /v1/me HTTP/1.1");
        assert_eq!(asked.headers(header), [value], "{kind}");
    }
}

/// The vendor knows the key and refuses what the probe asks for: the key lives, and nothing is known of its account.
#[tokio::test]
async fn a_live_key_that_may_not_be_asked_whose_it_is_is_accepted_without_evidence() {
    for (kind, status, body) in [
        ("stripe", 403, json!({"error": {"message": "It does not have the required permissions."}})),
        (
            "openai",
            403,
            json!({"error": {"message": "You have insufficient permissions. Missing scopes: x."}}),
        ),
        ("gitlab", 403, json!({"error": "insufficient_granular_scope"})),
    ] {
        let server = WebServer::https(Reply::json(status, &body)).await;
        let finding = Probing::of(kind, &server, SECRET).check().await;
        assert_eq!(verdict(&finding), ACCEPTED, "{kind}");
        assert!(finding.message.contains("what it may do is not known"), "{kind}: {}", finding.message);
        assert_eq!(finding.evidence, strongroom_domain::verification::Evidence::default(), "{kind}");
        assert_eq!(finding.steps.last().unwrap().outcome, StepOutcome::Passed, "{kind}");
    }
}
