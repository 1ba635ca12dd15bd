//! What a PATCH does: tried against real servers first, all or nothing, lossless.

use std::net::TcpListener;

use serde_json::{Value, json};
use strongroom_testkit::openssh::{HostKey, make_key};
use strongroom_testkit::{OpenSsh, Postgres};

use super::world::{
    CREDENTIALS, World, database, database_keys, held, made, native_path, opaque, path, refused,
};

#[tokio::test]
async fn a_patch_that_the_real_system_refuses_is_not_saved() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.service().await);
    let account = Postgres::shared().create_account("first");
    let id = made(&user, &database(&account, "first")).await;
    let before = (world.native(&id).await, held(&service, &id).await);
    assert_eq!(before.0["health"]["status"], "healthy");
    let wrong = json!({"name": "renamed", "credential_type": "user_password",
        "credentials": database_keys(&account, "cnry-wrong")});
    let answer = user.patch(&path(&id), &wrong).await;
    let message = refused(&answer, 400, "bad_request");
    assert!(message.contains("nothing was changed"), "{message}");
    let details = &answer.json()["error"]["details"];
    assert_eq!(*details, json!({"outcome": "rejected", "reason": "auth_failed"}));
    assert!(!answer.text().contains("cnry"));
    assert_eq!((world.native(&id).await, held(&service, &id).await), before);
    let new = user.post(CREDENTIALS, &database(&account, "cnry-wrong")).await;
    refused(&new, 400, "bad_request");
    assert_eq!(user.get(CREDENTIALS).await.expect(200).json().as_array().unwrap().len(), 1);

    Postgres::shared().set_password(&account.role, "second");
    let right = json!({"credential_type": "user_password", "credentials": database_keys(&account, "second")});
    user.patch(&path(&id), &right).await.expect(200);
    assert_eq!(held(&service, &id).await, right["credentials"]);
}

#[tokio::test]
async fn an_outage_is_never_blamed_on_the_key() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.service().await);
    let account = Postgres::shared().create_account("first");
    let id = made(&user, &database(&account, "first")).await;
    // A port that was free a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut elsewhere = database_keys(&account, "first");
    elsewhere["port"] = nobody.to_string().into();
    let change = json!({"credential_type": "user_password", "credentials": elsewhere});
    user.patch(&path(&id), &change).await.expect(200);
    assert_eq!(world.native(&id).await["health"]["status"], "unknown");
    assert_eq!(held(&service, &id).await, elsewhere);
}

/// Not even where nobody can be asked whether it is right.
#[tokio::test]
async fn prp_05_a_mask_is_never_stored() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.service().await);
    let account = Postgres::shared().create_account("first");
    let id = made(&user, &database(&account, "first")).await;
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for mask in ["********", "***", "\u{2022}\u{2022}\u{2022}\u{2022}", "[REDACTED]"] {
        let mut keys = database_keys(&account, mask);
        keys["port"] = nobody.to_string().into();
        let change = json!({"credential_type": "user_password", "credentials": keys});
        let answer = user.patch(&path(&id), &change).await;
        assert!((400..500).contains(&answer.status), "{mask}: {}", answer.status);
    }
    assert_eq!(held(&service, &id).await, database_keys(&account, "first"));
}

#[tokio::test]
async fn ssr_01_a_target_that_may_not_be_reached_is_not_saved() {
    let world = World::open().await;
    let user = world.user().await;
    let keys = json!({"host": "169.254.169.254", "port": "5432", "username": "u", "password": "cnry", "database": "d"});
    let body = json!({"name": "x", "provider": "postgresql", "credential_type": "user_password", "credentials": keys});
    let answer = user.post(CREDENTIALS, &body).await;
    refused(&answer, 400, "bad_request");
    assert_eq!(answer.json()["error"]["details"]["reason"], "target_not_allowed");
}

