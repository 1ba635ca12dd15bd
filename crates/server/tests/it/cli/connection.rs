//! The way to the server: lost connections, foreign answers, TLS, and what is told of requests.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use serde_json::json;
use strongroom_testkit::HttpsResponder;
use strongroom_testkit::certificates::{Authority, Validity};

use super::transcript::fed;
use super::{CREDENTIALS, World};

/// Between client and server: hands requests on, and loses the first answers.
fn lossy(world: &World, lost: usize) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = world.address().strip_prefix("http://").unwrap().to_owned();
    thread::spawn(move || {
        for (number, client) in listener.incoming().map_while(Result::ok).enumerate() {
            let answer = hand_on(&client, &server);
            if number >= lost {
                (&client).write_all(&answer).unwrap();
            }
        }
    });
    address
}

#[expect(clippy::disallowed_methods, reason = "the test stands between client and server")]
/// The client says `Connection: close`, so the answer ends with the connection.
fn hand_on(mut client: &TcpStream, server: &str) -> Vec<u8> {
    let mut server = TcpStream::connect(server).unwrap();
    let (mut request, mut piece) = (Vec::new(), [0; 4096]);
    while !is_whole(&request) {
        let read = client.read(&mut piece).unwrap();
        request.extend_from_slice(&piece[..read]);
    }
    server.write_all(&request).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    answer
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

#[test]
fn a_change_whose_answer_is_lost_is_sent_again_and_done_once() {
    let world = World::new();
    let lossy = lossy(&world, 2);
    let create = [
        "credential",
        "create",
        "generic",
        "--slug",
        "once",
        "--secret",
        "key=-",
        "--field",
        "version",
        "-v",
    ];
    // The first answer is lost on the way of the kind's schema, the second on that of the change.
    let mut command = world.command(&create);
    command.env("STRONGROOM_ADDRESS", &lossy);
    let output = fed(command, "cnry-once");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"1"[..]), "{talk}");
    assert_eq!(talk.matches("again in").count(), 2, "{talk}");
    let listed = world.server.admin().get(CREDENTIALS).expect(200).value();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_may_have_been_done_is_not_sent_again() {
    let world = World::new();
    let lossy = lossy(&world, 1);
    let mut command = world.command(&["token", "create", "flow", "--role", "viewer"]);
    command.env("STRONGROOM_ADDRESS", &lossy);
    let output = command.output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(7), "{talk}");
    assert!(talk.contains("it is not known whether it was done"), "{talk}");
    let listed = world.server.admin().get("/v1/tokens").expect(200).value();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "the admin's and one more");
}

#[test]
fn a_question_whose_answer_is_lost_has_changed_nothing() {
    let world = World::new();
    let lossy = lossy(&world, usize::MAX);
    let mut command = world.command(&["credential", "list"]);
    command.env("STRONGROOM_ADDRESS", &lossy);
    let output = command.output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), talk.contains("not known")), (Some(7), false), "{talk}");
    assert!(talk.contains("run it again"), "{talk}");

    let output = world.command(&["api", "GET", "/v1/a b"]).output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), talk.contains("a blank as %20")), (Some(2), true), "{talk}");
}

#[test]
fn another_program_at_the_address_is_told_apart() {
    let world = World::new();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let _request = client.read(&mut [0; 4096]);
            let page = "<html>cnry</html>";
            let head = format!("HTTP/1.1 404 Nothing\r\ncontent-length: {}\r\n\r\n", page.len());
            let _hung_up = client.write_all((head + page).as_bytes());
        }
    });
    let said = world.transcript().run_under(&[("STRONGROOM_ADDRESS", &address)], &["credential", "list"]);
    insta::assert_snapshot!("foreign", said.finish());
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_verified_and_an_own_authority_is_named() {
    let world = World::new();
    let authority = Authority::make("ours");
    let body = json!({"items": []}).to_string();
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let certified = authority.issue(&["127.0.0.1"], Validity::Current);
    let server = HttpsResponder::start(&certified, answer.into_bytes()).await;
    let address = format!("https://127.0.0.1:{}", server.port());
    let plain = format!("http://127.0.0.1:{}", server.port());
    let ca = world.file("ca.pem", &authority.pem());
    let here = ("STRONGROOM_ADDRESS", address.as_str());
    let said = world
        .transcript()
        .run_under(&[here], &["credential", "list"])
        .run_under(&[here], &["credential", "list", "-o", "json", "--ca-cert", ca.to_str().unwrap()])
        .run_under(&[here], &["credential", "list", "--ca-cert", "/no/such/file"])
        .run_under(&[("STRONGROOM_ADDRESS", &plain)], &["credential", "list"])
        .run_under(
            &[("STRONGROOM_ADDRESS", &address.replace("127.0.0.1", "localhost"))],
            &["credential", "list", "--ca-cert", ca.to_str().unwrap()],
        );
    insta::assert_snapshot!("tls", said.finish());
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "nothing was sent before the server was known");
}

#[test]
fn requests_are_told_without_their_bodies() {
    let world = World::new();
    world.keep("billing");
    let said = world
        .transcript()
        .run_with(
            &["-v", "credential", "update", "billing", "--secret", "key=-", "--field", "version"],
            "cnry-new",
        )
        .finish();
    insta::assert_snapshot!("verbose", said);
}
