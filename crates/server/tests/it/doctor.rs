//! `strongroom doctor`: what is sound, what is not, and how to mend it; exit 8 where something is not.

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{FileExt, PermissionsExt};

use serde_json::Value;

use crate::process::{refusal, run, strongroom};
use crate::site::{SOUND, Site};

/// Exit code and result as JSON.
fn doctor(site: &Site) -> (i32, Value) {
    json_of(&["doctor", "--config", site.path("strongroom.toml").to_str().unwrap(), "-o", "json"])
}

fn json_of(arguments: &[&str]) -> (i32, Value) {
    let output = run(strongroom(arguments));
    let result = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), result)
}

/// What was found wrong, as `check: fix`.
fn faults(found: &Value) -> Vec<String> {
    let checks = found["checks"].as_array().unwrap().iter();
    let faults = checks.filter(|one| one["verdict"] == "fault");
    faults
        .map(|one| format!("{}: {}", one["check"].as_str().unwrap(), one["fix"].as_str().unwrap()))
        .collect()
}

fn says(found: &Value, check: &str) -> String {
    let checks = found["checks"].as_array().unwrap().iter();
    checks
        .filter(|one| one["check"] == check)
        .map(|one| one["says"].as_str().unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_sound_installation_is_called_so_with_and_without_a_server() {
    let site = Site::new();
    let (code, found) = doctor(&site);
    assert_eq!((code, faults(&found)), (0, vec![]), "before the first start");
    assert!(!site.path("data").exists(), "it makes nothing");

    let server = site.serve();
    let (code, found) = doctor(&site);
    assert_eq!((code, faults(&found)), (0, vec![]));
    assert!(says(&found, "key round trip").starts_with("sealed, wrapped anew, opened"));
    assert!(says(&found, "database").contains("whole") && says(&found, "disk sync").ends_with(" ms"));
    server.stop();
    let before = site.snapshot();
    assert_eq!(doctor(&site).0, 0);
    let after = site.snapshot();
    let changed = |path: &&std::path::PathBuf| before.get(*path) != after.get(*path);
    let changed: Vec<_> = before.keys().chain(after.keys()).filter(changed).collect();
    assert!(changed.is_empty(), "{changed:?}");
}

#[test]
fn what_is_wrong_is_named_with_its_mending() {
    let site = Site::new();
    site.serve().stop();

    let key = site.path("root.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let (code, found) = doctor(&site);
    assert_eq!(code, 8);
    assert_eq!(faults(&found)[0], format!("root key file: chmod 600 '{}'", key.display()));
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();

    let (token, data) = (site.path("token"), site.path("data"));
    fs::set_permissions(&token, Permissions::from_mode(0o640)).unwrap();
    fs::set_permissions(&data, Permissions::from_mode(0o750)).unwrap();
    fs::set_permissions(site.path("strongroom.toml"), Permissions::from_mode(0o666)).unwrap();
    assert_eq!(
        faults(&doctor(&site).1),
        [
            format!("token file: chmod 600 '{}'", token.display()),
            format!("data folder: chmod 700 '{}'", data.display()),
            format!("configuration: chmod 644 '{}'", site.path("strongroom.toml").display()),
        ]
    );
    fs::set_permissions(&token, Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(&data, Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(site.path("strongroom.toml"), Permissions::from_mode(0o644)).unwrap();

    site.make_key("other.key");
    site.configure(&SOUND.replace("root.key", "other.key"));
    let (code, found) = doctor(&site);
    assert_eq!((code, faults(&found).len()), (8, 1), "cry_04");
    assert!(faults(&found)[0].starts_with("database: name its file as root_key_file"), "{found}");
    site.configure(SOUND);
    assert_eq!(doctor(&site).0, 0, "all is well again");
}

#[test]
fn a_damaged_database_and_a_record_of_the_future_are_found() {
    let site = Site::new();
    site.serve().stop();
    let database = site.path("data/strongroom.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    let later = "UPDATE audit SET body = json_set(body, '$.at', '2099-01-01T00:00:00.000Z')";
    assert!(connection.execute(later, []).unwrap() > 0);
    connection.close().unwrap();
    let (code, found) = doctor(&site);
    assert_eq!((code, faults(&found).len()), (8, 1));
    assert!(faults(&found)[0].starts_with("clock: set the clock"), "{found}");

    let file = fs::File::options().write(true).open(&database).unwrap();
    let pages = file.metadata().unwrap().len() / 4096;
    for page in pages / 3..pages {
        file.write_all_at(&[0x5a; 512], page * 4096).unwrap();
    }
    let (code, found) = doctor(&site);
    assert_eq!(code, 8);
    assert!(
        faults(&found).iter().any(|fault| fault.starts_with("database: restore a backup")
            || fault.starts_with("database: check the rights")),
        "{found}"
    );
}

/// Exit code and what is said about a target, in words.
fn egress(site: &Site, target: &str, more: &[&str]) -> (i32, String) {
    let config = site.path("strongroom.toml");
    let output = run(strongroom(
        &[&["doctor", "egress", target, "--config", config.to_str().unwrap()], more].concat(),
    ));
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn ssr_01_egress_says_which_rule_applies() {
    let site = Site::new();
    site.configure(&format!(
        "{SOUND}[egress]\nallow = [\"10.20.0.0/16\", \"127.0.0.0/8\"]\ndeny = [\"10.20.0.1/32\", \"192.0.2.0/24\"]\n"
    ));
    for (target, code, address, dialled) in [
        ("10.20.7.7:5432", 0, "10.20.7.7: may be reached, in 10.20.0.0/16 of egress.allow", "yes"),
        ("10.20.0.1:5432", 8, "10.20.0.1: refused, in 10.20.0.1/32 of egress.deny", "no: "),
        ("10.21.0.1:22", 8, "10.21.0.1: refused, in 10.0.0.0/8", "no: "),
        ("169.254.169.254:80", 8, "169.254.169.254: refused, in 169.254.169.254/32", "no: "),
        ("[::ffff:127.0.0.1]:80", 8, "::ffff:127.0.0.1: refused, in ::ffff:0.0.0.0/96", "no: "),
        ("8.8.8.8:53", 0, "8.8.8.8: may be reached, a public address", "yes"),
        ("127.0.0.1:7625", 0, "127.0.0.1: may be reached, in 127.0.0.0/8 of egress.allow", "yes"),
    ] {
        let (found, text) = egress(&site, target, &[]);
        assert_eq!(found, code, "{target}: {text}");
        assert!(text.contains(&format!("address\t{address}")), "{target}: {text}");
        assert!(text.contains(&format!("dialled\t{dialled}")), "{target}: {text}");
    }
    let (code, text) = egress(&site, "postgres:5432", &[]);
    assert_eq!(
        (code, text.contains("a short name that egress.allow_names does not list")),
        (8, true),
        "{text}"
    );
    let (code, text) = egress(&site, "8.8.8.8:0", &[]);
    assert_eq!((code, text.contains("port 0 is no port")), (8, true), "{text}");

    // SSR-15: its own listener, whatever `allow` says.
    site.configure(
        &SOUND
            .replace("127.0.0.1:0", "127.0.0.1:7625")
            .replace("[store]", "[egress]\nallow = [\"127.0.0.0/8\"]\n[store]"),
    );
    let (code, text) = egress(&site, "127.0.0.1:7625", &[]);
    assert_eq!(
        (code, text.contains("refused, this server's own listener 127.0.0.1:7625")),
        (8, true),
        "{text}"
    );
}

#[test]
fn ssr_03_other_spellings_are_no_targets() {
    let config = Site::new();
    let file = config.path("strongroom.toml");
    for (target, cause) in [
        ("127.1:80", "looks like a number"),
        ("2130706433:80", "looks like a number"),
        ("0x7f.0.0.1:80", "looks like a number"),
        ("::1:80", "an IPv6 address stands in brackets"),
        ("db.example.com", "there is no port"),
        ("user@db.example.com:80", "must be one host name or address alone"),
        ("db.example.com:65536", "the port is no number up to 65535"),
    ] {
        let (code, text) =
            refusal(strongroom(&["doctor", "egress", target, "--config", file.to_str().unwrap()]));
        assert_eq!(code, 2, "{text}");
        assert!(text.contains(cause), "{target}: {text}");
    }
}

#[test]
fn ssr_15_every_listener_of_the_file_is_the_servers_own() {
    let site = Site::new();
    site.configure(&format!(
        "{SOUND}[egress]\nallow = [\"127.0.0.0/8\"]\n[metrics]\nlisten = \"127.0.0.1:9625\"\n\
         [dialects]\nflowise = {{ listen = \"127.0.0.1:8625\" }}\n"
    ));
    for port in [9625, 8625] {
        let (code, text) = egress(&site, &format!("127.0.0.1:{port}"), &[]);
        let own = format!("refused, this server's own listener 127.0.0.1:{port}");
        assert_eq!((code, text.contains(&own)), (8, true), "{text}");
    }
}

/// Nothing is dialled unless asked, and nothing that is refused even then.
#[test]
fn ssr_01_egress_connects_only_when_told() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let site = Site::new();
    assert_eq!(egress(&site, &target, &["--connect"]).0, 8, "loopback is not public");
    site.configure(&format!("{SOUND}[egress]\nallow = [\"127.0.0.0/8\"]\n"));
    assert_eq!(egress(&site, &target, &[]).0, 0);
    assert!(listener.accept().is_err(), "nobody came");
    let (code, text) = egress(&site, &target, &["--connect"]);
    assert_eq!((code, text.contains("connection\treached in ")), (0, true), "{text}");
    assert!(listener.accept().is_ok());
    drop(listener);
    let (code, text) = egress(&site, &target, &["--connect"]);
    assert_eq!((code, text.contains("connection\tthe connection was refused")), (8, true), "{text}");
}

#[test]
fn a_development_folder_has_a_doctor_too() {
    let site = Site::new();
    let folder = site.path("dev");
    let (server, _) = crate::process::Server::dev(&folder);
    let (code, found) = json_of(&["doctor", "--data", folder.to_str().unwrap(), "-o", "json"]);
    assert_eq!((code, faults(&found)), (0, vec![]));
    server.stop();
    let arguments = ["doctor", "egress", "localhost:5432", "--data", folder.to_str().unwrap(), "-o", "json"];
    let (code, found) = json_of(&arguments);
    assert_eq!((code, &found["allowed"]), (0, &Value::Bool(true)), "{found}");
}
