//! Promise 4: no secret in a log, an error, a metric, a file, or an old page of the database.

use std::time::Duration;

use serde_json::{Value, json};
use strongroom_testkit::Canaries;
use strongroom_testkit::canary::Canary;
use strongroom_testkit::http::Reply;
use strongroom_testkit::postgres::Postgres;

use super::{CREDENTIALS, World, generic, resolve};

/// Everything that may be seen of a reply: headers and body.
fn seen(reply: &Reply) -> Vec<u8> {
    let mut bytes = reply.body.clone();
    for (name, value) in &reply.headers {
        bytes.extend_from_slice(format!("{name}: {value}\n").as_bytes());
    }
    bytes
}

fn assert_unseen(canary: &Canary, place: &str, bytes: &[u8]) {
    assert_eq!(canary.find_in(bytes), Vec::<&str>::new(), "in {place}");
}

/// LOG-01: canaries through every route that takes one, with the log at its loudest, then every sink is
/// searched in every encoding. The only place they may stand is the answer of a resolve.
#[test]
fn log_01_canaries_are_in_no_sink() {
    let mut canaries = Canaries::seeded(1);
    let (password, rejected, opaque) =
        (canaries.make_awkward("password"), canaries.make("rejected"), canaries.make_awkward("opaque"));
    let world = World::with_account(password.text());
    let admin = world.admin();
    let database = world.saved(password.text());
    let any = generic(&admin, &json!({"token": opaque.text(), "nested": {"deep": [opaque.text()]}}));

    let mut replies = vec![
        admin.patch(&database, &json!({"secrets": {"password": rejected.text()}})),
        admin.post(&format!("{CREDENTIALS}/verify"), &world.draft(rejected.text())),
        admin.post(&format!("{database}/verify"), &json!({})),
        admin.get(&database),
        admin.get(&any),
        admin.get(CREDENTIALS),
        admin.get(&format!("{CREDENTIALS}?q={}", rejected.text())),
        admin.get(&format!("{database}/history")),
        admin.get(&format!("{database}/consumers")),
        admin.get("/metrics"),
    ];
    replies.extend(misplaced(&rejected).iter().map(|body| admin.post(CREDENTIALS, body)));
    replies.push(admin.send(
        "POST",
        CREDENTIALS,
        &[("content-type", "application/json")],
        broken(&rejected).as_bytes(),
    ));
    for (at, reply) in replies.iter().enumerate() {
        for canary in [&password, &rejected, &opaque] {
            assert_unseen(canary, &format!("reply {at} ({})", reply.status), &seen(reply));
        }
    }
    assert_eq!(resolve(&admin, &any).expect(200).value()["secrets"]["token"], opaque.text());

    let (folder, log) = (world.folder.path(), world.server.log());
    let cmdline = std::fs::read(format!("/proc/{}/cmdline", world.server.pid())).unwrap();
    assert!(log.windows(8).any(|word| word == b"answered"), "the log speaks");
    for canary in [&password, &rejected, &opaque] {
        assert_unseen(canary, "the log", &log);
        assert_unseen(canary, "the arguments", &cmdline);
        assert_eq!(format!("{:?}", canary.sweep_folder(&folder).unwrap()), "[]");
    }
    assert_eq!(world.server.stop(), Some(0));
    for canary in [&password, &rejected, &opaque] {
        assert_eq!(format!("{:?}", canary.sweep_folder(&folder).unwrap()), "[]", "after the stop");
    }
}

/// INP-01: the secret where it does not belong.
fn misplaced(canary: &Canary) -> Vec<Value> {
    let text = canary.text();
    vec![
        json!({"kind": "postgresql", "name": "x", "settings": {"port": text}, "secrets": {"password": {"a": text}}}),
        json!({"kind": "postgresql", "name": "x", "settings": {"host": text, "sslmode": text, text: 1}, "secrets": {text: text}}),
        json!({"kind": text, "name": "x", "method": text}),
        json!({"kind": "generic", "name": "x", "secrets": text}),
        json!({"kind": "generic", "name": "x", "secrets": [text]}),
        json!({"kind": "generic", "name": "x", "verify": text, "owner": {"type": text}, "expires_at": text, text: text}),
        json!([text]),
        json!(text),
    ]
}

