//! Promise 3: after the 2xx, the next resolve gives the new value, and the service knows who has an old one.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;
use strongroom_testkit::binary::{DataFolder, DevServer};

use super::{PROGRAM, generic, resolve};

/// Readers resolve all the time while one writer counts up. No resolve that began after a change was
/// answered may give an older value.
#[test]
fn no_resolve_after_the_answer_gives_the_old_value() {
    const CHANGES: u64 = 150;
    let folder = DataFolder::default();
    let server = DevServer::start(PROGRAM, &folder.path());
    let path = generic(&server.admin(), &json!({"count": "0"}));
    let answered = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (client, path, answered) = (server.admin(), &path, &answered);
            scope.spawn(move || {
                loop {
                    let floor = answered.load(Ordering::SeqCst);
                    if floor == CHANGES {
                        break;
                    }
                    let given = resolve(&client, path).expect(200).value();
                    let count: u64 = given["secrets"]["count"].as_str().unwrap().parse().unwrap();
                    assert!(count >= floor, "{floor} was in force, {count} was given");
                }
            });
        }
        for count in 1..=CHANGES {
            server.admin().patch(&path, &json!({"secrets": {"count": count.to_string()}})).expect(200);
            answered.store(count, Ordering::SeqCst);
        }
    });
}

#[test]
fn holds_tell_who_is_on_an_older_value() {
    let folder = DataFolder::default();
    let server = DevServer::start(PROGRAM, &folder.path());
    let admin = server.admin();
    let path = generic(&admin, &json!({"key": "one"}));
    resolve(&admin, &path).expect(200);
    let consumers = format!("{path}/consumers");
    let held = admin.get(&consumers).expect(200).value();
    assert_eq!((&held["items"][0]["name"], &held["items"][0]["stale"]), (&json!("flow-42"), &json!(false)));

    admin.patch(&path, &json!({"secrets": {"key": "two"}})).expect(200);
    assert_eq!(admin.get(&consumers).expect(200).value()["items"][0]["stale"], true);
    assert_eq!(admin.delete(&path).expect(409).code(), "in_use");

    admin.delete(&format!("{consumers}/flow-42/worker-1")).expect(204);
    assert_eq!(admin.get(&consumers).expect(200).value()["items"], json!([]));
    admin.delete(&path).expect(204);
    assert_eq!(admin.get(&path).expect(404).code(), "not_found");
}

#[test]
fn a_known_value_is_not_sent_again_but_its_hold_is_renewed() {
    let folder = DataFolder::default();
    let server = DevServer::start(PROGRAM, &folder.path());
    let admin = server.admin();
    let path = generic(&admin, &json!({"key": "one"}));
    let first = resolve(&admin, &path).expect(200);
    let tag = first.header("etag").unwrap().to_owned();
    assert_eq!(tag, "\"1\"");
    let body = json!({"consumer": {"name": "flow-42", "instance": "worker-1"}, "hold_seconds": 7200});
    let again = admin.json("POST", &format!("{path}/resolve"), &[("if-none-match", &tag)], &body).expect(304);
    assert!(again.body.is_empty());
    let until = admin.get(&format!("{path}/consumers")).expect(200).value()["items"][0]["hold_until"].clone();
    assert!(until.as_str().unwrap() > first.value()["hold_until"].as_str().unwrap(), "renewed");
}
