//! How a value goes out: bare, for a shell, and never as what a shell acts on.

use std::process::Command;

use serde_json::json;

use super::{CREDENTIALS, World};

#[test]
fn a_resolve_in_every_form() {
    let world = World::new();
    world.keep("billing");
    let resolve =
        ["credential", "resolve", "billing", "--consumer", "flow-42", "--instance", "w1", "--hold", "15m"];
    let said = ["table", "json", "yaml", "env", "value"]
        .into_iter()
        .fold(world.transcript(), |said, form| said.give_out(&[&resolve[..], &["-o", form]].concat()));
    let said = said
        .give_out(&["credential", "resolve", "billing", "--field", "key"])
        .give_out(&["credential", "resolve", "billing", "--field", "region", "-o", "env"])
        .run(&["credential", "resolve", "billing", "--field", "kind"])
        .run(&["credential", "resolve", "billing", "--field", "nothing"])
        .run(&["credential", "resolve", "billing", "--hold", "soon"])
        .run(&["credential", "resolve", "billing", "--instance", "w1"])
        .run(&["credential", "resolve", "bilng"]);
    insta::assert_snapshot!("resolve", said.finish());
}

#[test]
fn a_shell_reads_back_every_value_as_it_is() {
    let world = World::new();
    let awkward = "it's $(touch /tmp/cli-never) `id` \"q\" \\ \n second é";
    let body = json!({"kind": "generic", "name": "any", "slug": "any", "secrets": {"api-key": awkward}});
    world.server.admin().post(CREDENTIALS, &body).expect(201);
    let lines = world.command(&["credential", "resolve", "any", "-o", "env"]).output().unwrap();
    let lines = String::from_utf8(lines.stdout).unwrap();
    let read =
        Command::new("sh").args(["-c", &format!("{lines}printf %s \"$SR_API_KEY\"")]).output().unwrap();
    assert_eq!(String::from_utf8(read.stdout).unwrap(), awkward);
}

#[test]
fn inp_12_no_field_becomes_a_variable_that_is_acted_on() {
    let world = World::new();
    let body = json!({"kind": "generic", "name": "any", "slug": "any",
        "settings": {"strongroom_address": "https://evil.example", "ps0": "$(id)", "http_proxy": "http://evil"},
        "secrets": {"token": "cnry-1"}});
    world.server.admin().post(CREDENTIALS, &body).expect(201);
    let lines = world.command(&["credential", "resolve", "any", "-o", "env"]).output().unwrap().stdout;
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.lines().count(), 4, "{lines}");
    assert!(lines.lines().all(|line| line.starts_with("SR_")), "{lines}");
}

#[test]
fn a_form_that_would_mislead_is_refused() {
    let world = World::new();
    let body = json!({"kind": "generic", "name": "any", "slug": "any", "settings": {"a-b": "x", "a_b": "y"},
        "secrets": {"one": "cnry-1", "two": "cnry-2"}});
    world.server.admin().post(CREDENTIALS, &body).expect(201);
    let said = world
        .transcript()
        .run(&["credential", "resolve", "any", "-o", "env"])
        .run(&["credential", "resolve", "any", "-o", "value"])
        .finish();
    insta::assert_snapshot!("refused_forms", said);
}

#[test]
fn colour_is_for_those_who_want_it() {
    let world = World::new();
    let said = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = world.command(&[&["credential", "get", "nothing"], arguments].concat());
        String::from_utf8(command.envs(variables.iter().copied()).output().unwrap().stderr).unwrap()
    };
    let is_coloured = |text: &str| text.contains('\u{1b}');
    assert!(!is_coloured(&said(&[], &[])), "a pipe");
    assert!(is_coloured(&said(&[("CLICOLOR_FORCE", "1")], &[])));
    assert!(is_coloured(&said(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[])));
    assert!(!is_coloured(&said(&[("CLICOLOR_FORCE", "0")], &[])));
    assert!(!is_coloured(&said(&[("CLICOLOR_FORCE", "1")], &["--no-color"])));
}
