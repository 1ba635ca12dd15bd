//! Open connections, without the types of the socket and TLS libraries.
//!
//! Owns what a connector may do with a connection: read, write, and see whom it talks to. Must never
//! offer a way to open another one.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::ProtocolVersion;
use strongroom_domain::host::Host;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A byte stream to the host it was opened for.
#[derive(Debug)]
pub struct Stream<IO> {
    pub(crate) io: IO,
    pub(crate) host: Host,
}

/// A TCP connection to a checked address.
pub type Connection = Stream<tokio::net::TcpStream>;

/// TLS over an open stream.
pub type TlsStream<IO> = Stream<tokio_rustls::client::TlsStream<IO>>;

impl<IO> Stream<IO> {
    /// The host as the target names it; for TLS the name that was verified, if any was.
    pub const fn host(&self) -> &Host {
        &self.host
    }
}

impl<IO> TlsStream<IO> {
    /// The server's own certificate, DER. SCRAM binds to it (RFC 5929, `tls-server-end-point`).
    pub fn peer_certificate(&self) -> Option<&[u8]> {
        let (_, session) = self.io.get_ref();
        session.peer_certificates()?.first().map(AsRef::as_ref)
    }

    /// The version agreed on, in the spelling of OpenSSL: `TLSv1.3` or `TLSv1.2`.
    pub fn protocol(&self) -> &'static str {
        let (_, session) = self.io.get_ref();
        match session.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "TLSv1.2", // the configuration offers no third version
        }
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Stream<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Stream<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
