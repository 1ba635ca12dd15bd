//! `strongroom keys rotate` on the real binary: with a server, without one, and with one that is killed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use strongroom_testkit::binary::{DataFolder, DevServer};
use strongroom_testkit::http::Client;

use crate::process::{refusal, run, strongroom};
use crate::promises::{PROGRAM, generic, resolve};
use crate::site::mode;

/// Runs `strongroom keys ... --data FOLDER -o json`; its exit code and result.
fn keys(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = run(strongroom(
        &[&["keys"], arguments, &["--data", folder.to_str().unwrap(), "-o", "json"]].concat(),
    ));
    let result = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), result)
}

fn epochs(folder: &Path) -> Vec<(u64, u64)> {
    let (_, status) = keys(folder, &["status"]);
    let epochs = status["organizations"][0]["epochs"].as_array().unwrap();
    epochs.iter().map(|one| (one["epoch"].as_u64().unwrap(), one["values"].as_u64().unwrap())).collect()
}

fn make_next(folder: &Path) -> PathBuf {
    let file = folder.join("root.next.key");
    let made = run(strongroom(&["keys", "init", "--file", file.to_str().unwrap()]));
    assert!(made.status.success(), "{made:?}");
    file
}

#[test]
fn cry_10_the_keys_of_values_are_rotated_with_and_without_a_server() {
    let folder = DataFolder::default();
    let server = DevServer::start(PROGRAM, &folder.path());
    let paths: Vec<String> = (0..5)
        .map(|number| generic(&server.admin(), &json!({"token": format!("secret {number}")})))
        .collect();
    let socket = folder.path().join("data/control.sock");
    assert!(fs::metadata(&socket).unwrap().file_type().is_socket());
    assert_eq!(mode(&socket), 0o600, "ops_03");

    assert_eq!(epochs(&folder.path()), [(1, 5)]);
    let (code, done) = keys(&folder.path(), &["rotate", "--kek"]);
    let done = &done["organizations"][0];
    assert_eq!((code, &done["epoch"], &done["rewrapped"]), (0, &json!(2), &json!(5)), "{done}");
    assert_eq!((&done["destroyed"], &done["damaged"]), (&json!([1]), &json!([])), "{done}");
    assert_eq!(epochs(&folder.path()), [(2, 5)]);
    let check = |client: &Client| {
        for (number, path) in paths.iter().enumerate() {
            let found = resolve(client, path).expect(200).value();
            assert_eq!(found["secrets"]["token"], format!("secret {number}"));
        }
    };
    check(&server.admin());
    server.stop();

    let (code, done) = keys(&folder.path(), &["rotate", "--kek", "--organization", "default"]);
    assert_eq!((code, &done["organizations"][0]["epoch"]), (0, &json!(3)));
    let (code, done) = keys(&folder.path(), &["rotate", "--kek", "--resume"]);
    assert_eq!((code, &done["organizations"][0]["rewrapped"]), (0, &json!(0)));
    assert_eq!(epochs(&folder.path()), [(3, 5)]);
    check(&DevServer::start(PROGRAM, &folder.path()).admin());
}

#[test]
fn cry_09_the_root_key_is_rotated_while_a_server_runs() {
    let folder = DataFolder::default();
    let server = DevServer::start(PROGRAM, &folder.path());
    let path = generic(&server.admin(), &json!({"token": "secret"}));
    let (_, before) = keys(&folder.path(), &["status"]);
    let new = make_next(&folder.path());
    let (code, done) = keys(&folder.path(), &["rotate", "--root"]);
    assert_eq!((code, &done["previous_root_key"]), (0, &before["root_key"]), "{done}");
    assert_eq!(done["file"], new.to_str().unwrap());
    assert_eq!(resolve(&server.admin(), &path).expect(200).value()["secrets"]["token"], "secret");
    let (code, status) = keys(&folder.path(), &["status"]);
    assert_eq!((code, &status["in_force"], &status["fits"]), (0, &json!([done["root_key"]]), &json!(true)));
    let (code, again) = keys(&folder.path(), &["rotate", "--root"]);
    assert_eq!((code, &again["keys"]), (0, &json!(0)), "it is in force already");
    server.kill();

    // Both are there: the one that fits is taken.
    let server = DevServer::start(PROGRAM, &folder.path());
    assert!(String::from_utf8_lossy(&server.log()).contains("make it root_key_file"));
    assert_eq!(resolve(&server.admin(), &path).expect(200).value()["secrets"]["token"], "secret");
    server.kill();

    // The old one alone is refused, by the name of the new one.
    let old = folder.path().join("root.key");
    assert!(old.exists(), "we never delete a key");
    fs::rename(&new, folder.path().join("elsewhere")).unwrap();
    let folder_name = folder.path();
    let (code, text) =
        refusal(strongroom(&["dev", "--data", folder_name.to_str().unwrap(), "--listen", "127.0.0.1:0"]));
    let wanted = done["root_key"].as_str().unwrap();
    assert!(code == 1 && text.contains(wanted) && text.contains("next_root_key_file"), "{text}");

    // The new one alone is all it takes.
    fs::rename(folder.path().join("elsewhere"), &old).unwrap();
    let server = DevServer::start(PROGRAM, &folder.path());
    assert_eq!(resolve(&server.admin(), &path).expect(200).value()["secrets"]["token"], "secret");
}

