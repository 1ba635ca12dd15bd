//! `strongroom dev`: one line, one folder, and what happens to a folder that lacks something.

use std::fs;
use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::http::get;
use crate::process::{Server, refusal, run, strongroom};
use crate::site::walk;

fn refuse(folder: &TempDir) -> String {
    let data = folder.path().join("dev");
    let listen = ["--listen", "127.0.0.1:0"];
    let (code, text) =
        refusal(strongroom(&[&["dev", "--data", data.to_str().unwrap()], &listen[..]].concat()));
    assert_eq!(code, 1, "{text}");
    text
}

#[test]
fn one_line_says_all_and_the_server_answers_at_once() {
    let folder = TempDir::new().unwrap();
    let (server, took) = Server::dev(&folder.path().join("dev"));
    println!("ready and answering after {took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    let (address, token) = (server.address.clone(), server.line["token"].clone());
    assert!(token.as_str().unwrap().starts_with("srt_u_"), "{token}");
    let console = server.line["console"].clone();
    assert!(
        console.as_str().unwrap().starts_with(&format!("{address}/console/login?once=srb_")),
        "{console}"
    );
    let expected = json!({
        "address": address, "token": token, "organization": "default", "workspace": "default",
        "console": console, "dialects": {"dx": format!("{address}/dx"), "flowise": format!("{address}/flowise"),
            "native": format!("{address}/v1"), "superai": format!("{address}/superai"),
            "zstack": format!("{address}/zstack")},
    });
    assert_eq!(server.line, expected);
    assert_eq!(get(&address, "/readyz", None).status, 200);
    server.stop();
}

#[test]
fn the_line_has_the_form_that_was_asked_for() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("dev");
    for (form, expected) in [(["--field", "organization"], "default"), (["-o", "yaml"], "address: ")] {
        let command = ["dev", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        let mut child = strongroom(&[&command[..], &form].concat()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = vec![0; expected.len()];
        let read = child.stdout.take().unwrap().read_exact(&mut said);
        child.kill().unwrap();
        child.wait().unwrap();
        read.unwrap();
        assert_eq!(String::from_utf8_lossy(&said), expected);
    }
}

#[test]
fn started_again_it_keeps_key_token_and_data() {
    let folder = TempDir::new().unwrap();
    let dev = folder.path().join("dev");
    let (first, _) = Server::dev(&dev);
    let token = first.line["token"].clone();
    let key = fs::read(dev.join("root.key")).unwrap();
    first.stop();
    let (second, _) = Server::dev(&dev);
    assert_eq!(second.line["token"], token);
    assert_eq!(fs::read(dev.join("root.key")).unwrap(), key);
    // The token is known: what the first run stored is there.
    assert_eq!(get(&second.address, "/metrics", token.as_str()).status, 200);
    second.stop();
}

#[test]
fn for_people_the_token_comes_with_what_to_do_next() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("dev");
    let command = ["dev", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    let mut child = strongroom(&command).stdout(Stdio::piped()).spawn().unwrap();
    let mut text = String::new();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    while !text.contains("Stop it") {
        text = text + &lines.next().unwrap().unwrap() + "\n";
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let token = fs::read_to_string(data.join("token")).unwrap();
    let order = [
        "Not for production",
        "/v1\n",
        &token,
        "export STRONGROOM_ADDRESS=http://127.0.0.1:",
        &format!("export STRONGROOM_TOKEN={token}"),
        "Stop it",
    ];
    let places = order.map(|part| text.find(part).unwrap_or_else(|| panic!("no {part:?} in {text}")));
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn ops_01_no_address_off_loopback() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("dev");
    let command = ["dev", "--data", data.to_str().unwrap(), "--listen", "0.0.0.0:0"];
    let (code, text) = refusal(strongroom(&command));
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("strongroom serve"), "{text}");
    assert!(!data.exists());
}

#[test]
fn aut_13_data_is_never_given_a_new_key() {
    let folder = TempDir::new().unwrap();
    let dev = folder.path().join("dev");
    Server::dev(&dev).0.stop();
    let key = fs::read(dev.join("root.key")).unwrap();
    fs::remove_file(dev.join("root.key")).unwrap();
    let database = fs::read(dev.join("data/strongroom.db")).unwrap();
    assert!(refuse(&folder).contains("root.key is gone"));
    assert!(!dev.join("root.key").exists());
    assert_eq!(fs::read(dev.join("data/strongroom.db")).unwrap(), database);

    fs::write(dev.join("root.key"), key).unwrap();
    crate::site::set_mode(&dev.join("root.key"), 0o600);
    Server::dev(&dev).0.stop();
}

#[test]
fn a_first_start_that_made_only_the_key_is_completed() {
    let folder = TempDir::new().unwrap();
    let dev = folder.path().join("dev");
    fs::create_dir(&dev).unwrap();
    let key = dev.join("root.key");
    assert!(run(strongroom(&["keys", "init", "--file", key.to_str().unwrap()])).status.success());
    let made = fs::read(&key).unwrap();
    // As far as a first start gets before the store is founded: this token was never given out.
    fs::write(dev.join("token.new"), "srt_u_never_given_out").unwrap();
    crate::site::set_mode(&dev.join("token.new"), 0o600);
    let (server, _) = Server::dev(&dev);
    assert_eq!(fs::read(&key).unwrap(), made);
    assert_eq!(get(&server.address, "/metrics", server.line["token"].as_str()).status, 200);
    server.stop();
}

#[test]
fn a_first_start_interrupted_before_the_token_was_in_its_place_is_completed() {
    let folder = TempDir::new().unwrap();
    let dev = folder.path().join("dev");
    Server::dev(&dev).0.stop();
    let token = fs::read(dev.join("token")).unwrap();
    // As the store is founded and the process killed before the file got its name.
    fs::rename(dev.join("token"), dev.join("token.new")).unwrap();
    let (server, _) = Server::dev(&dev);
    assert_eq!(fs::read(dev.join("token")).unwrap(), token);
    assert_eq!(get(&server.address, "/metrics", server.line["token"].as_str()).status, 200);
    server.stop();
    assert!(!dev.join("token.new").exists());
}

#[test]
fn a_token_that_is_lost_is_not_made_again() {
    let folder = TempDir::new().unwrap();
    let dev = folder.path().join("dev");
    Server::dev(&dev).0.stop();
    fs::remove_file(dev.join("token")).unwrap();
    assert!(refuse(&folder).contains("is kept nowhere else"));
    assert_eq!(walk(&dev).iter().filter(|path| path.ends_with("token")).count(), 0);
}

#[test]
fn a_token_that_others_can_read_is_not_used() {
    let folder = TempDir::new().unwrap();
    let dev = folder.path().join("dev");
    Server::dev(&dev).0.stop();
    crate::site::set_mode(&dev.join("token"), 0o644);
    assert!(refuse(&folder).contains("chmod 600"));
}
