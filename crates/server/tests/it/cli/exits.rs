//! Each exit code, once: what a script can tell apart without reading a word.

use super::World;

#[test]
fn every_exit_code_has_its_case() {
    let world = World::new();
    world.keep("billing");
    let made =
        world.command(&["token", "create", "eyes", "--role", "viewer", "--field", "token"]).output().unwrap();
    let viewer = String::from_utf8(made.stdout).unwrap();
    let said = world
        .transcript()
        .run(&["credential", "get", "billing", "--field", "slug"])
        .run(&["credential", "get"])
        .run(&["credential", "list", "--dry-run"])
        .run(&["credential", "get", "other"])
        .run_under(&[("STRONGROOM_TOKEN", "srt_s_wrong")], &["credential", "list"])
        .run_under(&[("STRONGROOM_TOKEN", &viewer)], &["credential", "delete", "billing", "--yes"])
        .run(&["credential", "create", "generic", "--slug", "billing"])
        .run_under(&[("STRONGROOM_ADDRESS", "http://127.0.0.1:1")], &["credential", "list"])
        .run_under(&[("STRONGROOM_ADDRESS", "http://no-such-name.invalid")], &["credential", "list"]);
    insta::assert_snapshot!("exits", said.finish());
}

#[test]
fn errors_are_json_where_json_was_asked_for() {
    let world = World::new();
    let said = world
        .transcript()
        .run(&["credential", "get", "other", "-o", "json"])
        .run(&["credential", "get", "-o", "json"])
        .run_under(&[("STRONGROOM_OUTPUT", "json")], &["no-such-noun"])
        .run_under(&[("STRONGROOM_ADDRESS", "http://127.0.0.1:1")], &["status", "-o", "json"])
        .run(&["serve", "--config", "/no/such/file", "-o", "json"])
        .run(&["keys", "init", "--file", "/no/such/folder/key", "-o", "json"])
        .run(&["dev", "--listen", "192.0.2.1:1", "-o", "json"]);
    insta::assert_snapshot!("json_errors", said.finish());
}
