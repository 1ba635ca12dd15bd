//! Streams of the real binary: what a crash, an end and a real check mean for who listens.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use strongroom_testkit::binary::{DataFolder, DevServer};
use strongroom_testkit::http::Client;
use strongroom_testkit::postgres::Postgres;

use crate::http::connect;
use crate::promises::{CREDENTIALS, PROGRAM, World, generic};
use crate::site::Site;

/// One connection of a client that listens.
struct Stream(BufReader<TcpStream>);

/// An event as it was heard.
#[derive(Debug, Clone, PartialEq)]
struct Event {
    position: u64,
    kind: String,
    data: Value,
}

impl Stream {
    /// Listens, after an event or from now on; returns when the stream is open.
    fn open(address: &str, token: &str, after: Option<u64>) -> Self {
        let mut socket = connect(address);
        let after = after.map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
        let request = format!(
            "GET /v1/workspaces/default/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{after}\r\n"
        );
        socket.write_all(request.as_bytes()).unwrap();
        let mut stream = Self(BufReader::new(socket));
        assert!(stream.line().unwrap().starts_with("HTTP/1.1 200 "));
        while stream.line().is_some_and(|line| !line.starts_with("id: ")) {}
        stream
    }

    fn of(server: &DevServer, after: Option<u64>) -> Self {
        let text = |name: &str| server.ready[name].as_str().unwrap().to_owned();
        Self::open(&text("address"), &text("token"), after)
    }

    /// The next line; the sizes of chunks are lines among the others, and no field begins like one.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// The next event that came whole; none when the connection is over.
    fn event(&mut self) -> Option<Event> {
        let (mut position, mut kind) = (0, String::new());
        loop {
            let line = self.line()?;
            match line.split_once(": ") {
                Some(("id", id)) => position = id.parse().ok()?,
                Some(("event", name)) => name.clone_into(&mut kind),
                Some(("data", data)) => {
                    let data = serde_json::from_str(data).ok()?;
                    return Some(Event { position, kind, data });
                }
                _ => {}
            }
        }
    }
}

/// How often the binary is killed.
const KILLS: u64 = 12;

/// Changes go on, a client listens and comes back after each kill with the last id it heard. In the end it has
/// heard of every change that was answered, once and in order.
#[test]
fn ccr_03_kill_9_loses_no_event_and_repeats_none() {
    let folder = DataFolder::default();
    let mut server = DevServer::start(PROGRAM, &folder.path());
    let path = generic(&server.admin(), &json!({"count": "0"}));
    let answered = AtomicU64::new(1);
    let mut heard: Vec<Event> = Vec::new();
    for kill in 0..KILLS {
        let mut stream = Stream::of(&server, Some(heard.last().map_or(0, |event| event.position)));
        let client = server.admin();
        std::thread::scope(|scope| {
            scope.spawn(|| while changed(&client, &path, &answered) {});
            scope.spawn(|| heard.extend(std::iter::from_fn(|| stream.event())));
            let enough = answered.load(Ordering::SeqCst) + 3;
            while answered.load(Ordering::SeqCst) < enough {
                std::thread::sleep(Duration::from_millis(1));
            }
            // Another moment each time: before, in and after a round of the sequencer.
            std::thread::sleep(Duration::from_millis((kill * 17) % 90));
            server.kill();
        });
        server = DevServer::start(PROGRAM, &folder.path());
    }
    server.admin().patch(&path, &json!({"name": "the end"})).expect(200);
    let last = server.admin().get(&path).expect(200).value()["version"].as_u64().unwrap();
    let mut stream = Stream::of(&server, Some(heard.last().map_or(0, |event| event.position)));
    while heard.last().is_none_or(|event| event.data["version"] != last) {
        heard.push(stream.event().expect("what is missing is still to come"));
    }
    let versions: Vec<u64> = heard.iter().map(|event| event.data["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, (1..=last).collect::<Vec<_>>());
    let positions: Vec<u64> = heard.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=last).collect::<Vec<_>>());
    assert!(last >= answered.load(Ordering::SeqCst), "{last}");
}

/// One change; whether the server still answers.
fn changed(client: &Client, path: &str, answered: &AtomicU64) -> bool {
    let count = answered.load(Ordering::SeqCst).to_string();
    let body = json!({"secrets": {"count": count}}).to_string();
    let reply = client.try_send("PATCH", path, &[("content-type", "application/json")], body.as_bytes());
    let is_answered = reply.is_ok_and(|reply| reply.status == 200);
    answered.fetch_add(u64::from(is_answered), Ordering::SeqCst);
    is_answered
}

/// Its streams too: none of them holds the end up, and the last chunk says that nothing was cut off.
#[test]
fn streams_end_well_with_the_server() {
    let site = Site::new();
    let server = site.serve();
    let mut streams: Vec<Stream> =
        (0..3).map(|_| Stream::open(&server.address, &site.token(), None)).collect();
    server.signal(Signal::TERM);
    let (status, took) = server.wait();
    assert_eq!(status.code(), Some(0), "{status:?}");
    assert!(took < Duration::from_secs(3), "{took:?}");
    for stream in &mut streams {
        let rest: Vec<String> = std::iter::from_fn(|| stream.line()).collect();
        assert_eq!(rest.iter().rfind(|line| !line.is_empty()).map(String::as_str), Some("0"), "{rest:?}");
    }
}

/// A client that is gone frees its place, also when it said nothing.
#[test]
fn a_client_that_went_away_is_noticed() {
    let folder = DataFolder::default();
    let server = DevServer::start(PROGRAM, &folder.path());
    let watchers = || {
        let text = String::from_utf8(server.admin().get("/metrics").expect(200).body).unwrap();
        let line = text.lines().find(|line| line.starts_with("strongroom_watchers ")).unwrap().to_owned();
        line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()
    };
    let streams: Vec<Stream> = (0..20).map(|_| Stream::of(&server, None)).collect();
    assert_eq!(watchers(), 20);
    drop(streams);
    for _ in 0..100 {
        if watchers() == 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{} places are still taken", watchers());
}

/// Another health is told, another check that shows the same is not.
#[test]
fn a_watcher_hears_of_health() {
    let world = World::with_account("first");
    let admin = world.admin();
    let mut draft = world.draft("first");
    draft["verify"] = json!("skip");
    let made = admin.post(CREDENTIALS, &draft).expect(201).value();
    let path = format!("{CREDENTIALS}/{}", made["id"].as_str().unwrap());
    let mut stream = Stream::of(&world.server, Some(0));
    let check = || admin.post(&format!("{path}/verify"), &json!({})).expect(200).value()["outcome"].clone();
    assert_eq!((check(), check()), (json!("accepted"), json!("accepted")));
    Postgres::shared().set_password(&world.account.role, "second");
    assert_eq!((check(), check()), (json!("rejected"), json!("rejected")));
    let change = json!({"secrets": {"password": "second"}});
    admin.patch(&path, &change).expect(200);
    let heard: Vec<Event> = (0..4).map(|_| stream.event().unwrap()).collect();
    let told: Vec<_> =
        heard.iter().map(|event| (event.kind.as_str(), event.data["version"].as_u64().unwrap())).collect();
    let expected = [
        ("credential.created", 1),
        ("credential.health", 1),
        ("credential.health", 1),
        ("credential.changed", 2),
    ];
    assert_eq!(told, expected);
}
