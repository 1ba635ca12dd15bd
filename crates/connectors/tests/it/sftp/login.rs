//! Who gets in, and what the check says of those who do not.

use std::fs;

use strongroom_domain::verification::Reason;
use strongroom_testkit::openssh::{HostKey, make_key};
use strongroom_testkit::{Canaries, OpenSsh};

use super::{ACCEPTED, by_key, by_password, by_password_at, check, rejected, stating, unreachable, verdict};

const ED25519: [HostKey; 1] = [HostKey::Ed25519];

#[tokio::test]
async fn a_right_password_is_accepted_and_a_wrong_one_rejected_as_root() {
    OpenSsh::demand_users();
    let server = OpenSsh::start();
    for password in ["correct horse", "ünï çödé ' \" \\ $(id)", "0"] {
        let user = server.add_user(password);
        let finding = check(&by_password(&server, &user, password)).await;
        assert_eq!(verdict(&finding), ACCEPTED, "{finding:?}");
        assert_eq!(finding.message, format!("Logged in as {user}; SFTP works."));
        let account = format!("{user}@{}", server.fingerprint(HostKey::Ed25519));
        assert_eq!(finding.evidence.account, Some(account));
        let finding = check(&by_password(&server, &user, "wrong")).await;
        assert_eq!(verdict(&finding), rejected(Reason::AuthFailed), "{finding:?}");
    }
    let finding = check(&by_password(&server, "nobody-of-that-name", "pw")).await;
    assert_eq!(verdict(&finding), rejected(Reason::AuthFailed), "{finding:?}");
}

#[tokio::test]
async fn a_right_key_is_accepted_and_a_wrong_one_rejected() {
    let server = OpenSsh::start();
    for kind in [HostKey::Ed25519, HostKey::EcdsaP256, HostKey::Rsa { bits: 2048 }] {
        let (private, public) = make_key(kind, "");
        let (other, _) = make_key(kind, "");
        let user = server.add_user_with_key(&public);
        let finding = check(&by_key(&server, &user, &private, None)).await;
        assert_eq!(verdict(&finding), ACCEPTED, "{kind:?}: {finding:?}");
        let finding = check(&by_key(&server, &user, &other, None)).await;
        assert_eq!(verdict(&finding), rejected(Reason::AuthFailed), "{kind:?}: {finding:?}");
    }
}

#[tokio::test]
async fn con_15_one_attempt_by_key() {
    let server = OpenSsh::start();
    let (private, public) = make_key(HostKey::Ed25519, "");
    let (other, _) = make_key(HostKey::Ed25519, "");
    let user = server.add_user_with_key(&public);
    check(&by_key(&server, &user, &private, None)).await;
    // The second request carries the signature.
    assert_eq!(server.attempts(), ["none", "publickey", "publickey"]);
    check(&by_key(&server, &user, &other, None)).await;
    assert_eq!(server.attempts()[3..], ["none", "publickey"]);
}

#[tokio::test]
async fn con_15_one_attempt_by_password_and_nothing_written_as_root() {
    OpenSsh::demand_users();
    let server = OpenSsh::start();
    let (private, public) = make_key(HostKey::Ed25519, "");
    let user = server.add_user_with_key(&public);
    check(&by_key(&server, &user, &private, None)).await;
    let home = server.home(&user);
    assert_eq!(fs::read_dir(&home).unwrap().count(), 0, "nothing new in {}", home.display());
    let user = server.add_user("pw");
    for password in ["wrong", "pw"] {
        let before = server.attempts().len();
        check(&by_password(&server, &user, password)).await;
        assert_eq!(server.attempts()[before..], ["none", "password"]);
    }
}

#[tokio::test]
async fn a_method_that_is_not_offered_is_not_tried() {
    let server = OpenSsh::start_with(&ED25519, "PasswordAuthentication no");
    let finding = check(&by_password(&server, "root", "pw")).await;
    assert_eq!(verdict(&finding), rejected(Reason::AuthFailed), "{finding:?}");
    assert!(finding.message.contains("nothing was sent"), "{}", finding.message);
    assert_eq!(server.attempts(), ["none"]);
    let server = OpenSsh::start_with(&ED25519, "PubkeyAuthentication no");
    let (private, _) = make_key(HostKey::Ed25519, "");
    let finding = check(&by_key(&server, "root", &private, None)).await;
    assert_eq!(verdict(&finding), rejected(Reason::AuthFailed), "{finding:?}");
    assert_eq!(server.attempts(), ["none"]);
}

