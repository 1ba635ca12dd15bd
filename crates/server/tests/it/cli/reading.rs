//! Looking: lists, one credential, kinds, history, consumers, and what a name that is nearly right gets.

use serde_json::json;

use super::{CREDENTIALS, World};

#[test]
fn a_list_and_its_pages() {
    let world = World::new();
    world.keep("billing");
    world.keep("reporting");
    let page = world.command(&["credential", "list", "--limit", "1", "-o", "json"]).output().unwrap();
    let cursor: serde_json::Value = serde_json::from_slice(&page.stdout).unwrap();
    let cursor = cursor["next_cursor"].as_str().unwrap().to_owned();
    let said = world
        .transcript()
        .run(&["credential", "list"])
        .run(&["credential", "list", "-o", "value"])
        .run(&["credential", "list", "--field", "slug"])
        .run(&["credential", "list", "--search", "bill", "--field", "health.status"])
        .run(&["credential", "list", "--kind", "generic", "--label", "team=data"])
        .run(&["credential", "list", "--limit", "0"])
        .run(&["credential", "list", "--limit", "1", "--cursor", &cursor])
        .finish();
    insta::assert_snapshot!("list", said.replace(&cursor, "[cursor]"));
}

#[test]
fn one_credential_in_every_form() {
    let world = World::new();
    world.keep("billing");
    let said = ["table", "json", "yaml", "env", "value"]
        .into_iter()
        .fold(world.transcript(), |said, form| said.run(&["credential", "get", "billing", "-o", form]));
    let said = said
        .run(&["credential", "get", "billing", "--field", "settings.region"])
        .run(&["credential", "get", "billing", "--field", "secret"])
        .run(&["credential", "get", "biling"])
        .run(&["credential", "get", "The billing"])
        .run(&["credential", "get", "nothing-like-it", "-o", "json"]);
    insta::assert_snapshot!("get", said.finish());
}

#[test]
fn json_is_the_apis_body_unchanged() {
    let world = World::new();
    world.keep("billing");
    let shown = world.command(&["credential", "get", "billing", "-o", "json"]).output().unwrap();
    let body = world.server.admin().get(&format!("{CREDENTIALS}/~billing")).expect(200).body;
    assert_eq!(shown.stdout, [body.as_slice(), b"\n"].concat());
}

#[test]
fn kinds_and_their_fields() {
    let world = World::new();
    let said = world
        .transcript()
        .run(&["kind", "get", "postgresql"])
        .run(&["kind", "get", "sftp", "--field", "check"])
        .run(&["kind", "get", "postgres"])
        .run(&["kind", "list", "--field", "next_cursor"])
        .finish();
    insta::assert_snapshot!("kinds", said);
    let names = world.command(&["kind", "list", "-o", "value"]).output().unwrap();
    let names = String::from_utf8(names.stdout).unwrap();
    assert!(
        names.lines().any(|name| name == "postgresql") && names.lines().any(|name| name == "sftp"),
        "{names}"
    );
}

#[test]
fn who_changed_and_who_holds() {
    let world = World::new();
    world.keep("billing");
    let path = format!("{CREDENTIALS}/~billing");
    let consumer = json!({"consumer": {"name": "flow-42", "instance": "worker-1"}});
    world.server.admin().post(&format!("{path}/resolve"), &consumer).expect(200);
    world.server.admin().patch(&path, &json!({"secrets": {"key": "cnry-new"}})).expect(200);
    let said = world
        .transcript()
        .run(&["credential", "history", "billing"])
        .run(&["credential", "history", "billing", "--limit", "1", "--field", "action"])
        .run(&["credential", "consumers", "billing"])
        .run(&["credential", "consumers", "billin"])
        .finish();
    insta::assert_snapshot!("history_and_consumers", said);
}
