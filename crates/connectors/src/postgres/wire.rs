//! Messages over a stream, within limits.
//!
//! Owns sizes: a message is measured before memory is set aside for it, and the whole conversation has a
//! budget, so that neither a length of 2 GiB nor notices without end cost anything (CON-03). Must never
//! give out an error message's text.

use std::io;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{self, ErrorResponseBody, Header, Message};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::failure::{Failure, SqlState};

/// Asks for TLS and returns when the server is ready to begin its handshake.
///
/// Whatever stands after the `S` was sent in the clear, by the server or by someone between (CVE-2021-23222).
/// An error message here is nobody's word, so it is not even read (CVE-2024-10977).
pub(super) async fn agree_on_tls<S>(stream: &mut S) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut request = BytesMut::new();
    frontend::ssl_request(&mut request);
    stream.write_all(&request).await?;
    stream.flush().await?;
    let mut answer = [0; 16];
    let length = stream.read(&mut answer).await?;
    match &answer[..length] {
        [] => Err(ended()),
        [b'S'] => Ok(()),
        [b'S', ..] => Err(Failure::BytesBeforeTls),
        [b'N', ..] => Err(Failure::NoTls),
        _ => Err(Failure::Protocol),
    }
}

/// A log-in needs about 1 KiB in all.
const MOST_BYTES_OF_A_MESSAGE: usize = 64 * 1024;
const MOST_BYTES_IN_ALL: usize = 256 * 1024;

/// One conversation.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    received: BytesMut,
    budget: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, received: BytesMut::new(), budget: MOST_BYTES_IN_ALL }
    }

    /// Sends what `write` writes.
    pub(super) async fn send(
        &mut self,
        write: impl FnOnce(&mut BytesMut) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut message = BytesMut::new();
        write(&mut message).map_err(|_| Failure::Protocol)?;
        self.stream.write_all(&message).await?;
        Ok(self.stream.flush().await?)
    }

    /// The next message that matters: an error is an `Err`; notices and parameters are passed over.
    pub(super) async fn message(&mut self) -> Result<Message, Failure> {
        loop {
            match self.any_message().await? {
                Message::NoticeResponse(_) | Message::ParameterStatus(_) => {}
                Message::ErrorResponse(error) => return Err(Failure::Refused(sql_state(&error)?)),
                message => return Ok(message),
            }
        }
    }

    async fn any_message(&mut self) -> Result<Message, Failure> {
        loop {
            let kind = self.received.first().copied();
            if message_length(&self.received)? > MOST_BYTES_OF_A_MESSAGE {
                return Err(Failure::TooMuch);
            }
            // The parser's words may quote the server, so only the kind of the message is looked at.
            match Message::parse(&mut self.received) {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => self.receive().await?,
                Err(_) if kind == Some(backend::AUTHENTICATION_TAG) => {
                    return Err(Failure::AsksFor("an unknown method"));
                }
                Err(_) => return Err(Failure::Protocol),
            }
        }
    }

    async fn receive(&mut self) -> Result<(), Failure> {
        let length = self.stream.read_buf(&mut self.received).await?;
        if length == 0 {
            return Err(ended());
        }
        self.budget = self.budget.checked_sub(length).ok_or(Failure::TooMuch)?;
        Ok(())
    }
}

/// As the head says, or 0 where it is not there yet.
fn message_length(received: &[u8]) -> Result<usize, Failure> {
    let header = Header::parse(received).map_err(|_| Failure::Protocol)?;
    // A length that is no `usize` is negative, and was refused by the parser.
    Ok(header.map_or(0, |header| usize::try_from(header.len()).unwrap_or(usize::MAX)))
}

fn ended() -> Failure {
    Failure::Broken(io::ErrorKind::UnexpectedEof.into())
}

/// Field `C`. The others are the server's text and are not looked at.
fn sql_state(error: &ErrorResponseBody) -> Result<SqlState, Failure> {
    let mut fields = error.fields();
    while let Some(field) = fields.next().map_err(|_| Failure::Protocol)? {
        if field.type_() == b'C' {
            let code = field.value_bytes().try_into().map_err(|_| Failure::Protocol)?;
            return Ok(SqlState(code));
        }
    }
    Err(Failure::Protocol)
}