#[tokio::test]
async fn twelve_patches_at_once_lose_nothing_and_mix_nothing() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.service().await);
    let id = made(&user, &opaque("one", "k")).await;
    let mut patches = tokio::task::JoinSet::new();
    for n in 0..12 {
        let (user, path) = (user.clone(), path(&id));
        patches.spawn(async move {
            let name = if n % 3 == 0 { json!(format!("named {n}")) } else { Value::Null };
            let body = json!({"name": name, "credential_type": "api_key", "credentials": {"a": n, "b": n}});
            let answer = user.patch(&path, &body).await.expect(200);
            let version: u64 = answer.header("etag").trim_matches('"').parse().unwrap();
            (version, n, name, answer.json()["name"].clone())
        });
    }
    let mut answered = patches.join_all().await;
    answered.sort_by_key(|(version, ..)| *version);
    // In the order of their versions each change finds what the one before left.
    let mut name = json!("one");
    for (nth, (version, _, sent, shown)) in (2..).zip(&answered) {
        assert_eq!(*version, nth);
        name = if sent.is_null() { name } else { sent.clone() };
        assert_eq!(*shown, name, "a name outlives changes without one: {answered:?}");
    }
    let last = answered.last().unwrap().1;
    assert_eq!(held(&service, &id).await, json!({"a": last, "b": last}), "no mix of two values");
    let native = world.native(&id).await;
    assert_eq!((&native["version"], &native["value_version"]), (&json!(13), &json!(13)));
    assert_eq!(native["name"], name);
    let history = format!("{}/history", native_path(&id));
    let entries = world.house.admin().await.get(&history).await.expect(200).json();
    assert_eq!(entries["items"].as_array().unwrap().len(), 13);
}

#[tokio::test]
async fn a_connection_string_wins_and_comes_back_as_it_was() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.service().await);
    let account = Postgres::shared().create_account("first");
    let port = Postgres::shared().port();
    let string =
        format!("postgresql://{}:first@127.0.0.1:{port}/{}?sslmode=disable", account.role, account.database);
    let keys = json!({"host": "nowhere.example", "port": "1", "connection_string": string});
    let body = json!({"name": "x", "provider": "postgresql", "credential_type": "user_password", "credentials": keys});
    let id = made(&user, &body).await;
    let native = world.native(&id).await;
    assert_eq!(
        (&native["method"], &native["health"]["status"]),
        (&json!("connection_string"), &json!("healthy"))
    );
    assert_eq!(held(&service, &id).await, keys);
    let separate =
        json!({"credential_type": "user_password", "credentials": database_keys(&account, "first")});
    user.patch(&path(&id), &separate).await.expect(200);
    assert_eq!(world.native(&id).await["method"], "password");
    assert_eq!(held(&service, &id).await, separate["credentials"]);
}

#[tokio::test]
async fn the_workspace_says_how_a_database_is_reached_where_the_client_does_not() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.service().await);
    let account = Postgres::shared().create_account("first");
    let mut body = database(&account, "first");
    body["credentials"].as_object_mut().unwrap().shift_remove("sslmode");
    // By default only a server that proves its name is told a password.
    let answer = user.post(CREDENTIALS, &body).await;
    refused(&answer, 400, "bad_request");
    assert_eq!(answer.json()["error"]["details"]["reason"], "tls_failed");
    world.choose(json!({"postgres_sslmode": "disable"})).await;
    let id = made(&user, &body).await;
    let native = world.native(&id).await;
    assert_eq!(
        (&native["settings"]["sslmode"], &native["health"]["status"]),
        (&json!("disable"), &json!("healthy"))
    );
    assert_eq!(held(&service, &id).await, body["credentials"], "what was filled in is not given back");
    let stated = json!({"settings": {"sslmode": "require"}, "rebind": true, "verify": "skip"});
    world.house.admin().await.patch(&native_path(&id), &stated).await.expect(200);
    assert_eq!(held(&service, &id).await["sslmode"], "require", "but what somebody stated since is");
}