fn broken(canary: &Canary) -> String {
    format!(r#"{{"kind":"generic","name":"x","secrets":{{"token":"{}" oops"#, canary.text())
}

/// REM-01 on the whole system: five seconds after a change, the old ciphertext is in no file. The old
/// envelope's bytes are taken from the database itself while they are current.
#[test]
fn rem_01_the_old_envelope_is_gone_five_seconds_after_a_change() {
    let world = World::with_account("unused");
    let admin = world.admin();
    let path = generic(&admin, &json!({"key": "x".repeat(8_000)}));
    let old = envelope_tail(&world);
    assert!(holds(&world, &old), "the search would find it");
    admin.patch(&path, &json!({"secrets": {"key": "short"}})).expect(200);
    let gone = (0..50).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        !holds(&world, &old)
    });
    assert!(gone, "still there after five seconds");
}

/// The last bytes of the only envelope, read with SQLite's own shell-less client: the server's store.
fn envelope_tail(world: &World) -> Vec<u8> {
    let database = world.folder.path().join("data/strongroom.db");
    let connection =
        rusqlite::Connection::open_with_flags(database, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let envelope: Vec<u8> =
        connection.query_row("SELECT envelope FROM credential_value", [], |row| row.get(0)).unwrap();
    envelope[envelope.len() - 48..].to_vec()
}

fn holds(world: &World, needle: &[u8]) -> bool {
    let files = std::fs::read_dir(world.folder.path().join("data")).unwrap();
    files
        .filter_map(Result::ok)
        .filter_map(|file| std::fs::read(file.path()).ok())
        .any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
}

/// CRY-01: a row edited behind our back. Ciphertext of one credential under another opens nowhere, and the
/// others are not affected.
#[test]
fn cry_01_a_transplanted_envelope_does_not_open() {
    let world = World::with_account("unused");
    let admin = world.admin();
    let (one, two, three) = (
        generic(&admin, &json!({"key": "one"})),
        generic(&admin, &json!({"key": "two"})),
        generic(&admin, &json!({"key": "three"})),
    );
    let folder = world.folder;
    world.server.stop();
    let connection = rusqlite::Connection::open(folder.path().join("data/strongroom.db")).unwrap();
    let moved = connection
        .execute(
            "UPDATE credential_value SET envelope = (SELECT v.envelope FROM credential_value v JOIN credential c \
             ON c.row = v.credential WHERE hex(c.id) = ?1) \
             WHERE credential = (SELECT row FROM credential WHERE hex(id) = ?2)",
            [hex_of(&one), hex_of(&two)],
        )
        .unwrap();
    assert_eq!(moved, 1);
    drop(connection);
    let server = strongroom_testkit::binary::DevServer::start(super::PROGRAM, &folder.path());
    assert_eq!(resolve(&server.admin(), &two).expect(500).code(), "integrity_error");
    assert_eq!(resolve(&server.admin(), &three).expect(200).value()["secrets"]["key"], "three");
}

fn hex_of(path: &str) -> String {
    path.rsplit_once('_').unwrap().1.to_uppercase()
}

/// Whoever may write rows may not aim a stored secret at another host.
#[test]
fn ten_06_a_target_edited_in_the_database_gets_nothing() {
    let world = World::with_account("first-password");
    let path = world.saved("first-password");
    let (folder, listener) = (world.folder, std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    world.server.stop();
    let connection = rusqlite::Connection::open(folder.path().join("data/strongroom.db")).unwrap();
    let port = Postgres::shared().port().to_string();
    let aimed = listener.local_addr().unwrap().port().to_string();
    let sql = "UPDATE credential SET settings = replace(settings, ?1, ?2)";
    assert_eq!(connection.execute(sql, [&port, &aimed]).unwrap(), 1);
    drop(connection);
    let server = strongroom_testkit::binary::DevServer::start(super::PROGRAM, &folder.path());
    let refused = server.admin().post(&format!("{path}/verify"), &json!({})).expect(500);
    assert_eq!(refused.code(), "integrity_error");
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nothing was sent there");
}
