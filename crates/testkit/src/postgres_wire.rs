//! A server that speaks PostgreSQL's protocol with bad intent, and remembers what it was told.
//!
//! For what a real server cannot be brought to do. Where a real one can (a wrong certificate, a
//! clear-text request over TLS), [`crate::Postgres`] is the better witness. Must never check a
//! password, and listens on loopback only.

mod messages;
mod session;

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use messages::Authentication;
use session::Session;

/// What the server does to each client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Closes the connection without a word.
    HangUp,
    /// Reads and never answers.
    Silence,
    /// Answers `N` to a request for TLS, and then only listens.
    RefuseTls,
    /// Answers `S` and, in the same breath and in clear text, "you are logged in": bytes that a careless
    /// client takes for the first of the encrypted stream (CVE-2021-23222).
    InjectAfterTlsAnswer,
    /// Answers a request for TLS with an error message, in clear text and unauthenticated
    /// (CVE-2024-10977), that says this.
    ErrorInsteadOfTlsAnswer(String),
    /// Asks for authentication in this way, takes whatever comes, and never goes on.
    Ask(Authentication),
    /// Lets the client in without asking anything.
    AskNothing,
    /// Goes through SCRAM with one thing wrong.
    Scram(ScramFault),
    /// Announces a message of 2 GiB.
    HugeLength,
    /// Announces a message shorter than its own length field.
    TinyLength,
    /// A message one byte at a time, without end.
    Drip,
    /// Notices without end.
    NoticeFlood,
    /// A well-formed error with this SQLSTATE and this message.
    Error {
        /// Five characters, such as `28P01`.
        code: &'static str,
        /// A canary, as a rule.
        message: String,
    },
    /// An error whose fields do not end and are not UTF-8, with this text in them.
    MalformedError(String),
}

/// What is wrong with a SCRAM exchange (RFC 5802). The server knows no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScramFault {
    /// Asks for this many rounds: billions keep a client busy, one makes its proof quick to guess from.
    Iterations(u32),
    /// The nonce does not begin with the client's.
    ForeignNonce,
    /// The server's signature is made up: it proves nothing about knowing the password.
    WrongSignature,
    /// "You are logged in" with no signature at all.
    NoSignature,
    /// Offers no mechanism that a client without channel binding can choose.
    NoCommonMechanism,
    /// The first message has attributes that make no sense.
    Garbage,
}

/// The listening server. Dropping it breaks every connection.
#[derive(Debug)]
pub struct HostilePostgres {
    port: u16,
    record: Record,
    listening: JoinHandle<()>,
}

/// What clients sent, one entry a connection.
type Record = Arc<Mutex<Vec<Vec<u8>>>>;

impl HostilePostgres {
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

impl Drop for HostilePostgres {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, behaviour: Behaviour, record: Record) {
    // Sessions die with the set, and the set with this task.
    let mut sessions = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let session = Session::new(stream, &record);
        let behaviour = behaviour.clone();
        // A client that hangs up is an error here and exactly what tests hope for.
        sessions.spawn(async move { drop(session.play(&behaviour).await) });
    }
}

#[cfg(test)]
mod tests;
