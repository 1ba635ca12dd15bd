//! The hostile server against clients that fall for it: what it must record, it records.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;
use crate::Canaries;

const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

#[tokio::test]
async fn a_password_given_away_is_found_in_what_was_received() {
    let canary = Canaries::seeded(1).make("password");
    let server = HostilePostgres::start(Behaviour::Ask(Authentication::ClearText)).await;
    let mut client = started(&server).await;
    assert_eq!(read(&mut client, 9).await, b"R\0\0\0\x08\0\0\0\x03");
    assert_eq!(canary.find_in(&server.received()), [""; 0]);

    let password = canary.text().as_bytes();
    let length = u32::try_from(password.len() + 5).unwrap().to_be_bytes();
    client.write_all(&[b"p", length.as_slice(), password, b"\0"].concat()).await.unwrap();
    until(|| canary.find_in(&server.received()).contains(&"plain")).await;
}

#[tokio::test]
async fn half_a_message_is_recorded_too() {
    let server = HostilePostgres::start(Behaviour::Scram(ScramFault::NoSignature)).await;
    let mut client = started(&server).await;
    client.write_all(b"p\0\0\x01\0half").await.unwrap();
    until(|| server.received().ends_with(b"half")).await;
}

#[tokio::test]
async fn tls_is_refused_with_one_letter_and_the_rest_recorded() {
    let server = HostilePostgres::start(Behaviour::RefuseTls).await;
    let mut client = connect(&server).await;
    client.write_all(&TLS_REQUEST).await.unwrap();
    assert_eq!(read(&mut client, 1).await, b"N");
    client.write_all(b"careless").await.unwrap();
    until(|| server.received() == [TLS_REQUEST.as_slice(), b"careless"].concat()).await;
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn bytes_are_injected_after_the_answer_to_tls() {
    let server = HostilePostgres::start(Behaviour::InjectAfterTlsAnswer).await;
    let mut client = connect(&server).await;
    client.write_all(&TLS_REQUEST).await.unwrap();
    assert_eq!(read(&mut client, 10).await, b"SR\0\0\0\x08\0\0\0\0");
}

#[tokio::test]
async fn a_client_that_may_go_without_tls_comes_as_far_as_the_others() {
    let server = HostilePostgres::start(Behaviour::AskNothing).await;
    let mut client = connect(&server).await;
    client.write_all(&TLS_REQUEST).await.unwrap();
    assert_eq!(read(&mut client, 1).await, b"N");
    client.write_all(&start_up()).await.unwrap();
    assert_eq!(read(&mut client, 9).await, b"R\0\0\0\x08\0\0\0\0");
}

#[tokio::test]
async fn scram_goes_wrong_where_it_should() {
    for (fault, server_first) in [
        (ScramFault::Iterations(2_000_000_000), "r=noncserver,s=c2FsdHNhbHRzYWx0c2FsdA==,i=2000000000"),
        (ScramFault::ForeignNonce, "r=foreignnonc,s=c2FsdHNhbHRzYWx0c2FsdA==,i=4096"),
        (ScramFault::WrongSignature, "r=noncserver,s=c2FsdHNhbHRzYWx0c2FsdA==,i=4096"),
    ] {
        let server = HostilePostgres::start(Behaviour::Scram(fault)).await;
        let mut client = started(&server).await;
        assert_eq!(read(&mut client, 24).await, b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0", "{fault:?}");
        client.write_all(b"p\0\0\0\x22SCRAM-SHA-256\0\0\0\0\x0cn,,n=,r=nonc").await.unwrap();
        let answer = read(&mut client, 9 + server_first.len()).await;
        assert_eq!(String::from_utf8_lossy(&answer[9..]), server_first, "{fault:?}");
    }
}

#[tokio::test]
async fn only_hanging_up_ends_a_flood_or_a_drip() {
    for behaviour in [Behaviour::NoticeFlood, Behaviour::Drip] {
        let server = HostilePostgres::start(behaviour).await;
        let mut client = started(&server).await;
        assert_eq!(read(&mut client, 8).await.len(), 8);
    }
}

#[tokio::test]
async fn lengths_and_errors_are_as_announced() {
    let error = Behaviour::Error { code: "28P01", message: "canary".to_owned() };
    for (behaviour, first_bytes) in [
        (Behaviour::HugeLength, b"R\x7f\xff\xff\xff".as_slice()),
        (Behaviour::TinyLength, b"R\0\0\0\0"),
        (error, b"E\0\0\0\x32SFATAL\0VFATAL\0C28P01\0Mcanary\0"),
        (Behaviour::MalformedError("canary".to_owned()), b"E\0\0\0\x13Mcanary\xff\xfecanary"),
    ] {
        let server = HostilePostgres::start(behaviour.clone()).await;
        let mut client = started(&server).await;
        assert_eq!(read(&mut client, first_bytes.len()).await, first_bytes, "{behaviour:?}");
    }
}

#[tokio::test]
async fn silence_and_hanging_up_say_nothing() {
    let hung_up = HostilePostgres::start(Behaviour::HangUp).await;
    assert_eq!(connect(&hung_up).await.read(&mut [0; 1]).await.unwrap(), 0);

    let silent = HostilePostgres::start(Behaviour::Silence).await;
    let mut client = started(&silent).await;
    until(|| silent.received() == start_up()).await;
    assert!(timeout(Duration::from_millis(50), client.read(&mut [0; 1])).await.is_err());
}

#[tokio::test]
async fn dropping_the_server_breaks_its_connections() {
    let server = HostilePostgres::start(Behaviour::Silence).await;
    let mut client = started(&server).await;
    until(|| server.connections() == 1).await;
    drop(server);
    assert!(matches!(client.read(&mut [0; 1]).await, Ok(0) | Err(_)));
}

#[expect(clippy::disallowed_methods, reason = "the client of a test")]
async fn connect(server: &HostilePostgres) -> TcpStream {
    TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).await.unwrap()
}

async fn started(server: &HostilePostgres) -> TcpStream {
    let mut client = connect(server).await;
    client.write_all(&start_up()).await.unwrap();
    client
}

fn start_up() -> Vec<u8> {
    [b"\0\0\0\x13\0\x03\0\0".as_slice(), b"user\0role\0\0"].concat()
}

async fn read(client: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    timeout(Duration::from_secs(30), client.read_exact(&mut bytes)).await.unwrap().unwrap();
    bytes
}

async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(30), waiting).await.unwrap();
}
