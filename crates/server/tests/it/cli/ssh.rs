//! A change of an SSH key at a terminal, against a real OpenSSH server: its steps are shown, and a wrong key
//! is refused.

use strongroom_testkit::OpenSsh;
use strongroom_testkit::openssh::{HostKey, make_key};

use super::terminal::Screen;
use super::transcript::same_each_time;
use super::{CREDENTIALS, World};
use crate::promises::resolve;

/// The steps on a screen, each with its sign.
fn steps(screen: &str) -> Vec<String> {
    let steps = screen.lines().filter(|line| line.starts_with(['✓', '✗']));
    steps.map(|line| line.split("  ").next().unwrap_or_default().trim().to_owned()).collect()
}

#[test]
fn an_update_on_a_terminal_shows_the_steps_and_refuses_a_wrong_ssh_key() {
    let world = World::new();
    let ssh = OpenSsh::start_with(&[HostKey::Ed25519], "");
    let (right, public) = make_key(HostKey::Ed25519, "");
    let (wrong, _) = make_key(HostKey::Ed25519, "");
    let (right_file, wrong_file) = (world.file("right", &right), world.file("wrong", &wrong));
    let user = ssh.add_user_with_key(&public);
    let (port, user) = (format!("port={}", ssh.port()), format!("username={user}"));
    let right_key = format!("private_key=@{}", right_file.display());
    let create = [
        "credential",
        "create",
        "sftp",
        "--slug",
        "bank",
        "--set",
        "host=127.0.0.1",
        "--set",
        &port,
        "--set",
        &user,
        "--secret",
        &right_key,
    ];

    // Nobody knows the server's own key yet: the check stops before the login and says which key it saw.
    let (code, screen) = Screen::run(&world, &create).end();
    assert_eq!(code, 8, "{screen}");
    let fingerprint = ssh.fingerprint(HostKey::Ed25519);
    assert!(screen.contains(&fingerprint) && screen.contains("code verification_unreachable"), "{screen}");
    assert_eq!(steps(&screen), ["✓ resolve", "✓ connect", "✗ host key"], "{screen}");
    assert_eq!(ssh.attempts(), [""; 0], "nobody tried to log in");

    let host_key = format!("host_key={fingerprint}");
    let (code, screen) = Screen::run(&world, &[&create[..], &["--set", &host_key]].concat()).end();
    assert_eq!(code, 0, "{screen}");
    let all = ["✓ resolve", "✓ connect", "✓ host key", "✓ authenticate", "✓ authorise"];
    assert_eq!(steps(&screen), all, "{screen}");

    let wrong_key = format!("private_key=@{}", wrong_file.display());
    let (code, screen) = Screen::run(&world, &["credential", "update", "bank", "--secret", &wrong_key]).end();
    assert_eq!(code, 8, "{screen}");
    assert_eq!(steps(&screen), ["✓ resolve", "✓ connect", "✓ host key", "✗ authenticate"], "{screen}");
    let kept = resolve(&world.server.admin(), &format!("{CREDENTIALS}/~bank")).expect(200).value();
    assert_eq!((&kept["version"], &kept["secrets"]["private_key"]), (&1.into(), &right.as_str().into()));
    let screen = same_each_time(&screen, &world).replace(user.trim_start_matches("username="), "[user]");
    insta::assert_snapshot!("terminal_wrong_ssh_key", screen);
}

#[test]
fn a_key_is_pasted_at_the_prompt_line_by_line() {
    let world = World::new();
    let ssh = OpenSsh::start_with(&[HostKey::Ed25519], "");
    let (old, old_public) = make_key(HostKey::Ed25519, "");
    let user = ssh.add_user_with_key(&old_public);
    let body = serde_json::json!({"kind": "sftp", "name": "bank", "slug": "bank", "method": "key", "settings": {
        "host": "127.0.0.1", "port": ssh.port(), "username": user,
        "host_key": ssh.fingerprint(HostKey::Ed25519)}, "secrets": {"private_key": old}});
    world.server.admin().post(CREDENTIALS, &body).expect(201);
    let screen = Screen::run(&world, &["credential", "update", "bank", "--secret", "private_key"]);
    let screen = screen.until("Private key (not shown; end with Ctrl-D): ");
    let (code, screen) = screen.enter(&old).enter("\u{4}").end();
    assert_eq!(code, 0, "{screen}");
    assert!(!screen.contains("PRIVATE KEY-----"), "{screen}");
    assert!(screen.contains("✓ authenticate"), "{screen}");
}
