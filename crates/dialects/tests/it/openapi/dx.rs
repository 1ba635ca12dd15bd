//! What `openapi/dx.json` says of an answer is what a client of DX's gets.

use serde_json::json;
use strongroom_dialects::dx;
use strongroom_domain::principal::Role;
use strongroom_web::openapi::document;

use super::{Answered, assert_all_fit};
use crate::client::{Client, JSON};
use crate::house::House;

const BASE: &str = "/dx/api";

/// A request to each method, and to the same again in ways that are refused. The system behind the connection is
/// reached by nobody, so a check fails.
async fn answers(admin: &Client, viewer: &Client, nobody: &Client) -> Vec<Answered> {
    let at = |connection: u64, method: &str| format!("{BASE}/connections/{connection}/{method}");
    let create = at(1, "credentials.create");
    let unchecked = json!({"label": "one", "settings": {"region": "eu"}, "expiration_date": "2040-01-31"});
    let made = admin.post(&create, &unchecked).await.expect(201);
    let id = made.json()["credential"]["id"].clone();
    let info = |id: &str| at(1, &format!("credentials.info/{id}"));
    let path = |method: &'static str| match method {
        "create" => "/connections/{connection_id}/credentials.create",
        "update" => "/connections/{connection_id}/credentials.update",
        "delete" => "/connections/{connection_id}/credentials.delete",
        "list" => "/connections/{connection_id}/credentials.list",
        _ => "/connections/{connection_id}/credentials.info/{id}",
    };
    let jira = json!({"settings": {"jira_user": "a@b.example"}, "secrets": {"api_token": "t"}});
    let (update, delete) = (at(1, "credentials.update"), at(1, "credentials.delete"));
    vec![
        ("/connections.list", "get", admin.get(&format!("{BASE}/connections.list")).await),
        ("/connections.list", "get", nobody.get(&format!("{BASE}/connections.list")).await),
        ("/connections.info/{id}", "get", admin.get(&format!("{BASE}/connections.info/1")).await),
        ("/connections.info/{id}", "get", admin.get(&format!("{BASE}/connections.info/9")).await),
        (path("create"), "post", made),
        (path("create"), "post", admin.post(&at(2, "credentials.create"), &jira).await),
        (path("create"), "post", admin.post(&create, &json!({"label": 7})).await),
        (path("create"), "post", viewer.post(&create, &unchecked).await),
        (path("list"), "get", admin.get(&at(1, "credentials.list")).await),
        (path("list"), "get", admin.get(&at(9, "credentials.list")).await),
        (path("info"), "get", admin.get(&info(&id.to_string())).await),
        (path("info"), "get", admin.get(&info("4711")).await),
        (path("update"), "post", admin.post(&update, &json!({"id": id, "label": "two"})).await),
        (path("update"), "post", admin.send("POST", &update, JSON, Some(b"{")).await),
        (path("update"), "post", admin.post(&update, &json!({"id": id, "label": "x".repeat(300_000)})).await),
        (path("delete"), "post", viewer.post(&delete, &json!({"id": id})).await),
        (path("delete"), "post", admin.post(&delete, &json!({"id": id})).await),
        (path("delete"), "post", admin.post(&delete, &json!({"id": id})).await),
    ]
}

#[tokio::test]
async fn every_answer_to_a_dx_client_has_the_shape_of_the_document() {
    let house = House::open().await;
    for (kind, settings) in
        [("any_tool", json!({})), ("jira_cloud", json!({"base_url": "https://localhost:9"}))]
    {
        let body = json!({"kind": kind, "name": kind, "settings": settings});
        house.admin().await.post("/v1/workspaces/default/integrations", &body).await.expect(201);
    }
    let router = dx::table().router(&house.edge());
    let (admin, viewer) = (house.text_of_token(Role::Admin).await, house.text_of_token(Role::Viewer).await);
    let client = |token: Option<&str>| Client::new(&router, token);
    let answers = answers(&client(Some(&admin)), &client(Some(&viewer)), &client(None)).await;
    let about = strongroom_dialects::about(dx::table().manner().view.dialect()).unwrap();
    assert_all_fit(&document(&dx::table(), about), BASE, &answers);
}
