//! Section 3.5 of the contract: what an update changes, what it keeps, and that it is always checked.

use std::time::Duration;

use serde_json::{Value, json};
use strongroom_domain::audit::{AuditAction, AuditOutcome};
use strongroom_store::Store;

use super::{BASIC, BASIC_OTHER, SECOND, TOKEN, USER, World};

#[tokio::test]
async fn what_is_left_out_stays() {
    let world = World::open().await;
    let id = world.created().await;
    world.update(&json!({"id": id, "expiration_date": "2027-01-31"})).await.expect(200);
    let before = world.info(id).await;
    for nothing in [
        json!({}),
        json!({"settings": {}}),
        json!({"secrets": {}}),
        json!({"settings": {}, "secrets": {}}),
        json!({"settings": null, "secrets": null, "label": null}),
    ] {
        let mut body = nothing.clone();
        body["id"] = json!(id);
        world.update(&body).await.expect(200);
        assert_eq!(world.info(id).await, before, "{nothing}");
        assert_eq!(world.secrets(id).await, json!({"api_token": TOKEN}), "{nothing}");
    }
}

#[tokio::test]
async fn an_answer_has_four_fields_and_the_time_of_making() {
    let world = World::open().await;
    let id = world.created().await;
    let made = world.info(id).await["created_at"].clone();
    world.house.clock.advance(Duration::from_hours(1));
    let updated = world.update(&json!({"id": id, "label": "another"})).await.expect(200).json();
    let expected = json!({"ok": true, "credential": {"id": id, "type": "jira_cloud", "label": "another", "created_at": made}});
    assert_eq!(updated, expected);
}

#[tokio::test]
async fn settings_and_secrets_are_merged_key_by_key() {
    let world = World::open().await;
    let tool = world.connect("any_tool", json!({})).await;
    let path = |method: &str| format!("/api/connections/{tool}/{method}");
    let body = json!({"settings": {"a": 1, "b": {"c": 2}}, "secrets": {"x": "cnry-1", "y": "cnry-2"}});
    let made = world.dx.post(&path("credentials.create"), &body).await.expect(201).json();
    let id = made["credential"]["id"].as_u64().unwrap();
    let change = json!({"id": id, "settings": {"b": 3, "d": 4}, "secrets": {"y": "cnry-3"}});
    world.dx.post(&path("credentials.update"), &change).await.expect(200);
    let info = world.dx.get(&path(&format!("credentials.info/{id}"))).await.expect(200).json();
    assert_eq!(info["credential"]["settings"], json!({"a": 1, "b": 3, "d": 4}));
    assert_eq!(world.secrets(id).await, json!({"x": "cnry-1", "y": "cnry-3"}));
    let gone = json!({"id": id, "settings": {"a": null}, "secrets": {"x": null}});
    world.dx.post(&path("credentials.update"), &gone).await.expect(200);
    assert_eq!(world.secrets(id).await, json!({"y": "cnry-3"}));
    assert_eq!(world.row(id).await["health"]["status"], "unknown", "a type without a check saves");
}

#[tokio::test]
async fn a_date_is_a_day_and_null_clears_it() {
    let world = World::open().await;
    let id = world.created().await;
    let date = async |given: Value| {
        world.update(&json!({"id": id, "expiration_date": given})).await.expect(200);
        world.info(id).await["expiration_date"].clone()
    };
    assert_eq!(date(json!("2027-01-31")).await, "2027-01-31");
    assert_eq!(
        world.row(id).await["expires_at"],
        "2027-01-31T23:59:59.999Z",
        "good until the end of the day"
    );
    assert_eq!(date(json!("2028-02-29T12:00:00Z")).await, "2028-02-29");
    assert_eq!(date(Value::Null).await, Value::Null);
    assert_eq!(world.row(id).await["value_version"], 1);
}

#[tokio::test]
async fn a_label_alone_is_checked_and_saved_only_then() {
    let world = World::open().await;
    let id = world.created().await;
    assert_eq!(world.site.asked(), 1);
    world.update(&json!({"id": id, "label": "second"})).await.expect(200);
    assert_eq!(world.site.asked(), 2);
    let row = world.row(id).await;
    assert_eq!((&row["version"], &row["value_version"]), (&json!(2), &json!(1)), "the value stays");
    world.site.answers(BASIC, "401 Unauthorized", &json!({}));
    for body in [
        json!({"id": id, "label": "third"}),
        json!({"id": id, "expiration_date": "2027-01-31"}),
        json!({"id": id}),
    ] {
        let refused = world.update(&body).await.expect(422).json();
        assert_eq!(refused["error"], "Invalid credentials");
    }
    assert_eq!(world.row(id).await, row, "not even its health");
    let records = world.house.store.audit(&world.house.a, 0, 10_000).await.unwrap();
    let refused = records.last().unwrap().record.clone();
    assert_eq!((refused.action, refused.outcome), (AuditAction::Change, AuditOutcome::Refused));
    assert_eq!(refused.notes["dialect"], "dx");
}

#[tokio::test]
async fn the_merged_credential_is_what_is_checked() {
    let world = World::open().await;
    let id = world.created().await;
    world.site.knows(BASIC_OTHER, "other");
    // The new user with the stored token.
    let user = json!({"id": id, "settings": {"jira_user": "other@myfakecompany.atlassian.net"}});
    world.update(&user).await.expect(200);
    assert_eq!(world.secrets(id).await, json!({"api_token": TOKEN}));
    // The stored user with the new token, which is not that user's.
    let before = world.row(id).await;
    let token = json!({"id": id, "secrets": {"api_token": SECOND}});
    world.update(&token).await.expect(422);
    assert_eq!(world.row(id).await, before);
    let both = json!({"id": id, "settings": {"jira_user": USER}, "secrets": {"api_token": SECOND}});
    world.update(&both).await.expect(200);
    assert_eq!(world.row(id).await["value_version"], 3);
}

#[tokio::test]
async fn ccr_03_updates_at_once_lose_nothing() {
    let world = World::open().await;
    let tool = world.connect("any_tool", json!({})).await;
    let path = |method: &str| format!("/api/connections/{tool}/{method}");
    let made = world.dx.post(&path("credentials.create"), &json!({"secrets": {"z": "0"}})).await.expect(201);
    let id = made.json()["credential"]["id"].as_u64().unwrap();
    let set = async |name: &str| {
        let body = json!({"id": id, "secrets": {name: "cnry"}});
        world.dx.post(&path("credentials.update"), &body).await.expect(200);
    };
    tokio::join!(set("a"), set("b"), set("c"), set("d"));
    let secrets = world.secrets(id).await;
    assert_eq!(secrets.as_object().unwrap().len(), 5, "{secrets}");
}

#[tokio::test]
async fn a_workspace_may_switch_checks_off_and_want_versions() {
    let world = World::open().await;
    let settings = json!({"settings": {"verify": "never", "require_if_match": true}});
    world.native.patch("/v1/workspaces/default", &settings).await.expect(200);
    let id = world.created().await;
    world.update(&json!({"id": id, "label": "second"})).await.expect(200);
    assert_eq!(world.site.asked(), 0);
    world.call("credentials.delete", &json!({"id": id})).await.expect(200);
}
