//! The AWS connectors against moto, and against published and bad answers.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::json;
use strongroom_connectors::contract::{Cases, Tells, aws_at_port, upholds};
use strongroom_connectors::{Catalogue, Egress};
use strongroom_domain::credential::{Candidate, Owner};
use strongroom_domain::policy::FieldPolicy;
use strongroom_domain::steps::validate::validate;
use strongroom_domain::text::Labels;
use strongroom_domain::verification::{Finding, Outcome, Reason};
use strongroom_domain::{Fault, FieldMap, Secret};
use strongroom_egress::{Policy, Resolver, Roots, ScriptedDns};
use strongroom_testkit::certificates::Authority;
use strongroom_testkit::moto::{AccessKey, issue_for_aws};
use strongroom_testkit::{Canaries, HttpsResponder, Moto};
use tokio::time::Instant;

use crate::world::{ACCEPTED, AUTH_FAILED, unreachable, verdict};

/// The kinds that these tests hold to the contract.
pub(crate) const HELD: &[&str] = &["aws", "aws_ses"];

fn draft(kind: &str, key: &AccessKey) -> Candidate {
    let mut secrets = json!({"secret_access_key": key.secret});
    if let Some(token) = &key.session_token {
        secrets["session_token"] = token.as_str().into();
    }
    let fields = |json| serde_json::from_value::<FieldMap>(json).unwrap();
    Candidate {
        name: "test".parse().unwrap(),
        slug: None,
        description: None,
        labels: Labels::new(),
        owner: Owner::Workspace,
        integration: None,
        expires_at: None,
        kind: kind.to_owned(),
        method: "access_key".to_owned(),
        settings: fields(json!({"access_key_id": key.id})),
        secrets: Secret::new(fields(secrets)),
    }
}

fn validated(draft: Candidate) -> Result<Candidate, Vec<Fault>> {
    let catalogue = Catalogue::built_in();
    let kind = catalogue.kind(&draft.kind).unwrap();
    validate(draft, kind, FieldPolicy::Strict)
}

fn candidate(kind: &str, key: &AccessKey) -> Candidate {
    validated(draft(kind, key)).unwrap()
}

fn made_up_key() -> AccessKey {
    AccessKey { id: "AKIAIOSFODNN7EXAMPLE".to_owned(), secret: "cnry-secret".to_owned(), session_token: None }
}

/// The names of AWS lead to 127.0.0.1, and these authorities are trusted.
fn egress(ca_files: &[PathBuf]) -> Egress {
    Egress::new(Policy::development(), &Roots::load(ca_files).unwrap(), Resolver::Scripted(dns()))
}

fn dns() -> ScriptedDns {
    let here = [IpAddr::from(Ipv4Addr::LOCALHOST)];
    ["sts.us-east-1.amazonaws.com", "email.us-east-1.amazonaws.com"]
        .iter()
        .fold(ScriptedDns::default(), |dns, name| dns.answer(name, &here))
}

async fn check(port: u16, candidate: &Candidate, egress: &Egress) -> Finding {
    aws_at_port(port).check(candidate, egress, Instant::now() + Duration::from_secs(10)).await
}

/// Starting it takes seconds. It ends with this process, for which its standard input is open.
static MOTO: LazyLock<Moto> = LazyLock::new(Moto::start);

#[tokio::test]
async fn accepted_keys_come_with_evidence() {
    let egress = egress(&[MOTO.ca_file()]);
    let finding = check(MOTO.port(), &candidate("aws", &MOTO.bystander()), &egress).await;
    assert_eq!(verdict(&finding), ACCEPTED, "{finding:?}");
    let arn = "arn:aws:iam::123456789012:user/bystander";
    assert_eq!(finding.evidence.account.as_deref(), Some(arn));
    assert_eq!(finding.evidence.facts["account_id"], "123456789012");
    assert_eq!(finding.evidence.facts["region"], "us-east-1");
    assert_eq!(finding.message, format!("The key is that of {arn}."));

    let finding = check(MOTO.port(), &candidate("aws_ses", &MOTO.sender()), &egress).await;
    assert_eq!(verdict(&finding), ACCEPTED, "{finding:?}");
    assert_eq!(finding.evidence.account.as_deref(), Some("arn:aws:iam::123456789012:user/sender"));
    assert_eq!(finding.evidence.facts["max_24_hour_send"], "200");
    assert_eq!(finding.evidence.facts["max_send_rate"], "1");
    assert_eq!(finding.evidence.facts["sandbox"], "likely");
}

