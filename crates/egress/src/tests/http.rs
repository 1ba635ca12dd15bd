use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use strongroom_domain::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::http::{HeaderName, Limits, Method, Request, Response, Scheme};
use crate::{EgressError, Policy, Resolver, ScriptedDns, Target, TlsFault, TlsVerification};

use super::tls::{Authority, NAME};
use super::{Witness, allowing, egress, ip, target};

fn get(target: Target) -> Request {
    Request {
        method: Method::GET,
        scheme: Scheme::Http,
        target,
        path: Secret::new("/check?key=1".to_owned()),
        headers: Vec::new(),
        body: Secret::new(Vec::new()),
    }
}

/// Answers one connection: `head` at once, then `more` again and again until the other side hangs up.
/// Gives back the head of the request.
struct Responder {
    port: u16,
    seen: tokio::task::JoinHandle<String>,
}

impl Responder {
    async fn start(head: impl Into<Vec<u8>>, more: &'static [u8], pause: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let head = head.into();
        let seen = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = read_head(&mut stream).await;
            stream.write_all(&head).await.unwrap();
            while !more.is_empty() && stream.write_all(more).await.is_ok() {
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            }
            request
        });
        Self { port, seen }
    }

    async fn once(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer, b"", Duration::ZERO).await
    }

    fn target(&self) -> Target {
        target("127.0.0.1", self.port)
    }
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    while !text.windows(4).any(|end| end == b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut text).await.unwrap(), 0, "the request ended early");
    }
    String::from_utf8(text).unwrap()
}

/// On a task of its own, as a server would: the future has to be `Send`.
async fn fetch(request: Request) -> Result<Response, EgressError> {
    let door = egress(Policy::development());
    tokio::spawn(async move { door.fetch(request, &Limits::default()).await }).await.unwrap()
}

#[tokio::test]
async fn a_request_goes_out_as_composed() {
    let responder = Responder::once("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: b\r\n\r\nok").await;
    let mut request = get(responder.target());
    request.method = Method::POST;
    request.headers = vec![(HeaderName::from_static("authorization"), Secret::new("Bearer t".to_owned()))];
    request.body = Secret::new(b"grant".to_vec());
    let host = responder.target();

    let response = fetch(request).await.unwrap();
    assert_eq!((response.status.as_u16(), response.body.as_slice()), (200, b"ok".as_slice()));
    assert_eq!(response.headers["x-a"], "b");
    let seen = responder.seen.await.unwrap();
    assert!(seen.starts_with("POST /check?key=1 HTTP/1.1\r\n"), "{seen}");
    for line in [
        format!("host: {host}"),
        "authorization: Bearer t".into(),
        "content-length: 5".into(),
        "connection: close".into(),
    ] {
        assert!(seen.contains(&line), "{line} in {seen}");
    }
    assert!(!seen.contains("accept-encoding"), "{seen}");
}

#[tokio::test]
async fn ssr_03_redirects_are_answers_and_are_not_followed() {
    let elsewhere = Witness::bind("127.0.0.1");
    let place = format!("http://127.0.0.1:{}/", elsewhere.port());
    for status in [301, 302, 303, 307, 308] {
        let answer = format!(
            "HTTP/1.1 {status} Moved\r\nlocation: {place}\r\nrefresh: 0; url={place}\r\nalt-svc: h2=\":{}\"\r\ncontent-length: 0\r\n\r\n",
            elsewhere.port()
        );
        let responder = Responder::once(answer).await;
        let response = fetch(get(responder.target())).await.unwrap();
        assert_eq!(response.status.as_u16(), status);
        assert_eq!(response.headers["location"], place);
    }
    assert!(!elsewhere.was_reached());
}

#[tokio::test]
async fn ssr_01_a_refused_target_is_not_fetched() {
    let witness = Witness::bind("127.0.0.1");
    let outcome =
        egress(Policy::default()).fetch(get(target("127.0.0.1", witness.port())), &Limits::default()).await;
    assert!(matches!(outcome, Err(EgressError::NotAllowed)), "{outcome:?}");
    assert!(!witness.was_reached());
}

#[tokio::test]
async fn ssr_08_a_fetch_goes_straight_to_its_target() {
    let responder = Responder::once("HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(fetch(get(responder.target())).await.unwrap().status.as_u16(), 204);
}

#[test]
fn ssr_08_proxy_variables_are_ignored() {
    let proxy = Witness::bind("127.0.0.1");
    let address = format!("http://127.0.0.1:{}", proxy.port());
    let mut straight = Command::new(std::env::current_exe().unwrap());
    straight.args(["--exact", "tests::http::ssr_08_a_fetch_goes_straight_to_its_target"]);
    for variable in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        straight.env(variable, &address);
    }
    let output = straight.output().unwrap();
    assert!(
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed"),
        "{output:?}"
    );
    assert!(!proxy.was_reached());
}

