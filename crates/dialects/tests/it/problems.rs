//! One problem of every code that a request alone can provoke, as it is sent.

use serde_json::{Value, json};
use strongroom_domain::principal::Role;

use crate::client::{Answer, Client, JSON};
use crate::house::{CREDENTIALS, House, new_token};

/// Slug `db`, saved without a check; nobody listens at its target.
fn database() -> Value {
    json!({"kind": "postgresql", "name": "db", "slug": "db", "verify": "skip",
        "settings": {"host": "127.0.0.1", "port": 1, "database": "app", "username": "app"},
        "secrets": {"password": "secret"}})
}

fn with(mut body: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn unreadable(house: &House, admin: &Client) -> Vec<Answer> {
    let big = vec![b' '; 256 * 1024 + 1];
    vec![
        admin.send("POST", CREDENTIALS, JSON, Some(b"{")).await,
        admin.send("POST", CREDENTIALS, JSON, Some(b"{\"a\":1,\"a\":1}")).await,
        house.anonymous().get(CREDENTIALS).await,
        house.holder(house.a, Role::Viewer).await.post("/v1/tokens", &new_token("viewer")).await,
        admin.get("/v1/none").await,
        admin.send("PUT", CREDENTIALS, &[], None).await,
        admin.send("POST", CREDENTIALS, JSON, Some(&big)).await,
        admin.send("POST", CREDENTIALS, &[], Some(b"{}")).await,
    ]
}

async fn invalid(admin: &Client) -> Vec<Answer> {
    let path = format!("{CREDENTIALS}/~db");
    let elsewhere = json!({"settings": {"host": "127.0.0.2"}, "verify": "skip"});
    let closed = with(database(), &json!({"slug": null, "verify": "required"}));
    let mut private = closed.clone();
    private["settings"]["host"] = json!("10.0.0.1");
    vec![
        admin.post(CREDENTIALS, &json!({"name": "", "kind": 7, "id": "x"})).await,
        admin.post(CREDENTIALS, &json!({"name": "x", "kind": "none"})).await,
        admin.patch(&path, &elsewhere).await,
        admin.post(CREDENTIALS, &private).await,
        admin.post(CREDENTIALS, &closed).await,
    ]
}

async fn clashes(admin: &Client) -> Vec<Answer> {
    let path = format!("{CREDENTIALS}/~db");
    let key = [("idempotency-key", "k")];
    let other = json!({"kind": "generic", "name": "x"});
    admin.json("POST", CREDENTIALS, &key, &other).await.expect(201);
    admin.post(&format!("{path}/resolve"), &json!({"consumer": {"name": "flow"}})).await.expect(200);
    let mut answers = vec![
        admin.post(CREDENTIALS, &with(other.clone(), &json!({"slug": "db"}))).await,
        admin.delete(&path).await,
        admin.json("POST", CREDENTIALS, &key, &with(other, &json!({"name": "y"}))).await,
        admin.json("PATCH", &path, &[("if-match", "\"9\"")], &json!({"name": "y"})).await,
    ];
    let settings = json!({"settings": {"duplicates": "refuse", "require_if_match": true}});
    admin.patch("/v1/workspaces/default", &settings).await.expect(200);
    answers.push(admin.post(CREDENTIALS, &with(database(), &json!({"slug": "db-2"}))).await);
    answers.push(admin.patch(&path, &json!({"name": "y"})).await);
    answers
}

#[tokio::test]
async fn problems_are_as_they_were() {
    let house = House::open().await;
    let admin = house.admin().await;
    admin.post(CREDENTIALS, &database()).await.expect(201);
    let mut answers = unreadable(&house, &admin).await;
    answers.extend(invalid(&admin).await);
    answers.extend(clashes(&admin).await);
    let problems: Vec<Value> = answers
        .iter()
        .map(|answer| {
            assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.text());
            assert_eq!(answer.json()["status"], answer.status);
            answer.json()
        })
        .collect();
    insta::assert_json_snapshot!("problems", problems, {
        "[].request_id" => "[request]",
        "[].verification.duration_ms" => "[ms]",
        "[].verification.steps[].duration_ms" => "[ms]",
        "[].detail" => insta::dynamic_redaction(|detail, _| without_ids(detail.as_str().unwrap_or_default())),
    });
}

fn without_ids(text: &str) -> String {
    let word =
        |word: &str| if word.starts_with("cred_") { "[credential]".to_owned() } else { word.to_owned() };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
