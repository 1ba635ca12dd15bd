//! Rules of a change that only show in the record, at its twin, or to one who asks for too much.

use serde_json::{Value, json};
use strongroom_domain::Clock;
use strongroom_domain::audit::AuditRecord;
use strongroom_domain::principal::Role;
use strongroom_store::{Commit, Store, Write};

use crate::house::{CREDENTIALS, House, text};

async fn last_record(house: &House) -> AuditRecord {
    house.store.audit(&house.a, 0, 10_000).await.unwrap().pop().unwrap().record
}

#[tokio::test]
async fn what_a_change_asked_for_is_on_record() {
    let house = House::open().await;
    let admin = house.admin().await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "one").await);
    let star = [("if-match", "*"), ("content-type", "application/json")];
    admin.send("PATCH", &path, &star, Some(br#"{"name":"n"}"#)).await.expect(200);
    assert_eq!(last_record(&house).await.notes["if_match"], "*");
    let skip = json!({"secrets": {"token": "two"}, "verify": {"policy": "skip", "reason": "night shift"}});
    admin.patch(&path, &skip).await.expect(200);
    let notes = last_record(&house).await.notes;
    assert_eq!((notes["skipped_verification"].as_str(), notes["reason"].as_str()), ("true", "night shift"));
    assert_eq!(notes["payload_sha256"].len(), 64);
    admin.delete(&format!("{path}?force=true")).await.expect(204);
    assert_eq!(last_record(&house).await.notes["force"], "true");
}

#[tokio::test]
async fn a_dry_run_finds_what_the_commit_would_and_is_on_record() {
    let house = House::open().await;
    let admin = house.admin().await;
    let body = json!({"kind": "generic", "name": "n", "slug": "taken", "secrets": {"token": "one"}});
    admin.post(&format!("{CREDENTIALS}?dry_run=true"), &body).await.expect(200);
    let record = last_record(&house).await;
    assert_eq!((record.notes["dry_run"].as_str(), record.version), ("true", None));
    admin.post(CREDENTIALS, &body).await.expect(201);
    assert_eq!(
        admin.post(&format!("{CREDENTIALS}?dry_run=true"), &body).await.expect(409).code(),
        "slug_taken"
    );
}

#[tokio::test]
async fn a_twin_finds_its_answer_although_the_slug_is_gone() {
    let house = House::open().await;
    let admin = house.admin().await;
    let body = json!({"kind": "generic", "name": "n", "slug": "old", "secrets": {"token": "one"}});
    admin.post(CREDENTIALS, &body).await.expect(201);
    let headers = [("idempotency-key", "rename-1"), ("content-type", "application/json")];
    let rename = Some(br#"{"slug":"new"}"#.as_slice());
    let path = format!("{CREDENTIALS}/~old");
    let first = admin.send("PATCH", &path, &headers, rename).await.expect(200).json();
    assert_eq!(admin.send("PATCH", &path, &headers, rename).await.expect(200).json(), first);
}

#[tokio::test]
async fn less_proof_than_the_workspace_wants_needs_the_right_to_it() {
    let house = House::open().await;
    let editor = house.holder(house.a, Role::Editor).await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "one").await);
    for verify in [json!("skip"), json!({"on_unreachable": "save_unverified", "reason": "r"})] {
        let refused = editor.patch(&path, &json!({"secrets": {"token": "two"}, "verify": verify})).await;
        assert_eq!(refused.expect(403).code(), "forbidden", "{verify}");
    }
    editor.patch(&path, &json!({"secrets": {"token": "two"}, "verify": "required"})).await.expect(200);
}

