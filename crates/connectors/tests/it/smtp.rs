//! The SMTP connector against Exim and against servers that lie.

use std::time::Duration;

use strongroom_connectors::Catalogue;
use strongroom_connectors::contract::{Cases, Tells, upholds};
use strongroom_domain::credential::{Candidate, Owner};
use strongroom_domain::policy::FieldPolicy;
use strongroom_domain::steps::validate::validate;
use strongroom_domain::text::Labels;
use strongroom_domain::verification::{Finding, Reason};
use strongroom_domain::{FieldMap, Secret};
use strongroom_testkit::smtp::{Mechanism, Security};
use strongroom_testkit::smtp_wire::Behaviour;
use strongroom_testkit::{Canaries, Canary, HostileSmtp, Smtp};

use crate::world::{ACCEPTED, AUTH_FAILED, check, egress, unreachable, verdict};

const USERS: &[(&str, &str)] = &[("app@example.com", "correct horse")];

fn draft(port: u16, security: &str, user: &str, password: &str) -> Candidate {
    let settings = serde_json::json!({
        "host": "127.0.0.1", "port": port, "security": security, "username": user,
    });
    let fields = |json| serde_json::from_value::<FieldMap>(json).unwrap();
    Candidate {
        name: "test".parse().unwrap(),
        slug: None,
        description: None,
        labels: Labels::new(),
        owner: Owner::Workspace,
        integration: None,
        expires_at: None,
        kind: "smtp".to_owned(),
        method: "password".to_owned(),
        settings: fields(settings),
        secrets: Secret::new(fields(serde_json::json!({"password": password}))),
    }
}

fn candidate(port: u16, security: &str, password: &str) -> Candidate {
    let draft = draft(port, security, USERS[0].0, password);
    validate(draft, Catalogue::built_in().kind("smtp").unwrap(), FieldPolicy::Strict).unwrap()
}

fn with(candidate: &Candidate, setting: &str, value: &str) -> Candidate {
    let mut candidate = candidate.clone();
    candidate.settings.set(setting, value);
    candidate
}

#[tokio::test]
async fn an_accepted_user_comes_with_evidence() {
    for (security, word, mechanism, name, tls) in [
        (Security::StartTls, "starttls", Mechanism::Plain, "PLAIN", "TLSv1.3"),
        (Security::StartTls, "starttls", Mechanism::Login, "LOGIN", "TLSv1.3"),
        (Security::Tls, "tls", Mechanism::Plain, "PLAIN", "TLSv1.3"),
        (Security::None, "none", Mechanism::Login, "LOGIN", "off"),
    ] {
        let server = Smtp::start(security, mechanism, USERS);
        let egress = egress(&[server.ca_file()]);
        let finding = check(&candidate(server.port(), word, "correct horse"), &egress).await;
        assert_eq!(verdict(&finding), ACCEPTED, "{security:?} {mechanism:?}: {finding:?}");
        let account = format!("app@example.com@127.0.0.1:{}", server.port());
        assert_eq!(finding.evidence.account, Some(account));
        assert_eq!(finding.evidence.facts["mechanism"], name);
        assert_eq!(finding.evidence.facts["tls"], tls);

        let finding = check(&candidate(server.port(), word, "wrong horse"), &egress).await;
        assert_eq!(verdict(&finding), AUTH_FAILED, "{security:?} {mechanism:?}: {finding:?}");
    }
}

#[tokio::test]
async fn a_password_changed_at_the_server_counts_at_once() {
    let server = Smtp::start(Security::StartTls, Mechanism::Plain, USERS);
    let egress = egress(&[server.ca_file()]);
    let old = candidate(server.port(), "starttls", "correct horse");
    assert_eq!(verdict(&check(&old, &egress).await), ACCEPTED);
    server.set_users(&[(USERS[0].0, "battery staple")]);
    assert_eq!(verdict(&check(&old, &egress).await), AUTH_FAILED);
    let new = candidate(server.port(), "starttls", "battery staple");
    assert_eq!(verdict(&check(&new, &egress).await), ACCEPTED);
}

/// The kinds that the test below holds to the contract.
pub(crate) const HELD: &[&str] = &["smtp"];

