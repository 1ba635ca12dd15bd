//! Every capture of the original, in the order in which it was taken, in exact mode. Ids and dates are matched
//! by form; differences on purpose are in `exceptions`, by name.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use strongroom_domain::principal::Role;

use super::exceptions::{self, Exception};
use super::world::{CREDENTIALS, PLACEHOLDER, World};
use crate::client::{Answer, Client};

/// One line of the captures.
pub(super) struct Capture(Value);

impl Capture {
    pub(super) fn name(&self) -> &str {
        self.0["name"].as_str().unwrap()
    }

    fn request(&self, part: &str) -> &Value {
        &self.0["request"][part]
    }

    fn response(&self, part: &str) -> &Value {
        &self.0["response"][part]
    }
}

/// The captures with the ids of this run in place of the recorded ones.
struct Replay {
    world: World,
    keys: BTreeMap<&'static str, String>,
    ids: BTreeMap<String, String>,
    cookie: String,
    tag: String,
}

fn captures() -> Vec<Capture> {
    include_str!("captures.jsonl").lines().map(|line| Capture(serde_json::from_str(line).unwrap())).collect()
}

#[tokio::test]
async fn every_capture_is_answered_as_the_original_answered() {
    let mut replay = Replay::begin().await;
    let captures = captures();
    assert_eq!(captures.len(), 133);
    for capture in &captures {
        replay.catch_up(capture.name()).await;
        replay.play(capture).await;
    }
    exceptions::assert_all_used(&captures);
}

impl Replay {
    async fn begin() -> Self {
        let world = World::exact().await;
        let mut keys = BTreeMap::new();
        for (key, role) in
            [("API_KEY", Role::Admin), ("apiKeyView", Role::Viewer), ("apiKeyUpdate", Role::Editor)]
        {
            keys.insert(key, world.house.text_in(world.house.a, role).await);
        }
        // The original's keys have single permissions; the nearest role of ours stands in for each.
        for (key, like) in [("apiKey", "API_KEY"), ("apiKeyCreate", "apiKeyUpdate")] {
            keys.insert(key, keys[like].clone());
        }
        keys.insert("apiKeyNone", world.house.text_in(world.house.a, Role::Runner).await);
        keys.insert("API_KEY of workspace 2", world.house.text_in(world.house.a2, Role::Admin).await);
        let cookie = sign_in(&world, &keys["API_KEY"]).await;
        Self { world, keys, ids: BTreeMap::new(), cookie, tag: String::new() }
    }

    /// What was sent between two captures and is not among them.
    async fn catch_up(&self, next: &str) {
        let client = Client::new(&self.world.router, Some(&self.keys["API_KEY"]));
        for (before, method, path, body) in exceptions::between() {
            if before == next {
                self.world.tick();
                let path = self.with_ids(&format!("{CREDENTIALS}{path}"));
                client.json(method, &path, &[], &body).await.expect(200);
            }
        }
    }

    async fn play(&mut self, capture: &Capture) {
        let answer = self.send(capture).await;
        let exception = exceptions::of(capture.name());
        if let Some(Exception::Answered { status, holds, .. }) = exception {
            assert_eq!(answer.status, status, "{}: {}", capture.name(), answer.text());
            assert_headers(capture, &answer);
            assert!(answer.text().contains(holds), "{}: {}", capture.name(), answer.text());
            return;
        }
        assert_eq!(
            &json!(answer.status),
            capture.response("status"),
            "{}: {}",
            capture.name(),
            answer.text()
        );
        assert_headers(capture, &answer);
        if let (Value::Object(expected), Some(etag)) =
            (capture.response("body"), Some(answer.header("etag")).filter(|tag| !tag.is_empty()))
        {
            etag.clone_into(&mut self.tag);
            self.learn(expected, &answer);
        }
        if matches!(exception, Some(Exception::OtherText)) {
            return;
        }
        let expected: Value =
            serde_json::from_str(&self.with_ids(&capture.response("body").to_string())).unwrap();
        if !expected.is_null() && expected != "" {
            assert_same(&expected, &answer.json(), capture.name(), exception);
        }
    }

    async fn send(&self, capture: &Capture) -> Answer {
        self.world.tick();
        let method = capture.request("method").as_str().unwrap();
        let path = self.with_ids(capture.request("path").as_str().unwrap());
        let headers: Vec<(String, String)> = capture
            .request("headers")
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| {
                (name.to_lowercase(), self.with_keys(capture, name, value.as_str().unwrap()))
            })
            .collect();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let body = exceptions::bytes_of(capture.name()).or_else(|| self.body_of(capture));
        Client::new(&self.world.router, None).send(method, &path, &headers, body.as_deref()).await
    }

    fn with_keys(&self, capture: &Capture, name: &str, value: &str) -> String {
        let other = match exceptions::of(capture.name()) {
            Some(Exception::By { key }) => Some(key),
            _ => None,
        };
        match (name, value.split_once('<')) {
            ("If-None-Match", _) => self.tag.clone(),
            ("Cookie", _) => self.cookie.clone(),
            (_, Some((before, key))) => {
                format!("{before}{}", self.keys[other.unwrap_or(key.trim_end_matches('>'))])
            }
            _ => value.to_owned(),
        }
    }

    fn with_ids(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
    }

    fn body_of(&self, capture: &Capture) -> Option<Vec<u8>> {
        let text = match (capture.request("body"), capture.request("raw")) {
            (Value::Null, _) => return None,
            (Value::String(raw), Value::Bool(true)) => raw.clone(),
            (body, _) => body.to_string(),
        };
        Some(self.with_ids(&text).into_bytes())
    }

    /// An id that the original made stands for the one that was made here.
    fn learn(&mut self, expected: &serde_json::Map<String, Value>, answer: &Answer) {
        let body = answer.json();
        if let (Some(theirs), Some(ours)) = (expected.get("id"), body.get("id")) {
            self.ids.insert(theirs.as_str().unwrap().to_owned(), ours.as_str().unwrap().to_owned());
        }
    }
}

