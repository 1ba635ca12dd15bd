//! Promise 5: every act leaves a durable record before its effect.

use std::io::Read;
use std::net::TcpListener;

use serde_json::{Value, json};
use strongroom_testkit::http::Client;

use super::{CREDENTIALS, World, generic, resolve};

/// What the records say, oldest first: the body of each, as the store keeps it.
fn records(world: &World) -> Vec<Value> {
    let database = world.folder.path().join("data/strongroom.db");
    let connection =
        rusqlite::Connection::open_with_flags(database, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut statement = connection.prepare("SELECT body FROM audit ORDER BY node_seq").unwrap();
    let bodies = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    bodies.map(|body| serde_json::from_str(&body.unwrap()).unwrap()).collect()
}

fn acts(records: &[Value]) -> Vec<String> {
    records
        .iter()
        .map(|r| format!("{} {}", r["action"].as_str().unwrap(), r["outcome"].as_str().unwrap()))
        .collect()
}

/// The server under check looks into the log at the moment the first byte reaches it.
#[test]
fn the_attempt_is_on_record_before_the_first_byte_leaves() {
    let world = World::with_account("unused");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut draft = world.draft("some-password");
    draft["settings"]["port"] = json!(listener.local_addr().unwrap().port());
    std::thread::scope(|scope| {
        let client: Client = world.admin();
        scope.spawn(move || client.post(CREDENTIALS, &draft).expect(422));
        let (mut connection, _) = listener.accept().unwrap();
        connection.read_exact(&mut [0]).unwrap();
        let last = acts(&records(&world)).pop().unwrap();
        assert_eq!(last, "credential.create attempted");
    });
}

#[test]
fn log_03_each_act_leaves_its_record_and_no_value() {
    let world = World::with_account("first-password");
    let admin = world.admin();
    let path = world.saved("first-password");
    let start = records(&world).len();
    admin.patch(&path, &json!({"secrets": {"password": "wrong-password"}})).expect(422);
    admin.patch(&path, &json!({"name": "renamed"})).expect(200);
    resolve(&admin, &path).expect(200);
    admin.post(&format!("{path}/verify"), &json!({})).expect(200);
    let report = json!({"value_version": 1, "outcome": "rejected", "consumer": {"name": "flow-42", "instance": "worker-1"}});
    assert_eq!(
        admin.post(&format!("{path}/report"), &report).expect(200).value()["verdict"],
        "still_accepted"
    );
    admin.delete(&format!("{path}/consumers/flow-42/worker-1")).expect(204);
    admin.delete(&path).expect(204);
    let records = records(&world);
    assert_eq!(
        acts(&records[start..]),
        [
            "credential.change attempted",
            "credential.change refused",
            "credential.change succeeded",
            "credential.resolve succeeded",
            "credential.verify attempted",
            "credential.verify succeeded",
            "credential.report succeeded",
            "credential.release succeeded",
            "credential.delete succeeded",
        ]
    );
    let refused = &records[start + 1];
    assert_eq!(refused["code"], "verification_rejected");
    assert_eq!(refused["fields"], json!(["secrets.password"]));
    assert_eq!(refused["verification"]["reason"], "auth_failed");
    assert_eq!(refused["actor"]["name"], "first admin");
    assert!(refused["source"].as_str().unwrap().starts_with("127."));
    assert_eq!(records[start + 3]["on_behalf_of"], json!({"name": "flow-42", "instance": "worker-1"}));
    assert!(!format!("{records:?}").contains("-password"), "no value in any record");
}

#[test]
fn ten_01_a_try_on_an_unknown_credential_is_recorded() {
    let world = World::with_account("unused");
    let unknown = format!("{CREDENTIALS}/cred_{}", "0".repeat(32));
    resolve(&world.admin(), &unknown).expect(404);
    let records = records(&world);
    let last = records.last().unwrap();
    assert_eq!(acts(std::slice::from_ref(last)), ["credential.resolve denied"]);
    assert_eq!(last["object"]["id"], format!("cred_{}", "0".repeat(32)));
}

#[test]
fn history_names_fields_and_not_values() {
    let world = World::with_account("unused");
    let admin = world.admin();
    let path = generic(&admin, &json!({"key": "value-one"}));
    admin.patch(&path, &json!({"secrets": {"key": "value-two"}, "labels": {"team": "data"}})).expect(200);
    let history = admin.get(&format!("{path}/history")).expect(200);
    let items = history.value()["items"].clone();
    assert_eq!(items[0]["fields"], json!(["labels.team", "secrets.key"]));
    assert_eq!((&items[0]["version"], &items[1]["version"]), (&json!(2), &json!(1)));
    assert!(!String::from_utf8_lossy(&history.body).contains("value-"));
}
