//! What an update does to what is stored: laid over it, never lost, and on record.

use serde_json::{Value, json};
use strongroom_domain::policy::WorkspaceSettings;

use super::world::{CREDENTIALS, World, draft, made, native, refused};
use crate::client::JSON;

async fn stored(world: &World, path: &str) -> Value {
    world.house.admin().await.get(&native(path)).await.expect(200).json()
}

#[tokio::test]
async fn what_is_absent_null_or_empty_stays() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    let before = client.get(&path).await.json();
    let empty = json!({"name": "", "description": "", "value": "", "expiresAt": "", "operator": ""});
    let null = json!({"name": null, "description": null, "value": null, "expiresAt": null, "operator": null});
    for body in [json!({}), empty, null, json!({"operator": "ops"})] {
        let after = client.put(&path, &body).await.expect(200).json();
        assert_eq!(after, before, "{body}");
    }
    client.send("PUT", &path, &[], None).await.expect(200);
    let seen = world.resolved(&path).await;
    assert_eq!((&seen["secrets"]["value"], &seen["value_version"]), (&json!("v"), &json!(1)));
}

#[tokio::test]
async fn prp_01_what_is_not_the_clients_is_not_looked_at() {
    let world = World::open().await;
    let client = world.admin().await;
    let foreign = json!({"uuid": "cred-00000000-0000-7000-8000-000000000000", "createdBy": "cnry@evil",
        "createDate": "2000-01-01T00:00:00Z", "lastOpDate": "2000-01-01T00:00:00Z",
        "healthStatus": "CREDENTIAL_HEALTH_STATUS_VALID", "operator": 7, "workspace_id": "ws_1", "version": 99,
        "settings": {"host": "cnry"}, "secrets": {"value": "cnry"}, "labels": {"cnry": "1"},
        "annotations": {"createdBy": "cnry"}, "method": "cnry", "kind": "generic", "options": {"force": true}});
    let with = |more: Value| {
        let mut body = foreign.as_object().unwrap().clone();
        body.extend(more.as_object().unwrap().clone());
        Value::Object(body)
    };
    let made = client.post(CREDENTIALS, &with(draft("n", "v"))).await.expect(200).json();
    let path = super::world::path_of(&made);
    assert_eq!(
        (&made["createdBy"], &made["healthStatus"]),
        (&json!("issued"), &json!("CREDENTIAL_HEALTH_STATUS_UNSPECIFIED"))
    );
    let more = json!({"operator": "ops", "type": "CREDENTIAL_TYPE_SSH_KEY", "name": "m"});
    let after = client.put(&path, &with(more)).await.expect(200).json();
    assert_eq!((&after["uuid"], &after["type"], &after["name"]), (&made["uuid"], &made["type"], &json!("m")));
    let seen = stored(&world, &path).await;
    assert!(!seen.to_string().contains("cnry"), "{seen}");
    assert_eq!((&seen["version"], &seen["secret_fields"]), (&json!(2), &json!(["value"])));
    assert_eq!(world.resolved(&path).await["secrets"], json!({"value": "v"}));
}

#[tokio::test]
async fn what_was_read_can_be_written_back() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    let read = client.get(&path).await.json();
    assert_eq!(client.put(&path, &read).await.expect(200).json(), read);
    assert_eq!(world.resolved(&path).await["secrets"], json!({"value": "v"}));
}

#[tokio::test]
async fn the_operator_is_on_record_and_in_no_answer() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    for body in [
        json!({"operator": "ops@example.com", "name": "m"}),
        json!({"operator": "ops@example.com", "value": "w"}),
    ] {
        let answer = client.put(&path, &body).await.expect(200);
        assert!(!answer.text().contains("ops@"));
        let notes = world.last_notes().await;
        assert_eq!((notes["operator"].as_str(), notes["dialect"].as_str()), ("ops@example.com", "zstack"));
    }
    client.put(&path, &json!({"name": "k"})).await.expect(200);
    assert!(!world.last_notes().await.contains_key("operator"), "the token's holder stands there already");
    client
        .delete(&format!("{path}?operator=ops%40example.com&options.revokeRemoteCredentials=true"))
        .await
        .expect(200);
    let notes = world.last_notes().await;
    assert_eq!(
        (notes["operator"].as_str(), notes["revoke_remote_credentials"].as_str()),
        ("ops@example.com", "ignored")
    );
}

#[tokio::test]
async fn updates_at_once_lose_nothing() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    let bodies = [
        json!({"name": "named"}),
        json!({"description": "described"}),
        json!({"expiresAt": "2050-01-01T00:00:00Z"}),
        json!({"value": "rotated"}),
    ];
    let mut puts = tokio::task::JoinSet::new();
    for body in bodies.iter().cycle().take(12) {
        let (client, path, body) = (client.clone(), path.clone(), body.clone());
        puts.spawn(async move { client.put(&path, &body).await.expect(200).json() });
    }
    puts.join_all().await;
    let after = client.get(&path).await.json();
    let whole = (&after["name"], &after["description"], &after["expiresAt"]);
    assert_eq!(whole, (&json!("named"), &json!("described"), &json!("2050-01-01T00:00:00Z")));
    let seen = world.resolved(&path).await;
    assert_eq!((&seen["secrets"]["value"], &seen["value_version"]), (&json!("rotated"), &json!(4)));
    assert_eq!(stored(&world, &path).await["version"], 13, "every one of them counted");
}

#[tokio::test]
async fn ccr_01_a_version_that_is_named_counts() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    let body = json!({"name": "m"});
    let late = client.json("PUT", &path, &[("if-match", "\"9\"")], &body).await;
    refused(&late, 412, "SYS.1006");
    let tag = client.get(&path).await.header("etag").to_owned();
    client.json("PUT", &path, &[("if-match", &tag)], &body).await.expect(200);
    refused(&client.send("DELETE", &path, &[("if-match", &tag)], None).await, 412, "SYS.1006");
    // A workspace that wants versions to be named cannot ask that of clients that know none.
    assert!(!WorkspaceSettings::default().require_if_match);
    let settings = json!({"settings": {"require_if_match": true}});
    world.house.admin().await.patch("/v1/workspaces/default", &settings).await.expect(200);
    client.put(&path, &body).await.expect(200);
    client.delete(&path).await.expect(200);
}

#[tokio::test]
async fn bodies_are_read_once_and_for_what_they_are() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    refused(&client.send("PUT", &path, JSON, Some(br#"{"name":"a","name":"b"}"#)).await, 400, "SYS.1007");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    refused(&client.send("PUT", &path, &form, Some(b"name=a")).await, 415, "SYS.1007");
    assert_eq!(client.get(&path).await.json()["name"], "n");
}
