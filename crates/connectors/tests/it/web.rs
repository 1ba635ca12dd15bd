//! A web server that says what a test wants it to, and remembers what it was asked.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};

use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use strongroom_testkit::certificates::{Authority, Validity};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What the server answers.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self::new(status, "text/html; charset=utf-8", body)
    }

    pub(crate) fn new(status: u16, media: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".to_owned(), media.to_owned())], body: body.into() }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    fn bytes(&self, has_body: bool) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} Said So\r\ncontent-length: {}\r\n", self.status, self.body.len());
        for (name, value) in &self.headers {
            text.extend([name.as_str(), ": ", value, "\r\n"]);
        }
        text.push_str("\r\n");
        let body = if has_body { self.body.as_slice() } else { &[] };
        [text.as_bytes(), body].concat()
    }
}

/// One request as it came: head and body.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn request_line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    /// The header's values, by a name in lower case.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| *key == name).map(|(_, value)| value).collect()
    }
}

type Respond = Arc<dyn Fn(&Asked) -> Option<Reply> + Send + Sync>;

/// Listens until it is dropped.
pub(crate) struct WebServer {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    listening: JoinHandle<()>,
}

impl WebServer {
    /// `https://localhost`, certified by the authority of these tests.
    pub(crate) async fn https(reply: Reply) -> Self {
        Self::start(Some(acceptor()), Arc::new(move |_| Some(reply.clone()))).await
    }

    pub(crate) async fn http(reply: Reply) -> Self {
        Self::start(None, Arc::new(move |_| Some(reply.clone()))).await
    }

    /// Plain; where there is no reply, it never answers.
    pub(crate) async fn answering(respond: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Self {
        Self::start(None, Arc::new(respond)).await
    }

    /// The same over TLS.
    pub(crate) async fn answering_over_tls(
        respond: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        Self::start(Some(acceptor()), Arc::new(respond)).await
    }

    async fn start(tls: Option<TlsAcceptor>, respond: Respond) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&asked);
        let listening = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (tls, respond, record) = (tls.clone(), Arc::clone(&respond), Arc::clone(&record));
                tokio::spawn(async move {
                    match tls {
                        None => serve(socket, &respond, &record).await,
                        Some(tls) => match tls.accept(socket).await {
                            Ok(stream) => serve(stream, &respond, &record).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self { port, asked, listening }
    }

    pub(crate) fn https_url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    pub(crate) fn http_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// One request, one answer; `None` when the client is gone.
async fn serve<S>(mut stream: S, respond: &Respond, record: &Mutex<Vec<Asked>>) -> Option<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let asked = read(&mut stream).await?;
    record.lock().unwrap().push(asked.clone());
    let Some(reply) = respond(&asked) else { return std::future::pending().await };
    stream.write_all(&reply.bytes(!asked.head.starts_with("HEAD "))).await.ok()?;
    stream.shutdown().await.ok()
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let asked = Asked { head: head.to_owned(), body: body.to_owned() };
        let length = asked.headers("content-length").first().map_or(0, |length| length.parse().unwrap());
        if asked.body.len() >= length {
            return Some(asked);
        }
    }
}

struct Certified {
    ca_file: PathBuf,
    config: Arc<ServerConfig>,
    _folder: tempfile::TempDir,
}

static CERTIFIED: LazyLock<Certified> = LazyLock::new(|| {
    let authority = Authority::make("web servers of the tests");
    let server = authority.issue(&["localhost"], Validity::Current);
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, authority.pem()).unwrap();
    let certificate = CertificateDer::from_pem_slice(server.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(server.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Certified { ca_file, config: Arc::new(config), _folder: folder }
});

fn acceptor() -> TlsAcceptor {
    TlsAcceptor::from(Arc::clone(&CERTIFIED.config))
}

/// The certificate of the authority behind [`WebServer::https`].
pub(crate) fn ca_file() -> PathBuf {
    CERTIFIED.ca_file.clone()
}
