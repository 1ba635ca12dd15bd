//! Sign-in, sessions, the open routes, and what a browser is told to do with them.

use std::time::Duration;

use serde_json::json;
use strongroom_domain::principal::Role;

use super::world::{CREDENTIALS, World, made, refused};
use crate::client::{Answer, Client, JSON};
use crate::house::text;

const LOGIN: &str = "/api/v1/auth/login";
const PAGE: (&str, &str) = ("x-request-from", "internal");

async fn login(world: &World, host: &str, password: &str) -> Answer {
    let body = json!({"email": "someone@example.com", "password": password});
    world.nobody().json("POST", LOGIN, &[("host", host)], &body).await
}

/// The cookie that a sign-in sets, as a browser sends it back.
async fn signed_in(world: &World, role: Role) -> String {
    let token = world.house.text_of_token(role).await;
    let answer = login(world, "flows.example", &token).await.expect(200);
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

async fn list(client: &Client, cookie: &str) -> u16 {
    client.send("GET", CREDENTIALS, &[PAGE, ("cookie", cookie)], None).await.status
}

#[tokio::test]
async fn a_token_as_the_password_begins_a_session() {
    let world = World::documented().await;
    let token = world.house.text_of_token(Role::Editor).await;
    let answer = login(&world, "flows.example", &token).await.expect(200);
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["__Host-strongroom-flowise=srb_", "; HttpOnly", "; SameSite=Strict", "; Secure", "; Path=/;"]
    {
        assert!(cookie.contains(part), "{cookie}");
    }
    let user = answer.json();
    for key in [
        "id",
        "email",
        "name",
        "isOrganizationAdmin",
        "activeWorkspaceId",
        "activeWorkspace",
        "assignedWorkspaces",
        "permissions",
        "features",
        "isSSO",
    ] {
        assert!(user.get(key).is_some(), "{key}");
    }
    let rights =
        json!(["credentials:view", "credentials:create", "credentials:update", "credentials:delete"]);
    assert_eq!(user["permissions"], rights);
    assert!(!answer.text().contains(&token));
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(list(&world.nobody(), cookie).await, 200);
}

#[tokio::test]
async fn aut_04_what_is_no_token_signs_nobody_in() {
    let world = World::documented().await;
    let session = signed_in(&world, Role::Admin).await;
    let session = session.split_once('=').unwrap().1;
    let mut answers = vec![login(&world, "x", "Wrong-Passw0rd!").await, login(&world, "x", session).await];
    for password in [json!(null), json!(""), json!([]), json!({}), json!(0), json!(true)] {
        answers.push(world.nobody().post(LOGIN, &json!({"password": password})).await);
    }
    answers.push(world.nobody().send("POST", LOGIN, &[], None).await);
    answers.push(world.nobody().post(LOGIN, &json!([1])).await);
    for answer in &answers {
        assert_eq!(refused(answer, 401), "Incorrect Email or Password");
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn aut_03_neither_header_nor_cookie_counts_alone() {
    let world = World::documented().await;
    let cookie = signed_in(&world, Role::Admin).await;
    let nobody = world.nobody();
    let alone = nobody.send("GET", CREDENTIALS, &[("cookie", &cookie)], None).await;
    assert_eq!((alone.status, alone.json()), (401, json!({"error": "Unauthorized Access"})));
    for headers in [vec![PAGE], vec![PAGE, ("cookie", "strongroom-flowise=srb_1")]] {
        let answer = nobody.send("GET", CREDENTIALS, &headers, None).await;
        assert_eq!((answer.status, answer.json()), (401, json!({"message": "Invalid or Missing token"})));
    }
    let key = world.admin().await.send("GET", CREDENTIALS, &[PAGE], None).await;
    assert_eq!(key.status, 401, "with the page's header a key does not count");
    let session = cookie.split_once('=').unwrap().1;
    let as_key = Client::new(&world.router, Some(session)).get(CREDENTIALS).await;
    assert_eq!(as_key.status, 401, "aut_15: a session is no key");
}

#[tokio::test]
async fn aut_14_a_session_under_the_name_without_the_prefix_counts_on_this_machine_only() {
    let world = World::documented().await;
    let token = world.house.text_of_token(Role::Admin).await;
    let answer = login(&world, "127.0.0.1:7625", &token).await.expect(200);
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let nobody = world.nobody();
    for (host, status) in [("127.0.0.1:7625", 200), ("flows.example", 401)] {
        let headers = [PAGE, ("host", host), ("cookie", cookie.as_str())];
        assert_eq!(nobody.send("GET", CREDENTIALS, &headers, None).await.status, status, "{host}");
    }
}

#[tokio::test]
async fn aut_10_a_session_ends_by_sign_out_by_time_and_with_its_token() {
    let world = World::documented().await;
    let nobody = world.nobody();
    let first = signed_in(&world, Role::Admin).await;
    let out =
        nobody.send("POST", "/api/v1/account/logout", &[PAGE, ("cookie", &first)], None).await.expect(200);
    assert_eq!(out.json()["message"], "logged_out");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(list(&nobody, &first).await, 401, "on the server, not only in the browser");
    nobody.send("POST", "/api/v1/account/logout", &[PAGE, ("cookie", &first)], None).await.expect(200);

    let idle = signed_in(&world, Role::Admin).await;
    world.house.clock.advance(Duration::from_mins(59));
    assert_eq!(list(&nobody, &idle).await, 200);
    world.house.clock.advance(Duration::from_mins(61));
    assert_eq!(list(&nobody, &idle).await, 401);

    let native = world.house.admin().await;
    for end in ["rotate", "revoke"] {
        let new = json!({"name": "page", "kind": "user", "role": "editor", "workspace": "default"});
        let issued = native.post("/v1/tokens", &new).await.expect(201).json();
        let answer = login(&world, "flows.example", text(&issued, "token")).await.expect(200);
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        assert_eq!(list(&nobody, &cookie).await, 200);
        let path = format!("/v1/tokens/{}", text(&issued, "id"));
        match end {
            "rotate" => native.post(&format!("{path}/rotate"), &json!({})).await.expect(200),
            _ => native.delete(&path).await.expect(204),
        };
        assert_eq!(list(&nobody, &cookie).await, 401, "{end}");
    }
}

#[tokio::test]
async fn refresh_keeps_a_live_session_and_begins_none() {
    let world = World::documented().await;
    let cookie = signed_in(&world, Role::Viewer).await;
    let nobody = world.nobody();
    let path = "/api/v1/auth/refreshToken";
    let answer = nobody.send("POST", path, &[("cookie", &cookie)], Some(b"{}")).await.expect(200);
    assert!(answer.json()["id"].is_string());
    assert_eq!(nobody.send("POST", path, JSON, Some(b"{}")).await.status, 401);
}

#[tokio::test]
async fn web_a_page_of_another_site_gets_nothing_and_markup_stays_text() {
    let world = World::documented().await;
    let client = world.admin().await;
    let name = "<script>alert(1)</script>";
    let body = json!({"name": name, "credentialName": "openAIApi", "plainDataObj": {}});
    let answers = [
        client.post(CREDENTIALS, &body).await.expect(200),
        client.get(CREDENTIALS).await.expect(200),
        client.get(&format!("{CREDENTIALS}/{name}").replace('<', "%3C").replace('>', "%3E")).await,
        client.send("OPTIONS", CREDENTIALS, &[("origin", "https://evil.example")], None).await,
        world.nobody().get("/api/v1/oauth2-credential/callback?error=%3Cscript%3E&state=x").await,
        world.nobody().get("/anything/at/all").await,
    ];
    for answer in &answers {
        assert_eq!(answer.header("vary"), "Origin");
        assert_eq!(answer.header("x-frame-options"), "SAMEORIGIN");
        assert_eq!(answer.header("content-security-policy"), "frame-ancestors 'self'");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("access-control-allow-origin"), "");
        let is_page = answer.header("content-type").starts_with("text/html");
        assert!(!is_page || !answer.text().contains("script"), "{}", answer.text());
    }
    assert_eq!(answers[4].status, 400);
}

#[tokio::test]
async fn oau_refresh_and_callback_are_no_doors() {
    let world = World::documented().await;
    let client = world.admin().await;
    let fields = json!({"clientId": "c", "clientSecret": "cnry", "refresh_token": "cnry"});
    let path = made(&client, "gmailOAuth2", fields).await;
    let id = path.rsplit('/').next().unwrap();
    let refresh = format!("/api/v1/oauth2-credential/refresh/{id}");
    assert_eq!(world.nobody().send("POST", &refresh, &[], None).await.status, 401);
    let answer = client.send("POST", &refresh, &[], None).await;
    assert_eq!((answer.status, &answer.json()["success"]), (400, &json!(false)));
    assert!(answer.text().contains("does not run OAuth 2.0 flows yet"));
    let bare = made(&client, "gmailOAuth2", json!({})).await;
    for (act, message) in [
        ("refresh", "Missing required OAuth configuration: clientId, clientSecret, or refresh_token"),
        ("authorize", "Missing clientId in credential data"),
    ] {
        let path = format!("/api/v1/oauth2-credential/{act}/{}", bare.rsplit('/').next().unwrap());
        let answer = client.send("POST", &path, &[], None).await;
        assert_eq!((answer.status, answer.json()), (400, json!({"success": false, "message": message})));
        let unknown = format!("/api/v1/oauth2-credential/{act}/nope");
        let answer = client.send("POST", &unknown, &[], None).await;
        assert_eq!(
            (answer.status, answer.json()),
            (404, json!({"success": false, "message": "Credential not found"}))
        );
    }
    let page = world.nobody().get(&format!("/api/v1/oauth2-credential/callback?code=1&state={id}")).await;
    assert_eq!((page.status, page.header("content-type")), (400, "text/html; charset=utf-8"));
    assert!(!page.text().contains(id));
}