#[tokio::test]
async fn smtp_upholds_the_contract() {
    let mut canaries = Canaries::seeded(0);
    let (password, remote) = (canaries.make("password"), canaries.make("remote"));
    let server = Smtp::start(Security::StartTls, Mechanism::Plain, &[("app@example.com", password.text())]);
    let slow = HostileSmtp::start(Behaviour::Silence).await;
    let mut hostile = Vec::new();
    for behaviour in hostile_behaviours(remote.text()) {
        hostile.push(HostileSmtp::start(behaviour).await);
    }
    let good = candidate(server.port(), "starttls", password.text());
    let cases = Cases {
        good: good.clone(),
        bad: candidate(server.port(), "starttls", canaries.make("wrong").text()),
        otherwise_spelt: vec![with(&good, "host", "LOCALHOST"), with(&good, "username", "APP@Example.COM")],
        // Nothing ever listens at port 1 (tcpmux) of a test machine.
        unreachable: candidate(1, "starttls", password.text()),
        slow: candidate(slow.port(), "starttls", password.text()),
        hostile: hostile.iter().map(|server| candidate(server.port(), "none", password.text())).collect(),
        remote_text: remote.text().to_owned(),
        tells: Tells::Both,
    };
    for kind in HELD {
        upholds(Catalogue::built_in().connector(kind).unwrap(), &cases, &egress(&[server.ca_file()])).await;
    }
}

fn hostile_behaviours(text: &str) -> Vec<Behaviour> {
    let line = |code: &str| format!("{code} {text} \u{1b}[31m<b>\r\n").into_bytes();
    vec![
        Behaviour::HangUp,
        Behaviour::EndlessGreeting,
        Behaviour::Greet(text.repeat(10_000).into_bytes()),
        Behaviour::Greet(line("554")),
        Behaviour::Greet(b"\xff\xfe\x00\r\n".to_vec()),
        Behaviour::NoMechanism,
        Behaviour::Auth(vec![line("454")]),
        Behaviour::Auth(vec![line("250")]),
        Behaviour::Auth(vec![line("334")]),
        Behaviour::Auth(vec![[line("235"), line("250")].concat()]),
        Behaviour::AuthLogin(vec![line("334"), line("334"), line("334")]),
    ]
}

fn canary() -> Canary {
    Canaries::seeded(10).make("password")
}

/// One attempt; what came of it, and all that the server heard.
async fn attempt(behaviour: Behaviour, security: &str) -> (Finding, String) {
    let server = HostileSmtp::start(behaviour.clone()).await;
    let finding = check(&candidate(server.port(), security, canary().text()), &egress(&[])).await;
    // What a careless client had said after its verdict would be on its way.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.connections(), 1, "con_15: one attempt, {behaviour:?}");
    assert_eq!(canary().find_in(format!("{finding:?}").as_bytes()), [""; 0], "{behaviour:?}");
    (finding, String::from_utf8_lossy(&server.received()).into_owned())
}

const GREETED: &str = "EHLO [127.0.0.1]\r\n";

#[tokio::test]
async fn con_10_without_starttls_nothing_of_the_user_is_sent() {
    let (finding, heard) = attempt(Behaviour::NoStartTls, "starttls").await;
    assert_eq!(verdict(&finding), unreachable(Reason::TlsFailed), "{finding:?}");
    assert_eq!(heard, GREETED);
    for refusal in ["454 4.7.0 later\r\n", "502 no\r\n", "554 no\r\n"] {
        let (finding, heard) = attempt(Behaviour::StartTls(refusal.into()), "starttls").await;
        assert_eq!(verdict(&finding), unreachable(Reason::TlsFailed), "{refusal}: {finding:?}");
        assert_eq!(heard, format!("{GREETED}STARTTLS\r\n"));
    }
}

#[tokio::test]
async fn con_10_what_is_injected_before_tls_ends_the_attempt() {
    for injected in ["220 go\r\n235 welcome\r\n", "220 go\r\n250-a\r\n250 AUTH PLAIN\r\n", "220 go\r\n\x16"] {
        let (finding, heard) = attempt(Behaviour::StartTls(injected.into()), "starttls").await;
        assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{injected:?}: {finding:?}");
        assert_eq!(heard, format!("{GREETED}STARTTLS\r\n"));
    }
    let (finding, heard) = attempt(Behaviour::Greet("220 hi\r\n250 hi\r\n".into()), "none").await;
    assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{finding:?}");
    assert_eq!(heard, "", "an answer before the question");
}

