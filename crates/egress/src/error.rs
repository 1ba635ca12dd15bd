//! What can go wrong on the way out, in our own words.
//!
//! Never repeats what a server, a certificate or a parser said: the text of a stranger reaches no caller.

use std::io;
use std::path::PathBuf;

/// Why a target was not reached or did not answer. The system's error is kept as the source where there is one;
/// it holds a number and the operating system's words, never anything that was sent.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// The name or one of its addresses may not be reached. No packet was sent to it.
    #[error("the target is not allowed")]
    NotAllowed,
    /// The resolver knows no address for the name, or could not be asked.
    #[error("the host name could not be resolved")]
    NameNotFound(#[source] Option<io::Error>),
    /// Nothing listens at the port.
    #[error("the connection was refused")]
    ConnectionRefused,
    /// No way to the host.
    #[error("the host could not be reached")]
    Unreachable(#[source] io::Error),
    /// The deadline passed.
    #[error("the target did not answer in time")]
    Timeout,
    /// TLS could not be established. Nothing of the caller's was sent over it.
    #[error("TLS failed: {0}")]
    Tls(TlsFault),
    /// The other side ended the connection too early.
    #[error("the connection was closed before the answer was complete")]
    Closed,
    /// The answer is not HTTP/1.1.
    #[error("the answer was not understood")]
    Protocol,
    /// Headers or body are beyond the limit.
    #[error("the answer was too large")]
    TooLarge,
    /// The request cannot be written: a control character in a header or a path, a header that is ours to set. Nothing was sent.
    #[error("the request is not valid HTTP")]
    InvalidRequest,
}

/// What is wrong with the other side's TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlsFault {
    /// No trusted authority issued the certificate; self-signed ones included.
    #[error("the certificate is not from a trusted authority")]
    UnknownIssuer,
    /// Past its last day.
    #[error("the certificate has expired")]
    Expired,
    /// Before its first day.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// Good, but for another host.
    #[error("the certificate is for another host")]
    WrongName,
    /// Any other fault of the certificate.
    #[error("the certificate is not acceptable")]
    BadCertificate,
    /// The other side does not speak TLS at this port.
    #[error("the answer is not TLS")]
    NotTls,
    /// No common version or cipher, or an alert.
    #[error("the handshake failed")]
    Handshake,
}

/// Why the trusted certificates could not be loaded. Paths are the operator's own.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// A file could not be read.
    #[error("cannot read the CA file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file holds no PEM certificate.
    #[error("no PEM certificate in the CA file {}", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A file holds something between certificate marks that is none.
    #[error("a certificate in the CA file {} is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}
