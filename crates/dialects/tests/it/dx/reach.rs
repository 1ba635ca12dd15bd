//! What a DX client reaches: connections and credentials of its own workspace, wherever they were made.

use serde_json::{Value, json};
use strongroom_domain::principal::Role;

use super::{BASIC, TOKEN, USER, World, assert_plain, example};
use crate::client::Client;
use crate::house::{CREDENTIALS, text};

fn numbers(listed: &Value, name: &str) -> Vec<u64> {
    listed[name].as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect()
}

/// The id of the Jira integration.
async fn integration(world: &World) -> String {
    let listed = world.native.get("/v1/workspaces/default/integrations").await.expect(200).json();
    text(&listed["items"][0], "id").to_owned()
}

#[tokio::test]
async fn what_the_native_api_made_has_a_number_and_is_there() {
    let world = World::open().await;
    let body = json!({"kind": "jira_cloud", "name": "native", "integration_id": integration(&world).await,
        "settings": {"email": USER}, "secrets": {"api_token": TOKEN}});
    let made = world.native.post(CREDENTIALS, &body).await.expect(201).json();
    let alone = json!({"kind": "generic", "name": "alone", "secrets": {"token": "cnry"}});
    world.native.post(CREDENTIALS, &alone).await.expect(201);
    let id: u64 = text(&made["aliases"], "dx").parse().unwrap();
    let listed = world.dx.get(&world.path("credentials.list")).await.expect(200).json();
    assert_eq!(numbers(&listed, "credentials"), [id], "what has no connection is on none");
    assert_eq!(world.info(id).await["settings"], json!({"jira_user": USER}), "in DX's words");
    world.update(&json!({"id": id, "label": "renamed"})).await.expect(200);
    let left = json!({"integration_id": null, "settings": {"site_url": world.site.address()}});
    world.native.patch(&format!("{CREDENTIALS}/{}", text(&made, "id")), &left).await.expect(200);
    assert_plain(&world.dx.get(&world.path(&format!("credentials.info/{id}"))).await, "credential_not_found");
}

#[tokio::test]
async fn checks_go_where_the_connection_says() {
    let world = World::open().await;
    let id = world.created().await;
    let second = world.sites.open().await;
    second.knows(BASIC, "automation");
    let path = format!("/v1/workspaces/default/integrations/{}", integration(&world).await);
    let moves =
        json!({"settings": {"base_url": second.address()}, "rebind": true, "accept_account_change": true});
    world.native.patch(&path, &moves).await.expect(200);
    let asked = (world.site.asked(), second.asked());
    world.update(&json!({"id": id, "label": "moved"})).await.expect(200);
    assert_eq!((world.site.asked(), second.asked()), (asked.0, asked.1 + 1));
    let shown = world.dx.get(&format!("/api/connections.info/{}", world.jira)).await.expect(200).json();
    assert_eq!(shown["connection"]["settings"]["base_url"], second.address());
}

#[tokio::test]
async fn ten_01_numbers_of_others_are_nobodys() {
    let world = World::open().await;
    let id = world.created().await;
    for scope in [world.house.a2, world.house.b] {
        let theirs = Client::new(&world.router, Some(&world.house.text_in(scope, Role::Admin).await));
        assert_eq!(theirs.get("/api/connections.list").await.expect(200).json()["connections"], json!([]));
        for (found, unknown) in [
            (format!("/api/connections.info/{}", world.jira), "/api/connections.info/999".to_owned()),
            (world.path("credentials.list"), "/api/connections/999/credentials.list".to_owned()),
            (
                world.path(&format!("credentials.info/{id}")),
                format!("/api/connections/999/credentials.info/{id}"),
            ),
        ] {
            let (found, unknown) = (theirs.get(&found).await, theirs.get(&unknown).await);
            assert_plain(&found, "connection_not_found");
            assert_eq!(found.without_request(), unknown.without_request());
        }
        for method in ["credentials.create", "credentials.update", "credentials.delete"] {
            let body = json!({"id": id, "label": "theirs"});
            assert_plain(&theirs.post(&world.path(method), &body).await, "connection_not_found");
        }
    }
    assert_eq!(world.row(id).await["version"], 1);
}

#[tokio::test]
async fn numbers_count_in_their_own_workspace() {
    let world = World::open().await;
    let there = world.house.holder(world.house.b, Role::Admin).await;
    let path = format!("/v1/workspaces/{}/integrations", world.house.b.workspace());
    let made = there.post(&path, &json!({"kind": "any_tool", "name": "theirs"})).await.expect(201).json();
    assert_eq!((&made["alias"], world.jira), (&json!(1), 1));
    let theirs = Client::new(&world.router, Some(&world.house.text_in(world.house.b, Role::Admin).await));
    let shown = theirs.get("/api/connections.info/1").await.expect(200).json();
    assert_eq!(shown["connection"]["type"], "any_tool");
}

#[tokio::test]
async fn ten_10_a_narrow_token_is_not_let_near_connections() {
    let world = World::open().await;
    let id = world.created().await;
    let own = text(&world.row(id).await, "id").to_owned();
    let narrow = world.house.narrow(world.house.a, &[&own]).await.on(&world.router);
    for path in ["/api/connections.list".to_owned(), world.path("credentials.list")] {
        assert_plain(&narrow.get(&path).await, "not_permitted");
    }
    assert_plain(&narrow.post(&world.path("credentials.create"), &example()).await, "not_permitted");
}

#[tokio::test]
async fn what_a_client_sends_besides_changes_nothing() {
    let world = World::open().await;
    let mut body = example();
    body["connection_id"] = json!(999);
    body["kind"] = json!("generic");
    body["verify"] = json!("skip");
    let headers = [("if-match", "\"99\""), ("idempotency-key", "k")];
    let path = format!("{}?dry_run=true", world.path("credentials.create"));
    let made = world.dx.json("POST", &path, &headers, &body).await.expect(201).json();
    assert_eq!((&made["credential"]["type"], world.site.asked()), (&json!("jira_cloud"), 1));
    let second = world.dx.json("POST", &path, &headers, &body).await;
    assert_eq!(second.json()["error"], "Duplicate secrets", "no key makes it the same request");
}
