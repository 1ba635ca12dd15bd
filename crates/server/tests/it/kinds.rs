//! Kinds of the operator's: read at start, named, and refused with the place of the fault.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::http::get;
use crate::process::Server;
use crate::site::{SOUND, Site};

const KIND: &str = r#"name = "acme"
title = "Acme"
description = "A key of Acme."
documentation = "https://acme.example/docs"
icon = "acme"
check = "documented"
methods = [{ name = "key", title = "Key" }]

[[fields]]
name = "api_key"
title = "Key"
marks = ["required", "secret", "identity"]

[probe]
method = "GET"
base = "https://api.acme.example"
path = "/v1/me"
headers = { x-key = "{api_key}" }
answers = [
  { status = [200], has = ["/id"], means = "accepted" },
  { status = [401], means = "auth_failed" },
]
"#;

const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0h9v9z\"/></svg>";

fn site_with(file: &str) -> Site {
    let site = Site::new();
    fs::create_dir(site.path("kinds")).unwrap();
    fs::write(site.path("kinds/acme.toml"), file).unwrap();
    site.configure(&format!("{SOUND}[kinds]\nfolder = \"kinds\"\n"));
    site
}

fn shows_acme(server: &Server, token: &str) {
    let body = |path: &str| {
        let text = get(&server.address, path, Some(token)).text;
        text.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    let kind: Value = serde_json::from_str(&body("/v1/kinds/acme")).unwrap();
    assert_eq!(kind["title"], "Acme");
    assert_eq!(body(kind["icon"].as_str().unwrap()), ICON);
}

#[test]
fn a_kind_of_the_folder_is_there_with_its_icon_and_named_at_start() {
    let site = site_with(KIND);
    fs::write(site.path("kinds/acme.svg"), ICON).unwrap();
    let server = site.serve();
    let lines = server.line.as_array().unwrap();
    let named = |line: &Value| {
        line["kind"] == "acme" && line["file"].as_str().is_some_and(|file| file.ends_with("kinds/acme.toml"))
    };
    assert!(lines.iter().any(named), "{lines:?}");
    shows_acme(&server, &site.token());
    server.stop();
}

#[test]
fn con_19_a_file_that_is_not_sound_stops_the_start_and_says_where() {
    for (old, new, told) in [
        ("path = \"/v1/me\"", "path = \"/../me\"", "acme.toml, line 17: probe.path: "),
        ("method = \"GET\"\nbase", "method = \"GET\"\nsheme = 1\nbase", "acme.toml, line 16: unknown field"),
        ("name = \"acme\"", "name = \"postgresql\"", "there is a kind `postgresql` already"),
    ] {
        let site = site_with(&KIND.replacen(old, new, 1));
        let before = site.snapshot();
        let (code, text) = site.refusal();
        assert_eq!(code, 2, "{text}");
        assert!(text.contains(told) && text.contains("docs/KINDS.md"), "{told}: {text}");
        assert!(site.snapshot() == before, "something was written: {text}");
    }
    let site = Site::new();
    site.configure(&format!("{SOUND}[kinds]\nfolder = \"nowhere\"\n"));
    let (code, text) = site.refusal();
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("cannot read") && text.contains("nowhere"), "{text}");
}

#[test]
fn the_development_mode_takes_the_folder_beside_its_key() {
    let folder = TempDir::new().unwrap();
    let dev = folder.path().join("dev");
    Server::dev(&dev).0.stop();
    fs::create_dir(dev.join("kinds")).unwrap();
    fs::write(dev.join("kinds/acme.toml"), KIND).unwrap();
    fs::write(dev.join("kinds/acme.svg"), ICON).unwrap();
    let (server, _) = Server::dev(&dev);
    shows_acme(&server, server.line["token"].as_str().unwrap());
    server.stop();
}
