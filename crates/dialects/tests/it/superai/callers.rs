//! Who may do what: users, service accounts, roles, strangers.

use http::Method;
use serde_json::{Value, json};
use strongroom_dialects::superai;
use strongroom_domain::audit::AuditOutcome;
use strongroom_store::Store;
use strongroom_web::Authentication;

use super::world::{CREDENTIALS, UNKNOWN, World, assert_faults, held, made, opaque, path, refused};
use crate::client::{Answer, Client, JSON};
use crate::house::text;

async fn last_denied(world: &World) -> Option<String> {
    let record = world.house.store.audit(&world.house.a, 0, 10_000).await.unwrap().pop().unwrap().record;
    (record.outcome == AuditOutcome::Denied).then(|| record.notes["dialect"].clone())
}

#[tokio::test]
async fn a_service_account_makes_none_and_a_user_is_given_no_secrets() {
    let world = World::open().await;
    for kind in ["service", "workload"] {
        let account = world.caller(kind, "admin").await;
        let answer = account.post(CREDENTIALS, &json!("whatever it sends")).await;
        assert_eq!(refused(&answer, 403, "forbidden"), "User account required");
        assert_eq!(last_denied(&world).await.as_deref(), Some("superai"));
    }
    let user = world.caller("user", "admin").await;
    let id = made(&user, &opaque("one", "cnry-key")).await;
    for id in [id.as_str(), UNKNOWN] {
        let answer = user.get(&format!("{}/credentials", path(id))).await;
        assert_eq!(refused(&answer, 403, "forbidden"), "Service account required");
        assert_eq!(last_denied(&world).await.as_deref(), Some("superai"));
    }
    let runner = world.caller("workload", "runner").await;
    assert_eq!(held(&runner, &id).await, json!({"api_key": "cnry-key"}));
    let editor = world.caller("service", "editor").await;
    refused(&editor.get(&format!("{}/credentials", path(&id))).await, 403, "forbidden");
}

#[tokio::test]
async fn either_header_carries_either_key() {
    let world = World::open().await;
    let (user, service) = (
        world.token_in(world.house.a, "user", "editor").await,
        world.token_in(world.house.a, "service", "runner").await,
    );
    let nobody = world.nobody();
    let send = async |headers: &[(&str, &str)]| nobody.send("GET", CREDENTIALS, headers, None).await.status;
    for key in [&user, &service] {
        assert_eq!(send(&[("x-api-key", key)]).await, 200);
        assert_eq!(send(&[("authorization", &format!("Bearer {key}"))]).await, 200);
    }
    let bearer = format!("Bearer {user}");
    // The schemes are an OR list: one that counts is enough.
    for (authorization, key, status) in [
        (bearer.as_str(), service.as_str(), 200),
        (&bearer, "srt_s_x", 200),
        ("Bearer srt_u_x", &service, 200),
        ("Basic eDp5", &service, 200),
        ("Bearer srt_u_x", "srt_s_x", 401),
    ] {
        let both = [("x-api-key", key), ("authorization", authorization)];
        assert_eq!(send(&both).await, status, "{both:?}");
    }
    let both = [("x-api-key", service.as_str()), ("authorization", bearer.as_str())];
    let made = nobody.json("POST", CREDENTIALS, &both, &opaque("x", "k")).await;
    assert_eq!(made.status, 201, "the first of the list is who calls");
    let made = nobody.json("POST", CREDENTIALS, &[("x-api-key", &user)], &opaque("x", "k")).await;
    assert_eq!(made.status, 201, "what a caller is says its key, not the header");
}

#[tokio::test]
async fn who_changed_it_last_is_told() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.caller("service", "editor").await);
    let before = user.post(CREDENTIALS, &opaque("one", "k")).await.expect(201).json();
    let one = path(text(&before, "id"));
    let change = json!({"credential_type": "api_key", "credentials": {"api_key": "new"}});
    let after = service.patch(&one, &change).await.expect(200).json();
    assert_eq!((&after["modified_by"], &after["user_id"]), (&json!("service-account"), &before["user_id"]));
    assert_eq!(user.get(&one).await.expect(200).json()["modified_by"], "service-account");
    let admin = world.house.admin().await;
    let native = super::world::native_path(text(&before, "id"));
    admin.patch(&native, &json!({"description": "x"})).await.expect(200);
    let shown = user.get(&one).await.expect(200).json();
    assert_eq!(text(&shown, "modified_by").matches('-').count(), 4, "another one's change: {shown}");
    assert_eq!(user.patch(&one, &change).await.expect(200).json()["modified_by"], before["user_id"]);
}

#[tokio::test]
async fn ten_08_lists_of_a_narrow_key_and_of_another_workspace_are_their_own() {
    let world = World::open().await;
    let user = world.user().await;
    let (one, _) = (made(&user, &opaque("one", "k")).await, made(&user, &opaque("two", "k")).await);
    let body = json!({"name": "narrow", "kind": "service", "role": "runner", "workspace": "default",
        "credentials": [format!("cred_{}", one.replace('-', ""))]});
    let issued = world.house.admin().await.post("/v1/tokens", &body).await.expect(201).json();
    let narrow = Client::new(&world.router, Some(text(&issued, "token")));
    let listed = narrow.get(CREDENTIALS).await.expect(200).json();
    assert_eq!((listed.as_array().unwrap().len(), text(&listed[0], "id")), (1, one.as_str()));
    for scope in [world.house.a2, world.house.b] {
        let elsewhere = world.caller_in(scope, "service", "admin").await;
        assert_eq!(elsewhere.get(CREDENTIALS).await.expect(200).text(), "[]");
        assert_eq!(elsewhere.get(&path(&one)).await.status, 404);
        assert_eq!(elsewhere.delete(&path(&one)).await.status, 404);
    }
}

