//! Servers that lie, and what they learn: nothing.

use std::time::Duration;

use strongroom_connectors::Catalogue;
use strongroom_domain::verification::{Finding, Reason};
use strongroom_testkit::postgres_wire::{Authentication, Behaviour, ScramFault};
use strongroom_testkit::{Canaries, Canary, HostilePostgres};
use tokio::time::Instant;

use crate::world::{account, candidate, check, egress, unreachable, verdict};

const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

fn canary() -> Canary {
    Canaries::seeded(13).make("password")
}

/// One attempt; what came of it, and all that the server heard.
async fn attempt(behaviour: Behaviour, sslmode: &str) -> (Finding, Vec<u8>) {
    let server = HostilePostgres::start(behaviour.clone()).await;
    let candidate = candidate(server.port(), &account("app", "data"), canary().text(), sslmode);
    let finding = check(&candidate, &egress(&[])).await;
    // What a careless client had said after its verdict would be on its way.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.connections(), 1, "con_15: one attempt, {behaviour:?}");
    let received = server.received();
    assert_eq!(canary().find_in(&received), [""; 0], "{behaviour:?}");
    assert_eq!(canary().find_in(format!("{finding:?}").as_bytes()), [""; 0], "{behaviour:?}");
    (finding, received)
}

#[tokio::test]
async fn con_01_a_server_without_tls_hears_no_name() {
    for sslmode in ["require", "verify-ca", "verify-full"] {
        let (finding, received) = attempt(Behaviour::RefuseTls, sslmode).await;
        assert_eq!(verdict(&finding), unreachable(Reason::TlsFailed), "{sslmode}");
        assert_eq!(received, TLS_REQUEST, "{sslmode}");
    }
}

#[tokio::test]
async fn con_03_clear_text_where_tls_should_begin_is_refused() {
    for behaviour in
        [Behaviour::InjectAfterTlsAnswer, Behaviour::ErrorInsteadOfTlsAnswer(canary().text().to_owned())]
    {
        let (finding, received) = attempt(behaviour.clone(), "verify-full").await;
        assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{behaviour:?}");
        assert_eq!(received, TLS_REQUEST, "{behaviour:?}");
    }
}

#[tokio::test]
async fn con_02_other_methods_get_no_answer() {
    for (method, word) in [
        (Authentication::ClearText, "clear text"),
        (Authentication::Md5, "MD5"),
        (Authentication::Gss, "GSSAPI"),
        (Authentication::Sspi, "SSPI"),
        (Authentication::KerberosV5, "Kerberos"),
        (Authentication::Unknown, "unknown"),
    ] {
        let (finding, received) = attempt(Behaviour::Ask(method), "disable").await;
        assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{method:?}");
        assert!(finding.message.contains(word), "{method:?}: {}", finding.message);
        assert_only_start_up(&received);
    }
    let (finding, _) = attempt(Behaviour::AskNothing, "disable").await;
    assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError));
    assert!(finding.message.contains("no password"), "{}", finding.message);
}

/// The packet says how long it is.
fn assert_only_start_up(received: &[u8]) {
    let length = u32::from_be_bytes(received[..4].try_into().unwrap());
    assert_eq!(usize::try_from(length).unwrap(), received.len(), "{}", received.escape_ascii());
}

#[tokio::test]
async fn con_02_a_server_must_keep_to_scram_and_prove_itself() {
    for (fault, word) in [
        (ScramFault::WrongSignature, "did not prove"),
        (ScramFault::NoSignature, "did not prove"),
        (ScramFault::ForeignNonce, "not those of a PostgreSQL server"),
        (ScramFault::Garbage, "not those of a PostgreSQL server"),
        (ScramFault::NoCommonMechanism, "mechanism"),
    ] {
        let (finding, _) = attempt(Behaviour::Scram(fault), "disable").await;
        assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{fault:?}");
        assert!(finding.message.contains(word), "{fault:?}: {}", finding.message);
    }
    for count in [0, 1, 4_095, 100_001, 2_000_000_000] {
        let (finding, received) = attempt(Behaviour::Scram(ScramFault::Iterations(count)), "disable").await;
        assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{count}");
        assert!(finding.message.contains("iterations"), "{count}: {}", finding.message);
        assert!(!received.windows(3).any(|bytes| bytes == b",p="), "{count}: a proof was sent");
    }
}

#[tokio::test]
async fn con_03_hostile_bytes_end_the_attempt() {
    for behaviour in [
        Behaviour::HugeLength,
        Behaviour::TinyLength,
        Behaviour::NoticeFlood,
        Behaviour::MalformedError(canary().text().to_owned()),
        Behaviour::Drip,
    ] {
        let (finding, received) = attempt(behaviour.clone(), "disable").await;
        assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{behaviour:?}: {finding:?}");
        assert_only_start_up(&received);
    }
    let (finding, _) = attempt(Behaviour::HangUp, "disable").await;
    assert_eq!(verdict(&finding), unreachable(Reason::ConnectionRefused));
}

#[tokio::test]
async fn con_03_silence_ends_at_the_deadline() {
    for sslmode in ["disable", "verify-full"] {
        let server = HostilePostgres::start(Behaviour::Silence).await;
        let candidate = candidate(server.port(), &account("app", "data"), "pw", sslmode);
        let deadline = Instant::now() + Duration::from_millis(200);
        let finding = Catalogue::built_in().check(&candidate, &egress(&[]), deadline).await;
        assert_eq!(verdict(&finding), unreachable(Reason::Timeout), "{sslmode}");
    }
}

/// A refusal before the server has seen anything says nothing about the password, and does not count.
#[tokio::test]
async fn con_18_nothing_is_rejected_before_it_is_proved() {
    for code in ["28P01", "28000"] {
        let (finding, _) = attempt(Behaviour::Error { code, message: "no".to_owned() }, "disable").await;
        assert_eq!(verdict(&finding), unreachable(Reason::ConnectionRefused), "{code}");
        assert!(!finding.counts(), "{code}");
    }
}

#[tokio::test]
async fn con_13_the_servers_words_never_surface() {
    let canary = canary();
    let text = format!("{0} \u{1b}[31m<b>{0}</b>\r\n{0}", canary.text());
    for (code, expected) in [
        ("28P01", unreachable(Reason::ConnectionRefused)),
        ("28000", unreachable(Reason::ConnectionRefused)),
        ("57P03", unreachable(Reason::ConnectionRefused)),
        ("XX000", unreachable(Reason::ProtocolError)),
        ("\u{1b}[31m", unreachable(Reason::ProtocolError)),
        ("toolong", unreachable(Reason::ProtocolError)),
    ] {
        let (finding, _) = attempt(Behaviour::Error { code, message: text.clone() }, "disable").await;
        assert_eq!(verdict(&finding), expected, "{code:?}");
        assert!(finding.message.chars().all(|letter| !letter.is_control()), "{code:?}");
        let is_code = code.len() == 5 && !code.starts_with('\u{1b}');
        let told = is_code.then(|| format!("SQLSTATE {code}"));
        let said = finding.said.filter(|said| said != "an error without an SQLSTATE");
        assert_eq!(said, told, "a code or nothing");
    }
    let long = canary.text().repeat(30_000);
    let (finding, _) = attempt(Behaviour::Error { code: "28P01", message: long }, "disable").await;
    assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "1 MB is not an answer");
}