#[test]
fn a_rotation_that_cannot_begin_says_why() {
    let folder = DataFolder::default();
    let data = folder.path();
    let data = data.to_str().unwrap();
    let rotate = |what: &str, more: &[&str]| {
        refusal(strongroom(&[&["keys", "rotate", what, "--data", data], more].concat()))
    };
    fs::create_dir_all(folder.path()).unwrap();
    assert_eq!(rotate("--kek", &[]).1.lines().next(), Some("error: no key was rotated"));

    let server = DevServer::start(PROGRAM, &folder.path());
    let (code, text) = refusal_with_state(data, "--root");
    assert_eq!(code, 2, "{text}");
    let init = format!("  fix:   make the new key: strongroom keys init --file '{data}/root.next.key'");
    assert_eq!(text.lines().nth(2), Some(init.as_str()));
    let (code, text) = rotate("--kek", &["--organization", "nobody"]);
    assert_eq!((code, text.contains("there is no organization nobody")), (3, true), "{text}");

    let next = make_next(&folder.path());
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o640);
    fs::set_permissions(&next, open).unwrap();
    let (code, text) = rotate("--root", &[]);
    assert_eq!((code, text.contains("mode 0640")), (1, true), "{text}");
    assert_eq!(epochs_of_running(&server, &folder.path()), 1);
}

/// Nothing of what was refused has begun.
fn epochs_of_running(server: &DevServer, folder: &Path) -> usize {
    fs::remove_file(folder.join("root.next.key")).unwrap();
    generic(&server.admin(), &json!({"token": "one"}));
    epochs(folder).len()
}

fn refusal_with_state(data: &str, what: &str) -> (i32, String) {
    let output = run(strongroom(&["keys", "rotate", what, "--data", data]));
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text.lines().nth(3), Some("  nothing was changed"), "{text}");
    (output.status.code().unwrap(), text)
}

/// How often the server is killed, for each of the two rotations.
const KILLS: u64 = 20;
/// When the server is killed.
#[derive(Clone, Copy)]
enum Moment {
    BeforeTheOrder,
    /// So long after the command was started.
    After(Duration),
    AfterTheAnswer,
}

/// From before a rotation's first step to after its last one, another moment each time.
fn moment_of(kill: u64) -> Moment {
    Moment::After(Duration::from_millis((kill * 37) % 160))
}

/// Values that are only there to be rewrapped.
const STILL: usize = 400;
const BUSY: usize = 4;

#[test]
fn cry_10_kill_9_during_a_rotation_of_the_keys_of_values() {
    let folder = DataFolder::default();
    let world = World::new(&folder);
    let mut server = DevServer::start(PROGRAM, &folder.path());
    // One that is under way for certain: it has told of its first page.
    world.kill_at_the_first_page(server);
    assert!(epochs(&folder.path()).len() > 1, "the old epoch is there: the rotation did not come to its end");
    server = DevServer::start(PROGRAM, &folder.path());
    world.check(&server.admin());
    for kill in 0..KILLS {
        let what = if kill % 2 == 0 { &["--kek"][..] } else { &["--kek", "--resume"] };
        let code = world.rotate_and_kill(server, what, moment_of(kill));
        assert!([0, 7].contains(&code), "exit {code}");
        server = DevServer::start(PROGRAM, &folder.path());
        world.check(&server.admin());
    }
    let (code, _) = keys(&folder.path(), &["rotate", "--kek"]);
    assert_eq!((code, epochs(&folder.path()).len()), (0, 1));
    world.check(&server.admin());
    world.assert_bursts();
}

#[test]
fn cry_09_kill_9_during_a_rotation_of_the_root_key() {
    let folder = DataFolder::default();
    let world = World::new(&folder);
    let mut server = DevServer::start(PROGRAM, &folder.path());
    // Where the kill comes first and where it comes last the outcome is certain; between the two it is not.
    let moments = [Moment::BeforeTheOrder, Moment::AfterTheAnswer].into_iter();
    for moment in moments.chain((2..KILLS).map(moment_of)) {
        let new = make_next(&folder.path());
        world.rotate_and_kill(server, &["--root"], moment);
        let (code, status) = keys(&folder.path(), &["status"]);
        assert_eq!(code, 0, "one of both fits: {status}");
        server = DevServer::start(PROGRAM, &folder.path());
        world.check(&server.admin());
        server.kill();
        // What an operator does: the one in force becomes the root key, and the other one goes.
        let has_rotated = status["in_force"][0] == status["next_root_key"];
        match moment {
            Moment::BeforeTheOrder => assert!(!has_rotated, "nobody had told it to: {status}"),
            Moment::AfterTheAnswer => assert!(has_rotated, "it had said so: {status}"),
            Moment::After(_) => {}
        }
        if has_rotated {
            fs::rename(&new, folder.path().join("root.key")).unwrap();
        } else {
            assert_eq!(status["in_force"][0], status["root_key"]);
            fs::remove_file(&new).unwrap();
        }
        server = DevServer::start(PROGRAM, &folder.path());
    }
    world.check(&server.admin());
    world.assert_bursts();
}

