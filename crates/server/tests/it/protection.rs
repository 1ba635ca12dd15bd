//! What the process gives up, and what it leaves for others to find.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Command;

use serde_json::Value;
use strongroom_testkit::Canaries;
use strongroom_testkit::memory::each_region;

use crate::process::{Server, strongroom};
use crate::site::{SOUND, Site, mode, walk};

/// An account without rights.
const NOBODY: u32 = 65_534;

#[test]
fn rem_08_rem_09_no_core_file_and_no_look_at_its_memory() {
    let site = Site::new();
    let config = site.path("strongroom.toml");
    let mut command = strongroom(&["serve", "--config", config.to_str().unwrap()]);
    if rustix::process::geteuid().is_root() {
        // Root may look anywhere, so only another account's process shows what the kernel hides.
        for path in walk(&site.path("")) {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        command.uid(NOBODY).gid(NOBODY);
    }
    let server = Server::spawn(command);
    let proc = format!("/proc/{}", server.pid());
    let limits = fs::read_to_string(format!("{proc}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    // The kernel gives these files to root where a process is not dumpable (proc_pid(5)).
    for file in ["environ", "mem", "maps"] {
        assert_eq!(fs::metadata(format!("{proc}/{file}")).unwrap().uid(), 0, "{file}");
    }
    let status = fs::read_to_string(format!("{proc}/status")).unwrap();
    let user = status.lines().find(|line| line.starts_with("Uid:")).unwrap();
    assert!(!user.contains("\t0\t"), "the process itself is not root's: {user}");
    server.stop();
}

/// REM-09. Root may look anywhere and does: the root key is on locked pages that no dump has, and nowhere else.
#[test]
fn rem_09_the_root_key_is_on_locked_pages_and_in_no_dump() {
    let site = Site::new();
    let key = fs::read(site.path("root.key")).unwrap();
    let server = site.serve();
    assert_ne!(locked_kib(server.pid()), 0);
    let (mut kept, mut strewn) = (0, Vec::new());
    let looked = each_region(server.pid(), |region| {
        let count = region.bytes.windows(key.len()).filter(|window| *window == key).count();
        if region.is_locked() && !region.is_dumped() {
            kept += count;
        } else if count > 0 {
            strewn.push(format!("{count} in {:x} {}", region.start, region.name));
        }
    });
    match looked {
        Ok(()) => assert_eq!((kept, strewn), (1, vec![])),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
            assert!(!rustix::process::geteuid().is_root(), "root may look");
        }
    }
    server.stop();
}

/// What the process has locked, in KiB (`proc_pid_status(5)`).
fn locked_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Where no page may be locked, the server says so and serves; `doctor` says it too, and what to do.
#[test]
fn rem_09_without_leave_to_lock_the_server_warns_and_goes_on() {
    let site = Site::new();
    let config = site.path("strongroom.toml");
    let without_leave = |arguments: &[&str]| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "ulimit -l 0; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_strongroom")]);
        command.args(arguments).args(["--config", config.to_str().unwrap()]).env_clear();
        if rustix::process::geteuid().is_root() {
            // Root locks what it likes, whatever the limit.
            for path in walk(&site.path("")) {
                chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    };
    let server = Server::spawn(without_leave(&["serve"]));
    let said: Vec<&Value> = server.line.as_array().unwrap().iter().collect();
    let warning = said.iter().find(|line| line["consequence"] == "keys may be written to swap");
    let warning = warning.unwrap_or_else(|| panic!("{said:?}"));
    assert!(
        warning["level"] == "WARN" && warning["fix"].as_str().unwrap().contains("LimitMEMLOCK"),
        "{warning}"
    );
    assert_eq!(locked_kib(server.pid()), 0);
    assert_eq!(crate::http::get(&server.address, "/readyz", None).status, 200);
    server.stop();

    let output = crate::process::run(without_leave(&["doctor", "-o", "json"]));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = found["checks"].as_array().unwrap();
    let memory = checks.iter().find(|check| check["check"] == "memory").unwrap();
    assert!(memory["verdict"] == "warn" && memory["fix"].as_str().unwrap().contains("memlock"), "{memory}");
}

