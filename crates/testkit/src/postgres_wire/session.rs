//! One connection: plays the behaviour and records every byte that arrives, before it looks at it.

use std::io;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::messages::{self, FirstPacket};
use super::{Behaviour, Record, ScramFault};

/// An error means that the client hung up.
pub(super) struct Session {
    stream: TcpStream,
    record: Record,
    number: usize,
}

impl Session {
    pub(super) fn new(stream: TcpStream, record: &Record) -> Self {
        let mut connections = record.lock().unwrap_or_else(PoisonError::into_inner);
        connections.push(Vec::new());
        Self { stream, record: Arc::clone(record), number: connections.len() - 1 }
    }

    pub(super) async fn play(mut self, behaviour: &Behaviour) -> io::Result<()> {
        match behaviour {
            Behaviour::HangUp => return Ok(()),
            Behaviour::Silence => return self.listen().await,
            _ => self.start_up(behaviour).await?,
        }
        match behaviour {
            Behaviour::Ask(way) => self.say(&messages::ask(*way)).await?,
            Behaviour::AskNothing => self.say(&messages::logged_in()).await?,
            Behaviour::Scram(fault) => self.scram(*fault).await?,
            Behaviour::HugeLength => self.say(&messages::head(0x7fff_ffff)).await?,
            Behaviour::TinyLength => self.say(&messages::head(0)).await?,
            Behaviour::Drip => self.drip().await?,
            Behaviour::NoticeFlood => self.flood().await?,
            Behaviour::Error { code, message } => self.say(&messages::error(code, message)).await?,
            Behaviour::MalformedError(text) => self.say(&messages::malformed_error(text)).await?,
            Behaviour::HangUp
            | Behaviour::Silence
            | Behaviour::RefuseTls
            | Behaviour::InjectAfterTlsAnswer
            | Behaviour::ErrorInsteadOfTlsAnswer(_) => {}
        }
        self.listen().await
    }

    /// Up to and with the start-up message, or up to the answer that spoils it. What else a client
    /// sends after that answer is read by the caller.
    async fn start_up(&mut self, behaviour: &Behaviour) -> io::Result<()> {
        loop {
            match (self.first_packet().await?, behaviour) {
                (FirstPacket::StartUp, _) => return Ok(()),
                (FirstPacket::TlsRequest, Behaviour::InjectAfterTlsAnswer) => {
                    return self.say(&[b"S".as_slice(), &messages::logged_in()].concat()).await;
                }
                (FirstPacket::TlsRequest, Behaviour::ErrorInsteadOfTlsAnswer(text)) => {
                    return self.say(&messages::error("08P01", text)).await;
                }
                (FirstPacket::TlsRequest, Behaviour::RefuseTls) => return self.say(b"N").await,
                (FirstPacket::TlsRequest | FirstPacket::GssRequest, _) => self.say(b"N").await?,
            }
        }
    }

    async fn scram(&mut self, fault: ScramFault) -> io::Result<()> {
        if fault == ScramFault::NoCommonMechanism {
            return self.say(&messages::offer_sasl("SCRAM-SHA-256-PLUS")).await;
        }
        self.say(&messages::offer_sasl("SCRAM-SHA-256")).await?;
        let client_first = self.message().await?;
        self.say(&messages::sasl_continue(&server_first(fault, &client_first))).await?;
        self.message().await?;
        if fault != ScramFault::NoSignature {
            self.say(&messages::sasl_final(&format!("v={MADE_UP_SIGNATURE}"))).await?;
        }
        self.say(&messages::logged_in()).await
    }

    async fn drip(&mut self) -> io::Result<()> {
        self.say(&messages::head(1_000_000)).await?;
        loop {
            self.say(b"\0").await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn flood(&mut self) -> io::Result<()> {
        let notice = messages::notice();
        loop {
            self.say(&notice).await?;
        }
    }

    async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Records until the client hangs up.
    async fn listen(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            let length = self.stream.read(&mut buffer).await?;
            if length == 0 {
                return Ok(());
            }
            self.note(&buffer[..length]);
        }
    }

    /// A packet without a type: its length and a code, then the rest.
    async fn first_packet(&mut self) -> io::Result<FirstPacket> {
        let length = self.number().await?;
        let code = self.number().await?;
        self.rest(length, 8).await?;
        Ok(FirstPacket::of_code(code))
    }

    /// A message with a type; gives its body.
    async fn message(&mut self) -> io::Result<Vec<u8>> {
        self.bytes(1).await?;
        let length = self.number().await?;
        self.rest(length, 4).await
    }

    async fn number(&mut self) -> io::Result<u32> {
        let bytes = self.bytes(4).await?;
        Ok(bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    async fn rest(&mut self, length: u32, read: u32) -> io::Result<Vec<u8>> {
        self.bytes(length.saturating_sub(read).min(MOST_BYTES_OF_A_MESSAGE) as usize).await
    }

    async fn bytes(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while filled < length {
            let more = self.stream.read(&mut bytes[filled..]).await?;
            if more == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            // At once: a client that stops in the middle has said that much.
            self.note(&bytes[filled..filled + more]);
            filled += more;
        }
        Ok(bytes)
    }

    fn note(&self, bytes: &[u8]) {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)[self.number].extend_from_slice(bytes);
    }
}

/// A client that speaks TLS to a server that has not agreed announces nonsense.
const MOST_BYTES_OF_A_MESSAGE: u32 = 65_536;

/// 32 zero bytes.
const MADE_UP_SIGNATURE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// RFC 5802 section 7, `server-first-message`: nonce, salt, iteration count.
fn server_first(fault: ScramFault, client_first: &[u8]) -> String {
    let client_nonce = nonce(client_first);
    let salt = "c2FsdHNhbHRzYWx0c2FsdA==";
    match fault {
        ScramFault::Iterations(count) => format!("r={client_nonce}server,s={salt},i={count}"),
        ScramFault::ForeignNonce => format!("r=foreign{client_nonce},s={salt},i=4096"),
        ScramFault::Garbage => "m=unknown,r=,s=*,i=-1".to_owned(),
        _ => format!("r={client_nonce}server,s={salt},i=4096"),
    }
}

/// The last attribute of `n,,n=,r=<nonce>`.
fn nonce(client_first: &[u8]) -> String {
    let text = String::from_utf8_lossy(client_first);
    text.rsplit_once("r=").map_or_else(String::new, |(_, nonce)| nonce.to_owned())
}