#[tokio::test]
async fn con_10_a_certificate_must_name_the_host() {
    for (security, trusting) in [
        (Security::WrongName, true),
        (Security::Expired, true),
        (Security::SelfSigned, true),
        (Security::StartTls, false),
        (Security::Tls, false),
    ] {
        let server = Smtp::start(security, Mechanism::Plain, USERS);
        let egress = if trusting { egress(&[server.ca_file()]) } else { egress(&[]) };
        let word = if security == Security::Tls { "tls" } else { "starttls" };
        let finding = check(&candidate(server.port(), word, "correct horse"), &egress).await;
        assert_eq!(verdict(&finding), unreachable(Reason::TlsFailed), "{security:?}: {finding:?}");
    }
}

#[tokio::test]
async fn con_10_auth_offered_only_before_tls_is_not_used() {
    let server = Smtp::start(Security::AuthOnlyBeforeTls, Mechanism::Plain, USERS);
    let candidate = candidate(server.port(), "starttls", "correct horse");
    let finding = check(&candidate, &egress(&[server.ca_file()])).await;
    assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{finding:?}");
    assert!(finding.message.contains("neither AUTH PLAIN nor AUTH LOGIN"), "{}", finding.message);
}

#[tokio::test]
async fn con_10_tls_is_not_given_up_for_a_server_without_it() {
    let server = Smtp::start(Security::None, Mechanism::Plain, USERS);
    for (word, reason) in [("starttls", Reason::TlsFailed), ("tls", Reason::TlsFailed)] {
        let finding = check(&candidate(server.port(), word, "correct horse"), &egress(&[])).await;
        assert_eq!(verdict(&finding), unreachable(reason), "{word}: {finding:?}");
    }
}

#[tokio::test]
async fn con_11_what_could_end_a_line_or_a_field_is_refused() {
    let catalogue = Catalogue::built_in();
    let (kind, connector) = (catalogue.kind("smtp").unwrap(), catalogue.connector("smtp").unwrap());
    let long = "a".repeat(10_000);
    for bad in ["a\r\nRCPT TO:<b@c>", "a\nb", "a\0b", "a\rb", long.as_str(), ""] {
        for (user, password, pointer) in
            [(bad, "pw", "/settings/username"), ("app", bad, "/secrets/password")]
        {
            let draft = draft(587, "none", user, password);
            let faults = connector.examine(&draft);
            assert_eq!(faults.len(), 1, "{bad:?}: {faults:?}");
            assert_eq!(faults[0].pointer, pointer, "{bad:?}");
            if bad.len() < 100 {
                assert!(validate(draft, kind, FieldPolicy::Strict).is_err(), "{bad:?}");
            }
        }
    }
    let both = draft(587, "none", "a\0b", "c\r\nd");
    assert_eq!(connector.examine(&both).len(), 2, "all faults at once");
    assert_eq!(connector.account(&both), None);
}

#[tokio::test]
async fn con_11_awkward_users_and_passwords_arrive_whole() {
    let (user, password) = ("o'brien+x@exämple.com", ". = % & ' é \u{1f511} -- /* $ ${env{HOME}} : #");
    for mechanism in [Mechanism::Plain, Mechanism::Login] {
        let server = Smtp::start(Security::StartTls, mechanism, &[(user, password)]);
        let finding =
            check(&draft(server.port(), "starttls", user, password), &egress(&[server.ca_file()])).await;
        assert_eq!(verdict(&finding), ACCEPTED, "{mechanism:?}: {finding:?}");
    }
}

