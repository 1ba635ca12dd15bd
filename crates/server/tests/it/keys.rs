//! `strongroom keys`: made once, and told apart.

use std::fs;

use crate::process::{refusal, run, strongroom};
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
