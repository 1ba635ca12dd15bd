//! One caller, and what it is answered.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

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
}

/// An answer, read as a whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Client {
    pub(crate) fn new(router: &Router, token: Option<&str>) -> Self {
        Self { router: router.clone(), token: token.map(str::to_owned) }
    }

    /// The same caller at another node.
    pub(crate) fn on(&self, router: &Router) -> Self {
        Self { router: router.clone(), token: self.token.clone() }
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
        let peer = SocketAddr::from((IpAddr::from(Ipv4Addr::new(192, 0, 2, 7)), 40_000));
        let mut request = Request::builder().method(Method::try_from(method).unwrap()).uri(path);
        request = request.extension(ConnectInfo(peer));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |bytes| Body::from(bytes.to_vec()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status.as_u16(), headers: parts.headers, bytes }
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