#[test]
fn rem_10_a_key_in_the_environment_is_in_no_process_table() {
    let site = Site::new();
    let key =
        fs::read(site.path("root.key")).unwrap().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
    let key = key.concat();
    site.configure(&SOUND.replace("root_key_file = \"root.key\"", "root_key_env = \"SITE_KEY\""));
    let config = site.path("strongroom.toml");
    let mut command = strongroom(&["serve", "--config", config.to_str().unwrap()]);
    command.env("SITE_KEY", &key).env("OTHER", "kept");
    let server = Server::spawn(command);
    match fs::read(format!("/proc/{}/environ", server.pid())) {
        Ok(environment) => {
            let text = String::from_utf8(environment).unwrap();
            assert!(!text.contains(&key[..16]), "{text}");
            assert!(text.contains("SITE_KEY=-") && text.contains("OTHER=kept"), "{text}");
        }
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
    }
    server.stop();

    // The same key as in the file: the data made with one opens with the other.
    site.configure(SOUND);
    site.serve().stop();
}

#[test]
fn aut_13_a_weak_or_missing_key_in_the_environment_no_start() {
    let site = Site::new();
    site.configure(&SOUND.replace("root_key_file = \"root.key\"", "root_key_env = \"SITE_KEY\""));
    let config = site.path("strongroom.toml");
    let cases = [
        (None, "SITE_KEY"),
        (Some("0".repeat(64)), "pattern"),
        (Some("cnry-key".to_owned()), "none of them"),
    ];
    for (key, reason) in cases {
        let mut command = strongroom(&["serve", "--config", config.to_str().unwrap()]);
        command.envs(key.iter().map(|key| ("SITE_KEY", key)));
        let (code, text) = crate::process::refusal(command);
        assert_eq!(code, 1, "{text}");
        assert!(text.contains(reason) && !text.contains("cnry"), "{text}");
    }
    assert!(!site.path("data").exists());
}

#[test]
fn ops_03_whatever_the_umask_files_are_their_owners_alone() {
    let site = Site::new();
    let config = site.path("strongroom.toml");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_strongroom")]);
    command.args(["serve", "--config", config.to_str().unwrap()]).env_clear();
    let server = Server::spawn(command);
    let made = walk(&site.path("data")).into_iter().chain([site.path("token"), site.path("root.key")]);
    for path in made {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
    server.stop();
}

#[test]
fn log_01_neither_key_nor_token_is_in_the_log_at_its_loudest() {
    let site = Site::new();
    let config = site.path("strongroom.toml");
    let mut command = strongroom(&["serve", "--config", config.to_str().unwrap()]);
    command.env("STRONGROOM_LOG", "trace");
    let server = Server::spawn(command);
    let token = site.token();
    let wrong = Canaries::seeded(7).make("token");
    crate::http::get(&server.address, "/metrics", Some(&token));
    crate::http::get(&server.address, &format!("/v1/{0}?a={0}", wrong.text()), Some(wrong.text()));
    speak_http_2(&server.address);
    server.signal(rustix::process::Signal::TERM);
    let log: Vec<String> = server.log.iter().collect();
    // What a dependency would say was not written with secrets in mind, so nothing of it is there (LOG-02).
    for line in &log {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["target"].as_str().unwrap().starts_with("strongroom"), "{line}");
    }
    let log = format!("{}{}", server.line, log.join("\n"));
    assert!(log.contains("\"route\":"), "requests are logged: {log}");
    let secret = token.rsplit('_').nth(1).unwrap();
    assert!(!log.contains(secret), "{log}");
    assert_eq!(wrong.find_in(log.as_bytes()), [""; 0], "{log}");
}

/// The preface and an empty SETTINGS frame (RFC 9113, section 3.4): enough for a library to have much to
/// say at this level. The answer is no HTTP/2 (DOS-02), whatever else it is.
fn speak_http_2(address: &str) {
    let mut stream = crate::http::connect(address);
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let mut answer = Vec::new();
    // A reset is as good an answer as any.
    let _reset = stream.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 "), "{answer:?}");
}

#[test]
fn a_link_is_no_token_file() {
    let site = Site::new();
    std::os::unix::fs::symlink(site.path("target"), site.path("token")).unwrap();
    let (code, text) = site.refusal();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("is a link"), "{text}");
    assert!(!site.path("target").exists());
    assert!(!site.path("data").exists());
}
