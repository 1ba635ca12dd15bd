//! The connection tests (operations 8 to 11), against a real OpenSSH and a real PostgreSQL.

use std::fs;
use std::net::TcpListener;

use serde_json::{Value, json};
use strongroom_testkit::openssh::{HostKey, make_key};
use strongroom_testkit::{OpenSsh, Postgres};

use super::world::{UNKNOWN, World, assert_faults, database, database_keys, files, made, opaque, refused};
use crate::client::Client;
use crate::house::text;

const SFTP: &str = "/superai/api/integrations/sftp/test-connection";
const POSTGRES: &str = "/superai/api/integrations/postgres/test-connection";
const PLUGIN: &str = "/superai/api/integrations/plugins/postgres/test-connection";

/// The answer of a test that says why, in both its parts.
async fn told(client: &Client, path: &str, body: &Value) -> (bool, String) {
    let answer = client.post(path, body).await.expect(200).json();
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["success", "message"]);
    (answer["success"].as_bool().unwrap(), text(&answer, "message").to_owned())
}

fn success() -> (bool, String) {
    (true, "Connection successful".to_owned())
}

#[tokio::test]
async fn op_8_logs_in_with_a_key_and_writes_nothing() {
    let world = World::open().await;
    let (private_key, public_key) = make_key(HostKey::Ed25519, "open sesame");
    let server = OpenSsh::start();
    let user = server.add_user_with_key(&public_key);
    let body = json!({"host": "127.0.0.1", "port": server.port(), "username": user, "auth_type": "key_file",
        "private_key_data": private_key, "private_key_passphrase": "open sesame", "password": null});
    let home = || OpenSsh::makes_users().then(|| fs::read_dir(server.home(&user)).unwrap().count());
    let before = home();
    for caller in [world.user().await, world.service().await] {
        assert_eq!(told(&caller, SFTP, &body).await, success());
    }
    assert_eq!(home(), before);
    let user = world.user().await;
    let mut locked = body.clone();
    locked["private_key_passphrase"] = "cnry-wrong".into();
    let (is_success, message) = told(&user, SFTP, &locked).await;
    assert!(!is_success && !message.contains("cnry"), "{message}");
    let mut nowhere = body.clone();
    nowhere["test_path"] = "/no/such/folder".into();
    assert!(!told(&user, SFTP, &nowhere).await.0, "the path is opened");
    let log_ins = server.attempts().iter().filter(|method| *method == "none").count();
    assert_eq!(log_ins, 3, "a key that does not open goes nowhere: {:?}", server.attempts());
    let listed = world.house.admin().await.get("/v1/workspaces/default/host-keys").await.expect(200).json();
    assert_eq!(listed["items"], json!([]), "a draft pins no host key");
}

#[tokio::test]
async fn op_8_logs_in_with_a_password_by_either_word_as_root() {
    OpenSsh::demand_users();
    let world = World::open().await;
    let server = OpenSsh::start();
    let user = server.add_user("cnry-right");
    let caller = world.user().await;
    for word in ["password", "user_password"] {
        let mut body = files(&server, &user, "cnry-right");
        body["auth_type"] = word.into();
        assert_eq!(told(&caller, SFTP, &body).await, success());
        body["port"] = server.port().to_string().into();
        assert_eq!(told(&caller, SFTP, &body).await, success());
    }
    let mut body = files(&server, &user, "cnry-wrong");
    body["auth_type"] = "password".into();
    let (is_success, message) = told(&caller, SFTP, &body).await;
    assert!(!is_success && !message.contains("cnry"), "{message}");
}

#[tokio::test]
async fn op_8_names_what_is_missing() {
    let world = World::open().await;
    let user = world.user().await;
    let missing = [("missing", "body/host"), ("missing", "body/username"), ("missing", "body/auth_type")];
    assert_faults(&user.post(SFTP, &json!({})).await, &missing);
    let with = |auth_type: &str| json!({"host": "h", "username": "u", "auth_type": auth_type});
    assert_faults(&user.post(SFTP, &with("password")).await, &[("missing", "body/password")]);
    assert_faults(&user.post(SFTP, &with("key_file")).await, &[("missing", "body/private_key_data")]);
    assert_faults(&user.post(SFTP, &with("oauth2")).await, &[("value_error", "body/auth_type")]);
    assert_faults(&user.post(SFTP, &with("none")).await, &[("enum", "body/auth_type")]);
    for port in [json!("x"), json!(-1), json!(70_000), json!(1.5), json!(null)] {
        let mut body = with("password");
        (body["port"], body["password"]) = (port, "p".into());
        assert_faults(&user.post(SFTP, &body).await, &[("int_type", "body/port")]);
    }
}

