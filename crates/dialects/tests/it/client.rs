//! One caller, and what it is answered.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

/// Sends requests with one token, or none.
#[derive(Clone)]
pub(crate) struct Client {
    router: Router,
    token: Option<String>,
    peer: IpAddr,
}

/// Where callers are unless they say otherwise.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

/// An answer, read as a whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Client {
    pub(crate) fn new(router: &Router, token: Option<&str>) -> Self {
        Self { router: router.clone(), token: token.map(str::to_owned), peer: HERE }
    }

    /// The same caller at another node.
    pub(crate) fn on(&self, router: &Router) -> Self {
        Self { router: router.clone(), ..self.clone() }
    }

    /// The same caller from another address.
    pub(crate) fn from(&self, peer: &str) -> Self {
        Self { peer: peer.parse().unwrap(), ..self.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, JSON, Some(body.to_string().as_bytes())).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, JSON, Some(body.to_string().as_bytes())).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, JSON, Some(body.to_string().as_bytes())).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None).await
    }

    /// JSON with further headers.
    pub(crate) async fn json(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let headers = [JSON, headers].concat();
        self.send(method, path, &headers, Some(body.to_string().as_bytes())).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answer {
        let response = self.begin(method, path, headers, body).await;
        let (parts, mut body) = response.into_parts();
        let is_stream = parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let bytes = if is_stream {
            // It would not end by itself; its first word says that it is open.
            let first = body.frame().await.and_then(Result::ok);
            first.and_then(|frame| frame.into_data().ok()).unwrap_or_default().to_vec()
        } else {
            body.collect().await.unwrap().to_bytes().to_vec()
        };
        Answer { status: parts.status.as_u16(), headers: parts.headers, bytes }
    }

    /// Listens to a stream of events, after one of them or from now on.
    pub(crate) async fn listen(&self, path: &str, after: Option<u64>) -> Listener {
        let after = after.map(|id| id.to_string());
        let headers: Vec<_> = after.iter().map(|id| ("last-event-id", id.as_str())).collect();
        let response = self.begin("GET", path, &headers, None).await;
        assert_eq!(response.status(), 200);
        let mut listener = Listener { body: response.into_body(), text: String::new() };
        let hello = listener.word().await.unwrap();
        assert_eq!((hello.retry.as_deref(), hello.event.as_deref()), (Some("1000"), None));
        assert!(after.is_none_or(|after| hello.id == after));
        listener
    }

    async fn begin(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> axum::response::Response {
        let peer = SocketAddr::from((self.peer, 40_000));
        let mut request = Request::builder().method(Method::try_from(method).unwrap()).uri(path);
        request = request.extension(ConnectInfo(peer));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |bytes| Body::from(bytes.to_vec()));
        self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap()
    }
}

/// An open stream of events. Dropping it is going away.
pub(crate) struct Listener {
    body: Body,
    /// What came of the next word.
    text: String,
}

/// One block of a stream, field by field.
#[derive(Debug, Clone, Default)]
pub(crate) struct Word {
    pub(crate) id: String,
    pub(crate) event: Option<String>,
    pub(crate) data: Value,
    pub(crate) retry: Option<String>,
    pub(crate) comment: bool,
}

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

impl Listener {
    /// The next word; none at the end of the stream.
    pub(crate) async fn word(&mut self) -> Option<Word> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                return Some(Word::parse(&block));
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await.expect("something is said");
            let data = frame?.unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&data).unwrap());
        }
    }

    /// The next event, whatever silence comes before it.
    pub(crate) async fn event(&mut self) -> Option<Word> {
        loop {
            let word = self.word().await?;
            if word.event.is_some() {
                return Some(word);
            }
        }
    }

    /// So many events.
    pub(crate) async fn events(&mut self, count: usize) -> Vec<Word> {
        let mut events = Vec::with_capacity(count);
        while events.len() < count {
            events.push(self.event().await.expect("the stream goes on"));
        }
        events
    }
}

impl Word {
    /// As WHATWG HTML section 9.2.6 reads it, for the fields that we send.
    fn parse(block: &str) -> Self {
        let mut word = Self::default();
        for line in block.lines().filter(|line| !line.is_empty()) {
            match line.split_once(':') {
                Some(("", _)) => word.comment = true,
                Some(("id", id)) => id.trim_start().clone_into(&mut word.id),
                Some(("event", name)) => word.event = Some(name.trim_start().to_owned()),
                Some(("data", data)) => word.data = serde_json::from_str(data).unwrap(),
                Some(("retry", retry)) => word.retry = Some(retry.trim_start().to_owned()),
                other => panic!("{other:?} in {block}"),
            }
        }
        word
    }

    pub(crate) fn position(&self) -> u64 {
        self.id.parse().unwrap()
    }
}

pub(crate) const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a problem; empty for anything else.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The places of all faults.
    pub(crate) fn pointers(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|fault| fault["pointer"].as_str().unwrap().to_owned()).collect()
    }

    /// The answer as it is expected, or the test ends with what it is.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// Status, headers and body without what names the request (oracle SAME of CATALOGUE section 0).
    pub(crate) fn without_request(&self) -> (u16, Vec<(String, String)>, String) {
        let id = self.header("x-request-id").to_owned();
        assert!(!id.is_empty());
        let name = |name: &http::HeaderName| name.as_str().to_owned();
        let headers =
            self.headers.iter().map(|(key, value)| (name(key), value.to_str().unwrap().replace(&id, "")));
        (self.status, headers.collect(), self.text().replace(&id, ""))
    }
}