#[tokio::test]
async fn ssr_12_endless_answers_are_cut_off() {
    let endless_body = Responder::start("HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 4096], Duration::ZERO).await;
    let lying_length = Responder::start(
        "HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n",
        &[b'x'; 4096],
        Duration::ZERO,
    )
    .await;
    let endless_chunks = Responder::start(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        b"1\r\nx\r\n",
        Duration::ZERO,
    )
    .await;
    let endless_headers = Responder::start("HTTP/1.1 200 OK\r\n", b"x-more: 1\r\n", Duration::ZERO).await;
    let endless_line = Responder::start("HTTP/1.1 200 OK\r\nx-long: ", &[b'x'; 4096], Duration::ZERO).await;
    let limits = Limits { body: 10_000, ..Limits::default() };
    for responder in [endless_body, lying_length, endless_chunks, endless_headers, endless_line] {
        let outcome = egress(Policy::development()).fetch(get(responder.target()), &limits).await;
        assert!(matches!(outcome, Err(EgressError::TooLarge)), "{outcome:?}");
        responder.seen.await.unwrap(); // ends only once the connection is closed
    }
}

#[tokio::test]
async fn ssr_12_endless_interim_answers_are_cut_off() {
    let early_hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    let endless = Responder::start("", early_hints, Duration::ZERO).await;
    let limits = Limits { body: 10_000, ..Limits::default() };
    let outcome = egress(Policy::development()).fetch(get(endless.target()), &limits).await;
    assert!(matches!(outcome, Err(EgressError::TooLarge)), "{outcome:?}");
    endless.seen.await.unwrap();
}

#[tokio::test]
async fn ssr_12_slow_answers_end_at_the_deadline() {
    let limits = Limits { total: Duration::from_millis(200), ..Limits::default() };
    let slow = Duration::from_millis(10);
    let body = Responder::start("HTTP/1.1 200 OK\r\n\r\n", b"x", slow).await;
    let headers = Responder::start("HTTP/1.1 200 OK\r\nx-slow: ", b"x", slow).await;
    for responder in [body, headers] {
        let door = egress(Policy::development());
        let fetch = door.fetch(get(responder.target()), &limits);
        let outcome = tokio::time::timeout(Duration::from_secs(10), fetch).await.expect("ends by itself");
        assert!(matches!(outcome, Err(EgressError::Timeout)), "{outcome:?}");
        responder.seen.await.unwrap();
    }
}

#[tokio::test]
async fn ssr_12_a_body_at_the_limit_passes_and_compression_is_left_alone() {
    let limit = Limits::default().body;
    for (length, fits) in [(limit, true), (limit + 1, false)] {
        let mut answer =
            format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n")
                .into_bytes();
        answer.resize(answer.len() + length, b'z');
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_head(&mut stream).await;
            let _cut_off = stream.write_all(&answer).await;
        });
        match fetch(get(target("127.0.0.1", port))).await {
            Ok(response) => assert!(fits && response.body == vec![b'z'; length]),
            Err(error) => assert!(!fits && matches!(error, EgressError::TooLarge), "{error:?}"),
        }
    }
}

#[tokio::test]
async fn broken_answers_are_told_in_our_own_words() {
    let cases: [(&[u8], EgressError); 4] = [
        (b"220 canary ESMTP\r\n\r\n", EgressError::Protocol),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\ncanary\r\n", EgressError::Protocol),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ncanary", EgressError::Closed),
        (b"", EgressError::Closed),
    ];
    for (answer, expected) in cases {
        let responder = Responder::once(answer).await;
        let error = fetch(get(responder.target())).await.unwrap_err();
        assert_eq!(error.to_string(), expected.to_string());
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn requests_that_could_smuggle_are_refused_before_dialling() {
    let witness = Witness::bind("127.0.0.1");
    let here = || get(target("127.0.0.1", witness.port()));
    let with_header = |name: &'static str, value: &str| Request {
        headers: vec![(HeaderName::from_static(name), Secret::new(value.to_owned()))],
        ..here()
    };
    let with_path = |path: &str| Request { path: Secret::new(path.to_owned()), ..here() };
    let requests = [
        with_header("x-api-key", "a\r\nx: y"),
        with_header("x-api-key", "a\n"),
        with_header("x-api-key", "a\0b"),
        with_header("host", "elsewhere.example.com"),
        with_header("content-length", "0"),
        with_header("transfer-encoding", "chunked"),
        with_path(""),
        with_path("http://elsewhere.example.com/"),
        with_path("/a b"),
        with_path("/a\r\nx: y"),
        with_path("/a#b"),
        Request { method: Method::CONNECT, ..here() },
    ];
    for request in requests {
        let shown = format!("{request:?}");
        let outcome = fetch(request).await;
        assert!(matches!(outcome, Err(EgressError::InvalidRequest)), "{shown}: {outcome:?}");
    }
    assert!(!witness.was_reached());
}

#[tokio::test]
async fn con_01_https_verifies_the_name_of_the_target() {
    let authority = Authority::new("ours");
    for (certified, passes) in [(NAME, true), ("other.example.com", false)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(Arc::new(authority.server(certified)));
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { return 0 };
            let mut request = Vec::new();
            let read = stream.read_buf(&mut request).await.unwrap_or(0);
            let _answered = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            let _closed = stream.shutdown().await;
            read
        });
        let resolver = Resolver::Scripted(ScriptedDns::default().answer(NAME, &[ip("127.0.0.1")]));
        let egress = authority.egress(allowing(&["127.0.0.1/32"]), resolver);
        let request = Request { scheme: Scheme::Https(TlsVerification::Full), ..get(target(NAME, port)) };
        let outcome = egress.fetch(request, &Limits::default()).await;
        let bytes_seen = server.await.unwrap();
        if passes {
            assert_eq!(outcome.unwrap().body, b"ok");
        } else {
            assert!(matches!(outcome, Err(EgressError::Tls(TlsFault::WrongName))), "{outcome:?}");
            assert_eq!(bytes_seen, 0);
        }
    }
}
