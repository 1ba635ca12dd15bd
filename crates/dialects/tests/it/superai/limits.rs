//! The contract's limits (1.7), also where the last places are taken at once.

use serde_json::{Value, json};

use super::world::{CREDENTIALS, World, made, path, refused};
use crate::client::Client;

fn of(provider: &str) -> Value {
    json!({"name": "one", "provider": provider, "credential_type": "oauth2", "credentials": {"access_token": "t"}})
}

async fn fill(client: &Client, provider: &str, count: usize) {
    for _ in 0..count {
        client.post(CREDENTIALS, &of(provider)).await.expect(201);
    }
}

#[tokio::test]
async fn a_provider_has_at_most_fifty_and_a_deleted_one_makes_room() {
    let world = World::open().await;
    let (user, other) = (world.user().await, world.user().await);
    fill(&user, "google", 24).await;
    fill(&other, "google", 25).await;
    let last = made(&user, &of("google")).await;
    for client in [&user, &other] {
        let answer = client.post(CREDENTIALS, &of("google")).await;
        let message = refused(&answer, 400, "bad_request");
        assert!(message.contains("100 credentials per user, 50 per provider"), "{message}");
    }
    user.post(CREDENTIALS, &of("microsoft")).await.expect(201);
    let elsewhere = world.caller_in(world.house.a2, "user", "editor").await;
    elsewhere.post(CREDENTIALS, &of("google")).await.expect(201);
    let change = json!({"credential_type": "oauth2", "credentials": {}});
    user.patch(&path(&last), &change).await.expect(200);
    user.delete(&path(&last)).await.expect(204);
    other.post(CREDENTIALS, &of("google")).await.expect(201);
}

#[tokio::test]
async fn a_user_has_at_most_a_hundred_and_no_race_makes_more() {
    let world = World::open().await;
    let (user, other) = (world.user().await, world.user().await);
    fill(&user, "google", 49).await;
    fill(&user, "microsoft", 48).await;
    let mut creates = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let user = user.clone();
        creates.spawn(async move { user.post(CREDENTIALS, &of("azure_blob")).await.status });
    }
    let statuses = creates.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 3, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 9, "{statuses:?}");
    assert_eq!(user.get(CREDENTIALS).await.expect(200).json().as_array().unwrap().len(), 100);
    other.post(CREDENTIALS, &of("azure_blob")).await.expect(201);
}
