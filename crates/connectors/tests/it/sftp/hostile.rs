//! Servers that lie, and what they learn: nothing.

use std::time::Duration;

use strongroom_connectors::Catalogue;
use strongroom_domain::verification::{Finding, Outcome, Reason};
use strongroom_testkit::ssh_liar::Lie;
use strongroom_testkit::ssh_wire::Behaviour;
use strongroom_testkit::{Canaries, Canary, HostileSsh, LyingSsh};
use tokio::time::Instant;

use super::{by_password_at, check, egress, rejected, stating, unreachable, verdict};

fn canary() -> Canary {
    Canaries::seeded(7).make("password")
}

/// One attempt with a canary for a password; what came of it.
async fn attempt(behaviour: Behaviour) -> Finding {
    let server = HostileSsh::start(behaviour.clone()).await;
    let any_key = format!("SHA256:{}", "A".repeat(43));
    let finding = check(&stating(by_password_at(server.port(), "bot", canary().text()), &any_key)).await;
    assert_eq!(server.connections(), 1, "con_15: one attempt, {behaviour:?}");
    assert_eq!(canary().find_in(&server.received()), [""; 0], "{behaviour:?}");
    assert_eq!(canary().find_in(format!("{finding:?}").as_bytes()), [""; 0], "{behaviour:?}");
    finding
}

#[tokio::test]
async fn con_07_hostile_bytes_end_the_attempt() {
    for behaviour in [
        Behaviour::EndlessBanner,
        Behaviour::EndlessLine,
        Behaviour::Drip,
        Behaviour::PacketLength(u32::MAX),
        Behaviour::PacketLength(1 << 20),
        Behaviour::Garbage,
        Behaviour::IgnoreFlood,
        Behaviour::NotSsh("HTTP/1.1 400 Bad Request\r\nX: y\r\n".to_owned() + &"x".repeat(300)),
    ] {
        let finding = attempt(behaviour.clone()).await;
        assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{behaviour:?}: {finding:?}");
    }
}

#[tokio::test]
async fn con_07_what_hangs_up_is_not_reached() {
    let text = canary().text().to_owned();
    for behaviour in [
        Behaviour::HangUp,
        // The library takes a packet without a message for the end.
        Behaviour::PacketLength(0),
        Behaviour::PacketLength(1),
        Behaviour::NotSsh(format!("HTTP/1.1 400 Bad Request\r\n\r\n{text}")),
        Behaviour::NotSsh("Exceeded MaxStartups\r\n".to_owned()),
        Behaviour::Goodbye(text),
    ] {
        let finding = attempt(behaviour.clone()).await;
        assert_eq!(verdict(&finding), unreachable(Reason::ConnectionRefused), "{behaviour:?}: {finding:?}");
    }
}

#[tokio::test]
async fn con_07_silence_ends_at_the_deadline_and_the_connection_with_it() {
    for behaviour in [Behaviour::Silence, Behaviour::PacketLength(2_000)] {
        let server = HostileSsh::start(behaviour.clone()).await;
        let candidate = by_password_at(server.port(), "bot", "pw");
        let deadline = Instant::now() + Duration::from_millis(200);
        let finding = Catalogue::built_in().check(&candidate, &egress(), deadline).await;
        assert_eq!(verdict(&finding), unreachable(Reason::Timeout), "{behaviour:?}");
        server.until_all_hung_up().await;
    }
}

#[tokio::test]
async fn con_07_questions_for_something_else_get_no_answer() {
    let hidden = |text: &str| (text.to_owned(), false);
    for prompts in [
        vec![hidden("Enter your other password: ")],
        vec![("Password: ".to_owned(), true)],
        vec![hidden("Password: "), hidden("Password: ")],
        vec![hidden("Password: "); 100],
    ] {
        let server = LyingSsh::start(Lie::Prompts(prompts.clone())).await;
        let finding =
            check(&stating(by_password_at(server.port(), "bot", canary().text()), server.fingerprint()))
                .await;
        assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{prompts:?}: {finding:?}");
        assert!(finding.message.contains("nothing was sent"), "{prompts:?}: {}", finding.message);
        assert_eq!(server.answers(), [""; 0], "{prompts:?}");
    }
}

#[tokio::test]
async fn con_07_the_password_is_given_once() {
    for prompts in [vec![("Password: ".to_owned(), false)], Vec::new()] {
        let server = LyingSsh::start(Lie::MorePrompts(prompts.clone())).await;
        let finding =
            check(&stating(by_password_at(server.port(), "bot", canary().text()), server.fingerprint()))
                .await;
        assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{prompts:?}: {finding:?}");
        assert_eq!(server.answers(), [canary().text()], "{prompts:?}");
    }
}

/// Nothing tells such a server from an honest one without a second attempt, with a wrong password; the check
/// makes none. It also asks for the client's agent, and does not get it.
#[tokio::test]
async fn con_09_a_server_that_takes_any_password_is_asked_once() {
    let server = LyingSsh::start(Lie::AnyPassword).await;
    let finding =
        check(&stating(by_password_at(server.port(), "bot", canary().text()), server.fingerprint())).await;
    assert_eq!(verdict(&finding), rejected(Reason::InsufficientScope), "it has no SFTP: {finding:?}");
    assert_ne!(finding.outcome, Outcome::Accepted);
    assert_eq!(server.answers(), [canary().text()]);
    assert!(!server.got_an_agent());
}
