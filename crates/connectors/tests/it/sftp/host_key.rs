//! Whom the check believes.

use strongroom_domain::verification::Reason;
use strongroom_testkit::OpenSsh;
use strongroom_testkit::openssh::{HostKey, make_key};

use super::{ACCEPTED, by_key_at, by_password_at, check, stating, unreachable, verdict};

#[tokio::test]
async fn con_05_an_unknown_key_is_named_before_any_login() {
    let server = OpenSsh::start();
    let fingerprint = server.fingerprint(HostKey::Ed25519);
    let (private, _) = make_key(HostKey::Ed25519, "");
    for candidate in
        [by_password_at(server.port(), "bot", "pw"), by_key_at(server.port(), "bot", &private, None)]
    {
        let finding = check(&candidate).await;
        assert_eq!(verdict(&finding), unreachable(Reason::HostKeyUnknown), "{finding:?}");
        assert!(finding.message.contains(&fingerprint), "{}", finding.message);
        assert_eq!(finding.evidence.facts["host_key_fingerprint"], fingerprint);
        assert_eq!(finding.evidence.facts["host_key_type"], "ssh-ed25519");
        assert_eq!(finding.evidence.account, None);
    }
    assert_eq!(server.attempts(), [""; 0], "{}", server.log());
}

#[tokio::test]
async fn con_05_a_changed_key_is_refused_before_any_login() {
    let mut server = OpenSsh::start();
    let stated = server.fingerprint(HostKey::Ed25519);
    let line = server.host_key_line(HostKey::Ed25519);
    server.replace_host_keys();
    for host_key in [stated, line] {
        let finding = check(&stating(by_password_at(server.port(), "bot", "pw"), &host_key)).await;
        assert_eq!(verdict(&finding), unreachable(Reason::HostKeyChanged), "{finding:?}");
        let shown = server.fingerprint(HostKey::Ed25519);
        assert!(finding.message.contains(&shown), "{}", finding.message);
        assert_eq!(finding.evidence.facts["host_key_fingerprint"], shown);
    }
    assert_eq!(server.attempts(), [""; 0], "{}", server.log());
}

#[tokio::test]
async fn con_05_a_stated_key_is_believed_in_every_spelling() {
    let server = OpenSsh::start();
    let (private, public) = make_key(HostKey::Ed25519, "");
    let user = server.add_user_with_key(&public);
    let candidate = by_key_at(server.port(), &user, &private, None);
    let (fingerprint, line) = (server.fingerprint(HostKey::Ed25519), server.host_key_line(HostKey::Ed25519));
    let other = format!("SHA256:{}", "A".repeat(43));
    let other_line = server.host_key_line(HostKey::Ed25519);
    for host_key in [
        fingerprint.clone(),
        line.clone(),
        format!("[127.0.0.1]:{} {line}", server.port()),
        format!("another.name {other_line}\n[127.0.0.1]:{} {line}", server.port()),
        format!("{other}\n# the next one is right\n{fingerprint}\n"),
    ] {
        let finding = check(&stating(candidate.clone(), &host_key)).await;
        assert_eq!(verdict(&finding), ACCEPTED, "{host_key}: {finding:?}");
        assert_eq!(finding.evidence.account, Some(format!("{user}@{fingerprint}")));
    }
}

#[tokio::test]
async fn con_05_a_key_of_another_type_is_asked_for_or_refused() {
    let server = OpenSsh::start();
    let (private, public) = make_key(HostKey::Ed25519, "");
    let user = server.add_user_with_key(&public);
    let candidate = by_key_at(server.port(), &user, &private, None);
    let rsa = HostKey::Rsa { bits: 3072 };
    // The server would show its Ed25519 key by itself.
    let finding = check(&stating(candidate.clone(), &server.host_key_line(rsa))).await;
    assert_eq!(verdict(&finding), ACCEPTED, "{finding:?}");
    assert_eq!(finding.evidence.facts["host_key_type"], "ssh-rsa");
    assert_eq!(finding.evidence.facts["host_key_fingerprint"], server.fingerprint(rsa));
    let accepted = server.attempts();
    let (_, ecdsa) = make_key(HostKey::EcdsaP256, "");
    let finding = check(&stating(candidate, &ecdsa.0)).await;
    assert_eq!(verdict(&finding), unreachable(Reason::HostKeyChanged), "{finding:?}");
    assert_eq!(server.attempts(), accepted, "nothing more");
}

