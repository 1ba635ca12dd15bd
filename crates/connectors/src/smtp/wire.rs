//! Lines over a stream, within limits.
//!
//! Owns the form of replies (RFC 5321, section 4.2) and their sizes. Must never take a byte for an answer
//! that came before the question: what waits behind a reply was put there by someone (CON-10).

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::failure::Failure;

/// What a server answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// 200 to 599.
    pub(super) code: u16,
    /// What stands behind the code, line by line. A stranger's text: to be compared, never shown.
    pub(super) lines: Vec<Vec<u8>>,
}

/// Sends a whole line, its end included.
pub(super) async fn send<S>(stream: &mut S, line: &str) -> Result<(), Failure>
where
    S: AsyncWrite + Unpin,
{
    stream.write_all(line.as_bytes()).await?;
    Ok(stream.flush().await?)
}

/// The standard allows 512 bytes; some servers use more for a list of mechanisms.
const MOST_BYTES_OF_A_LINE: usize = 2048;
const MOST_LINES_OF_A_REPLY: usize = 64;

/// Reads one reply and makes sure that nothing waits behind it.
pub(super) async fn receive<S>(stream: &mut S) -> Result<Reply, Failure>
where
    S: AsyncRead + Unpin,
{
    let mut received = Vec::new();
    let mut reply: Option<Reply> = None;
    loop {
        let line = take_line(stream, &mut received).await?;
        let (code, is_last, text) = parse_line(&line).ok_or(Failure::Protocol)?;
        let reply_so_far = reply.get_or_insert(Reply { code, lines: Vec::new() });
        reply_so_far.lines.push(text.to_vec());
        if reply_so_far.code != code {
            return Err(Failure::Protocol);
        }
        if reply_so_far.lines.len() > MOST_LINES_OF_A_REPLY {
            return Err(Failure::TooMuch);
        }
        if is_last {
            break;
        }
    }
    if received.is_empty() { reply.ok_or(Failure::Protocol) } else { Err(Failure::Unasked) }
}

/// The next line without its end; what came with it stays in `received`.
async fn take_line<S>(stream: &mut S, received: &mut Vec<u8>) -> Result<Vec<u8>, Failure>
where
    S: AsyncRead + Unpin,
{
    loop {
        if let Some(end) = received.windows(2).position(|pair| pair == b"\r\n") {
            let line = received[..end].to_vec();
            received.drain(..end + 2);
            return if line.len() > MOST_BYTES_OF_A_LINE { Err(Failure::TooMuch) } else { Ok(line) };
        }
        if received.len() > MOST_BYTES_OF_A_LINE {
            return Err(Failure::TooMuch);
        }
        if stream.read_buf(received).await? == 0 {
            return Err(Failure::Broken(io::ErrorKind::UnexpectedEof.into()));
        }
    }
}

/// Three digits, then `-` where more lines follow or a space where none do, then text.
fn parse_line(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    if !matches!(digits, [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9']) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match rest {
        [] => Some((code, true, rest)),
        [b' ', text @ ..] => Some((code, true, text)),
        [b'-', text @ ..] => Some((code, false, text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn reply(mut bytes: &[u8]) -> Result<Reply, Failure> {
        receive(&mut bytes).await
    }

    #[tokio::test]
    async fn replies_of_one_line_and_of_many() {
        let one = reply(b"250 ok\r\n").await.unwrap();
        assert_eq!(one, Reply { code: 250, lines: vec![b"ok".to_vec()] });
        let many = reply(b"250-a\r\n250-\xff\r\n250\r\n").await.unwrap();
        assert_eq!(many, Reply { code: 250, lines: vec![b"a".to_vec(), vec![0xff], Vec::new()] });
    }

    #[tokio::test]
    async fn what_is_no_reply_is_refused() {
        for bytes in
            [&b"hello\r\n"[..], b"25\r\n", b"199 no\r\n", b"650 no\r\n", b"250_x\r\n", b"250-a\r\n251 b\r\n"]
        {
            assert!(matches!(reply(bytes).await, Err(Failure::Protocol)), "{}", bytes.escape_ascii());
        }
        assert!(matches!(reply(b"250 ok\n").await, Err(Failure::Broken(_))), "a line ends with CR LF");
    }

    #[tokio::test]
    async fn con_10_what_waits_behind_a_reply_is_refused() {
        assert!(matches!(reply(b"220 go ahead\r\n250 AUTH PLAIN\r\n").await, Err(Failure::Unasked)));
        assert!(matches!(reply(b"220 go ahead\r\n2").await, Err(Failure::Unasked)));
    }

    #[tokio::test]
    async fn con_13_replies_have_an_end() {
        let long_line = [b"250 ".as_slice(), &[b'a'; 3_000], b"\r\n"].concat();
        assert!(matches!(reply(&long_line).await, Err(Failure::TooMuch)));
        assert!(matches!(reply(&b"2".repeat(1_000_000)).await, Err(Failure::TooMuch)));
        let many_lines = b"220-again\r\n".repeat(100);
        assert!(matches!(reply(&many_lines).await, Err(Failure::TooMuch)));
    }
}