/// Credentials that stand still, and some that are changed and resolved all the time.
struct World<'a> {
    folder: &'a DataFolder,
    still: Vec<String>,
    busy: Vec<(String, Mutex<Ledger>)>,
    resolved: AtomicU64,
}

/// The last value whose change was answered, and the last one that was sent.
#[derive(Default)]
struct Ledger {
    acknowledged: u64,
    sent: u64,
}

impl<'a> World<'a> {
    fn new(folder: &'a DataFolder) -> Self {
        let server = DevServer::start(PROGRAM, &folder.path());
        let make = |count: usize| -> Vec<String> {
            let parts: Vec<_> = thread::scope(|scope| {
                let makers: Vec<_> = (0..4)
                    .map(|_| {
                        let client = server.admin();
                        scope.spawn(move || {
                            (0..count / 4)
                                .map(|_| generic(&client, &json!({"token": "0"})))
                                .collect::<Vec<_>>()
                        })
                    })
                    .collect();
                makers.into_iter().map(|maker| maker.join().unwrap()).collect()
            });
            parts.into_iter().flatten().collect()
        };
        let (still, busy) = (make(STILL), make(BUSY));
        server.stop();
        let busy = busy.into_iter().map(|path| (path, Mutex::default())).collect();
        Self { folder, still, busy, resolved: AtomicU64::new(0) }
    }

    /// Exit code of the command that was told to rotate.
    fn rotate_and_kill(&self, server: DevServer, what: &[&str], moment: Moment) -> i32 {
        let over = AtomicBool::new(false);
        let client = server.admin();
        thread::scope(|scope| {
            for busy in &self.busy {
                let (client, over) = (&client, &over);
                scope.spawn(move || while !over.load(Ordering::Relaxed) && self.act(client, busy) {});
            }
            thread::sleep(Duration::from_millis(20));
            let code = match moment {
                Moment::BeforeTheOrder => {
                    server.kill();
                    None
                }
                Moment::After(time) => {
                    let mut rotation = self.rotation(what);
                    thread::sleep(time);
                    server.kill();
                    rotation.wait().unwrap().code()
                }
                Moment::AfterTheAnswer => {
                    let code = self.rotation(what).wait().unwrap().code();
                    server.kill();
                    code
                }
            };
            over.store(true, Ordering::Relaxed);
            code.unwrap_or_default()
        })
    }

    /// Gives the order as the command does, and hears how far it is.
    fn kill_at_the_first_page(&self, server: DevServer) {
        let mut order = UnixStream::connect(self.folder.path().join("data/control.sock")).unwrap();
        order.write_all(b"{\"do\":\"rotate_kek\",\"resume\":false}\n").unwrap();
        let mut line = String::new();
        BufReader::new(&order).read_line(&mut line).unwrap();
        server.kill();
        assert!(line.contains("\"done\""), "it came to its end before its first page: {line}");
    }

    fn rotation(&self, what: &[&str]) -> Child {
        let folder = self.folder.path();
        let arguments = [&["keys", "rotate", "--data", folder.to_str().unwrap()], what].concat();
        strongroom(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// One change and one resolve; whether the server still answers. While it does, neither is refused.
    fn act(&self, client: &Client, (path, ledger): &(String, Mutex<Ledger>)) -> bool {
        let next = {
            let mut ledger = ledger.lock().unwrap();
            ledger.sent += 1;
            ledger.sent
        };
        let change = json!({"secrets": {"token": next.to_string()}}).to_string();
        let headers = [("content-type", "application/json")];
        match client.try_send("PATCH", path, &headers, change.as_bytes()) {
            Ok(reply) if reply.status == 200 => ledger.lock().unwrap().acknowledged = next,
            Ok(reply) => panic!("{}", String::from_utf8_lossy(&reply.body)),
            Err(_) => return false,
        }
        let consumer = json!({"consumer": {"name": "flow", "instance": "1"}}).to_string();
        match client.try_send("POST", &format!("{path}/resolve"), &headers, consumer.as_bytes()) {
            Ok(reply) => {
                assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
                assert_eq!(reply.value()["secrets"]["token"], next.to_string());
                self.resolved.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(_) => false,
        }
    }

    fn check(&self, client: &Client) {
        for path in self.still.iter().step_by(7) {
            assert_eq!(resolve(client, path).expect(200).value()["secrets"]["token"], "0");
        }
        for (path, ledger) in &self.busy {
            let found = resolve(client, path).expect(200).value();
            let value: u64 = found["secrets"]["token"].as_str().unwrap().parse().unwrap();
            let mut ledger = ledger.lock().unwrap();
            assert!((ledger.acknowledged..=ledger.sent).contains(&value), "{value}: {}", ledger.acknowledged);
            ledger.acknowledged = value;
        }
    }

    fn assert_bursts(&self) {
        let resolved = self.resolved.load(Ordering::Relaxed);
        assert!(resolved > KILLS * 2, "the bursts were none: {resolved} resolves");
    }
}
