//! Keys and the doctor: what a script gets of each, and how a person sees a rotation go on.

use std::thread;

use serde_json::json;

use super::terminal::Screen;
use super::transcript::same_each_time;
use super::{CREDENTIALS, World};

/// The folder of the development server, as a flag.
fn of(world: &World) -> [String; 2] {
    ["--data".to_owned(), world.data().to_str().unwrap().to_owned()]
}

#[test]
fn keys_are_looked_at_and_rotated() {
    let world = World::new();
    world.keep("billing");
    let [flag, data] = of(&world);
    let next = format!("{data}/root.next.key");
    let keys = |words: &[&'static str]| -> Vec<String> {
        let words = words.iter().map(|word| (*word).to_owned());
        ["keys".to_owned()].into_iter().chain(words).chain([flag.clone(), data.clone()]).collect()
    };
    let mut said = world.transcript();
    for words in [
        keys(&["status"]),
        keys(&["status", "-o", "json"]),
        keys(&["rotate", "--kek"]),
        keys(&["rotate", "--kek", "--resume"]),
        keys(&["rotate", "--kek", "--organization", "nobody"]),
        keys(&["rotate", "--root"]),
        ["keys", "init", "--file", &next].map(str::to_owned).to_vec(),
        keys(&["rotate", "--root"]),
        keys(&["rotate", "--root", "-o", "json", "-q"]),
        keys(&["status"]),
        ["keys", "status", "--data", "/no/such/folder"].map(str::to_owned).to_vec(),
    ] {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        said = said.run(&words);
    }
    insta::assert_snapshot!("keys", said.finish());
}

#[test]
fn the_doctor_says_what_is_sound_and_what_is_not() {
    let world = World::new();
    world.keep("billing");
    let [flag, data] = of(&world);
    let token = format!("{data}/token");
    let said = world
        .transcript()
        .run(&["doctor", &flag, &data])
        .run(&["doctor", "egress", "127.0.0.1:5432", &flag, &data])
        .run(&["doctor", "egress", "10.0.0.1:5432", &flag, &data])
        .run(&["doctor", "egress", "127.1:5432", &flag, &data]);
    crate::site::set_mode(std::path::Path::new(&token), 0o644);
    let said = said.run(&["doctor", &flag, &data]).run(&["doctor", &flag, &data, "--field", "faults"]);
    insta::assert_snapshot!("doctor", of_any_machine(&said.finish()));
}

/// Without what this machine is like: its clock, its disk, its name servers, what it protects. `doctor.rs` looks at these.
fn of_any_machine(text: &str) -> String {
    let is_of_this = |line: &&str| {
        let check = line.split('\t').nth(1).unwrap_or_default();
        let fix = line.strip_prefix("fix ").unwrap_or_default();
        ["clock", "disk", "disk sync", "dns", "memory"].contains(&check)
            || ["clock", "disk", "memory"].iter().any(|check| fix.starts_with(check))
    };
    text.split_inclusive('\n').filter(|line| !is_of_this(line)).collect()
}

/// Enough that a rotation has pages to tell of.
const VALUES: usize = 600;

#[test]
fn a_rotation_moves_on_the_terminal_while_it_runs() {
    let world = World::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            let client = world.server.admin();
            scope.spawn(move || {
                for _ in 0..VALUES / 4 {
                    let body = json!({"kind": "generic", "name": "any", "secrets": {"key": "cnry-kept"}});
                    client.post(CREDENTIALS, &body).expect(201);
                }
            });
        }
    });
    let [flag, data] = of(&world);
    let rotate = ["keys", "rotate", "--kek", &flag, &data];
    let screen = Screen::run(&world, &rotate).until("opens nowhere any more");
    let raw = screen.raw();
    let moved = raw.matches(&format!(" of {VALUES} credentials")).count();
    assert!(moved > 1 && raw.contains("default: rewrapping "), "{moved} times: {raw:?}");
    let (code, shown) = screen.end();
    assert_eq!((code, shown.contains("rewrapping")), (0, false), "the moving line is gone: {shown}");
    insta::assert_snapshot!("terminal_rotate", same_each_time(&shown, &world));
    let (code, still) = Screen::run(&world, &[&rotate[..], &["--no-progress"]].concat()).end();
    assert_eq!((code, still.contains(" of 600")), (0, false), "{still}");
}
