//! A small HTTP/1.1 client over [`Egress::dial`] and [`Egress::secure`].
//!
//! One request, one answer, one connection. There is no second dialler in here, so redirects, proxy
//! variables and `Alt-Svc` have nothing to act on: a 3xx is an answer like any other (SSR-03, SSR-08).
//! Must never decompress, retry, keep a cookie, or show what was sent or answered in an error.

use std::fmt;
use std::future::pending;
use std::io::{self, ErrorKind};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
pub use http::{HeaderMap, HeaderName, Method, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use strongroom_domain::Secret;
use strongroom_domain::verification::Step;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

use crate::capped::{CapReached, Capped};
use crate::{Egress, EgressError, Target, TlsVerification};

/// One request. Path, header values and body may each hold a credential, so all of them are secrets.
#[derive(Debug)]
pub struct Request {
    /// The method. `CONNECT` is refused.
    pub method: Method,
    /// Plain or over TLS.
    pub scheme: Scheme,
    /// Where to.
    pub target: Target,
    /// Path and query as they go out: begins with `/`, printable ASCII, no fragment.
    pub path: Secret<String>,
    /// Headers beside those the client sets itself: host, length, connection.
    pub headers: Vec<(HeaderName, Secret<String>)>,
    /// The body; empty for none.
    pub body: Secret<Vec<u8>>,
}

/// The scheme of the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `http`.
    Http,
    /// `https`, verified so.
    Https(TlsVerification),
}

/// The answer, whatever its status. The body is as it came, also if it says it is compressed.
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers: at most 100, 64 KiB in all.
    pub headers: HeaderMap,
    /// The body, not longer than [`Limits::body`].
    pub body: Vec<u8>,
}

/// Shows status and size only: a token endpoint's answer is a secret.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// How long and how much (SSR-12).
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For name, connection and TLS together.
    pub connect: Duration,
    /// From the call to the last byte of the body.
    pub total: Duration,
    /// Bytes of body.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), total: Duration::from_secs(30), body: 1024 * 1024 }
    }
}

const MAX_HEADERS: usize = 100;
/// Bytes of the header section, and of what is read ahead of the reader of the body.
const MAX_BUFFER: usize = 64 * 1024;

/// Bytes of an answer as a whole, with what is read and thrown away: interim answers (1xx) and the frames of
/// chunks, of which one byte each is the dearest that is still read to its end.
const fn most_bytes(body_limit: usize) -> usize {
    4 * MAX_BUFFER + 8 * body_limit
}

impl Egress {
    /// Sends `request` and reads the whole answer within `limits`. The connection is closed afterwards.
    pub async fn fetch(&self, request: Request, limits: &Limits) -> Result<Response, EgressError> {
        let start = Instant::now();
        let end = start + limits.total;
        let connected = end.min(start + limits.connect);
        let message = compose(&request)?;
        let connection = self.dial(&request.target, connected).await?;
        let exchanged = match request.scheme {
            Scheme::Http => {
                self.request_leaves();
                timeout_at(end, exchange(connection, message, limits.body)).await
            }
            Scheme::Https(verification) => {
                let stream = self.secure(connection, &request.target.host, verification, connected).await?;
                self.request_leaves();
                timeout_at(end, exchange(stream, message, limits.body)).await
            }
        };
        exchanged.map_err(|_| EgressError::Timeout)?
    }

    /// Path, headers and body may each hold a credential, so to send them is to prove it.
    fn request_leaves(&self) {
        self.trail().step(Step::Authenticate);
        self.trail().proof_leaves();
    }
}

/// The message as it goes out. Fails before anything is dialled.
fn compose(request: &Request) -> Result<http::Request<Full<Bytes>>, EgressError> {
    if request.method == Method::CONNECT {
        return Err(EgressError::InvalidRequest);
    }
    // EXPOSE: the path is written to the connection to the target
    let path = checked_path(request.path.expose())?;
    // EXPOSE: the body is written to the connection to the target
    let body = Full::new(Bytes::copy_from_slice(request.body.expose()));
    let mut message = http::Request::new(body);
    *message.method_mut() = request.method.clone();
    *message.uri_mut() = path;
    *message.headers_mut() = headers(request)?;
    Ok(message)
}

