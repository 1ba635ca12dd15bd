//! Types that are kinds with a check are tried before they are saved; every other type is saved as it is.

use std::time::Duration;

use serde_json::json;
use strongroom_testkit::Postgres;

use super::world::{CREDENTIALS, World, made, refused, shown};
use crate::house::text;

fn url(role: &str, password: &str, database: &str, port: u16) -> String {
    format!("postgresql://{role}:{password}@127.0.0.1:{port}/{database}?sslmode=disable")
}

#[tokio::test]
async fn a_definite_refusal_is_400_and_nothing_is_saved() {
    for world in [World::documented().await, World::exact().await] {
        let client = world.admin().await;
        let account = Postgres::shared().create_account("first");
        let of = |password: &str| json!({"postgresUrl": url(&account.role, password, &account.database, Postgres::shared().port())});
        let path = made(&client, "PostgresUrl", of("first")).await;
        let before = client.get(&path).await.expect(200).json();
        world.house.clock.advance(Duration::from_secs(5));
        let answer = client.put(&path, &json!({"name": "new", "plainDataObj": of("cnry-wrong")})).await;
        let message = refused(&answer, 400);
        assert!(message.starts_with("Error: credentialsService.updateCredential - "), "{message}");
        assert!(message.contains("nothing was changed") && !message.contains("cnry"), "{message}");
        assert_eq!(client.get(&path).await.expect(200).json(), before, "as it was");
        let new = json!({"name": "n", "credentialName": "PostgresUrl", "plainDataObj": of("cnry-wrong")});
        refused(&client.post(CREDENTIALS, &new).await, 400);
        assert_eq!(client.get(CREDENTIALS).await.json().as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_outage_and_an_unfinished_credential_are_saved() {
    let world = World::documented().await;
    let client = world.admin().await;
    let gone = json!({"postgresUrl": "postgresql://a:b@127.0.0.1:1/c?sslmode=disable"});
    made(&client, "PostgresUrl", gone).await;
    for (of, fields) in [
        ("openAIApi", json!({})),
        ("openAIApi", json!({"openAIApiKey": 5, "other": [1]})),
        ("awsApi", json!({"awsKey": "AKIAIOSFODNN7EXAMPLE"})),
        ("PostgresUrl", json!({"postgresUrl": "no url"})),
        ("githubApi", json!({"accessToken": "a\u{0}b"})),
    ] {
        made(&client, of, fields).await;
    }
}

#[tokio::test]
async fn what_was_made_natively_shows_up_and_can_be_changed() {
    let world = World::documented().await;
    let client = world.admin().await;
    let native = "/v1/workspaces/default/credentials";
    let body =
        json!({"kind": "github", "name": "ours", "secrets": {"token": "t1"}, "verify": "if_supported"});
    let made = world.house.admin().await.post(native, &body).await.expect(201).json();
    world.house.credential(world.house.a, "no word of Flowise's").await;
    let list = client.get(CREDENTIALS).await.expect(200).json();
    assert_eq!(list.as_array().unwrap().len(), 1, "a kind without a type is not shown: {list}");
    assert_eq!(list[0]["credentialName"], "githubApi");
    let path = format!("{CREDENTIALS}/{}", text(&list[0], "id"));
    client.put(&path, &json!({"plainDataObj": {"accessToken": "t2"}})).await.expect(200);
    let names: Vec<String> = shown(&client, &path).await.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["accessToken"], "what only the kind has is not shown");
    let read = world.house.admin().await.get(&format!("{native}/{}", text(&made, "id"))).await.json();
    assert_eq!((&read["kind"], &read["value_version"]), (&json!("github"), &json!(2)));
}

#[tokio::test]
async fn the_field_of_a_type_chooses_the_method_of_the_type() {
    let world = World::documented().await;
    let client = world.admin().await;
    let account = Postgres::shared().create_account("first");
    let port = Postgres::shared().port();
    let settings = json!({"host": "127.0.0.1", "port": port, "database": account.database,
        "username": account.role, "sslmode": "disable"});
    let native = "/v1/workspaces/default/credentials";
    let body =
        json!({"kind": "postgresql", "name": "ours", "settings": settings, "secrets": {"password": "first"}});
    let made = world.house.admin().await.post(native, &body).await.expect(201).json();
    let list = client.get(CREDENTIALS).await.json();
    let path = format!("{CREDENTIALS}/{}", text(&list[0], "id"));
    let stored =
        async || world.house.admin().await.get(&format!("{native}/{}", text(&made, "id"))).await.json();

    // What the stock UI sends where its form was left alone.
    let renamed = json!({"name": "new", "credentialName": "PostgresUrl", "plainDataObj": {}});
    client.put(&path, &renamed).await.expect(200);
    let one = stored().await;
    assert_eq!((&one["method"], &one["name"]), (&json!("password"), &json!("new")));

    let url = url(&account.role, "first", &account.database, port);
    client.put(&path, &json!({"plainDataObj": {"postgresUrl": url}})).await.expect(200);
    let one = stored().await;
    assert_eq!(
        (&one["method"], &one["secret_fields"]),
        (&json!("connection_string"), &json!(["connection_string"]))
    );
}
