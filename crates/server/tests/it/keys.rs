//! `strongroom keys`: made once, and told apart.

use std::fs;

use serde_json::{Value, json};
use strongroom_testkit::http::Client;

use crate::process::{Server, refusal, run, strongroom};
use crate::promises::{generic, resolve};
use crate::site::{SOUND, Site, mode};

fn status(site: &Site) -> (i32, String) {
    let config = site.path("strongroom.toml");
    let output = run(strongroom(&["keys", "status", "--config", config.to_str().unwrap()]));
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_key_is_made_for_its_owner_and_never_overwritten() {
    let site = Site::new();
    let path = site.path("root.key");
    assert_eq!(mode(&path), 0o600);
    let key = fs::read(&path).unwrap();
    let (code, text) = refusal(strongroom(&["keys", "init", "--file", path.to_str().unwrap()]));
    assert_eq!(code, 1, "{text}");
    assert!(text.starts_with("error: no root key was made\n"), "{text}");
    assert_eq!(fs::read(&path).unwrap(), key);
}

#[test]
fn what_is_made_is_shown_in_the_form_asked_for() {
    let site = Site::new();
    let init = |name: &str, more: &[&str]| {
        let file = site.path(name);
        run(strongroom(&[&["keys", "init", "--file", file.to_str().unwrap()], more].concat()))
    };
    let made = init("json.key", &["-o", "json"]);
    let shown: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(shown["file"], site.path("json.key").to_str().unwrap());
    assert!(String::from_utf8_lossy(&made.stderr).contains("Keep a copy of it"), "{made:?}");
    let made = init("quiet.key", &["--field", "file", "-q"]);
    assert_eq!(String::from_utf8_lossy(&made.stdout), site.path("quiet.key").to_str().unwrap());
    assert_eq!(String::from_utf8_lossy(&made.stderr), "");
}

/// Whose root key is in an environment: a server's, and that of no command beside it.
#[test]
fn cry_10_a_key_that_only_the_server_has_stops_no_command_beside_it() {
    let site = Site::new();
    let key = fs::read(site.path("root.key")).unwrap();
    let key = key.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    site.configure(&SOUND.replace("root_key_file = \"root.key\"", "root_key_env = \"SITE_KEY\""));
    let file = site.path("strongroom.toml");
    let command = |words: &[&str]| {
        strongroom(&[&["keys"], words, &["--config", file.to_str().unwrap(), "-o", "json"]].concat())
    };
    let shown = |words: &[&str]| {
        let output = run(command(words));
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        (output.status.code(), shown)
    };
    let mut serve = strongroom(&["serve", "--config", file.to_str().unwrap()]);
    serve.env("SITE_KEY", &key);
    let server = Server::spawn(serve);
    let (code, found) = shown(&["status"]);
    assert_eq!((code, &found["root_key"], &found["fits"]), (Some(0), &Value::Null, &Value::Null), "{found}");
    assert_eq!((&found["server"], found["in_force"].as_array().unwrap().len()), (&json!("running"), 1));
    let (code, done) = shown(&["rotate", "--kek"]);
    assert_eq!((code, &done["organizations"][0]["epoch"]), (Some(0), &json!(2)), "{done}");
    server.stop();

    // Without a server it is this command that needs the key.
    let output = run(command(&["rotate", "--kek"]));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("\"message\":\"no key was rotated\"") && said.contains("SITE_KEY"), "{said}");
    let mut with_key = command(&["status"]);
    with_key.env("SITE_KEY", &key);
    let found: Value = serde_json::from_slice(&run(with_key).stdout).unwrap();
    assert_eq!((&found["fits"], &found["root_key"]), (&json!(true), &found["in_force"][0]));
}

#[test]
fn each_command_says_what_it_did_not_do() {
    let site = Site::new();
    fs::remove_file(site.path("root.key")).unwrap();
    let config = site.path("strongroom.toml");
    let config = config.to_str().unwrap();
    for (words, line) in [
        (&["serve", "--config", config][..], "error: the server was not started"),
        (&["keys", "status", "--config", config], "error: the keys were not looked at"),
        (&["keys", "rotate", "--kek", "--config", "/no/file"], "error: no key was rotated"),
        (&["keys", "rotate", "--root", "--config", "/no/file"], "error: the root key was not rotated"),
        (&["doctor", "--config", "/no/file"], "error: nothing was examined"),
        (&["doctor", "egress", "a:1", "--config", "/no/file"], "error: nothing was examined"),
    ] {
        let (_, text) = refusal(strongroom(words));
        assert_eq!(text.lines().next(), Some(line), "{words:?}");
    }
}

