//! What `openapi/zstack.json` says of an answer is what a client of ZStack's gets.

use serde_json::json;
use strongroom_dialects::zstack;
use strongroom_domain::principal::Role;
use strongroom_web::openapi::document;

use super::{Answered, assert_all_fit};
use crate::client::{Client, JSON};
use crate::house::{House, text};

const BASE: &str = "/zstack/api/v1";

/// A request to each operation, and to the same again in ways that are refused.
async fn answers(admin: &Client, viewer: &Client, nobody: &Client) -> Vec<Answered> {
    let all = format!("{BASE}/credentials");
    let new = json!({"name": "one", "type": "CREDENTIAL_TYPE_PASSWORD", "value": "v"});
    let made = admin.post(&all, &new).await.expect(200);
    let one = format!("{all}/{}", text(&made.json(), "uuid"));
    let none = format!("{all}/cred-0192a3b4-c5d6-7e8f-9011-223344556677");
    let preview = |path: &str| format!("{path}/previewDelete");
    let (path, previews) = ("/credentials/{uuid}", "/credentials/{uuid}/previewDelete");
    vec![
        ("/credentials", "post", made),
        ("/credentials", "post", admin.post(&all, &json!({"type": "none"})).await),
        ("/credentials", "post", admin.send("POST", &all, JSON, Some(b"{")).await),
        ("/credentials", "post", viewer.post(&all, &new).await),
        ("/credentials", "get", admin.get(&all).await),
        ("/credentials", "get", admin.get(&format!("{all}?limit=-1")).await),
        ("/credentials", "get", nobody.get(&all).await),
        (path, "get", admin.get(&one).await),
        (path, "get", admin.get(&none).await),
        (path, "put", admin.put(&one, &json!({"name": "two"})).await),
        (path, "put", admin.put(&one, &json!({"description": "x".repeat(300_000)})).await),
        (path, "put", admin.put(&none, &json!({"name": "two"})).await),
        (previews, "post", admin.send("POST", &preview(&one), &[], None).await),
        (previews, "post", admin.send("POST", &preview(&none), &[], None).await),
        (path, "delete", viewer.delete(&one).await),
        (path, "delete", admin.delete(&format!("{one}?options.force=true")).await),
        (path, "delete", admin.delete(&format!("{one}?options.propagationPolicy=SoftDelete")).await),
        (path, "delete", admin.delete(&one).await),
        (path, "delete", admin.delete(&one).await),
    ]
}

#[tokio::test]
async fn every_answer_to_a_zstack_client_has_the_shape_of_the_document() {
    let house = House::open().await;
    let router = zstack::table().router(&house.edge());
    let (admin, viewer) = (house.text_of_token(Role::Admin).await, house.text_of_token(Role::Viewer).await);
    let client = |token: Option<&str>| Client::new(&router, token);
    let about = strongroom_dialects::about(zstack::table().manner().view.dialect()).unwrap();
    let answers = answers(&client(Some(&admin)), &client(Some(&viewer)), &client(None)).await;
    assert_all_fit(&document(&zstack::table(), about), BASE, &answers);
}
