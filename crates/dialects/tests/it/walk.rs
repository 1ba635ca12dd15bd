//! The walk over the route table: nothing is open that does not say so, and every right counts.

use strongroom_dialects::native;
use strongroom_domain::Scope;
use strongroom_domain::access::{Action, Level, Resource, may as may_do};
use strongroom_domain::ids::{PrincipalId, TokenId};
use strongroom_domain::principal::{Grant, Place, Principal, PrincipalKind, Reach, Role, Standing};
use strongroom_web::Authentication;

use crate::house::House;
use crate::samples::{ROLES, Sample};

/// What the permission table of the domain says, independently of any route.
pub(crate) fn may(role: Role, action: Action, scope: Scope) -> bool {
    let principal = Principal {
        id: PrincipalId::from_bytes([1; 16]),
        token: TokenId::from_bytes([2; 16]),
        kind: PrincipalKind::Service,
        name: "anyone".parse().unwrap(),
        role,
        scope,
        reach: Reach::default(),
        home: Grant { place: Place::Workspace(scope.workspace()), role, reach: Reach::default() },
        grants: Vec::new(),
        run: None,
        standing: Standing::Token { ends: None },
    };
    let resource = match action.level() {
        Level::Workspace => Resource::Workspace(scope),
        Level::Organization => Resource::Organization(scope.organization()),
        Level::Installation => Resource::Installation,
    };
    may_do(&principal, action, resource)
}

/// What whoever has got in may do.
const OWN: [&str; 3] = ["/sign-in", "/sessions", "/whoami"];

/// Where people come in who have nothing to show yet; the other methods there are for the signed in.
const OPEN: [&str; 2] = ["/sign-in", "/sessions"];

#[tokio::test]
async fn aut_01_nothing_answers_without_a_token() {
    let house = House::open().await;
    let strangers =
        [house.anonymous(), house.with_token("srt_u_x"), house.with_token("null"), house.revoked().await];
    for route in native::table().routes() {
        if OPEN.contains(&route.declaration().path) && route.authentication() == Authentication::Anonymous {
            continue;
        }
        assert_eq!(route.authentication(), Authentication::Token, "{:?}", route.declaration());
        let sample = Sample::of(&house, route).await;
        for stranger in &strangers {
            sample.send(stranger).await.expect(401);
            if OPEN.contains(&route.declaration().path) {
                // Somebody without a token is told there which methods are known.
                continue;
            }
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
                stranger.send(method, &sample.path, &[], None).await.expect(401);
            }
        }
    }
    for path in
        ["/v1", "/v1/", "/v1/x", "/v1/kinds/../limits", "/v1/limits.css", "/v1/healthz", "/v1//limits"]
    {
        house.anonymous().get(path).await.expect(401);
    }
}

#[tokio::test]
async fn ten_02_every_route_asks_for_the_right_it_declares() {
    let house = House::open().await;
    for role in ROLES {
        let holder = house.holder(house.a, role).await;
        for route in native::table().routes() {
            let Some(action) = route.declaration().action else {
                // Who one is, and the end of one's own session, ask for no right.
                assert!(OWN.contains(&route.declaration().path), "{:?}", route.declaration());
                continue;
            };
            let sample = Sample::made_by(&holder, &house, route).await;
            let answer = sample.send(&holder).await;
            let what = format!("{role:?} {} {}: {}", sample.method, sample.path, answer.text());
            if may(role, action, house.a) {
                assert!((200..300).contains(&answer.status), "{what}");
            } else {
                assert_eq!((answer.status, answer.code()), (403, "forbidden".to_owned()), "{what}");
            }
        }
    }
}

#[tokio::test]
async fn ten_02_nobody_of_another_workspace_gets_anywhere() {
    let house = House::open().await;
    for scope in [house.a2, house.b] {
        let outsider = house.holder(scope, Role::Admin).await;
        for route in native::table().routes() {
            let path = route.declaration().path;
            // These say nothing of any workspace but the caller's own.
            if OWN.contains(&path) {
                continue;
            }
            let own = [
                "/kinds",
                "/kinds/{kind}",
                "/kinds/{kind}/icon",
                "/limits",
                "/audit/checkpoint",
                "/audit/proof",
            ];
            // Of their own organization and of none of ours, for which an admin has no grant.
            let is_above =
                route.declaration().action.is_some_and(|action| action.level() != Level::Workspace);
            let is_own = own.contains(&path) || path == "/tokens" && route.declaration().method == "GET";
            let sample = Sample::of(&house, route).await.in_workspace(house.a);
            let answer = sample.send(&outsider).await;
            let expected = match path {
                _ if is_own => 200,
                "/workspaces" if !is_above => 200,
                "/tokens/exchange" => 200,
                // Another tenant's is hidden where its id is looked at; the rest ends before that.
                "/organizations/{organization}" if scope == house.a2 || sample.method == "DELETE" => 403,
                "/organizations" | "/workspaces" => 403,
                // The body names the workspace here, and so the fault lies in the body.
                "/tokens" => 422,
                _ => 404,
            };
            assert_eq!(answer.status, expected, "{} {}: {}", sample.method, sample.path, answer.text());
        }
    }
}

#[tokio::test]
async fn ten_13_no_second_spelling_reaches_a_route() {
    let house = House::open().await;
    let admin = house.admin().await;
    for path in [
        "/v1/limits/",
        "/v1//limits",
        "/v1/./limits",
        "/v1/Limits",
        "/V1/limits",
        "/v1/limit%73",
        "/v0/limits",
        "/v1/kinds/../limits",
        "/v1/Organizations",
        "/v1/workspaces/default/Audit",
        "/v1/workspaces/default/Events",
        "/v1/workspaces/default/webhooks",
        "/v1/workspaces/default/Integrations",
        "/v1/workspaces/default/connect-sessions",
    ] {
        admin.get(path).await.expect(404);
    }
    let spoofed = [("x-http-method-override", "DELETE"), ("x-original-url", "/v1/tokens")];
    let answer = admin.send("GET", "/v1/limits", &spoofed, None).await.expect(200);
    assert_eq!(answer.json()["page"], 200);
    let head = admin.send("HEAD", "/v1/limits", &[], None).await.expect(200);
    assert!(head.bytes.is_empty());
}

#[tokio::test]
async fn another_method_is_405_and_names_those_there_are() {
    let house = House::open().await;
    let answer = house.admin().await.send("PUT", "/v1/tokens", &[], None).await.expect(405);
    assert_eq!((answer.code().as_str(), answer.header("allow")), ("method_not_allowed", "GET, HEAD, POST"));
}

#[tokio::test]
async fn every_answer_forbids_keeping_and_guessing() {
    let house = House::open().await;
    let admin = house.admin().await;
    for answer in
        [admin.get("/v1/limits").await, admin.get("/v1/none").await, house.anonymous().get("/v1").await]
    {
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(!answer.headers.contains_key("server"));
    }
}
