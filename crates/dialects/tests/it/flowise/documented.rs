//! The default mode: what the documentation of the original says, where the original does otherwise.

use serde_json::json;
use strongroom_domain::principal::Role;

use super::world::{CREDENTIALS, PLACEHOLDER, UNKNOWN, World, made, refused, shown};
use crate::client::JSON;

#[tokio::test]
async fn an_unknown_id_is_404_in_every_operation() {
    let world = World::documented().await;
    let client = world.admin().await;
    let id = "00000000-0000-4000-8000-000000000000";
    let (shown, put) = (client.get(UNKNOWN).await, client.put(UNKNOWN, &json!({"name": "x"})).await);
    let expected = format!("Error: credentialsService.createCredential - Credential {id} not found");
    assert_eq!(refused(&shown, 404), expected);
    let expected = format!("Error: credentialsService.updateCredential - Credential {id} not found");
    assert_eq!(refused(&put, 404), expected);
    refused(&client.get(&format!("{UNKNOWN}/reveal")).await, 404);
    refused(&client.delete(UNKNOWN).await, 404);
    refused(&client.get(&format!("{CREDENTIALS}/not-a-uuid")).await, 404);
    refused(&client.get("/api/v1/components-credentials/nope").await, 404);
    // What is no operation is a page there, in both modes.
    for (method, path) in [("GET", "/api/v1/nope"), ("PATCH", UNKNOWN), ("POST", UNKNOWN)] {
        let page = client.send(method, path, &[], None).await.expect(200);
        assert_eq!(page.header("content-type"), "text/html; charset=UTF-8", "{method} {path}");
        assert_eq!(world.nobody().send(method, path, &[], None).await.status, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn a_missing_id_and_a_missing_body_are_412_and_an_empty_object_is_not() {
    let world = World::documented().await;
    let client = world.admin().await;
    let path = made(&client, "openAIApi", json!({"openAIApiKey": "k"})).await;
    let no_id = "Error: credentialsController.updateCredential - id not provided!";
    assert_eq!(refused(&client.put(CREDENTIALS, &json!({"name": "x"})).await, 412), no_id);
    let no_id = "Error: credentialsController.deleteCredentials - id not provided!";
    assert_eq!(refused(&client.delete(&format!("{CREDENTIALS}/")).await, 412), no_id);
    for (method, path) in [("PUT", path.as_str()), ("POST", CREDENTIALS)] {
        refused(&client.send(method, path, &[], None).await, 412);
        refused(&client.send(method, path, JSON, Some(b"")).await, 412);
        refused(&client.send(method, path, &[("content-type", "text/plain")], Some(b"x")).await, 412);
    }
    let before = client.put(&path, &json!({"name": "x"})).await.expect(200).json();
    let answer = client.put(&path, &json!({})).await.expect(200).json();
    assert_ne!(answer["encryptedData"], before["encryptedData"], "another one after each change");
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["id", "name", "credentialName", "encryptedData", "createdDate", "updatedDate", "workspaceId"]
    );
}

#[tokio::test]
async fn what_is_not_of_the_documented_form_is_400() {
    let world = World::documented().await;
    let client = world.admin().await;
    let path = made(&client, "openAIApi", json!({"openAIApiKey": "k"})).await;
    for body in [
        json!({"name": 5}),
        json!({"name": null}),
        json!({"credentialName": []}),
        json!({"plainDataObj": "abc"}),
    ] {
        refused(&client.put(&path, &body).await, 400);
    }
    let whole = json!({"name": "n", "credentialName": "openAIApi", "plainDataObj": {}});
    for part in ["name", "credentialName", "plainDataObj"] {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(part);
        refused(&client.post(CREDENTIALS, &body).await, 400);
    }
    client.post(CREDENTIALS, &whole).await.expect(200);
    for body in [b"{".as_slice(), b"null", b"7", b"\"x\""] {
        refused(&client.send("PUT", &path, JSON, Some(body)).await, 400);
    }
}

#[tokio::test]
async fn an_id_that_exists_is_409_and_nothing_changes() {
    let world = World::documented().await;
    let client = world.admin().await;
    let body = json!({"id": "mine", "name": "first", "credentialName": "openAIApi", "plainDataObj": {"openAIApiKey": "k"}});
    let made = client.post(CREDENTIALS, &body).await.expect(200).json();
    assert_eq!(made.as_object().unwrap().keys().next().unwrap(), "id");
    let again = json!({"id": "mine", "name": "second", "credentialName": "openAIApi", "plainDataObj": {}});
    refused(&client.post(CREDENTIALS, &again).await, 409);
    let one = client.get(&format!("{CREDENTIALS}/mine")).await.expect(200).json();
    assert_eq!((&one["id"], &one["name"]), (&json!("mine"), &json!("first")));
    for odd in [json!("x".repeat(1_000)), json!("a\u{0}b"), json!("line\n")] {
        let body = json!({"id": odd, "name": "n", "credentialName": "openAIApi", "plainDataObj": {}});
        refused(&client.post(CREDENTIALS, &body).await, 400);
    }
    // An id that we made is taken as well.
    let ours = super::world::made(&client, "openAIApi", json!({})).await;
    let ours = ours.rsplit('/').next().unwrap();
    refused(
        &client
            .post(CREDENTIALS, &json!({"id": ours, "name": "n", "credentialName": "a", "plainDataObj": {}}))
            .await,
        409,
    );
}

#[tokio::test]
async fn rights_come_before_ids_and_bodies() {
    let world = World::documented().await;
    let admin = world.admin().await;
    let path = made(&admin, "openAIApi", json!({"openAIApiKey": "k"})).await;
    for role in [Role::Viewer, Role::Runner] {
        let client = world.client(role).await;
        client.get(CREDENTIALS).await.expect(200);
        for path in [path.as_str(), UNKNOWN] {
            for answer in [
                client.get(path).await,
                client.get(&format!("{path}/reveal")).await,
                client.put(path, &json!({"name": "x"})).await,
                client.send("PUT", path, &[], None).await,
                client.delete(path).await,
            ] {
                assert_eq!((answer.status, answer.json()), (403, json!({"message": "Forbidden"})));
            }
        }
        assert_eq!(client.put(CREDENTIALS, &json!({})).await.status, 403);
        assert_eq!(client.post(CREDENTIALS, &json!({})).await.status, 403);
    }
}

#[tokio::test]
async fn only_those_who_may_resolve_see_the_password_of_a_url() {
    let world = World::documented().await;
    let admin = world.admin().await;
    let url = "redis://app:cnry-url-password@cache.example:6379/0";
    let path = made(&admin, "redisCacheUrlApi", json!({"redisUrl": url, "other": "cnry-other"})).await;
    let reveal = format!("{path}/reveal");
    let revealed = admin.get(&reveal).await.expect(200).json();
    assert_eq!(revealed, json!({"plainDataObj": {"redisUrl": url, "other": PLACEHOLDER}}));
    let editor = world.client(Role::Editor).await.get(&reveal).await.expect(200);
    assert!(!editor.text().contains("cnry"), "{}", editor.text());
    assert!(!shown(&admin, &path).await.to_string().contains("cnry"));
}