#[tokio::test]
async fn op_9_logs_in_to_a_database_and_answers_yes_or_no() {
    let world = World::open().await;
    let user = world.user().await;
    let account = Postgres::shared().create_account("first");
    let judged = async |body: &Value| user.post(POSTGRES, body).await.expect(200).text();
    assert_eq!(judged(&database_keys(&account, "first")).await, r#"{"success":true}"#);
    let wrong = user.post(POSTGRES, &database_keys(&account, "cnry-wrong")).await.expect(200);
    assert_eq!(wrong.text(), r#"{"success":false}"#);
    let mut odd = database_keys(&account, "first");
    odd["port"] = "not a port".into();
    assert_eq!(judged(&odd).await, r#"{"success":false}"#);
    let mut string = database_keys(&account, "wrong");
    string["connection_string"] = format!(
        "postgresql://{}:first@127.0.0.1:{}/{}?sslmode=disable",
        account.role,
        Postgres::shared().port(),
        account.database
    )
    .into();
    assert_eq!(judged(&string).await, r#"{"success":true}"#, "it wins over the separate fields");
    assert_eq!(user.get(super::world::CREDENTIALS).await.expect(200).text(), "[]", "nothing is saved");
}

#[tokio::test]
async fn op_9_wants_all_its_fields_as_texts() {
    let world = World::open().await;
    let user = world.user().await;
    let fields = ["host", "port", "username", "password", "database"].map(|name| format!("body/{name}"));
    let missing: Vec<(&str, &str)> = fields.iter().map(|loc| ("missing", loc.as_str())).collect();
    assert_faults(&user.post(POSTGRES, &json!({})).await, &missing);
    let number = json!({"host": "h", "port": 5432, "username": "u", "password": "p", "database": "d"});
    assert_faults(&user.post(POSTGRES, &number).await, &[("string_type", "body/port")]);
}

#[tokio::test]
async fn op_10_tries_what_is_stored_and_keeps_what_it_showed() {
    let world = World::open().await;
    let user = world.user().await;
    let account = Postgres::shared().create_account("first");
    let id = made(&user, &database(&account, "first")).await;
    let test = format!("{POSTGRES}/{id}");
    assert_eq!(user.send("POST", &test, &[], None).await.expect(200).json(), json!({"success": true}));
    Postgres::shared().set_password(&account.role, "second");
    assert_eq!(user.post(&test, &json!({})).await.expect(200).json(), json!({"success": false}));
    assert_eq!(world.native(&id).await["health"]["status"], "failing");
    let other = made(&user, &opaque("one", "k")).await;
    let answer = user.post(&format!("{POSTGRES}/{other}"), &json!({})).await;
    assert_faults(&answer, &[("value_error", "path/credential_id")]);
    refused(&user.post(&format!("{POSTGRES}/{UNKNOWN}"), &json!({})).await, 404, "not_found");
}

#[tokio::test]
async fn op_11_takes_any_object() {
    let world = World::open().await;
    let user = world.user().await;
    let account = Postgres::shared().create_account("first");
    let mut body = database_keys(&account, "first");
    body["port"] = Postgres::shared().port().into();
    body["anything else"] = json!({"a": 1});
    assert_eq!(told(&user, PLUGIN, &body).await, success());
    assert!(!told(&user, PLUGIN, &json!({})).await.0);
    assert!(!told(&user, PLUGIN, &json!({"host": ["cnry"], "port": null})).await.0);
    assert_faults(&user.post(PLUGIN, &json!([])).await, &[("model_attributes_type", "body")]);
}

#[tokio::test]
async fn a_test_that_reaches_nobody_is_no_refusal_and_one_elsewhere_is_not_made() {
    let world = World::open().await;
    let user = world.user().await;
    // A port that was free a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let at = |host: &str, port: u16| {
        json!({"host": host, "port": port, "username": "u", "password": "p",
        "database": "d", "sslmode": "disable"})
    };
    let (is_success, closed) = told(&user, PLUGIN, &at("127.0.0.1", nobody)).await;
    assert!(!is_success && closed.contains("Nothing accepts connections"), "{closed}");
    let (is_success, inner) = told(&user, PLUGIN, &at("169.254.169.254", 80)).await;
    assert!(!is_success && inner != closed, "{inner}");
}

#[tokio::test]
async fn prp_12_a_password_cannot_be_guessed_by_tests() {
    let world = World::open().await;
    let account = Postgres::shared().create_account("right");
    for guess in ["one", "two", "three"] {
        let user = world.user().await;
        let answer = user.post(POSTGRES, &database_keys(&account, guess)).await.expect(200);
        assert_eq!(answer.json(), json!({"success": false}));
    }
    let user = world.user().await;
    let answer = user.post(POSTGRES, &database_keys(&account, "right")).await.expect(200);
    assert_eq!(answer.json(), json!({"success": false}), "after three wrong ones nothing is sent");
}
