//! Sections 2.2 to 2.4 of the contract, row by row.

use std::time::Duration;

use serde_json::{Value, json};

use super::world::{CREDENTIALS, FIELDS, World, draft, made, native, path_of};
use crate::house::text;

#[track_caller]
fn assert_nine(shown: &Value) {
    let object = shown.as_object().unwrap();
    assert_eq!(object.keys().collect::<Vec<_>>(), FIELDS);
    assert!(object.values().all(Value::is_string), "{shown}");
}

#[tokio::test]
async fn create_answers_200_with_nine_fields() {
    let world = World::open().await;
    let client = world.admin().await;
    let answer = client.post(CREDENTIALS, &draft("prod-db-password", "s3cr3t-v@lue")).await.expect(200);
    let shown = answer.json();
    assert_nine(&shown);
    assert!(!answer.text().contains("s3cr3t"));
    let uuid = text(&shown, "uuid").strip_prefix("cred-").unwrap();
    assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    let expected = json!({"uuid": shown["uuid"], "name": "prod-db-password", "description": "d",
        "type": "CREDENTIAL_TYPE_PASSWORD", "healthStatus": "CREDENTIAL_HEALTH_STATUS_UNSPECIFIED",
        "expiresAt": "2040-01-15T08:00:00Z", "createdBy": "issued", "createDate": shown["createDate"],
        "lastOpDate": shown["createDate"]});
    assert_eq!(shown, expected);
    assert_eq!(world.resolved(&path_of(&shown)).await["secrets"], json!({"value": "s3cr3t-v@lue"}));
}

#[tokio::test]
async fn nine_fields_are_there_whatever_was_given() {
    let world = World::open().await;
    let client = world.admin().await;
    for body in [
        json!({"name": "n", "value": "v"}),
        json!({"name": "n", "value": "v", "type": "CREDENTIAL_TYPE_UNSPECIFIED", "expiresAt": null}),
        json!({"name": "n", "value": "v", "type": "", "description": "", "expiresAt": ""}),
    ] {
        let shown = client.post(CREDENTIALS, &body).await.expect(200).json();
        assert_nine(&shown);
        let blank = (&shown["description"], &shown["expiresAt"], &shown["type"]);
        assert_eq!(blank, (&json!(""), &json!(""), &json!("CREDENTIAL_TYPE_UNSPECIFIED")));
    }
}

#[tokio::test]
async fn every_type_comes_back_as_it_was_given() {
    let world = World::open().await;
    let client = world.admin().await;
    for of in ["UNSPECIFIED", "PASSWORD", "API_KEY", "TLS_CERT", "SSH_KEY"] {
        let mut body = draft("n", "v");
        body["type"] = format!("CREDENTIAL_TYPE_{of}").into();
        let path = made(&client, &body).await;
        assert_eq!(client.get(&path).await.expect(200).json()["type"], body["type"]);
        let kind = format!("zstack/{}", of.to_lowercase());
        let shown = world.house.admin().await.get(&native(&path)).await.expect(200).json();
        assert_eq!((&shown["kind"], &shown["secret_fields"]), (&json!(kind), &json!(["value"])));
    }
}

#[tokio::test]
async fn get_shows_metadata_only() {
    let world = World::open().await;
    let client = world.admin().await;
    let made = client.post(CREDENTIALS, &draft("n", "cnry-value")).await.expect(200);
    let read = client.get(&path_of(&made.json())).await.expect(200);
    assert_eq!(read.json(), made.json());
    assert!(!read.text().contains("cnry"));
}

#[tokio::test]
async fn health_is_ours_and_expiry_is_seen_when_it_is_read() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    let day = Duration::from_hours(24);
    let in_days = |days: u32| {
        use strongroom_domain::Clock as _;
        world.house.clock.now().plus(day * days).to_string()
    };
    client.put(&path, &json!({"expiresAt": in_days(8)})).await.expect(200);
    let health = async || client.get(&path).await.expect(200).json()["healthStatus"].clone();
    assert_eq!(health().await, "CREDENTIAL_HEALTH_STATUS_UNSPECIFIED");
    world.house.clock.advance(day * 2);
    assert_eq!(health().await, "CREDENTIAL_HEALTH_STATUS_EXPIRING");
    world.house.clock.advance(day * 7);
    assert_eq!(health().await, "CREDENTIAL_HEALTH_STATUS_EXPIRED");
    let past = json!({"name": "n", "value": "v", "expiresAt": "2020-01-01T00:00:00Z"});
    let past = client.post(CREDENTIALS, &past).await.expect(200).json();
    assert_eq!(past["healthStatus"], "CREDENTIAL_HEALTH_STATUS_EXPIRED");
}

#[tokio::test]
async fn update_answers_200_with_the_object() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    let before = client.get(&path).await.json();
    world.house.clock.advance(Duration::from_secs(5));
    let body = json!({"name": "new", "description": "other", "value": "v2",
        "expiresAt": "2041-02-03T04:05:06.700+01:00", "operator": "ops@example.com"});
    let after = client.put(&path, &body).await.expect(200).json();
    assert_nine(&after);
    let changed = [("name", "new"), ("description", "other"), ("expiresAt", "2041-02-03T03:05:06.700Z")];
    for (field, value) in changed {
        assert_eq!(after[field], value);
    }
    for field in ["uuid", "type", "createdBy", "createDate", "healthStatus"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_ne!(after["lastOpDate"], before["lastOpDate"]);
    assert!(after.get("operator").is_none());
    assert_eq!(client.get(&path).await.json(), after);
    assert_eq!(world.resolved(&path).await["secrets"], json!({"value": "v2"}));
}

#[tokio::test]
async fn delete_answers_200_with_an_empty_object_and_there_is_no_way_back() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    assert_eq!(client.delete(&path).await.expect(200).json(), json!({}));
    client.get(&path).await.expect(404);
    client.delete(&path).await.expect(404);
    world.house.admin().await.get(&native(&path)).await.expect(404);
}

#[tokio::test]
async fn the_other_api_families_of_the_site_are_not_here() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    for other in [
        "/zstack/v1/credentials".to_owned(),
        format!("{path}/reveal"),
        format!("{path}/rotate-keys"),
        format!("{CREDENTIALS}/"),
    ] {
        client.get(&other).await.expect(404);
        client.post(&other, &json!({})).await.expect(404);
    }
}
