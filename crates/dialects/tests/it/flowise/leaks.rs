//! No secret in any answer, header or error, in either mode.

use serde_json::json;
use strongroom_domain::principal::Role;

use super::world::{CREDENTIALS, UNKNOWN, World};
use crate::client::{Answer, JSON};

/// All of an answer: head and body.
fn whole(answer: &Answer) -> String {
    format!("{:?} {}", answer.headers, answer.text())
}

#[tokio::test]
async fn no_answer_holds_a_secret_or_what_it_was_made_of() {
    for world in [World::documented().await, World::exact().await] {
        let client = world.admin().await;
        let secret = "cnry-flowise-secret";
        let fields =
            json!({"awsKey": secret, "awsSecret": secret, "unknown": secret, "nested": {"deep": secret}});
        let new = json!({"name": "n", "credentialName": "awsApi", "plainDataObj": fields});
        let made = client.post(CREDENTIALS, &new).await.expect(200);
        let path = format!("{CREDENTIALS}/{}", made.json()["id"].as_str().unwrap());
        let answers = [
            made,
            client.put(&path, &json!({"plainDataObj": fields})).await.expect(200),
            client.get(&path).await.expect(200),
            client.get(&format!("{path}/reveal")).await.expect(200),
            client.get(CREDENTIALS).await.expect(200),
            client.put(UNKNOWN, &json!({"name": secret, "plainDataObj": fields})).await,
            client.send("PUT", &path, JSON, Some(format!("{{\"openAIApiKey\":\"{secret}").as_bytes())).await,
            client.send("PUT", &path, JSON, Some(format!("\"{secret}\"").as_bytes())).await,
            client.put(&path, &json!({"credentialName": "x".repeat(300) + secret})).await,
            client
                .post(
                    &format!("/api/v1/oauth2-credential/refresh/{}", path.rsplit('/').next().unwrap()),
                    &json!({}),
                )
                .await,
        ];
        for answer in &answers {
            assert!(!whole(answer).contains("cnry"), "{}", whole(answer));
        }
    }
}

#[tokio::test]
async fn prp_11_neither_tags_nor_encrypted_data_tell_what_is_stored() {
    let world = World::documented().await;
    let client = world.admin().await;
    let new = json!({"name": "n", "credentialName": "openAIApi", "plainDataObj": {"openAIApiKey": "same"}});
    let mut seen = Vec::new();
    let first = client.post(CREDENTIALS, &new).await.expect(200);
    let path = format!("{CREDENTIALS}/{}", first.json()["id"].as_str().unwrap());
    for answer in [
        first,
        client.post(CREDENTIALS, &new).await.expect(200),
        client.put(&path, &json!({"plainDataObj": {"openAIApiKey": "other"}})).await.expect(200),
        client.put(&path, &json!({"plainDataObj": {"openAIApiKey": "same"}})).await.expect(200),
    ] {
        seen.push(answer.json()["encryptedData"].as_str().unwrap().to_owned());
        seen.push(answer.header("etag").to_owned());
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count, "all different, though values repeat");
}

#[tokio::test]
async fn ten_01_nothing_crosses_workspaces() {
    let world = World::exact().await;
    let (ours, theirs) = (world.admin().await, world.client_in(world.house.a2, Role::Admin).await);
    let body = json!({"id": "shared-id", "name": "ours", "credentialName": "openAIApi", "plainDataObj": {"openAIApiKey": "a"}});
    ours.post(CREDENTIALS, &body).await.expect(200);
    let path = format!("{CREDENTIALS}/shared-id");
    assert_eq!(theirs.get(&path).await.status, 500);
    assert_eq!(theirs.delete(&path).await.expect(200).json()["affected"], 0);
    let mut body = body;
    body["name"] = json!("theirs");
    theirs.post(CREDENTIALS, &body).await.expect(200);
    assert_eq!(ours.get(&path).await.json()["name"], "ours");
    assert_eq!(theirs.get(&path).await.json()["name"], "theirs");
}