fn checked_path(path: &str) -> Result<http::Uri, EgressError> {
    let is_printable = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    if !path.starts_with('/') || !is_printable {
        return Err(EgressError::InvalidRequest);
    }
    let path = http::uri::PathAndQuery::try_from(path).map_err(|_| EgressError::InvalidRequest)?;
    Ok(path.into())
}

fn headers(request: &Request) -> Result<HeaderMap, EgressError> {
    /// What frames the message or addresses it: set here or by hyper, never by a caller.
    const OURS: [HeaderName; 8] =
        [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, UPGRADE, EXPECT, TE, TRAILER];
    let mut headers = HeaderMap::new();
    headers.insert(HOST, header_value(&authority(request))?);
    headers.insert(CONNECTION, http::HeaderValue::from_static("close"));
    for (name, value) in &request.headers {
        if OURS.contains(name) {
            return Err(EgressError::InvalidRequest);
        }
        // EXPOSE: the header is written to the connection to the target
        headers.append(name, header_value(value.expose())?);
    }
    Ok(headers)
}

/// Refuses CR, LF, NUL and the other control characters (RFC 9110, section 5.5).
fn header_value(text: &str) -> Result<http::HeaderValue, EgressError> {
    let mut value =
        http::HeaderValue::from_bytes(text.as_bytes()).map_err(|_| EgressError::InvalidRequest)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The port is left out where it is the scheme's own, as browsers and signatures over `Host` expect.
fn authority(request: &Request) -> String {
    let full = request.target.to_string();
    let default = match request.scheme {
        Scheme::Http => ":80",
        Scheme::Https(_) => ":443",
    };
    full.strip_suffix(default).unwrap_or(&full).to_owned()
}

async fn exchange<IO>(
    io: IO,
    message: http::Request<Full<Bytes>>,
    body_limit: usize,
) -> Result<Response, EgressError>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut client = http1::Builder::new();
    client.max_headers(MAX_HEADERS).max_buf_size(MAX_BUFFER);
    let io = TokioIo::new(Capped::new(io, most_bytes(body_limit)));
    let (mut sender, connection) = client.handshake(io).await.map_err(|error| http_error(&error))?;
    let answer = async {
        let response = sender.send_request(message).await.map_err(|error| http_error(&error))?;
        read(response, body_limit).await
    };
    // The connection's own end is not the answer's: what it has read is still to be handed over.
    let driver = async {
        let _ended = connection.await;
        pending::<()>().await;
    };
    tokio::select! {
        answer = answer => answer,
        () = driver => Err(EgressError::Closed),
    }
}

async fn read(response: http::Response<Incoming>, body_limit: usize) -> Result<Response, EgressError> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, body_limit).collect().await.map_err(|error| body_error(error.as_ref()))?;
    Ok(Response { status: head.status, headers: head.headers, body: body.to_bytes().into() })
}

fn body_error(error: &(dyn std::error::Error + 'static)) -> EgressError {
    if error.is::<LengthLimitError>() {
        return EgressError::TooLarge;
    }
    error.downcast_ref::<hyper::Error>().map_or(EgressError::Protocol, http_error)
}

fn http_error(error: &hyper::Error) -> EgressError {
    if error.is_parse_too_large() {
        return EgressError::TooLarge;
    }
    if error.is_parse() || error.is_user() {
        return EgressError::Protocol;
    }
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    match cause {
        Some(cause) if is_cap(cause) => EgressError::TooLarge,
        Some(cause) if matches!(cause.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput) => {
            EgressError::Protocol
        }
        _ => EgressError::Closed,
    }
}

fn is_cap(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<CapReached>()).is_some()
}
