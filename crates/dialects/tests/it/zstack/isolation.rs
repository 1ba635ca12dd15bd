//! What belongs to others does not exist, and no value is in any answer.

use serde_json::json;
use strongroom_domain::principal::Role;

use super::world::{CREDENTIALS, UNKNOWN, World, draft, made, refused};
use crate::client::{Answer, Client, JSON};

async fn acts(client: &Client, path: &str) -> Vec<Answer> {
    vec![
        client.get(path).await,
        client.put(path, &json!({"name": "mine now"})).await,
        client.put(path, &json!({"value": "mine now"})).await,
        client.post(&format!("{path}/previewDelete"), &json!({})).await,
        client.delete(path).await,
        client.delete(&format!("{path}?options.propagationPolicy=Restrict")).await,
    ]
}

#[tokio::test]
async fn ten_01_a_foreign_credential_and_an_unused_id_are_the_same() {
    let world = World::open().await;
    let admin = world.admin().await;
    for scope in [world.house.a2, world.house.b] {
        let owner = world.client_in(scope, Role::Admin).await;
        let path = made(&owner, &draft("theirs", "cnry")).await;
        for (theirs, nobodys) in acts(&admin, &path).await.iter().zip(&acts(&admin, UNKNOWN).await) {
            refused(theirs, 404, "SYS.1003");
            assert_eq!(theirs.without_request(), nobodys.without_request());
        }
        assert_eq!(owner.get(&path).await.expect(200).json()["name"], "theirs");
    }
    assert_eq!(admin.get(CREDENTIALS).await.json()["total"], 0);
}

#[tokio::test]
async fn ten_01_what_another_dialect_shows_is_not_shown_here() {
    let world = World::open().await;
    let client = world.admin().await;
    let hidden = world.house.credential(world.house.a, "cnry").await;
    for answer in acts(&client, &super::world::of_native(&hidden)).await {
        refused(&answer, 404, "SYS.1003");
    }
}

#[tokio::test]
async fn ten_04_the_tenant_is_the_tokens_whatever_a_header_says() {
    let world = World::open().await;
    let path = made(&world.admin().await, &draft("ours", "v")).await;
    let outsider = world.client_in(world.house.b, Role::Admin).await;
    let (org, ws) = (world.house.a.organization().to_string(), world.house.a.workspace().to_string());
    for tenant in [org.as_str(), &ws, "*", "", "default"] {
        let headers = [("x-tenant-id", tenant)];
        refused(&outsider.send("GET", &path, &headers, None).await, 404, "SYS.1003");
        let listed = outsider.send("GET", CREDENTIALS, &headers, None).await.expect(200);
        assert_eq!(listed.json(), json!({"items": [], "total": 0}));
    }
    let headers = [("x-tenant-id", "anything")];
    world.admin().await.send("GET", &path, &headers, None).await.expect(200);
}

#[tokio::test]
async fn ten_10_a_narrow_token_counts_and_lists_its_own() {
    let world = World::open().await;
    let admin = world.admin().await;
    let (own, other) = (made(&admin, &draft("own", "v")).await, made(&admin, &draft("other", "v")).await);
    let id = super::world::native(&own).rsplit('/').next().unwrap().to_owned();
    let narrow = world.house.narrow(world.house.a, &[&id]).await.on(&world.router);
    let listed = narrow.get(CREDENTIALS).await.expect(200).json();
    assert_eq!((&listed["total"], &listed["items"][0]["name"]), (&json!(1), &json!("own")));
    refused(&narrow.get(&other).await, 404, "SYS.1003");
    refused(&narrow.post(CREDENTIALS, &draft("n", "v")).await, 403, "ID.1002");
}

/// All of an answer: head and body.
fn whole(answer: &Answer) -> String {
    format!("{:?} {}", answer.headers, answer.text())
}

#[tokio::test]
async fn prp_03_no_answer_and_no_error_holds_a_value() {
    let world = World::open().await;
    let client = world.admin().await;
    let first = client.post(CREDENTIALS, &draft("n", "cnry-first")).await.expect(200);
    let path = super::world::path_of(&first.json());
    world.hold(&path, "flow", 600).await;
    let broken = b"{\"value\":\"cnry".as_slice();
    let twice = b"{\"value\":\"cnry\",\"value\":\"cnry-2\"}".as_slice();
    let mut answers = vec![
        first,
        client.put(&path, &json!({"value": "cnry-second"})).await,
        client.get(&path).await,
        client.get(CREDENTIALS).await,
        client.post(&format!("{path}/previewDelete"), &json!({"options": {}, "value": "cnry"})).await,
        client.delete(&format!("{path}?options.propagationPolicy=Restrict")).await,
        client.post(CREDENTIALS, &json!({"value": "cnry", "cnry-name": 1})).await,
        client.post(CREDENTIALS, &json!({"name": {"cnry": 1}, "type": "cnry", "value": ["cnry"]})).await,
        client.put(UNKNOWN, &json!({"value": "cnry"})).await,
        client.put(&path, &json!({"expiresAt": "cnry", "operator": "cnry\n"})).await,
        client.get(&format!("{CREDENTIALS}?cnry=cnry")).await,
        client.get(&format!("{CREDENTIALS}/cnry")).await,
        client.send("PUT", &path, JSON, Some(broken)).await,
        client.send("PUT", &path, JSON, Some(twice)).await,
        client.send("PUT", &path, &[("content-type", "cnry/cnry")], Some(b"cnry")).await,
    ];
    answers.extend(acts(&world.client(Role::Viewer).await, &path).await);
    for answer in &answers {
        assert!(!whole(answer).contains("cnry"), "{}", whole(answer));
    }
}