/// A certificate says what an authority vouches for; a credential states keys, and no authority. Whoever it is
/// made out to, the key itself counts.
#[tokio::test]
async fn con_05_a_certificate_of_a_host_counts_for_nothing() {
    let (private, public) = make_key(HostKey::Ed25519, "");
    for principals in ["127.0.0.1", "elsewhere.example"] {
        let mut server = OpenSsh::start();
        let user = server.add_user_with_key(&public);
        let authority = server.certify_host_key(principals);
        let candidate = by_key_at(server.port(), &user, &private, None);
        let finding = check(&candidate).await;
        assert_eq!(verdict(&finding), unreachable(Reason::HostKeyUnknown), "{principals}: {finding:?}");
        let fingerprint = server.fingerprint(HostKey::Ed25519);
        assert_eq!(finding.evidence.facts["host_key_fingerprint"], fingerprint, "the key, no certificate");
        let finding = check(&stating(candidate.clone(), &authority)).await;
        assert_eq!(verdict(&finding), unreachable(Reason::HostKeyChanged), "{principals}: {finding:?}");
        assert_eq!(server.attempts(), [""; 0], "{principals}: nothing about a user was sent");
        let finding = check(&stating(candidate, &fingerprint)).await;
        assert_eq!(verdict(&finding), ACCEPTED, "{principals}: {finding:?}");
    }
}

#[tokio::test]
async fn con_06_a_server_with_nothing_safe_gets_no_login() {
    let keys = [HostKey::Rsa { bits: 3072 }];
    for (lines, word) in [
        ("HostKeyAlgorithms ssh-rsa", "type of host key"),
        ("Ciphers aes128-cbc,3des-cbc", "cipher"),
        ("KexAlgorithms diffie-hellman-group14-sha1,diffie-hellman-group1-sha1", "key exchange"),
        ("MACs hmac-md5,hmac-sha1,hmac-sha1-96\nCiphers aes256-ctr", "message authentication"),
    ] {
        let server = OpenSsh::start_with(&keys, lines);
        let candidate = stating(
            by_password_at(server.port(), "bot", "pw"),
            &server.fingerprint(HostKey::Rsa { bits: 3072 }),
        );
        let finding = check(&candidate).await;
        assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{lines}: {finding:?}");
        assert!(finding.message.contains(word), "{lines}: {}", finding.message);
        assert_eq!(server.attempts(), [""; 0], "{lines}");
    }
}

#[tokio::test]
async fn con_06_a_short_rsa_host_key_is_refused() {
    let short = HostKey::Rsa { bits: 1024 };
    let server = OpenSsh::start_with(&[short], "RequiredRSASize 1024");
    let candidate = stating(by_password_at(server.port(), "bot", "pw"), &server.fingerprint(short));
    let finding = check(&candidate).await;
    assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{finding:?}");
    assert!(finding.message.contains("2,048"), "{}", finding.message);
    assert_eq!(server.attempts(), [""; 0]);
}

#[tokio::test]
async fn con_06_each_safe_choice_of_a_server_works() {
    for lines in [
        "Ciphers aes128-gcm@openssh.com",
        "Ciphers chacha20-poly1305@openssh.com",
        "Ciphers aes128-ctr\nMACs hmac-sha2-512",
        "KexAlgorithms ecdh-sha2-nistp256",
        "KexAlgorithms diffie-hellman-group14-sha256",
        "KexAlgorithms diffie-hellman-group-exchange-sha256",
    ] {
        let server = OpenSsh::start_with(&[HostKey::EcdsaP256], lines);
        let (private, public) = make_key(HostKey::Ed25519, "");
        let user = server.add_user_with_key(&public);
        let candidate = by_key_at(server.port(), &user, &private, None);
        let finding = check(&stating(candidate, &server.fingerprint(HostKey::EcdsaP256))).await;
        assert_eq!(verdict(&finding), ACCEPTED, "{lines}: {finding:?}");
    }
}
