//! AUT: who is let in, and for how long.

use strongroom_domain::Error;
use strongroom_domain::access::{Denial, Why};
use strongroom_domain::principal::Role;
use strongroom_web::Authentication;

use super::floor::Floor;
use crate::client::{Client, JSON};
use crate::house::{new_user, text};
use crate::parity::{Scenario, Speaker, Wire};

/// What answers to anybody, by the dialect, method and path as they are declared.
const OPEN: &[&str] = &[
    "native GET /sign-in",
    "native POST /sessions",
    "flowise GET /api/v1/components-credentials-icon/{name}",
    "flowise GET /api/v1/oauth2-credential/callback",
    "flowise GET /api/v1/version",
    "flowise GET /api/v1/settings",
    "flowise GET /api/v1/loginmethod/default",
    "flowise POST /api/v1/auth/resolve",
    "flowise POST /api/v1/auth/login",
    "flowise POST /api/v1/auth/refreshToken",
    "flowise POST /api/v1/account/logout",
    "flowise GET /{*rest}",
    "superai GET /api/integrations/plugins/{plugin_name}/oauth/callback",
    "superai GET /api/plugins/{plugin_name}/{provider_name}/oauth/callback",
];

pub(super) async fn strangers_get_nowhere<S: Speaker>(speaker: S) {
    let floor = Floor::of(speaker).await;
    let table = floor.speaker.table();
    let mut found = Vec::new();
    let mut tokens = vec![None];
    tokens.extend(["srt_u_x", "null"].map(|token| Some(token.to_owned())));
    tokens.push(Some(revoked(&floor).await));
    for route in table.routes() {
        let declaration = route.declaration();
        if route.authentication() == Authentication::Anonymous {
            found.push(format!("{} {} {}", S::NAME, declaration.method, declaration.path));
            continue;
        }
        let path = format!("{}{}", table.prefix(), filled(declaration.path, &floor.stage.id));
        let method = declaration.method.clone();
        let method: &'static str = Box::leak(method.to_string().into_boxed_str());
        for token in &tokens {
            for wire in [Wire::bare(method, path.clone()), Wire::text(method, path.clone(), "{}")] {
                let answer = floor.send(&wire, token.as_deref()).await;
                assert!(floor.is_stranger(&answer).await, "{method} {path} {token:?}: {}", answer.text());
            }
        }
    }
    let open: Vec<_> = OPEN.iter().filter(|line| line.starts_with(S::NAME)).collect();
    assert!(
        found.iter().eq(open),
        "{found:?}: what answers to anybody is listed here, and nothing else does"
    );
    let nobody = Client::new(&floor.router, None);
    // Beside its API a dialect may answer as its original does: with a page that is the same for everybody.
    let is_open_beside = OPEN.contains(&format!("{} GET /{{*rest}}", S::NAME).as_str());
    let beside = ["", "/", "/x", "/api", "/api/v1", "/api/v1/", "/.env", "/api//v1/credentials"];
    let within = ["/api/v1/../v1", "/api/v1/credentials.css", "/api/v1//credentials"];
    for path in beside.iter().filter(|_| !is_open_beside).chain(&within) {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
            let answer = nobody.send(method, &format!("{}{path}", table.prefix()), &[], None).await;
            assert!((400..500).contains(&answer.status), "{} {method} {path}: {}", S::NAME, answer.status);
        }
    }
}

