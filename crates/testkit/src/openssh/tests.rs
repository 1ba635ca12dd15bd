use super::*;

fn ssh(server: &OpenSsh, user: &str, key: &Path) -> bool {
    let mut command = Command::new("ssh");
    command.args(["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"]);
    command.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "-i"]).arg(key);
    command.args(["-p", &server.port().to_string(), &format!("{user}@127.0.0.1"), "true"]);
    command.stdin(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

#[test]
fn the_real_client_logs_in_by_its_key() {
    let server = OpenSsh::start();
    let folder = tempfile::tempdir().unwrap();
    let (private, public) = make_key(HostKey::Ed25519, "");
    let file = folder.path().join("key");
    fs::write(&file, private).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let user = server.add_user_with_key(&public);
    assert!(ssh(&server, &user, &file), "{}", server.log());
    let attempts = server.attempts();
    assert_eq!(attempts.len(), 3, "{attempts:?}");
    assert_eq!(attempts[..2], ["none", "publickey"]);
    assert!(attempts[2].starts_with("publickey"), "{attempts:?}");
}

#[test]
fn nothing_is_left_behind() {
    let server = OpenSsh::start();
    let (_, public) = make_key(HostKey::Ed25519, "");
    let user = server.add_user_with_key(&public);
    let (folder, port) = (server.folder.clone(), server.port());
    drop(server);
    assert!(!folder.exists());
    assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok());
    if OpenSsh::makes_users() {
        assert!(!Command::new("id").arg(&user).output().unwrap().status.success(), "{user} is still there");
    }
}

#[test]
fn replaced_host_keys_differ() {
    let mut server = OpenSsh::start();
    let before = server.fingerprint(HostKey::Ed25519);
    server.replace_host_keys();
    assert_ne!(server.fingerprint(HostKey::Ed25519), before);
    assert!(server.host_key_line(HostKey::Ed25519).starts_with("ssh-ed25519 "));
}
