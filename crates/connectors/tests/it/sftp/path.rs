//! What is behind the login.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use strongroom_domain::credential::Candidate;
use strongroom_domain::verification::Reason;
use strongroom_testkit::OpenSsh;
use strongroom_testkit::openssh::{HostKey, make_key};

use super::{ACCEPTED, by_key, check, rejected, unreachable, verdict, with};

fn server_with_user(lines: &str) -> (OpenSsh, Candidate, String) {
    let server = OpenSsh::start_with(&[HostKey::Ed25519], lines);
    let (private, public) = make_key(HostKey::Ed25519, "");
    let user = server.add_user_with_key(&public);
    let candidate = by_key(&server, &user, &private, None);
    (server, candidate, user)
}

#[tokio::test]
async fn con_15_a_path_is_opened_and_left_as_it_was_as_root() {
    OpenSsh::demand_users();
    let (server, candidate, user) = server_with_user("");
    let home = server.home(&user);
    fs::write(home.join("file"), "content").unwrap();
    let before = seen(&home);
    for path in [".", "/", "file", home.to_str().unwrap()] {
        let finding = check(&with(candidate.clone(), "path", path)).await;
        assert_eq!(verdict(&finding), ACCEPTED, "{path}: {finding:?}");
        assert_eq!(finding.message, format!("Logged in as {user} and opened {path}."));
    }
    assert_eq!(seen(&home), before);
}

#[tokio::test]
async fn con_15_what_is_no_folder_or_file_is_not_opened_nor_said_to_be_as_root() {
    OpenSsh::demand_users();
    let (_server, candidate, user) = server_with_user("");
    let finding = check(&with(candidate, "path", "/dev/null")).await;
    assert_eq!(verdict(&finding), ACCEPTED, "{finding:?}");
    assert_eq!(finding.message, format!("Logged in as {user}; /dev/null is there and was not opened."));
}

fn seen(folder: &Path) -> Vec<(String, u64, std::time::SystemTime)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let data = entry.metadata().unwrap();
        (entry.file_name().into_string().unwrap(), data.len(), data.modified().unwrap())
    });
    entries.collect()
}

#[tokio::test]
async fn a_missing_path_and_a_forbidden_one_are_told_apart_as_root() {
    OpenSsh::demand_users();
    let (server, candidate, user) = server_with_user("");
    let home = server.home(&user);
    for (name, mode) in [("closed", 0o700), ("secret", 0o600)] {
        let place = home.join(name);
        if name == "closed" {
            fs::create_dir(&place).unwrap();
        } else {
            fs::write(&place, "x").unwrap();
        }
        fs::set_permissions(&place, Permissions::from_mode(mode)).unwrap();
    }
    for (path, expected) in [
        ("missing", unreachable(Reason::MisconfiguredTarget)),
        ("missing/further", unreachable(Reason::MisconfiguredTarget)),
        ("closed", rejected(Reason::InsufficientScope)),
        ("closed/inside", rejected(Reason::InsufficientScope)),
        ("secret", rejected(Reason::InsufficientScope)),
    ] {
        let finding = check(&with(candidate.clone(), "path", path)).await;
        assert_eq!(verdict(&finding), expected, "{path}: {finding:?}");
        assert!(finding.message.starts_with("The login works"), "{path}: {}", finding.message);
    }
}

#[tokio::test]
async fn a_login_without_sftp_is_not_enough() {
    for lines in [
        "Subsystem sftp /no/such/program",
        "Subsystem sftp /bin/false",
        "ForceCommand echo this is no SFTP",
        "MaxSessions 0",
    ] {
        let (_server, candidate, _) = server_with_user(lines);
        let finding = check(&candidate).await;
        assert_eq!(verdict(&finding), rejected(Reason::InsufficientScope), "{lines}: {finding:?}");
        assert!(finding.message.starts_with("The login works"), "{lines}: {}", finding.message);
    }
}
