//! A web server over TLS that says one thing to everybody, and remembers what it was asked.
//!
//! Stands in for other people's public APIs where no real one can be started: for their published answers,
//! and for bad ones. Must never check what it is asked, and listens on loopback only.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::certificates::Certified;

/// The listening server. Dropping it breaks every connection.
#[derive(Debug)]
pub struct HttpsResponder {
    port: u16,
    words: Words,
    record: Record,
    listening: JoinHandle<()>,
}

/// What is answered, until the test says otherwise: an answer to requests that hold a text, the first that
/// fits; and last the one to everybody, whose text is empty.
type Words = Arc<Mutex<Vec<(String, Vec<u8>)>>>;
/// Whole requests, as they came.
type Record = Arc<Mutex<Vec<String>>>;

impl HttpsResponder {
    /// Answers every request on a free port of 127.0.0.1 with these bytes, status line and headers
    /// included, and closes the connection.
    pub async fn start(certified: &Certified, answer: Vec<u8>) -> Self {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), certified, answer).await
    }

    /// The same at this address, one of loopback.
    pub async fn start_at(address: SocketAddr, certified: &Certified, answer: Vec<u8>) -> Self {
        assert!(address.ip().is_loopback(), "for tests on this machine only");
        let listener = TcpListener::bind(address).await.expect("the address is free");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let words = Words::new(vec![(String::new(), answer)].into());
        let record = Record::default();
        let (said, kept) = (Arc::clone(&words), Arc::clone(&record));
        let listening = tokio::spawn(listen(listener, acceptor(certified), said, kept));
        Self { port, words, record, listening }
    }

    /// Answers everybody with these bytes from now on.
    pub fn say(&self, answer: Vec<u8>) {
        *self.words() = vec![(String::new(), answer)];
    }

    /// Answers requests that hold this text, a token say, with these bytes from now on.
    pub fn say_to(&self, text: &str, answer: Vec<u8>) {
        self.words().insert(0, (text.to_owned(), answer));
    }

    fn words(&self) -> MutexGuard<'_, Vec<(String, Vec<u8>)>> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The TCP port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// All requests so far: head and body.
    pub fn requests(&self) -> Vec<String> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for HttpsResponder {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn acceptor(certified: &Certified) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(certified.certificate.as_bytes());
    let key = PrivateKeyDer::from_pem_slice(certified.key.as_bytes());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the library has its own versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.expect("PEM")], key.expect("PEM"))
        .expect("the key belongs to the certificate");
    TlsAcceptor::from(Arc::new(config))
}

async fn listen(listener: TcpListener, acceptor: TlsAcceptor, words: Words, record: Record) {
    // Sessions die with the set, and the set with this task.
    let mut sessions = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let (acceptor, words, record) = (acceptor.clone(), Arc::clone(&words), Arc::clone(&record));
        // A client that hangs up is an error here and its good right.
        sessions.spawn(async move { drop(serve(socket, &acceptor, &words, &record).await) });
    }
}

async fn serve(socket: TcpStream, acceptor: &TlsAcceptor, words: &Words, record: &Record) -> io::Result<()> {
    let mut stream = acceptor.accept(socket).await?;
    let request = request(&mut stream).await?;
    let answer = {
        let words = words.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = words.iter().find(|(text, _)| request.contains(text.as_str()));
        fitting.map(|(_, answer)| answer.clone()).unwrap_or_default()
    };
    record.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

/// Head and body, by its content-length.
async fn request(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= content_length(head)
        {
            return Ok(text.into_owned());
        }
    }
}

fn content_length(head: &str) -> usize {
    let value = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}
