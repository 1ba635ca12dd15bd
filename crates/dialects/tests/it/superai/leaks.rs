//! No secret in any read, any error, or any record: canaries through every door, hunted in every answer.

use serde_json::{Value, json};
use strongroom_store::Store;
use strongroom_testkit::Canaries;

use super::world::{CREDENTIALS, UNKNOWN, World, held, made, native_path, path};
use crate::client::{Answer, JSON};

#[tokio::test]
async fn prp_03_no_read_and_no_error_shows_a_secret() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.service().await);
    let canaries = &mut Canaries::seeded(77);
    let (stored, sent) = (canaries.make_awkward("stored"), canaries.make_awkward("sent"));
    let keys = json!({"host": "127.0.0.1", "port": "1", "username": "u", "password": stored.text(),
        "database": "d", "sslmode": "disable", "extra": {"deep": [stored.text()]}});
    let body = |keys: &Value| json!({"name": "x", "provider": "postgresql", "credential_type": "user_password", "credentials": keys});
    let id = made(&user, &body(&keys)).await;
    let one = path(&id);
    let bad = |name: &str| {
        let mut body = body(&json!({"password": sent.text()}));
        body[name] = sent.text().into();
        body
    };
    let mut answers: Vec<(&str, Answer)> = vec![
        ("list", user.get(CREDENTIALS).await),
        ("list of all", service.get(CREDENTIALS).await),
        ("by provider", user.get(&format!("{CREDENTIALS}/provider/postgresql")).await),
        ("show", user.get(&one).await),
        ("secrets to a user", user.get(&format!("{one}/credentials")).await),
        ("native", world.house.admin().await.get(&native_path(&id)).await),
        ("id", user.get(&path(sent.text().split(' ').next().unwrap())).await),
        ("unknown", user.get(&format!("{}/credentials", path(UNKNOWN))).await),
        (
            "test",
            user.post(
                "/superai/api/integrations/plugins/postgres/test-connection",
                &body(&keys)["credentials"],
            )
            .await,
        ),
        (
            "stored test",
            user.post(&format!("/superai/api/integrations/postgres/test-connection/{id}"), &json!({})).await,
        ),
    ];
    for name in ["name", "provider", "credential_type", "credentials", "extra"] {
        answers.push((name, user.post(CREDENTIALS, &bad(name)).await));
        answers.push((name, user.patch(&one, &bad(name)).await));
    }
    let cut = format!("{{\"credentials\": \"{}", sent.text());
    answers.push(("cut", user.send("POST", CREDENTIALS, JSON, Some(cut.as_bytes())).await));
    answers.push(("same again", user.patch(&one, &body(&keys)).await));
    let mut named_so = serde_json::Map::new();
    named_so.insert(sent.text().to_owned(), json!("x".repeat(70_000)));
    answers.push(("large", user.patch(&one, &body(&Value::Object(named_so))).await));
    for (what, answer) in &answers {
        let headers = format!("{:?}", answer.headers);
        for canary in [&stored, &sent] {
            // The caller's own name is the only place where what was sent as a name comes back.
            if *what == "name" && canary.text() == sent.text() {
                continue;
            }
            assert_eq!(canary.find_in(&answer.bytes), [""; 0], "{what}: {}", answer.text());
            assert_eq!(canary.find_in(headers.as_bytes()), [""; 0], "{what}: {headers}");
        }
    }
    let records = world.house.store.audit(&world.house.a, 0, 10_000).await.unwrap();
    let records = format!("{records:?}");
    assert_eq!(stored.find_in(records.as_bytes()), [""; 0]);
    assert_eq!(held(&service, &id).await["password"], stored.text(), "but here it is");
}
