//! The messages of PostgreSQL's protocol 3.0 that a server sends before a query, good and bad.
//!
//! Source: the PostgreSQL manual, "Message Formats". Must never do I/O.

/// A way to authenticate that the server may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// Kerberos V5, gone since PostgreSQL 9.3.
    KerberosV5,
    /// The password itself.
    ClearText,
    /// Salted MD5.
    Md5,
    /// GSSAPI.
    Gss,
    /// Windows' own.
    Sspi,
    /// A number that no protocol document knows.
    Unknown,
}

/// What the first packet of a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstPacket {
    TlsRequest,
    GssRequest,
    StartUp,
}

impl FirstPacket {
    /// By the code after the length.
    pub(super) const fn of_code(code: u32) -> Self {
        match code {
            80_877_103 => Self::TlsRequest,
            80_877_104 => Self::GssRequest,
            _ => Self::StartUp,
        }
    }
}

pub(super) fn ask(way: Authentication) -> Vec<u8> {
    match way {
        Authentication::KerberosV5 => authentication(2, b""),
        Authentication::ClearText => authentication(3, b""),
        Authentication::Md5 => authentication(5, b"salt"),
        Authentication::Gss => authentication(7, b""),
        Authentication::Sspi => authentication(9, b""),
        Authentication::Unknown => authentication(99, b""),
    }
}

/// A list of mechanism names.
pub(super) fn offer_sasl(mechanism: &str) -> Vec<u8> {
    authentication(10, &[mechanism.as_bytes(), b"\0\0"].concat())
}

pub(super) fn sasl_continue(text: &str) -> Vec<u8> {
    authentication(11, text.as_bytes())
}

pub(super) fn sasl_final(text: &str) -> Vec<u8> {
    authentication(12, text.as_bytes())
}

/// Authenticated, parameters and key told, ready for a query.
pub(super) fn logged_in() -> Vec<u8> {
    [
        authentication(0, b""),
        message(b'S', b"server_version\x0017.0\0"),
        message(b'K', &[0; 8]),
        message(b'Z', b"I"),
    ]
    .concat()
}

pub(super) fn error(code: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SFATAL\0VFATAL\0C{code}\0M{text}\0D{text}\0H{text}\0\0").as_bytes())
}

pub(super) fn malformed_error(text: &str) -> Vec<u8> {
    message(b'E', &[b"M", text.as_bytes(), b"\xff\xfe", text.as_bytes()].concat())
}

pub(super) fn notice() -> Vec<u8> {
    message(b'N', &[b"SNOTICE\0M", [b'n'; 1_000].as_slice(), b"\0\0"].concat())
}

/// Only the head of a message: its type and a length that nothing keeps.
pub(super) fn head(length: u32) -> Vec<u8> {
    [b"R".as_slice(), &length.to_be_bytes()].concat()
}

fn authentication(way: u32, rest: &[u8]) -> Vec<u8> {
    message(b'R', &[&way.to_be_bytes(), rest].concat())
}

/// The length counts itself and the body, not the type.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("test messages are short");
    [&[kind], length.to_be_bytes().as_slice(), body].concat()
}