#[tokio::test]
async fn another_type_is_another_kind_and_back() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.service().await);
    let account = Postgres::shared().create_account("first");
    let id = made(&user, &database(&account, "first")).await;
    let tokens = json!({"credential_type": "oauth2", "credentials": {"access_token": "t", "host": "h"}});
    let shown = user.patch(&path(&id), &tokens).await.expect(200).json();
    assert_eq!(shown["provider"], "postgresql", "which does not change");
    assert_eq!(world.native(&id).await["kind"], "superai/postgresql");
    assert_eq!(held(&service, &id).await, tokens["credentials"]);
    let back = json!({"credential_type": "user_password", "credentials": database_keys(&account, "first")});
    user.patch(&path(&id), &back).await.expect(200);
    let native = world.native(&id).await;
    assert_eq!((&native["kind"], &native["health"]["status"]), (&json!("postgresql"), &json!("healthy")));
    assert_eq!(held(&service, &id).await, back["credentials"]);
}

#[tokio::test]
async fn keys_that_nobody_knows_and_ports_of_either_form_come_back() {
    let world = World::open().await;
    world.choose(json!({"verify": "never"})).await;
    let (user, service) = (world.user().await, world.service().await);
    for port in [json!(2222), json!("2222"), json!("not a port"), json!(null), json!(22.5)] {
        let keys = json!({"host": "files.example", "port": port, "username": "u", "password": "p",
            "path": "/in", "host_key": "mine", "superai/x": 1, "nested": {"a": [null]}});
        let body =
            json!({"name": "x", "provider": "sftp", "credential_type": "user_password", "credentials": keys});
        let id = made(&user, &body).await;
        assert_eq!(held(&service, &id).await, keys);
        let native = world.native(&id).await;
        assert_eq!(
            native["settings"].get("host_key"),
            None,
            "no key of a client's is a field of the kind's own"
        );
    }
}

/// A server, its user by key, and the credential for it as clients write it.
struct Files {
    server: OpenSsh,
    keys: Value,
}

impl Files {
    fn start() -> Self {
        let (private_key, public_key) = make_key(HostKey::Ed25519, "");
        let server = OpenSsh::start();
        let user = server.add_user_with_key(&public_key);
        let keys = json!({"host": "127.0.0.1", "port": server.port(), "username": user,
            "private_key_data": private_key, "private_key_passphrase": null});
        Self { server, keys }
    }

    fn body(&self) -> Value {
        json!({"name": "files", "provider": "sftp", "credential_type": "key_file", "credentials": self.keys})
    }
}

#[tokio::test]
async fn a_key_file_is_tried_and_the_first_host_key_is_pinned() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.service().await);
    let mut files = Files::start();
    let id = made(&user, &files.body()).await;
    assert_eq!(world.native(&id).await["health"]["status"], "healthy");
    assert_eq!(held(&service, &id).await, files.keys);
    let mut wrong = files.body();
    wrong["credentials"]["private_key_data"] = make_key(HostKey::Ed25519, "").0.into();
    let answer = user.patch(&path(&id), &wrong).await;
    refused(&answer, 400, "bad_request");
    assert_eq!(answer.json()["error"]["details"]["reason"], "auth_failed");
    files.server.replace_host_keys();
    let answer = user.patch(&path(&id), &files.body()).await;
    refused(&answer, 400, "bad_request");
    assert_eq!(answer.json()["error"]["details"]["reason"], "host_key_changed");
    assert_eq!(held(&service, &id).await, files.keys);
}

#[tokio::test]
async fn con_05_a_host_key_stated_natively_outlives_a_replacement() {
    let world = World::open().await;
    let user = world.user().await;
    let mut files = Files::start();
    let id = made(&user, &files.body()).await;
    let fingerprint = files.server.fingerprint(HostKey::Ed25519);
    let stated = json!({"settings": {"host_key": fingerprint, "path": "/"}, "rebind": true});
    world.house.admin().await.patch(&native_path(&id), &stated).await.expect(200);
    user.patch(&path(&id), &files.body()).await.expect(200);
    let native = world.native(&id).await;
    assert_eq!(
        (&native["settings"]["host_key"], &native["settings"]["path"]),
        (&json!(fingerprint), &json!("/"))
    );
    let before = files.server.attempts();
    files.server.replace_host_keys();
    refused(&user.patch(&path(&id), &files.body()).await, 400, "bad_request");
    assert_eq!(files.server.attempts(), before, "no user was named to the server with the other key");
}
