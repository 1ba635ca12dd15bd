//! `strongroom serve`: what it starts from, and what it refuses to start from.

use std::fs;
use std::os::unix::fs::DirBuilderExt;

use crate::http::{get, post};
use crate::process::{run, strongroom};
use crate::site::{SOUND, Site, set_mode};

const CREDENTIALS: &str = "/v1/workspaces/default/credentials";

/// Refused for this reason, and nothing written.
fn refused(site: &Site, code: i32, reason: &str) -> String {
    let before = site.snapshot();
    let (found, text) = site.refusal();
    assert_eq!(found, code, "{text}");
    assert!(text.contains(reason), "{reason}: {text}");
    assert!(site.snapshot() == before, "something was written: {text}");
    text
}

#[test]
fn the_first_start_writes_the_token_and_the_second_keeps_it() {
    let site = Site::new();
    let first = site.serve();
    assert!(first.line.to_string().contains("first admin token"), "{}", first.line);
    let token = site.token();
    assert_eq!(get(&first.address, "/metrics", Some(&token)).status, 200);
    first.stop();
    let second = site.serve();
    assert_eq!(site.token(), token);
    assert_eq!(get(&second.address, "/metrics", Some(&token)).status, 200);
    second.stop();
}

#[test]
fn the_token_file_may_go_once_it_was_read() {
    let site = Site::new();
    site.serve().stop();
    fs::remove_file(site.path("token")).unwrap();
    site.serve().stop();
    assert!(!site.path("token").exists());
}

#[test]
fn an_empty_folder_is_founded_only_where_told() {
    let site = Site::new();
    site.configure(SOUND.split("[first_start]").next().unwrap());
    refused(&site, 1, "the data folder is empty");
    assert!(!site.path("data").exists());
}

#[test]
fn a_token_file_is_never_overwritten() {
    let site = Site::new();
    fs::write(site.path("token"), "srt_u_of_another_installation\n").unwrap();
    set_mode(&site.path("token"), 0o600);
    refused(&site, 1, "the token file");
    assert_eq!(site.text("token"), "srt_u_of_another_installation\n");
}

#[test]
fn aut_13_no_key_no_start() {
    let site = Site::new();
    fs::remove_file(site.path("root.key")).unwrap();
    refused(&site, 1, "there is no root key file");
    assert!(!site.path("root.key").exists() && !site.path("data").exists());
}

#[test]
fn aut_13_weak_keys_no_start() {
    let cases: [(&[u8], &str); 4] = [
        (&[7, 1, 255, 3, 9, 200, 41, 8], "32 raw bytes"),
        (&[0; 32], "follows a pattern"),
        (b"correct horse battery staple 123", "pass phrase"),
        (b"", "32 raw bytes"),
    ];
    for (key, reason) in cases {
        let site = Site::new();
        fs::write(site.path("root.key"), key).unwrap();
        refused(&site, 1, reason);
        assert!(!site.path("data").exists());
    }
}

#[test]
fn aut_13_ops_03_a_key_that_others_can_read_no_start() {
    let site = Site::new();
    for mode in [0o604, 0o640, 0o602] {
        set_mode(&site.path("root.key"), mode);
        refused(&site, 1, "chmod 600");
    }
    assert!(!site.path("data").exists());
}

#[test]
fn aut_13_a_key_in_the_data_folder_no_start() {
    let site = Site::new();
    fs::DirBuilder::new().mode(0o700).create(site.path("data")).unwrap();
    fs::rename(site.path("root.key"), site.path("data/root.key")).unwrap();
    site.configure(&SOUND.replace("\"root.key\"", "\"data/root.key\""));
    refused(&site, 1, "lies in the data folder");
    std::os::unix::fs::symlink(site.path("data"), site.path("elsewhere")).unwrap();
    site.configure(&SOUND.replace("\"root.key\"", "\"elsewhere/root.key\""));
    refused(&site, 1, "lies in the data folder");
}

