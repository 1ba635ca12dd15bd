//! CCR: nobody's change is lost, and what arrives twice is done once.

use serde_json::json;
use strongroom_domain::principal::Role;

use crate::house::{CREDENTIALS, House, text};

#[tokio::test]
async fn ccr_01_a_change_based_on_an_old_version_is_refused() {
    let house = House::open().await;
    let admin = house.admin().await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "x").await);
    let named = |name: &str| json!({"name": name});
    let first = admin.json("PATCH", &path, &[("if-match", "\"1\"")], &named("first")).await.expect(200);
    assert_eq!(first.header("etag"), "\"2\"");
    for tag in ["\"1\"", "W/\"2\"", "2", "\"02\"", "\"2", "", "\"x\""] {
        let answer = admin.json("PATCH", &path, &[("if-match", tag)], &named("second")).await.expect(412);
        assert_eq!(answer.code(), "precondition_failed", "{tag}");
        admin.json("PUT", &path, &[("if-match", tag)], &named("second")).await.expect(412);
        admin.send("DELETE", &path, &[("if-match", tag)], None).await.expect(412);
    }
    assert_eq!(admin.get(&path).await.expect(200).json()["name"], "first");
    admin.json("PATCH", &path, &[("if-match", "\"9\", \"2\"")], &named("third")).await.expect(200);
    admin.json("PATCH", &path, &[("if-match", "*")], &named("fourth")).await.expect(200);
    admin.patch(&path, &named("fifth")).await.expect(200);
    assert_eq!(admin.get(&path).await.expect(200).header("etag"), "\"5\"");
}

#[tokio::test]
async fn ccr_01_a_workspace_may_want_the_version_named() {
    let house = House::open().await;
    let admin = house.admin().await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "x").await);
    let settings = json!({"settings": {"require_if_match": true}});
    admin.patch("/v1/workspaces/default", &settings).await.expect(200);
    assert_eq!(admin.patch(&path, &json!({"name": "y"})).await.expect(428).code(), "precondition_required");
    admin.json("PATCH", &path, &[("if-match", "\"1\"")], &json!({"name": "y"})).await.expect(200);
}

#[tokio::test]
async fn ccr_02_a_create_that_arrives_twice_is_done_once() {
    let house = House::open().await;
    let admin = house.admin().await;
    let key = [("idempotency-key", "k-1")];
    let body = json!({"kind": "generic", "name": "x", "secrets": {"token": "cnry"}});
    let first = admin.json("POST", CREDENTIALS, &key, &body).await.expect(201);
    let second = admin.json("POST", CREDENTIALS, &key, &body).await.expect(201);
    assert_eq!(first.json(), second.json());
    assert_eq!(first.header("location"), second.header("location"));
    let other = json!({"kind": "generic", "name": "y"});
    let clash = admin.json("POST", CREDENTIALS, &key, &other).await.expect(409);
    assert_eq!(clash.code(), "idempotency_conflict");
    let colleague = house.admin().await;
    let theirs = colleague.json("POST", CREDENTIALS, &key, &body).await.expect(201).json();
    assert_ne!(theirs["id"], first.json()["id"], "a key is the actor's own");
    let listed = admin.get(CREDENTIALS).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    house.clock.advance(std::time::Duration::from_hours(25));
    let later = admin.json("POST", CREDENTIALS, &key, &body).await.expect(201).json();
    assert_ne!(later["id"], first.json()["id"], "forgotten after 24 hours");
}

#[tokio::test]
async fn ccr_02_changes_and_deletes_take_a_key_and_nothing_else_does() {
    let house = House::open().await;
    let admin = house.admin().await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "x").await);
    let key = [("idempotency-key", "k-2")];
    for _ in 0..2 {
        let changed = admin.json("PATCH", &path, &key, &json!({"name": "y"})).await.expect(200);
        assert_eq!(changed.header("etag"), "\"2\"");
    }
    for _ in 0..2 {
        admin.send("DELETE", &path, &key, None).await.expect(204);
    }
    admin.send("DELETE", &format!("{path}?force=true"), &key, None).await.expect(409);
    admin.delete(&path).await.expect(404);
    let refused = admin.send("GET", CREDENTIALS, &key, None).await.expect(400);
    assert_eq!((refused.code().as_str(), &refused.json()["status"]), ("validation_failed", &json!(400)));
    admin.json("POST", "/v1/tokens", &key, &json!({})).await.expect(400);
    for bad in ["", "a b", "\u{e9}"] {
        let body = json!({"kind": "generic", "name": "x"});
        admin.json("POST", CREDENTIALS, &[("idempotency-key", bad)], &body).await.expect(422);
    }
}

#[tokio::test]
async fn a_dry_run_does_everything_but_save() {
    let house = House::open().await;
    let admin = house.admin().await;
    let body = json!({"kind": "generic", "name": "x", "slug": "x"});
    let dry = admin.post(&format!("{CREDENTIALS}?dry_run=true"), &body).await.expect(200);
    assert_eq!((dry.header("location"), dry.header("etag")), ("", ""));
    assert_eq!(admin.get(CREDENTIALS).await.json()["items"], json!([]));
    let made = admin.post(&format!("{CREDENTIALS}?dry_run=false"), &body).await.expect(201).json();
    let path = format!("{CREDENTIALS}/{}", text(&made, "id"));
    let changed =
        admin.patch(&format!("{path}?dry_run=true"), &json!({"name": "y"})).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["version"]), (&json!("y"), &json!(2)));
    assert_eq!(admin.get(&path).await.json()["name"], "x");
    admin.patch(&format!("{path}?dry_run=1"), &json!({"name": "y"})).await.expect(422);
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let house = House::open().await;
    let runner = house.holder(house.a, Role::Runner).await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "x").await);
    let known = [("if-none-match", "\"1\"")];
    let shown = runner.send("GET", &path, &known, None).await.expect(304);
    assert!(shown.bytes.is_empty());
    let resolve = format!("{path}/resolve");
    let first = runner.post(&resolve, &json!({"hold_seconds": 60})).await.expect(200);
    assert_eq!(first.header("etag"), "\"1\"");
    house.clock.advance(std::time::Duration::from_secs(30));
    let again = runner.json("POST", &resolve, &known, &json!({"hold_seconds": 60})).await.expect(304);
    assert!(again.bytes.is_empty() && again.header("etag") == "\"1\"");
    let holders = runner.get(&format!("{path}/consumers")).await.expect(200).json();
    assert_eq!(holders["items"][0]["hold_until"], "2026-01-01T00:01:30.000Z", "a 304 renews the hold");
    house.admin().await.patch(&path, &json!({"secrets": {"token": "y"}})).await.expect(200);
    let fresh = runner.json("POST", &resolve, &known, &json!({})).await.expect(200).json();
    assert_eq!(fresh["secrets"]["token"], "y");
}