#[tokio::test]
async fn temporary_keys_need_their_token() {
    let (egress, key) = (egress(&[MOTO.ca_file()]), MOTO.session());
    for &kind in HELD {
        let finding = check(MOTO.port(), &candidate(kind, &key), &egress).await;
        assert_eq!(verdict(&finding), ACCEPTED, "{kind}: {finding:?}");
        let role = "arn:aws:sts::123456789012:assumed-role/deployer";
        assert_eq!(finding.evidence.account.as_deref(), Some(role));
        assert_eq!(finding.evidence.facts["session"], "run-1");
        for token in [None, Some("another-token".to_owned())] {
            let wrong = AccessKey { session_token: token, ..key.clone() };
            let finding = check(MOTO.port(), &candidate(kind, &wrong), &egress).await;
            assert_eq!(verdict(&finding), AUTH_FAILED, "{kind}: {finding:?}");
        }
    }
}

#[tokio::test]
async fn an_empty_session_token_is_none() {
    let key = AccessKey { session_token: Some(String::new()), ..MOTO.sender() };
    for &kind in HELD {
        let finding = check(MOTO.port(), &candidate(kind, &key), &egress(&[MOTO.ca_file()])).await;
        assert_eq!(verdict(&finding), ACCEPTED, "{kind}: {finding:?}");
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let egress = egress(&[MOTO.ca_file()]);
    for &kind in HELD {
        let wrong_secret = AccessKey { secret: MOTO.bystander().secret, ..MOTO.sender() };
        for (key, word) in [(wrong_secret, "signature"), (made_up_key(), "no active key")] {
            let finding = check(MOTO.port(), &candidate(kind, &key), &egress).await;
            assert_eq!(verdict(&finding), AUTH_FAILED, "{kind}: {finding:?}");
            assert!(finding.message.contains(word), "{kind}: {}", finding.message);
        }
    }
    let finding = check(MOTO.port(), &candidate("aws_ses", &MOTO.bystander()), &egress).await;
    let insufficient = (Outcome::Rejected, Some(Reason::InsufficientScope));
    assert_eq!(verdict(&finding), insufficient, "{finding:?}");
}

/// A region for each thing that can happen, since the region is all that leads a candidate somewhere.
const PLACES: [(&str, Place); 8] = [
    ("us-west-1", Place::Nobody),
    ("us-west-2", Place::Silence),
    ("eu-west-1", Place::Says("HTTP/1.1 200 OK\r\n\r\n<html><p>Welcome to the airport. REMOTE</p></html>")),
    ("eu-west-2", Place::Says("HTTP/1.1 302 Found\r\nlocation: https://169.254.169.254/REMOTE\r\n\r\n")),
    ("eu-west-3", Place::Says("HTTP/1.1 403 Forbidden\r\n\r\n<html>\u{1b}[31mREMOTE</html>")),
    (
        "eu-north-1",
        Place::Says(
            "HTTP/1.1 200 OK\r\n\r\n<ErrorResponse><Error><Code>REMOTE</Code></Error></ErrorResponse>",
        ),
    ),
    ("sa-east-1", Place::Says("HTTP/1.1 503 Sorry\r\n\r\nREMOTE")),
    ("ca-central-1", Place::Says("REMOTE is not HTTP at all\r\n\r\n")),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Nobody,
    Silence,
    Says(&'static str),
}

#[tokio::test]
async fn con_18_aws_upholds_the_contract() {
    let remote = Canaries::seeded(0).make("remote");
    let authority = Authority::make("Strongroom test authority");
    let ca_file = ca_file(&authority);
    let mut dns = dns();
    let (mut responders, mut silent) = (Vec::new(), Vec::new());
    for (number, (region, place)) in (2..).zip(PLACES) {
        // Each on an address of its own, since the port is the same for all.
        let address = Ipv4Addr::new(127, 0, 0, number);
        dns = dns.answer(&format!("sts.{region}.amazonaws.com"), &[address.into()]);
        let place_at = std::net::SocketAddr::from((address, MOTO.port()));
        match place {
            Place::Nobody => {}
            Place::Silence => silent.push(tokio::net::TcpListener::bind(place_at).await.unwrap()),
            Place::Says(answer) => {
                let certified = issue_for_aws(&authority, region);
                let answer = answer.replace("REMOTE", remote.text()).into_bytes();
                responders.push(HttpsResponder::start_at(place_at, &certified, answer).await);
            }
        }
    }
    let roots = Roots::load(&[MOTO.ca_file(), ca_file.path().to_owned()]).unwrap();
    let egress = Egress::new(Policy::development(), &roots, Resolver::Scripted(dns));
    for &kind in HELD {
        let at = |region: &str| {
            let mut draft = draft(kind, &made_up_key());
            draft.settings.set("region", region);
            validated(draft).unwrap()
        };
        let all_who_speak = PLACES.iter().filter(|(_, place)| matches!(place, Place::Says(_)));
        let good = candidate(kind, &MOTO.sender());
        let mut asked_in_another_region = good.clone();
        asked_in_another_region.settings.set("region", "us-west-1");
        let cases = Cases {
            good: good.clone(),
            bad: candidate(kind, &AccessKey { secret: MOTO.bystander().secret, ..MOTO.sender() }),
            // Any region of the partition may be asked about the key.
            otherwise_spelt: vec![asked_in_another_region],
            unreachable: at("us-west-1"),
            slow: at("us-west-2"),
            hostile: all_who_speak.map(|(region, _)| at(region)).collect(),
            remote_text: remote.text().to_owned(),
            tells: Tells::Both,
        };
        upholds(aws_at_port(MOTO.port()).connector(kind).unwrap(), &cases, &egress).await;
    }
    assert!(responders.iter().all(|responder| responder.requests().len() == HELD.len()), "one attempt each");
}

fn ca_file(authority: &Authority) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority.pem()).unwrap();
    file
}

