//! Just enough HTTP/1.1 to ask a question.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Status, and the whole answer as text.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// GET, with a token or without, on a connection of its own. `address` may begin with `http://`.
pub(crate) fn get(address: &str, path: &str, token: Option<&str>) -> Answer {
    let mut stream = connect(address);
    let token = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{token}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    read(stream)
}

/// POST of a JSON body.
pub(crate) fn post(address: &str, path: &str, token: &str, body: &str) -> Answer {
    let mut stream = connect(address);
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    read(stream)
}

/// Everything until the other side closes.
pub(crate) fn read(mut stream: TcpStream) -> Answer {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.get(9..12).and_then(|status| status.parse().ok());
    Answer { status: status.unwrap_or_else(|| panic!("not an answer: {text:?}")), text }
}

#[expect(clippy::disallowed_methods, reason = "a client of the server under test, not a way out of it")]
pub(crate) fn connect(address: &str) -> TcpStream {
    let address = address.strip_prefix("http://").unwrap_or(address);
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}
