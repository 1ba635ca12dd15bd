//! Where a browser brings back what an issuer says to the command line: 127.0.0.1, one answer, a few minutes
//! (RFC 8252, section 7.3).
//!
//! Must never listen anywhere else, keep a connection, or repeat what it was sent.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// For one request to arrive and be answered.
const ONE: Duration = Duration::from_secs(5);
/// Bytes of a request's head: a code and a state, among what a browser says of itself.
const HEAD: usize = 32 * 1024;

/// A port that waits for a browser.
#[derive(Debug)]
pub struct LoopbackAnswer {
    socket: TcpListener,
    port: u16,
}

impl LoopbackAnswer {
    /// On a port that the system chooses.
    ///
    /// # Errors
    ///
    /// The system's.
    pub async fn bind() -> io::Result<Self> {
        let socket = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let port = socket.local_addr()?.port();
        Ok(Self { socket, port })
    }

    /// Where the issuer is to send the browser.
    pub fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// The query of the first request that `counts`. Others are told so, and waited past.
    ///
    /// # Errors
    ///
    /// The system's.
    pub async fn wait(self, counts: impl Fn(&str) -> bool) -> io::Result<String> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            if let Ok(Some(query)) = timeout(ONE, converse(stream, &counts)).await {
                return Ok(query);
            }
        }
    }
}

const PATH: &str = "/callback";

async fn converse(mut stream: TcpStream, counts: impl Fn(&str) -> bool) -> Option<String> {
    let mut head = Vec::new();
    let mut part = [0_u8; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let length = stream.read(&mut part).await.ok().filter(|length| *length > 0)?;
        head.extend_from_slice(&part[..length]);
        if head.len() > HEAD {
            return None;
        }
    }
    let query = query_of(&head).filter(|query| counts(query));
    let (status, text) = match &query {
        Some(_) => ("200 OK", "Done. You can close this window and go back to the terminal."),
        None => ("400 Bad Request", "This is not the answer that the terminal waits for."),
    };
    let page = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Content-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    // The browser may have gone; what it brought is here all the same.
    let _gone = stream.write_all(page.as_bytes()).await;
    let _gone = stream.shutdown().await;
    query
}

/// The query of `GET /callback?...`.
fn query_of(head: &[u8]) -> Option<String> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let target = std::str::from_utf8(line).ok()?.strip_prefix("GET ")?.split(' ').next()?;
    Some(target.strip_prefix(PATH)?.strip_prefix('?')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_callback_is_an_answer() {
        let query = |line: &str| query_of(format!("{line}\r\nHost: x\r\n\r\n").as_bytes());
        assert_eq!(query("GET /callback?code=a&state=b HTTP/1.1").as_deref(), Some("code=a&state=b"));
        for line in [
            "GET / HTTP/1.1",
            "GET /callback HTTP/1.1",
            "GET /callbacks?code=a HTTP/1.1",
            "POST /callback?code=a HTTP/1.1",
            "",
        ] {
            assert_eq!(query(line), None, "{line}");
        }
    }
}
