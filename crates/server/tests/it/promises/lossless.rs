//! Promise 2: what was answered 2xx survives kill -9, and concurrent changes never lose each other's fields.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use strongroom_testkit::binary::{DataFolder, DevServer};
use strongroom_testkit::http::Client;

use super::{PROGRAM, generic, resolve};

#[test]
fn concurrent_patches_of_other_fields_all_survive() {
    let folder = DataFolder::default();
    let server = DevServer::start(PROGRAM, &folder.path());
    let path = generic(&server.admin(), &json!({"start": "0"}));
    std::thread::scope(|scope| {
        for field in 0..63 {
            let (client, path) = (server.admin(), &path);
            scope.spawn(move || {
                let name = format!("field-{field}");
                client.patch(path, &json!({"secrets": {name: format!("value-{field}")}})).expect(200);
            });
        }
    });
    let after = resolve(&server.admin(), &path).expect(200).value();
    for field in 0..63 {
        assert_eq!(after["secrets"][format!("field-{field}")], format!("value-{field}"));
    }
    assert_eq!(after["version"], 64);
}

/// How often the binary is killed.
const KILLS: usize = 200;
/// Credentials that are changed all the time.
const CREDENTIALS: usize = 4;

/// For each credential: the last value whose change was answered, and every later one that was sent.
#[derive(Default, Clone)]
struct Ledger {
    acknowledged: u64,
    sent: u64,
}

/// Kills the real binary under a burst of changes, again and again. After each restart every credential is
/// whole (two fields that are always changed together), not older than the last acknowledged change, and
/// no newer than the last one sent.
#[test]
fn ccr_03_kill_9_anywhere_loses_no_acknowledged_change() {
    let folder = DataFolder::default();
    let mut server = DevServer::start(PROGRAM, &folder.path());
    let paths: Vec<String> =
        (0..CREDENTIALS).map(|_| generic(&server.admin(), &json!({"left": "0", "right": "0"}))).collect();
    let ledgers: Vec<Mutex<Ledger>> = (0..CREDENTIALS).map(|_| Mutex::default()).collect();
    for kill in 0..KILLS {
        burst_and_kill(server, kill, &paths, &ledgers);
        server = DevServer::start(PROGRAM, &folder.path());
        check(&server.admin(), &paths, &ledgers);
    }
    let changes: u64 = ledgers.iter().map(|ledger| ledger.lock().unwrap().acknowledged).sum();
    assert!(changes > u64::try_from(KILLS).unwrap(), "the burst was no burst: {changes} changes");
}

fn burst_and_kill(server: DevServer, kill: usize, paths: &[String], ledgers: &[Mutex<Ledger>]) {
    let client = server.admin();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for (path, ledger) in paths.iter().zip(ledgers) {
            let (client, over) = (&client, &over);
            scope.spawn(move || while !over.load(Ordering::Relaxed) && change(client, path, ledger) {});
        }
        // Spread over the life of a change: 5 to 45 ms, another moment each time.
        std::thread::sleep(Duration::from_millis(5 + (kill as u64 * 7) % 41));
        server.kill();
        over.store(true, Ordering::Relaxed);
    });
}

/// One change; whether the server still answers.
fn change(client: &Client, path: &str, ledger: &Mutex<Ledger>) -> bool {
    let next = {
        let mut ledger = ledger.lock().unwrap();
        ledger.sent += 1;
        ledger.sent
    };
    let body = json!({"secrets": {"left": next.to_string(), "right": next.to_string()}}).to_string();
    let headers = [("content-type", "application/json")];
    match client.try_send("PATCH", path, &headers, body.as_bytes()) {
        Ok(reply) if reply.status == 200 => {
            ledger.lock().unwrap().acknowledged = next;
            true
        }
        Ok(reply) => panic!("{}", String::from_utf8_lossy(&reply.body)),
        Err(_) => false,
    }
}

fn check(client: &Client, paths: &[String], ledgers: &[Mutex<Ledger>]) {
    for (path, ledger) in paths.iter().zip(ledgers) {
        let found = resolve(client, path).expect(200).value();
        let fields: BTreeMap<String, String> = serde_json::from_value(found["secrets"].clone()).unwrap();
        assert_eq!(fields["left"], fields["right"], "a mix of two values");
        let value: u64 = fields["left"].parse().unwrap();
        let mut ledger = ledger.lock().unwrap();
        assert!(
            value >= ledger.acknowledged,
            "change {} was acknowledged, {value} is there",
            ledger.acknowledged
        );
        assert!(value <= ledger.sent, "{value} was never sent");
        ledger.acknowledged = value;
    }
}