/// What comes of this answer, and what was asked.
async fn told(kind: &str, key: &AccessKey, answer: &[u8]) -> (Finding, Vec<String>) {
    let authority = Authority::make("Strongroom test authority");
    let server = HttpsResponder::start(&issue_for_aws(&authority, Moto::REGION), answer.to_vec()).await;
    let egress = egress(&[ca_file(&authority).path().to_owned()]);
    (check(server.port(), &candidate(kind, key), &egress).await, server.requests())
}

const IDENTITY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n\r\n\
    <GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
    <Arn>arn:aws:iam::123456789012:user/Alice</Arn><UserId>AIDA</UserId><Account>123456789012</Account>\
    </GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\
    </GetCallerIdentityResponse>";

#[tokio::test]
async fn con_12_only_constants_and_the_token_are_signed() {
    let key = AccessKey { session_token: Some("a+token/==".to_owned()), ..made_up_key() };
    let (finding, asked) = told("aws", &key, IDENTITY).await;
    assert_eq!(verdict(&finding), ACCEPTED, "{finding:?}");
    let [request] = asked.as_slice() else { panic!("con_15: one request, {asked:?}") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(head.lines().next(), Some("POST / HTTP/1.1"));
    assert_eq!(body, "Action=GetCallerIdentity&Version=2011-06-15", "con_15: it reads");
    let value =
        |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap();
    assert!(value("host").starts_with("sts.us-east-1.amazonaws.com:"));
    assert_eq!(value("x-amz-security-token"), "a+token/==");
    let authorization = value("authorization");
    assert!(authorization.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "));
    let day = &value("x-amz-date")[..8];
    assert!(
        authorization.contains(&format!("Credential=AKIAIOSFODNN7EXAMPLE/{day}/us-east-1/sts/aws4_request"))
    );
    assert!(!request.contains("cnry-secret"), "the secret key does not travel");
}

#[tokio::test]
async fn con_12_no_field_can_end_a_header_or_add_to_the_scope() {
    let aws = aws_at_port(1);
    let long = "a".repeat(20_000);
    for bad in [
        "AKIAIOSFODNN7EXAMPL\r\nx-amz-acl: public",
        "AKIAIOSFODNN7/us-east-1",
        "AKIA IOSFODNN7EXAMPLE",
        "short",
        "",
        &long,
    ] {
        let draft = draft("aws", &AccessKey { id: bad.to_owned(), ..made_up_key() });
        assert_eq!(
            pointers(aws.connector("aws").unwrap().examine(&draft)),
            ["/settings/access_key_id"],
            "{bad:?}"
        );
    }
    for bad in ["a\r\nx-amz-acl: public", "a b", "a\0", "é", &long] {
        let key = AccessKey { secret: bad.to_owned(), session_token: Some(bad.to_owned()), ..made_up_key() };
        let faults = aws.connector("aws").unwrap().examine(&draft("aws", &key));
        assert_eq!(pointers(faults), ["/secrets/secret_access_key", "/secrets/session_token"], "{bad:?}");
    }
    let key = AccessKey { secret: String::new(), session_token: Some(String::new()), ..made_up_key() };
    let faults = aws.connector("aws").unwrap().examine(&draft("aws", &key));
    assert_eq!(pointers(faults), ["/secrets/secret_access_key"], "of the two only the token may be left out");
}

fn pointers(faults: Vec<Fault>) -> Vec<String> {
    faults.into_iter().map(|fault| fault.pointer).collect()
}

#[tokio::test]
async fn ssr_18_the_endpoint_is_the_tables_and_never_the_requests() {
    for &kind in HELD {
        for region in
            ["us-east-1.evil.test/", "us-east-1@evil.test", "US-EAST-1", "evil.test", "", "us-east-1\r\n"]
        {
            let mut draft = draft(kind, &made_up_key());
            draft.settings.set("region", region);
            assert_eq!(pointers(validated(draft.clone()).unwrap_err()), ["/settings/region"], "{region:?}");
            // One that got past the schema all the same goes nowhere.
            let finding = check(1, &draft, &egress(&[])).await;
            assert_eq!(verdict(&finding), unreachable(Reason::MisconfiguredTarget), "{region:?}");
        }
        for field in ["endpoint", "endpoint_url", "host", "sts_endpoint"] {
            let mut draft = draft(kind, &made_up_key());
            draft.settings.set(field, "https://evil.test");
            assert_eq!(pointers(validated(draft).unwrap_err()), ["/settings"], "{field}");
        }
    }
    let mut china = draft("aws_ses", &made_up_key());
    china.settings.set("region", "cn-north-1");
    assert_eq!(pointers(validated(china).unwrap_err()), ["/settings/region"], "no SES there");
}

#[tokio::test]
async fn ssr_18_a_server_that_is_not_aws_is_not_believed() {
    let authority = Authority::make("Strongroom test authority");
    let elsewhere = issue_for_aws(&authority, "eu-west-1");
    let server = HttpsResponder::start(&elsewhere, IDENTITY.to_vec()).await;
    let egress = egress(&[ca_file(&authority).path().to_owned()]);
    let finding = check(server.port(), &candidate("aws", &made_up_key()), &egress).await;
    assert_eq!(verdict(&finding), unreachable(Reason::TlsFailed), "{finding:?}");
    assert_eq!(server.requests(), [""; 0]);
}

#[tokio::test]
async fn con_13_the_words_of_aws_never_surface() {
    let canary = Canaries::seeded(13).make("remote");
    let error = |status: &str, code: &str| {
        format!(
            "HTTP/1.1 {status} Said So\r\n\r\n<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>{0} &lt;b&gt; your key {0} is invalid</Message></Error></ErrorResponse>",
            canary.text()
        )
    };
    let rejected = |reason| (Outcome::Rejected, Some(reason));
    for (status, code, expected) in [
        ("403", "InvalidClientTokenId", AUTH_FAILED),
        ("403", "SignatureDoesNotMatch", AUTH_FAILED),
        ("400", "IncompleteSignature", unreachable(Reason::ProtocolError)),
        ("403", "ExpiredToken", rejected(Reason::Expired)),
        ("403", "AccessDenied", rejected(Reason::InsufficientScope)),
        ("400", "Throttling", unreachable(Reason::RateLimited)),
        ("400", "RequestExpired", unreachable(Reason::ProtocolError)),
        ("403", canary.text(), unreachable(Reason::ProtocolError)),
    ] {
        let (finding, asked) = told("aws", &made_up_key(), error(status, code).as_bytes()).await;
        assert_eq!(verdict(&finding), expected, "{status} {code}: {finding:?}");
        assert_eq!(canary.find_in(format!("{finding:?}").as_bytes()), [""; 0]);
        assert_eq!(asked.len(), 1, "con_15: one attempt");
    }
    let megabyte = format!("HTTP/1.1 200 OK\r\n\r\n{}", canary.text().repeat(30_000));
    let (finding, _) = told("aws", &made_up_key(), megabyte.as_bytes()).await;
    assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{finding:?}");
    let (finding, _) = told("aws_ses", &made_up_key(), IDENTITY).await;
    assert_eq!(
        verdict(&finding),
        unreachable(Reason::ProtocolError),
        "an identity is not a quota: {finding:?}"
    );
}