#[test]
fn a_flag_that_says_how_to_ask_a_server_is_refused_where_none_is_asked() {
    let site = Site::new();
    site.serve().stop();
    let config = site.path("strongroom.toml");
    let of = ["--config", config.to_str().unwrap()];
    let epoch = || status(&site).1.contains("epoch 1 since ");
    for words in [
        &["--curl", "keys", "rotate", "--kek"][..],
        &["keys", "rotate", "--kek", "--yes"],
        &["keys", "status", "--workspace", "other"],
        &["serve", "--address", "http://127.0.0.1:1"],
        &["doctor", "--token-file", "t"],
    ] {
        let (code, text) = refusal(strongroom(&[words, &of].concat()));
        assert_eq!((code, text.contains("commands that ask a server")), (2, true), "{words:?}: {text}");
        assert!(epoch(), "{words:?}: nothing was rotated");
    }
    assert_eq!(refusal(strongroom(&["completion", "bash", "--profile", "a"])).0, 2);
    // Variables are for all commands of a shell, and mean nothing to these.
    let mut status = strongroom(&[&["keys", "status"][..], &of].concat());
    status.env("STRONGROOM_CURL", "1").env("STRONGROOM_WORKSPACE", "other").env("STRONGROOM_ADDRESS", "no");
    assert_eq!(run(status).status.code(), Some(0));
}

#[test]
fn status_tells_whether_key_and_data_belong_together() {
    let site = Site::new();
    let (code, text) = status(&site);
    assert_eq!((code, text.contains("nothing is sealed yet")), (0, true), "{text}");
    assert!(!site.path("data").exists());

    let server = site.serve();
    let (code, text) = status(&site);
    assert_eq!((code, text.contains("server\trunning\n")), (0, true), "{text}");
    server.stop();

    let (code, text) = status(&site);
    assert_eq!((code, text.contains("organization\tdefault: epoch 1 since ")), (0, true), "{text}");
    let right = text.split_whitespace().nth(2).unwrap().to_owned();

    let other = site.make_key("other.key");
    site.configure(&SOUND.replace("root.key", "other.key"));
    let (code, text) = status(&site);
    assert_eq!(code, 8, "{text}");
    assert!(text.contains(&other) && text.contains(&format!("sealed under root key {right}")), "{text}");
}

/// The next key of an installation of production is named by its configuration.
#[test]
fn cry_09_the_root_key_of_a_configuration_is_rotated() {
    let site = Site::new();
    let file = site.path("strongroom.toml");
    let rotate =
        || run(strongroom(&["keys", "rotate", "--root", "--config", file.to_str().unwrap(), "-o", "json"]));
    let server = site.serve();
    let path = generic(&admin(&site, &server), &json!({"token": "secret"}));
    let unnamed = rotate();
    let said = String::from_utf8_lossy(&unnamed.stderr);
    assert_eq!(unnamed.status.code(), Some(2), "{said}");
    assert!(said.contains("the configuration names no next_root_key_file"), "{said}");

    let next = site.make_key("next.key");
    let keys = "root_key_file = \"root.key\"";
    site.configure(&SOUND.replace(keys, &format!("{keys}\nnext_root_key_file = \"next.key\"")));
    let done: Value = serde_json::from_slice(&rotate().stdout).unwrap();
    assert_eq!(
        (done["root_key"].as_str(), done["file"].as_str()),
        (Some(&*next), site.path("next.key").to_str())
    );
    assert_eq!(resolve(&admin(&site, &server), &path).expect(200).value()["secrets"]["token"], "secret");
    server.stop();

    // Both are named: the one that fits is taken. Then, as the command says, the new one alone.
    let server = site.serve();
    assert_eq!(resolve(&admin(&site, &server), &path).expect(200).value()["secrets"]["token"], "secret");
    server.stop();
    site.configure(&SOUND.replace("root.key", "next.key"));
    let server = site.serve();
    assert_eq!(resolve(&admin(&site, &server), &path).expect(200).value()["secrets"]["token"], "secret");
    server.stop();

    // The old one alone is refused, by the name of the new one.
    site.configure(SOUND);
    let (code, text) = site.refusal();
    assert!(code == 1 && text.contains(&next), "{text}");
}

fn admin(site: &Site, server: &Server) -> Client {
    let address = server.address.strip_prefix("http://").unwrap().parse().unwrap();
    Client::anonymous(address).with_token(&site.token())
}
