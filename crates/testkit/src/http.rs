//! A plain HTTP client for tests: one request, one connection, the answer as it came.
//!
//! Owns nothing of the protocol beyond what a test sends on purpose. Must never follow, retry, decode or
//! repair anything: tests want to see what is really on the wire.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// How long an answer may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Calls one server with one authority.
#[derive(Debug, Clone)]
pub struct Client {
    address: SocketAddr,
    token: Option<String>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Client {
    /// A client without a token.
    pub const fn anonymous(address: SocketAddr) -> Self {
        Self { address, token: None }
    }

    /// The same server, with this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The server's address.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// GET.
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], b"")
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[], b"")
    }

    /// POST of a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.json("POST", path, &[], body)
    }

    /// PATCH of a JSON body.
    pub fn patch(&self, path: &str, body: &Value) -> Reply {
        self.json("PATCH", path, &[], body)
    }

    /// PUT of a JSON body.
    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.json("PUT", path, &[], body)
    }

    /// Any method with a JSON body and further headers.
    pub fn json(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send(method, path, &all, body.to_string().as_bytes())
    }

    /// Any request, sent as it stands.
    ///
    /// # Panics
    ///
    /// Panics when the server does not answer: the test has failed.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        self.try_send(method, path, headers, body).expect("the server answers")
    }

    /// Any request, for tests in which the server may be killed meanwhile.
    ///
    /// # Errors
    ///
    /// Where no whole answer came.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Reply> {
        let mut lines = vec![
            format!("{method} {path} HTTP/1.1"),
            format!("host: {}", self.address),
            "connection: close".to_owned(),
        ];
        lines.extend(self.token.as_ref().map(|token| format!("authorization: Bearer {token}")));
        lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
        if !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
            lines.push(format!("content-length: {}", body.len()));
        }
        let mut request = (lines.join("\r\n") + "\r\n\r\n").into_bytes();
        request.extend_from_slice(body);
        self.exchange(&request)
    }

    /// Bytes as they stand, and what comes back until the server closes.
    ///
    /// # Errors
    ///
    /// Where no whole answer came.
    #[expect(clippy::disallowed_methods, reason = "the other side of the server's door, on loopback")]
    pub fn exchange(&self, request: &[u8]) -> std::io::Result<Reply> {
        let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        // A server that refuses a body early may close before all of it is written; its answer counts.
        let written = stream.write_all(request);
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        Reply::parse(&answer).ok_or_else(|| {
            written.and(read.map(drop)).err().unwrap_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
        })
    }
}

/// How long a stream is listened to.
const A_WORD: Duration = Duration::from_millis(200);

impl Client {
    /// Bytes as they stand, and what is said within a moment: for streams, which do not end by themselves.
    #[expect(clippy::disallowed_methods, reason = "the other side of the server's door, on loopback")]
    pub fn hear(&self, request: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE).expect("the server accepts");
        stream.set_read_timeout(Some(A_WORD)).expect("a wait can be bounded");
        stream.write_all(request).expect("the server reads");
        let mut heard = Vec::new();
        // It ends with silence, which is no fault.
        let _silence = stream.read_to_end(&mut heard);
        heard
    }
}

impl Reply {
    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// Panics when it is not: the test has failed.
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// One header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The stable code of a problem.
    pub fn code(&self) -> String {
        self.value()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// This answer, if it has this status.
    ///
    /// # Panics
    ///
    /// Panics with the whole answer when it has not: the test has failed.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "many tests ask for the status alone")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    fn parse(answer: &[u8]) -> Option<Self> {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let body = answer[end + 4..].to_vec();
        let reply = Self { status, headers, body };
        let announced = reply.header("content-length").and_then(|length| length.parse::<usize>().ok());
        let whole = announced.is_none_or(|length| length == reply.body.len());
        if !whole {
            return None;
        }
        if reply.header("transfer-encoding") == Some("chunked") {
            let body = unchunked(&reply.body)?;
            return Some(Self { body, ..reply });
        }
        Some(reply)
    }
}

/// RFC 9112 section 7.1; `None` where the last chunk is missing.
fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?.trim(), 16).ok()?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_answer_is_none() {
        assert!(Reply::parse(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab").is_none());
        assert!(Reply::parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n").is_none());
        let whole =
            Reply::parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        assert_eq!(whole.unwrap().body, b"abc");
    }
}
