//! What was made elsewhere with a place to go is tried there, and its health is ours.

use serde_json::{Value, json};
use strongroom_testkit::Postgres;
use strongroom_testkit::openssh::{HostKey, make_key};
use strongroom_testkit::postgres::Account;

use super::world::{CREDENTIALS, World, draft, made, of_native, refused};
use crate::house::{House, text};

/// A `PostgreSQL` login, made through the native API.
async fn login(house: &House, account: &Account, sslmode: &str, verify: &str) -> Value {
    let body = json!({"kind": "postgresql", "name": "db", "verify": verify,
        "settings": {"host": "127.0.0.1", "port": Postgres::shared().port(), "database": account.database,
            "username": account.role, "sslmode": sslmode},
        "secrets": {"password": "first"}});
    house.admin().await.post("/v1/workspaces/default/credentials", &body).await.expect(201).json()
}

#[tokio::test]
async fn a_new_value_is_tried_and_what_is_refused_changes_nothing() {
    let world = World::open().await;
    let client = world.admin().await;
    let account = Postgres::shared().create_account("first");
    let path = of_native(text(&login(&world.house, &account, "disable", "required").await, "id"));
    let before = client.get(&path).await.expect(200).json();
    assert_eq!(
        (&before["type"], &before["healthStatus"]),
        (&json!("CREDENTIAL_TYPE_PASSWORD"), &json!("CREDENTIAL_HEALTH_STATUS_VALID"))
    );

    let answer = client.put(&path, &json!({"value": "cnry-wrong", "name": "half"})).await;
    let details = refused(&answer, 400, "SYS.1007");
    assert!(!details.contains("cnry") && details.contains("nothing was changed"), "{details}");
    assert_eq!(client.get(&path).await.json(), before);
    assert_eq!(world.resolved(&path).await["secrets"], json!({"password": "first"}));

    Postgres::shared().set_password(&account.role, "second");
    let after = client.put(&path, &json!({"value": "second"})).await.expect(200).json();
    assert_eq!(after["healthStatus"], "CREDENTIAL_HEALTH_STATUS_VALID");
    let seen = world.resolved(&path).await;
    assert_eq!(
        seen["secrets"],
        json!({"password": "second"}),
        "the secret that the value is, and no other field"
    );
    assert_eq!(seen["settings"]["username"], account.role.as_str());
}

#[tokio::test]
async fn a_value_that_fails_is_invalid_until_it_is_replaced() {
    let world = World::open().await;
    let client = world.admin().await;
    let account = Postgres::shared().create_account("first");
    let made = login(&world.house, &account, "disable", "required").await;
    let path = of_native(text(&made, "id"));
    Postgres::shared().set_password(&account.role, "second");
    let native = world.house.admin().await;
    let verify = format!("/v1/workspaces/default/credentials/{}/verify", text(&made, "id"));
    native.post(&verify, &json!({})).await.expect(200);
    let filter = |status: &str| format!("{CREDENTIALS}?healthStatus=CREDENTIAL_HEALTH_STATUS_{status}");
    let total = async |status: &str| client.get(&filter(status)).await.expect(200).json()["total"].clone();
    assert_eq!(client.get(&path).await.json()["healthStatus"], "CREDENTIAL_HEALTH_STATUS_INVALID");
    assert_eq!((total("INVALID").await, total("VALID").await), (json!(1), json!(0)));
    client.put(&path, &json!({"value": "second"})).await.expect(200);
    assert_eq!((total("INVALID").await, total("VALID").await), (json!(0), json!(1)));
}

#[tokio::test]
async fn an_outage_refuses_nobody_but_what_will_not_pass_by_itself_does() {
    let world = World::open().await;
    let client = world.admin().await;
    let account = Postgres::shared().create_account("first");
    // This server speaks no TLS, so it cannot be proved to be the one named.
    let tls = login(&world.house, &account, "verify-full", "skip").await;
    let path = of_native(text(&tls, "id"));
    let details = refused(&client.put(&path, &json!({"value": "cnry"})).await, 503, "SYS.1001");
    assert!(!details.contains("cnry") && details.contains("nothing was changed"), "{details}");
    assert_eq!(world.resolved(&path).await["secrets"]["password"], "first");

    let made = login(&world.house, &account, "disable", "skip").await;
    let id = text(&made, "id");
    // A port that was free a moment ago.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let moved = json!({"settings": {"port": nobody}, "secrets": {"password": "first"}, "verify": "skip"});
    let native = world.house.admin().await;
    native.patch(&format!("/v1/workspaces/default/credentials/{id}"), &moved).await.expect(200);
    let saved = client.put(&of_native(id), &json!({"value": "later"})).await.expect(200).json();
    assert_eq!(saved["healthStatus"], "CREDENTIAL_HEALTH_STATUS_UNSPECIFIED");
    assert_eq!(world.resolved(&of_native(id)).await["secrets"]["password"], "later");
}

#[tokio::test]
async fn a_method_decides_what_the_value_is() {
    let world = World::open().await;
    let client = world.admin().await;
    let native = world.house.admin().await;
    let make = async |method: &str, secrets: Value| {
        let body = json!({"kind": "sftp", "name": method, "method": method, "verify": "skip",
            "settings": {"host": "files.example", "username": "me"}, "secrets": secrets});
        let made = native.post("/v1/workspaces/default/credentials", &body).await.expect(201).json();
        of_native(text(&made, "id"))
    };
    let password = make("password", json!({"password": "cnry"})).await;
    let key = make("key", json!({"private_key": make_key(HostKey::Ed25519, "").0})).await;
    for (path, of, name) in [(&password, "PASSWORD", "password"), (&key, "SSH_KEY", "key")] {
        assert_eq!(client.get(path).await.expect(200).json()["type"], format!("CREDENTIAL_TYPE_{of}"));
        let listed = client.get(&format!("{CREDENTIALS}?type=CREDENTIAL_TYPE_{of}")).await.expect(200).json();
        assert_eq!((&listed["items"][0]["name"], &listed["total"]), (&json!(name), &json!(1)));
    }
    let answer = client.put(&key, &json!({"value": "cnry is no key"})).await;
    let details = refused(&answer, 400, "SYS.1007");
    assert!(details.starts_with("value: ") && !details.contains("cnry"), "{details}");
}

#[tokio::test]
async fn what_is_made_here_has_no_check_and_says_so() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    let native = world.house.admin().await;
    let answer =
        native.post(&format!("{}/verify", super::world::native(&path)), &json!({})).await.expect(200);
    assert_eq!(answer.json()["outcome"], "unsupported");
    assert_eq!(client.get(&path).await.json()["healthStatus"], "CREDENTIAL_HEALTH_STATUS_UNSPECIFIED");
}