#[tokio::test]
async fn con_07_a_single_prompt_for_the_password_is_answered_as_root() {
    OpenSsh::demand_users();
    let lines = "UsePAM yes\nPasswordAuthentication no\nKbdInteractiveAuthentication yes";
    let server = OpenSsh::start_with(&ED25519, lines);
    let user = server.add_user("correct horse");
    let finding = check(&by_password(&server, &user, "correct horse")).await;
    assert_eq!(verdict(&finding), ACCEPTED, "{finding:?}");
    let finding = check(&by_password(&server, &user, "wrong")).await;
    assert_eq!(verdict(&finding), rejected(Reason::AuthFailed), "{finding:?}");
    assert_eq!(server.attempts(), ["none", "keyboard-interactive", "none", "keyboard-interactive"]);
}

#[tokio::test]
async fn a_server_that_hangs_up_on_the_first_failure_has_refused_as_root() {
    OpenSsh::demand_users();
    let server = OpenSsh::start_with(&ED25519, "MaxAuthTries 1");
    let user = server.add_user("pw");
    let finding = check(&by_password(&server, &user, "wrong")).await;
    assert_eq!(verdict(&finding), rejected(Reason::AuthFailed), "{finding:?}");
    let finding = check(&by_password(&server, &user, "pw")).await;
    assert_eq!(verdict(&finding), ACCEPTED, "{finding:?}");
}

#[tokio::test]
async fn a_second_proof_is_not_a_wrong_first_one_as_root() {
    OpenSsh::demand_users();
    let server = OpenSsh::start_with(&ED25519, "AuthenticationMethods password,publickey");
    let user = server.add_user("pw");
    let finding = check(&by_password(&server, &user, "pw")).await;
    assert_eq!(verdict(&finding), rejected(Reason::InsufficientScope), "{finding:?}");
    assert!(finding.message.contains("second proof"), "{}", finding.message);
}

#[tokio::test]
async fn con_09_a_server_that_asks_for_nothing_proves_nothing_as_root() {
    OpenSsh::demand_users();
    let server = OpenSsh::start_with(&ED25519, "PermitEmptyPasswords yes");
    let user = server.add_user("pw");
    server.empty_password(&user);
    let (private, _) = make_key(HostKey::Ed25519, "");
    for candidate in [by_password(&server, &user, "anything"), by_key(&server, &user, &private, None)] {
        let finding = check(&candidate).await;
        assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{finding:?}");
        assert!(finding.message.contains("without a proof"), "{}", finding.message);
    }
    assert_eq!(server.attempts(), ["none", "none"], "no secret was sent");
}

#[tokio::test]
async fn con_13_the_servers_words_never_surface_as_root() {
    OpenSsh::demand_users();
    let canary = Canaries::seeded(5).make("banner");
    let folder = tempfile::tempdir().unwrap();
    let banner = folder.path().join("banner");
    fs::write(&banner, format!("{0} \u{1b}[31m<b>{0}</b>\r\n{0}", canary.text())).unwrap();
    let server = OpenSsh::start_with(
        &ED25519,
        &format!("Banner {0}\nVersionAddendum {1}", banner.display(), canary.text()),
    );
    let user = server.add_user("pw");
    for password in ["pw", "wrong"] {
        let finding = check(&by_password(&server, &user, password)).await;
        assert_eq!(canary.find_in(format!("{finding:?}").as_bytes()), [""; 0], "{finding:?}");
    }
    fs::write(&banner, canary.text().repeat(40_000)).unwrap();
    let finding = check(&by_password(&server, &user, "pw")).await;
    assert_eq!(canary.find_in(format!("{finding:?}").as_bytes()), [""; 0], "{finding:?}");
}

#[tokio::test]
async fn an_outage_is_not_the_keys_fault() {
    let server = OpenSsh::start();
    let (port, fingerprint) = (server.port(), server.fingerprint(HostKey::Ed25519));
    drop(server);
    let finding = check(&stating(by_password_at(port, "bot", "pw"), &fingerprint)).await;
    assert_eq!(verdict(&finding), unreachable(Reason::ConnectionRefused), "{finding:?}");
}