#[tokio::test]
async fn con_13_the_servers_words_never_surface() {
    let text = format!("{0} \u{1b}[31m<b>{0}</b>", canary().text());
    for (code, expected) in [
        ("535", AUTH_FAILED),
        ("534", AUTH_FAILED),
        ("530", unreachable(Reason::MisconfiguredTarget)),
        ("421", unreachable(Reason::RateLimited)),
        ("454", unreachable(Reason::RateLimited)),
        ("451", unreachable(Reason::ConnectionRefused)),
        ("504", unreachable(Reason::ProtocolError)),
        ("999", unreachable(Reason::ProtocolError)),
    ] {
        let answer = format!("{code}-{text}\r\n{code} {text}\r\n").into_bytes();
        let (finding, _) = attempt(Behaviour::Auth(vec![answer]), "none").await;
        assert_eq!(verdict(&finding), expected, "{code}: {finding:?}");
        assert!(finding.message.chars().all(|letter| !letter.is_control()), "{code}");
    }
    let (finding, _) = attempt(Behaviour::Greet(format!("421 {text}\r\n").into_bytes()), "starttls").await;
    assert_eq!(verdict(&finding), unreachable(Reason::RateLimited));
    let megabyte = [b"220 ".as_slice(), &vec![b'x'; 1_000_000], b"\r\n"].concat();
    let (finding, heard) = attempt(Behaviour::Greet(megabyte), "starttls").await;
    assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError));
    assert_eq!(heard, "");
}

#[tokio::test]
async fn con_15_one_log_in_and_nothing_else() {
    let (finding, heard) = attempt(Behaviour::Auth(vec![b"235 ok\r\n".to_vec()]), "none").await;
    assert_eq!(verdict(&finding), ACCEPTED, "{finding:?}");
    let commands: Vec<&str> = heard.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(commands, ["EHLO", "AUTH", "QUIT"]);

    let (finding, heard) = attempt(Behaviour::Auth(vec![b"535 no\r\n".to_vec()]), "none").await;
    assert_eq!(verdict(&finding), AUTH_FAILED);
    assert_eq!(heard.matches("AUTH").count(), 1, "a refused password is not tried another way");
}

#[tokio::test]
async fn con_18_a_server_that_wants_tls_is_told_from_one_that_refuses() {
    let server = Smtp::start(Security::StartTls, Mechanism::Plain, USERS);
    let in_the_clear = candidate(server.port(), "none", "correct horse");
    let finding = check(&in_the_clear, &egress(&[server.ca_file()])).await;
    assert_eq!(verdict(&finding), unreachable(Reason::MisconfiguredTarget), "{finding:?}");
    assert!(finding.message.contains("set security to starttls"), "{}", finding.message);
}

#[tokio::test]
async fn con_18_an_answer_that_proves_nothing_is_no_verdict() {
    for behaviour in [
        Behaviour::NoMechanism,
        Behaviour::Auth(vec![b"250 ok\r\n".to_vec()]),
        Behaviour::Auth(vec![b"334 \r\n".to_vec()]),
        Behaviour::Auth(vec![b"HTTP/1.1 200 OK\r\n".to_vec()]),
        Behaviour::AuthLogin(vec![b"334 a\r\n".to_vec(), b"334 b\r\n".to_vec(), b"334 again\r\n".to_vec()]),
    ] {
        let (finding, _) = attempt(behaviour.clone(), "none").await;
        assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{behaviour:?}: {finding:?}");
    }
}

#[tokio::test]
async fn ssr_05_only_plain_hosts_pass_and_only_allowed_ones_are_reached() {
    let catalogue = Catalogue::built_in();
    let connector = catalogue.connector("smtp").unwrap();
    for host in
        ["2130706433", "0177.0.0.1", "127.1", "0x7f.1", "0", "a,b", "localhost:25", "fe80::1%lo", "/tmp/s"]
    {
        let mut candidate = candidate(587, "none", "pw");
        candidate.settings.set("host", host);
        assert_eq!(connector.examine(&candidate)[0].pointer, "/settings/host", "{host}");
        let finding = check(&candidate, &egress(&[])).await;
        assert_eq!(verdict(&finding), unreachable(Reason::MisconfiguredTarget), "{host}");
    }
    for host in ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"] {
        let mut candidate = candidate(587, "none", "pw");
        candidate.settings.set("host", host);
        let finding = check(&candidate, &egress(&[])).await;
        assert_eq!(verdict(&finding), unreachable(Reason::TargetNotAllowed), "{host}");
    }
}