#[test]
fn cry_04_wrong_root_key_is_named_and_nothing_is_written() {
    let site = Site::new();
    let wanted = site.make_key("right.key");
    let other = site.make_key("wrong.key");
    site.configure(&SOUND.replace("root.key", "right.key"));
    let server = site.serve();
    let new = "{\"kind\":\"generic\",\"name\":\"n\",\"slug\":\"kept\",\"secrets\":{\"key\":\"cnry-kept\"}}";
    assert_eq!(post(&server.address, CREDENTIALS, &site.token(), new).status, 201);
    server.stop();

    site.configure(&SOUND.replace("root.key", "wrong.key"));
    let text = refused(&site, 1, &format!("sealed under root key {wanted}"));
    assert!(text.contains(&format!("the key given is {other}")), "{text}");

    site.configure(&SOUND.replace("root.key", "right.key"));
    let server = site.serve();
    let consumer = "{\"consumer\":{\"name\":\"flow\",\"instance\":\"1\"}}";
    let resolve = format!("{CREDENTIALS}/~kept/resolve");
    let answer = post(&server.address, &resolve, &site.token(), consumer);
    assert!(answer.text.contains("\"key\":\"cnry-kept\""), "{}", answer.text);
    server.stop();
}

#[test]
fn a_second_process_on_the_folder_refuses_and_harms_nothing() {
    let site = Site::new();
    let first = site.serve();
    let (code, text) = site.refusal();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("another process holds the data folder"), "{text}");
    assert_eq!(get(&first.address, "/metrics", Some(&site.token())).status, 200);
    first.stop();
}

#[test]
fn ops_01_plain_http_off_loopback_must_be_said() {
    let site = Site::new();
    site.configure(&SOUND.replace("127.0.0.1:0", "0.0.0.0:0"));
    refused(&site, 2, "plain_http = true");
    site.configure(&SOUND.replace("127.0.0.1:0\"", "0.0.0.0:0\"\nplain_http = true"));
    site.serve().stop();
}

#[test]
fn ops_03_a_data_folder_open_to_others_is_refused() {
    let site = Site::new();
    site.serve().stop();
    set_mode(&site.path("data"), 0o755);
    refused(&site, 1, "chmod 700");
}

#[test]
fn ssr_10_each_opening_is_named_at_start() {
    let site = Site::new();
    site.configure(&format!("{SOUND}[egress]\nallow = [\"10.0.0.0/8\", \"8.8.8.0/24\"]\n"));
    let server = site.serve();
    let lines = server.line.as_array().unwrap();
    let says = |words: &str, range: &str| {
        lines.iter().any(|line| line["range"] == range && line["message"].as_str().unwrap().contains(words))
    };
    assert!(says("reach special addresses", "10.0.0.0/8"), "{lines:?}");
    assert!(says("opens nothing", "8.8.8.0/24"), "{lines:?}");
    assert!(!says("opens nothing", "10.0.0.0/8"), "{lines:?}");
    server.stop();
}

#[test]
fn an_address_in_use_is_named() {
    let site = Site::new();
    let first = site.serve();
    let other = Site::new();
    let address = first.address.strip_prefix("http://").unwrap();
    other.configure(&SOUND.replace("127.0.0.1:0", address));
    refused(&other, 1, &format!("cannot listen on {address}"));
    first.stop();
}

#[test]
fn version_and_help() {
    let version = run(strongroom(&["--version"]));
    assert_eq!(String::from_utf8(version.stdout).unwrap(), "strongroom 0.1.0\n");
    let help = String::from_utf8(run(strongroom(&["--help"])).stdout).unwrap();
    for command in ["dev", "serve", "keys"] {
        assert!(help.contains(command), "{help}");
    }
    assert_eq!(run(strongroom(&["serve"])).status.code(), Some(2));
}

#[test]
fn flowise_and_zstack_on_one_place_are_refused_with_the_reason() {
    let site = Site::new();
    let place = "host = \"both.example\"\n";
    site.configure(&format!("{SOUND}[dialects.flowise]\n{place}[dialects.zstack]\n{place}"));
    let text = refused(&site, 2, "the same methods and paths");
    assert!(text.contains("[dialects.flowise] and [dialects.zstack]"), "{text}");
}