fn filled(path: &str, id: &str) -> String {
    let part = |part: &str| match part {
        "{workspace}" => "default".to_owned(),
        "{*rest}" => "some/thing".to_owned(),
        part if part.starts_with('{') => id.to_owned(),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn revoked<S: Speaker>(floor: &Floor<S>) -> String {
    let (id, token) = issued(floor).await;
    floor.house.admin().await.delete(&format!("/v1/tokens/{id}")).await.expect(204);
    token
}

/// The id and the text of an admin's token, made through the API.
async fn issued<S: Speaker>(floor: &Floor<S>) -> (String, String) {
    let answer = floor.house.admin().await.post("/v1/tokens", &new_user("admin")).await.expect(201).json();
    (text(&answer, "id").to_owned(), text(&answer, "token").to_owned())
}

pub(super) async fn authority_ends_at_once<S: Speaker>(speaker: S) {
    let mut floor = Floor::of(speaker).await;
    let native = floor.house.admin().await;
    for end in ["revoke", "rotate"] {
        let (id, token) = issued(&floor).await;
        let read = floor.wire(Scenario::Read).expect("every dialect can read");
        let answer = floor.send(&read, Some(&token)).await;
        assert!((200..300).contains(&answer.status), "{}", answer.text());
        if end == "revoke" {
            native.delete(&format!("/v1/tokens/{id}")).await.expect(204);
        } else {
            native.post(&format!("/v1/tokens/{id}/rotate"), &serde_json::json!({})).await.expect(200);
        }
        let before = floor.everything().await;
        for (act, wire) in floor.acts() {
            let answer = floor.send(&wire, Some(&token)).await;
            assert!(floor.is_stranger(&answer).await, "{end} {act:?}: {}", answer.text());
        }
        assert!(floor.everything().await == before, "nothing was changed");
    }
}

/// What proxies and careless servers believe.
const SPOOFED: [(&str, &str); 14] = [
    ("x-internal", "true"),
    ("x-request-from", "internal"),
    ("x-user-id", "admin"),
    ("x-user", "admin"),
    ("x-remote-user", "admin"),
    ("x-role", "admin"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-user", "admin"),
    ("x-real-ip", "127.0.0.1"),
    ("forwarded", "for=127.0.0.1"),
    ("x-original-url", "/readyz"),
    ("x-rewrite-url", "/readyz"),
    ("x-http-method-override", "GET"),
    ("cookie", "token=admin; session=admin; connect.sid=admin"),
];

pub(super) async fn headers_are_not_believed<S: Speaker>(speaker: S) {
    let mut floor = Floor::of(speaker).await;
    let viewer = floor.house.text_of_user(floor.house.a, Role::Viewer, None).await;
    let before = floor.everything().await;
    for (act, wire) in floor.acts() {
        for header in SPOOFED {
            let spoofed = Wire { headers: [wire.headers.clone(), vec![header]].concat(), ..wire.clone() };
            let answer = floor.send(&spoofed, None).await;
            assert!(floor.is_stranger(&answer).await, "{act:?} {header:?}: {}", answer.text());
            if act != Scenario::Read {
                // Told to be a page's, a request shows no token (Flowise): 401 then.
                let answer = floor.send(&spoofed, Some(&viewer)).await;
                let action = floor.action_of(&wire).expect("every act needs a right");
                let is_refused = floor.is_stranger(&answer).await
                    || floor.is(&answer, &Error::Forbidden(Denial { action, why: Why::Contract })).await;
                assert!(is_refused, "{act:?} {header:?}: {}", answer.text());
            }
        }
    }
    assert!(floor.everything().await == before, "nothing was changed");
}

pub(super) async fn odd_tokens_are_none<S: Speaker>(speaker: S) {
    let floor = Floor::of(speaker).await;
    let read = floor.wire(Scenario::Read).expect("every dialect can read");
    let live = &floor.token;
    let (head, tail) = live.split_at(live.len() - 1);
    let other = if tail == "A" { "B" } else { "A" };
    let odd = [
        String::new(),
        " ".to_owned(),
        "null".to_owned(),
        "undefined".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "0".to_owned(),
        "true".to_owned(),
        "Bearer".to_owned(),
        "*".to_owned(),
        format!("{head}{other}"),
        head.to_owned(),
        format!("{live}A"),
        format!("{live} {live}"),
        format!("{live},{live}"),
        live.to_uppercase(),
        live.replacen("srt_u_", "srt_s_", 1).replacen("srt_s_", "srt_w_", 1),
    ];
    for token in &odd {
        let answer = floor.send(&read, Some(token)).await;
        assert!(floor.is_stranger(&answer).await, "{token:?}: {}", answer.text());
    }
    let (name, value) = floor.speaker.key(live);
    let nobody = Client::new(&floor.router, None);
    let twice = [(name, value.as_str()), (name, value.as_str())];
    let answer = nobody.send(read.method, &read.path, &twice, None).await;
    assert!(floor.is_stranger(&answer).await, "which of them counts would be a guess: {}", answer.text());
    for query in ["token", "access_token", "api_key", "apikey", "key"] {
        let path = format!("{}?{query}={live}", read.path);
        let answer = nobody.get(&path).await;
        assert!(floor.is_stranger(&answer).await, "a token in a URL is none (PRP-09): {}", answer.text());
    }
}

pub(super) async fn no_site_is_let_in<S: Speaker>(speaker: S) {
    let mut floor = Floor::of(speaker).await;
    let nobody = Client::new(&floor.router, None);
    let (name, value) = floor.speaker.key(&floor.token);
    let before = floor.everything().await;
    for origin in ["https://evil.example", "null"] {
        for (act, wire) in floor.acts() {
            let asked = [
                ("origin", origin),
                ("access-control-request-method", wire.method),
                ("access-control-request-headers", "authorization,content-type,x-request-from"),
            ];
            let preflight = nobody.send("OPTIONS", &wire.path, &asked, None).await;
            let plain = [("origin", origin), ("content-type", "text/plain")];
            let simple = nobody.send("POST", &wire.path, &plain, wire.body.as_deref()).await;
            assert!((400..500).contains(&simple.status), "{act:?}: {}", simple.text());
            let read = [("origin", origin), (name, value.as_str())];
            let shown = nobody.send("GET", &wire.path, &read, None).await;
            for answer in [preflight, simple, shown] {
                let allowed: Vec<_> = answer
                    .headers
                    .keys()
                    .filter(|name| name.as_str().starts_with("access-control-allow-"))
                    .collect();
                assert!(allowed.is_empty(), "{act:?} {origin}: {allowed:?}");
            }
        }
    }
    let form = [("origin", "null"), ("content-type", "application/x-www-form-urlencoded")];
    for (_, wire) in floor.acts() {
        assert!(nobody.send(wire.method, &wire.path, &form, Some(b"name=x")).await.status >= 400);
        assert!(nobody.send(wire.method, &wire.path, JSON, Some(b"{}")).await.status >= 400);
    }
    assert!(floor.everything().await == before, "nothing was changed");
}