#[tokio::test]
async fn what_was_made_natively_shows_up_under_its_provider() {
    let world = World::open().await;
    world.choose(json!({"verify": "never"})).await;
    let body = json!({"kind": "sftp", "name": "native", "settings": {"host": "files.example", "username": "bot", "port": 2222,
        "path": "/in"}, "secrets": {"password": "cnry-native"}});
    let admin = world.house.admin().await;
    let native = admin.post(crate::house::CREDENTIALS, &body).await.expect(201).json();
    let id = text(&native, "id").trim_start_matches("cred_").to_owned();
    let service = world.service().await;
    let shown = service.get(&path(&id)).await.expect(200).json();
    assert_eq!(
        (&shown["provider"], &shown["name"], &shown["user_id"]),
        (&json!("sftp"), &json!("native"), &json!(null))
    );
    let expected =
        json!({"host": "files.example", "port": 2222, "username": "bot", "password": "cnry-native"});
    assert_eq!(held(&service, &id).await, expected, "a path has no name here");
    assert_eq!(world.user().await.get(CREDENTIALS).await.expect(200).text(), "[]", "no user's own");
}

/// A body that every route can read.
pub(super) fn whole() -> Value {
    json!({"name": "x", "provider": "api_credential", "credential_type": "api_key", "credentials": {},
        "host": "127.0.0.1", "port": "1", "username": "u", "password": "p", "database": "d",
        "auth_type": "password", "redirect_to": "r", "integration_name": "i", "provider_name": "p"})
}

/// One request for a route, about this credential.
pub(super) async fn act(client: &Client, method: &Method, path: &str, id: &str, body: &Value) -> Answer {
    let id = id.replace(' ', "%20");
    let path = format!("/superai{}", path.replace("{credential_id}", &id).replace("{provider}", "sftp"));
    let path = path.replace("{plugin_name}", "google").replace("{provider_name}", "google");
    let sends = matches!(*method, Method::POST | Method::PATCH | Method::PUT);
    let bytes = body.to_string();
    let body = sends.then_some(bytes.as_bytes());
    client.send(method.as_str(), &path, if sends { JSON } else { &[] }, body).await
}

#[tokio::test]
async fn aut_01_nothing_answers_without_a_key_but_callbacks_that_say_they_do_nothing() {
    let world = World::open().await;
    let strangers = [world.nobody(), Client::new(&world.router, Some("null")), revoked(&world).await];
    let table = superai::table();
    for route in table.routes() {
        let declaration = route.declaration();
        let is_callback = declaration.path.ends_with("/oauth/callback");
        assert_eq!(route.authentication() == Authentication::Anonymous, is_callback, "{declaration:?}");
        for stranger in &strangers {
            let answer = act(stranger, &declaration.method, declaration.path, UNKNOWN, &whole()).await;
            if is_callback {
                assert_faults(&answer, &[("value_error", "path/plugin_name")]);
            } else {
                refused(&answer, 401, "unauthorized");
            }
        }
    }
}

async fn revoked(world: &World) -> Client {
    let body = json!({"name": "gone", "kind": "user", "role": "admin", "workspace": "default"});
    let admin = world.house.admin().await;
    let issued = admin.post("/v1/tokens", &body).await.expect(201).json();
    admin.delete(&format!("/v1/tokens/{}", text(&issued, "id"))).await.expect(204);
    Client::new(&world.router, Some(text(&issued, "token")))
}

/// Which roles are refused 403 by each route, beside the rules about users and service accounts.
#[tokio::test]
async fn ten_02_every_route_asks_for_the_right_it_declares() {
    use strongroom_domain::access::Action as A;
    let world = World::open().await;
    let table = superai::table();
    for role in ["viewer", "editor", "runner", "admin"] {
        let (user, service) = (world.caller("user", role).await, world.caller("service", role).await);
        for route in table.routes().filter(|route| route.authentication() == Authentication::Token) {
            let declaration = route.declaration();
            let action = declaration.action.expect("every route needs a right");
            let may = match action {
                A::ReadMetadata | A::ReadCatalogue => true,
                A::Create | A::Change | A::Delete | A::Verify => matches!(role, "editor" | "admin"),
                A::Resolve => matches!(role, "runner" | "admin"),
                other => panic!("{other:?} is new here: say who may"),
            };
            let caller = if action == A::Resolve { &service } else { &user };
            let answer = act(caller, &declaration.method, declaration.path, UNKNOWN, &whole()).await;
            let what = format!("{role} {} {}: {}", declaration.method, declaration.path, answer.text());
            // The credential that is named is nobody's: who may act is told so, whoever may not learns less.
            assert!(if may { answer.status != 403 } else { matches!(answer.status, 403 | 404) }, "{what}");
        }
    }
}
