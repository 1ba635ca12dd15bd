//! A server that speaks SMTP with bad intent, and remembers what it was told.
//!
//! For what a real server cannot be brought to do. Where a real one can (a wrong certificate, AUTH only
//! before TLS), [`crate::Smtp`] is the better witness. Must never check a password, has no TLS, and listens
//! on loopback only.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What the server does to each client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Closes the connection without a word.
    HangUp,
    /// Reads and never answers.
    Silence,
    /// Greets with this and then only listens. Complete lines, ends included.
    Greet(Vec<u8>),
    /// A greeting that never ends.
    EndlessGreeting,
    /// Offers AUTH and no STARTTLS; takes whatever password comes.
    NoStartTls,
    /// Offers STARTTLS and answers this to it: complete lines.
    StartTls(Vec<u8>),
    /// Offers only mechanisms that nobody knows.
    NoMechanism,
    /// Answers each line of an AUTH exchange with the next of these; complete lines.
    Auth(Vec<Vec<u8>>),
    /// The same, but offers LOGIN alone.
    AuthLogin(Vec<Vec<u8>>),
}

/// The listening server. Dropping it breaks every connection.
#[derive(Debug)]
pub struct HostileSmtp {
    port: u16,
    record: Record,
    listening: JoinHandle<()>,
}

/// What clients sent, one entry a connection.
type Record = Arc<Mutex<Vec<Vec<u8>>>>;

impl HostileSmtp {
    /// Listens on a free port of 127.0.0.1, for as long as the runtime of the caller.
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let record = Record::default();
        let listening = tokio::spawn(listen(listener, behaviour, Arc::clone(&record)));
        Self { port, record, listening }
    }

    /// The TCP port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Every byte that any client sent so far. Search it for what must not have been said.
    pub fn received(&self) -> Vec<u8> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).concat()
    }
}

impl Drop for HostileSmtp {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, behaviour: Behaviour, record: Record) {
    // Sessions die with the set, and the set with this task.
    let mut sessions = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let session = Session::new(stream, &record);
        let behaviour = behaviour.clone();
        // A client that hangs up is an error here and exactly what tests hope for.
        sessions.spawn(async move { drop(session.play(behaviour).await) });
    }
}

/// One connection. An error means that the client hung up.
struct Session {
    stream: TcpStream,
    record: Record,
    number: usize,
    unread: Vec<u8>,
}

impl Session {
    fn new(stream: TcpStream, record: &Record) -> Self {
        let mut connections = record.lock().unwrap_or_else(PoisonError::into_inner);
        connections.push(Vec::new());
        Self { stream, record: Arc::clone(record), number: connections.len() - 1, unread: Vec::new() }
    }

    async fn play(mut self, behaviour: Behaviour) -> io::Result<()> {
        match behaviour {
            Behaviour::HangUp => return Ok(()),
            Behaviour::Silence => {}
            Behaviour::Greet(greeting) => self.say(&greeting).await?,
            Behaviour::EndlessGreeting => self.greet_for_ever().await?,
            Behaviour::NoStartTls => {
                self.obey("AUTH PLAIN LOGIN", vec![b"235 2.7.0 ok\r\n".to_vec()]).await?;
            }
            Behaviour::StartTls(answer) => self.obey("STARTTLS", vec![answer]).await?,
            Behaviour::NoMechanism => self.obey("AUTH NTLM GSSAPI", Vec::new()).await?,
            Behaviour::Auth(answers) => self.obey("AUTH PLAIN", answers).await?,
            Behaviour::AuthLogin(answers) => self.obey("AUTH LOGIN", answers).await?,
        }
        self.listen().await
    }

    async fn greet_for_ever(&mut self) -> io::Result<()> {
        loop {
            self.say(b"220-and another thing\r\n").await?;
        }
    }

    /// Greets, offers one thing, and gives the answers one by one.
    async fn obey(&mut self, offer: &str, answers: Vec<Vec<u8>>) -> io::Result<()> {
        self.say(b"220 hostile.test\r\n").await?;
        self.line().await?;
        self.say(format!("250-hostile.test\r\n250 {offer}\r\n").as_bytes()).await?;
        for answer in answers {
            self.line().await?;
            self.say(&answer).await?;
        }
        Ok(())
    }

    async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    async fn line(&mut self) -> io::Result<()> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                self.unread.drain(..=end);
                return Ok(());
            }
            self.read().await?;
        }
    }

    /// Records until the client hangs up.
    async fn listen(&mut self) -> io::Result<()> {
        loop {
            self.read().await?;
        }
    }

    async fn read(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        let length = self.stream.read(&mut buffer).await?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let bytes = &buffer[..length];
        self.unread.extend_from_slice(bytes);
        self.record.lock().unwrap_or_else(PoisonError::into_inner)[self.number].extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "the client of a test")]
    async fn hears_and_answers_line_by_line() {
        let server = HostileSmtp::start(Behaviour::Auth(vec![b"535 no\r\n".to_vec()])).await;
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).await.unwrap();
        client.write_all(b"EHLO x\r\nAUTH PLAIN AHUAcA==\r\n").await.unwrap();
        let mut heard = String::new();
        let mut buffer = [0; 256];
        while !heard.contains("535") {
            let length = client.read(&mut buffer).await.unwrap();
            heard.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        assert_eq!(heard, "220 hostile.test\r\n250-hostile.test\r\n250 AUTH PLAIN\r\n535 no\r\n");
        assert_eq!(server.received(), b"EHLO x\r\nAUTH PLAIN AHUAcA==\r\n");
        assert_eq!(server.connections(), 1);
    }
}
