//! What `openapi/flowise.json` says of an answer is what a client of Flowise's gets.

use serde_json::json;
use strongroom_dialects::flowise;
use strongroom_domain::principal::Role;
use strongroom_web::openapi::document;

use super::{Answered, assert_all_fit};
use crate::client::{Client, JSON};
use crate::house::{House, text};

const BASE: &str = "/flowise/api/v1";

/// A request to each operation of the document, and to the same again in ways that are refused.
async fn answers(admin: &Client, viewer: &Client, nobody: &Client) -> Vec<Answered> {
    let new = json!({"name": "n", "credentialName": "redisCacheUrlApi", "plainDataObj": {"redisUrl": "redis://:pw@h"}});
    let all = format!("{BASE}/credentials");
    let made = admin.post(&all, &new).await;
    let id = text(&made.json(), "id").to_owned();
    let (one, none) = (format!("{all}/{id}"), format!("{all}/nope"));
    let listed = admin.get(&all).await;
    let again = admin.send("GET", &all, &[("if-none-match", listed.header("etag"))], None).await;
    let types = format!("{BASE}/components-credentials");
    let flow = |act: &str, id: &str| format!("{BASE}/oauth2-credential/{act}/{id}");
    let mut taken = new.clone();
    taken["id"] = id.as_str().into();
    vec![
        ("/credentials", "post", made),
        ("/credentials", "post", admin.post(&all, &taken).await),
        ("/credentials", "post", admin.post(&all, &json!({})).await),
        ("/credentials", "post", viewer.post(&all, &new).await),
        ("/credentials", "get", listed),
        ("/credentials", "get", again),
        ("/credentials", "get", nobody.get(&all).await),
        ("/credentials/{id}", "get", admin.get(&one).await),
        ("/credentials/{id}", "get", admin.get(&none).await),
        ("/credentials/{id}/reveal", "get", admin.get(&format!("{one}/reveal")).await),
        ("/credentials/{id}", "put", admin.put(&one, &json!({"name": "m"})).await),
        ("/credentials/{id}", "put", admin.send("PUT", &one, &[], None).await),
        ("/credentials/{id}", "put", admin.send("PUT", &one, JSON, Some(b"{")).await),
        ("/credentials/{id}", "put", admin.put(&one, &json!({"name": "x".repeat(300_000)})).await),
        (
            "/oauth2-credential/authorize/{id}",
            "post",
            admin.send("POST", &flow("authorize", &id), &[], None).await,
        ),
        (
            "/oauth2-credential/refresh/{id}",
            "post",
            admin.send("POST", &flow("refresh", "nope"), &[], None).await,
        ),
        (
            "/oauth2-credential/callback",
            "get",
            nobody.get(&format!("{BASE}/oauth2-credential/callback")).await,
        ),
        ("/components-credentials", "get", admin.get(&types).await),
        ("/components-credentials/{name}", "get", admin.get(&format!("{types}/openAIApi")).await),
        ("/components-credentials/{name}", "get", admin.get(&format!("{types}/openAIApi&awsApi")).await),
        ("/components-credentials-icon/{name}", "get", nobody.get(&format!("{types}-icon/openAIApi")).await),
        ("/components-credentials-icon/{name}", "get", nobody.get(&format!("{types}-icon/nope")).await),
        ("/credentials", "put", admin.put(&all, &new).await),
        ("/credentials", "put", viewer.put(&all, &new).await),
        ("/credentials", "delete", admin.delete(&all).await),
        ("/credentials", "delete", nobody.delete(&all).await),
        ("/credentials/{id}", "delete", viewer.delete(&one).await),
        ("/credentials/{id}", "delete", admin.delete(&one).await),
        ("/credentials/{id}", "delete", admin.delete(&one).await),
    ]
}

#[tokio::test]
async fn every_answer_to_a_flowise_client_has_the_shape_of_the_document() {
    let house = House::open().await;
    let router = flowise::table().router(&house.edge());
    let (admin, viewer) = (house.text_of_token(Role::Admin).await, house.text_of_token(Role::Viewer).await);
    let client = |token: Option<&str>| Client::new(&router, token);
    let document = document(&flowise::table(), flowise::ABOUT);
    let answers = answers(&client(Some(&admin)), &client(Some(&viewer)), &client(None)).await;
    assert_all_fit(&document, BASE, &answers);
}
