//! One kept connection. Reads of an answer only what it must: the status and where the body ends.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Enough for most answers in one read; a longer one is read in several.
const BUFFER: usize = 16 * 1024;

/// A connection to a server on this machine.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        ensure!(address.ip().is_loopback(), "only servers on this machine are loaded");
        #[expect(clippy::disallowed_methods, reason = "a load generator for our own server on loopback")]
        let stream = TcpStream::connect(address).await.context("the server does not accept")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; BUFFER] })
    }

    /// Sends one request, reads its whole answer and gives the status.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        loop {
            filled += self.read(filled).await?;
            if let Some(head) = Head::parse(&self.buffer[..filled])? {
                self.skip(head.answer_length.saturating_sub(filled)).await?;
                return Ok(head.status);
            }
        }
    }

    /// What comes next of an answer that does not end, as much as is there.
    pub(crate) async fn hear(&mut self) -> Result<&[u8]> {
        let read = self.read(0).await?;
        Ok(&self.buffer[..read])
    }

    async fn read(&mut self, filled: usize) -> Result<usize> {
        ensure!(filled < self.buffer.len(), "the head of an answer is too long");
        let read = self.stream.read(&mut self.buffer[filled..]).await?;
        if read == 0 {
            bail!("the server closed a connection before it had answered");
        }
        Ok(read)
    }

    async fn skip(&mut self, mut remaining: usize) -> Result<()> {
        while remaining > 0 {
            remaining = remaining.saturating_sub(self.read(0).await?);
        }
        Ok(())
    }
}

/// What of an answer's head is of interest.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Head and body.
    answer_length: usize,
}

impl Head {
    /// `None` where it is not all there yet. RFC 9112; an answer without `content-length` ends at its head.
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
        let status = bytes.get(9..12).and_then(number).context("an answer without a status")?;
        let mut lines = bytes[..end].split(|byte| *byte == b'\n');
        let length = lines.find_map(content_length).unwrap_or(0);
        Ok(Some(Self { status: u16::try_from(status)?, answer_length: end + 4 + length }))
    }
}

fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let named = line.get(..NAME.len())?.eq_ignore_ascii_case(NAME);
    if named { number(line[NAME.len()..].trim_ascii()) } else { None }
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_head_and_the_announced_body() {
        let head = Head::parse(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab").unwrap();
        assert_eq!(head, Some(Head { status: 200, answer_length: 41 }));
        let bodiless = Head::parse(b"HTTP/1.1 304 Not Modified\r\netag: \"1\"\r\n\r\n").unwrap();
        assert_eq!(bodiless.map(|head| head.answer_length), Some(40));
    }

    #[test]
    fn half_a_head_is_nothing_and_a_strange_one_an_error() {
        assert_eq!(Head::parse(b"HTTP/1.1 200 OK\r\nContent-").unwrap(), None);
        assert!(Head::parse(b"what is this?\r\n\r\n").is_err());
    }
}