async fn sign_in(world: &World, token: &str) -> String {
    let body = json!({"email": "admin@example.com", "password": token});
    let answer = world.nobody().post("/api/v1/auth/login", &body).await.expect(200);
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

/// All that were captured; ours always has those that the original sets after its parser.
fn assert_headers(capture: &Capture, answer: &Answer) {
    let name = capture.name();
    for (header, expected) in capture.response("headers").as_object().unwrap() {
        let (given, expected) = (answer.header(header), expected.as_str().unwrap());
        match header.as_str() {
            _ if exceptions::is_other_header(name, header) => {}
            // In process there is no such header, but there is a length.
            "content-length" if exceptions::has_other_length(name) => {}
            "content-length" if capture.response("body").get("encryptedData").is_some() => {}
            // Some of a list are between the captures, under names of ours.
            "content-length" if capture.response("body").is_array() => {}
            "content-length" => {
                assert_eq!(answer.bytes.len().to_string(), expected, "{name}: {}", answer.text());
            }
            "etag" => assert_is_tag(given, answer, name),
            _ => assert_eq!(given, expected, "{name}: {header}"),
        }
    }
}

/// Weak; the length in hexadecimal and 27 characters of a hash. Files had a date there.
#[track_caller]
fn assert_is_tag(tag: &str, answer: &Answer, at: &str) {
    let (length, hash) = tag.strip_prefix("W/\"").and_then(|rest| rest.split_once('-')).unwrap_or_default();
    assert_eq!(hash.trim_end_matches('"').len(), 27, "{at}: {tag:?}");
    // An answer to HEAD and a 304 have the tag of what they leave out.
    if !answer.bytes.is_empty() {
        assert_eq!(length, format!("{:x}", answer.bytes.len()), "{at}: {tag:?}");
    }
}

fn assert_same(expected: &Value, given: &Value, at: &str, exception: Option<Exception>) {
    match (expected, given) {
        (Value::Object(expected), Value::Object(given)) => {
            let (expected_keys, given_keys): (Vec<_>, Vec<_>) =
                (expected.keys().collect(), given.keys().collect());
            assert_eq!(expected_keys, given_keys, "{at}");
            for (key, value) in expected {
                let at = format!("{at}/{key}");
                match key.as_str() {
                    "workspaceId" => assert_eq!(given[key].as_str().unwrap().len(), 36, "{at}"),
                    "createdDate" | "updatedDate" => assert_is_date(&given[key], &at),
                    "encryptedData" => assert_is_opaque(&given[key], &at),
                    // Words of ours where the original has words.
                    "description" | "placeholder" => assert_ne!(given[key].as_str().unwrap(), "", "{at}"),
                    // A name of ours, never a path of the server.
                    "icon" => assert!(given[key].as_str().unwrap().strip_suffix(".svg").is_some(), "{at}"),
                    _ if exception.is_some_and(|exception| exception.seals(key)) => {
                        assert_eq!(given[key], PLACEHOLDER, "{at}");
                    }
                    _ => assert_same(value, &given[key], &at, exception),
                }
            }
        }
        (Value::Array(expected), Value::Array(given)) => assert_same_list(expected, given, at, exception),
        _ => assert_eq!(expected, given, "{at}"),
    }
}

/// A long list ends in a note of how many elements there were.
fn assert_same_list(expected: &[Value], given: &[Value], at: &str, exception: Option<Exception>) {
    let note =
        expected.last().and_then(Value::as_str).and_then(|note| note.split_once(" more elements left out"));
    let Some((_, total)) = note else {
        assert_eq!(expected.len(), given.len(), "{at}");
        expected.iter().zip(given).for_each(|(expected, given)| assert_same(expected, given, at, exception));
        return;
    };
    let total: usize = total.split(['(', ' ']).find_map(|word| word.parse().ok()).unwrap();
    assert_eq!(given.len(), total, "{at}");
    for (expected, given) in expected[..expected.len() - 1].iter().zip(given) {
        assert_same(expected, given, at, exception);
    }
}

fn assert_is_date(value: &Value, at: &str) {
    let text = value.as_str().unwrap();
    let seconds: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert!(seconds == "0000-00-00T00:00:00.000Z" && text.contains(".000Z"), "{at}: {text}");
}

/// The form of the original's, and nothing that could be opened.
fn assert_is_opaque(value: &Value, at: &str) {
    let text = value.as_str().unwrap();
    assert!(text.starts_with("U2FsdGVkX1") && text.len() == 64, "{at}: {text}");
}