#[tokio::test]
async fn ten_16_a_child_token_neither_outlives_nor_outreaches_its_parent() {
    let house = House::open().await;
    let admin = house.admin().await;
    let parent = json!({"name": "p", "kind": "service", "role": "admin", "workspace": "default", "expires_at": "2026-01-02T00:00:00Z",
        "networks": ["0.0.0.0/0", "::/0"]});
    let parent = admin.post("/v1/tokens", &parent).await.expect(201).json();
    let parent = house.with_token(text(&parent, "token"));
    let child = |expires_at: Value, networks: Value| json!({"name": "c", "kind": "service", "role": "viewer", "workspace": "default", "expires_at": expires_at, "networks": networks});
    let (soon, late) = (json!("2026-01-01T12:00:00Z"), json!("2026-01-03T00:00:00Z"));
    let own = json!(["10.0.0.0/8"]);
    for (expires_at, networks, pointer) in [
        (late, own.clone(), "/expires_at"),
        (Value::Null, own.clone(), "/expires_at"),
        (soon.clone(), json!([]), "/networks"),
    ] {
        let refused = parent.post("/v1/tokens", &child(expires_at, networks)).await.expect(422);
        assert_eq!(refused.pointers(), [pointer]);
    }
    parent.post("/v1/tokens", &child(soon, own)).await.expect(201);
}

#[tokio::test]
async fn ccr_01_workspace_settings_are_not_lost_to_a_late_writer() {
    let house = House::open().await;
    let admin = house.admin().await;
    let tag = admin.get("/v1/workspaces/default").await.expect(200).header("etag").to_owned();
    let headers = [("if-match", tag.as_str()), ("content-type", "application/json")];
    let change = Some(br#"{"settings":{"hold_seconds":60}}"#.as_slice());
    admin.send("PATCH", "/v1/workspaces/default", &headers, change).await.expect(200);
    let late = admin.send("PATCH", "/v1/workspaces/default", &headers, change).await.expect(412);
    assert_eq!(late.code(), "precondition_failed");
}

#[tokio::test]
async fn log_03_who_may_not_is_on_record() {
    let house = House::open().await;
    let viewer = house.holder(house.a, Role::Viewer).await;
    let elsewhere = format!("/v1/workspaces/{}", house.b.workspace());
    for (path, status, action) in
        [("/v1/tokens".to_owned(), 403, "TokenRead"), (elsewhere, 404, "WorkspaceRead")]
    {
        viewer.get(&path).await.expect(status);
        let record = last_record(&house).await;
        assert_eq!(format!("{:?} {:?}", record.action, record.outcome), format!("{action} Denied"), "{path}");
    }
}

#[tokio::test]
async fn a_runner_gives_back_what_it_holds_itself_and_nothing_else() {
    let house = House::open().await;
    let (admin, runner) = (house.admin().await, house.holder(house.a, Role::Runner).await);
    let other = house.holder(house.a, Role::Runner).await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "one").await);
    let consumer = json!({"consumer": {"name": "flow", "instance": "worker"}});
    runner.post(&format!("{path}/resolve"), &consumer).await.expect(200);
    other.delete(&format!("{path}/consumers/flow/worker")).await.expect(404);
    assert_eq!(admin.delete(&path).await.expect(409).code(), "in_use");
    runner.delete(&format!("{path}/consumers/flow/worker")).await.expect(204);
    admin.delete(&path).await.expect(204);
}

/// The token is revoked behind this node's back, as by another node or while a body is still on its way:
/// the cache knows it, but no commit of its requests is applied any more.
#[tokio::test]
async fn ten_12_no_act_outlives_the_token_it_began_with() {
    let house = House::open().await;
    let issued = json!({"name": "t", "kind": "service", "role": "admin", "workspace": "default"});
    let issued = house.admin().await.post("/v1/tokens", &issued).await.expect(201).json();
    let holder = house.with_token(text(&issued, "token"));
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "cnry").await);
    holder.get(&path).await.expect(200);
    let (id, now) = (text(&issued, "id").parse().unwrap(), house.clock.now());
    let record = last_record(&house).await;
    house.store.commit(&house.a, Commit::new(record).write(Write::RevokeToken(id, now))).await.unwrap();
    let resolved = holder.post(&format!("{path}/resolve"), &json!({})).await.expect(401);
    assert!(!resolved.text().contains("cnry"));
    holder.patch(&path, &json!({"name": "n"})).await.expect(401);
    holder.patch(&path, &json!({"secrets": {"token": "x"}})).await.expect(401);
    holder.delete(&path).await.expect(401);
    assert_eq!(house.admin().await.get(&path).await.expect(200).json()["version"], 1);
}
