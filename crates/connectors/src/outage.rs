//! What an error on the way out means for a finding.

use strongroom_domain::verification::{Finding, Reason};
use strongroom_egress::{EgressError, TlsFault};

/// The finding for a target that was not reached. Never *rejected*: an outage is not the key's fault.
pub(crate) fn unreached(error: &EgressError) -> Finding {
    let (reason, message) = match error {
        EgressError::NotAllowed => (Reason::TargetNotAllowed, "This host may not be reached from here."),
        EgressError::NameNotFound(_) => (Reason::NameNotFound, "The host name could not be resolved."),
        EgressError::ConnectionRefused => (Reason::ConnectionRefused, "Nothing accepts connections there."),
        EgressError::Unreachable(_) => (Reason::ConnectionRefused, "The host could not be reached."),
        EgressError::Closed => (Reason::ConnectionRefused, CLOSED),
        EgressError::Timeout => (Reason::Timeout, "The system did not answer in time."),
        EgressError::Tls(fault) => (Reason::TlsFailed, tls_message(*fault)),
        EgressError::Protocol | EgressError::TooLarge | EgressError::InvalidRequest => {
            (Reason::ProtocolError, "The answers are not those of such a system.")
        }
    };
    Finding::unreachable(reason, message)
}

/// Also for connections that break in the middle.
pub(crate) const CLOSED: &str = "The system closed the connection before the check was over.";

const fn tls_message(fault: TlsFault) -> &'static str {
    match fault {
        TlsFault::UnknownIssuer => "TLS failed: the certificate is not from a trusted authority.",
        TlsFault::Expired => "TLS failed: the certificate has expired.",
        TlsFault::NotYetValid => "TLS failed: the certificate is not valid yet.",
        TlsFault::WrongName => "TLS failed: the certificate is for another host.",
        TlsFault::BadCertificate => "TLS failed: the certificate is not acceptable.",
        TlsFault::NotTls => "TLS failed: the answer is not TLS.",
        TlsFault::Handshake => "TLS failed: the handshake did not succeed.",
    }
}
