//! The lines around a key (RFC 7468, and RFC 1421 for the headers of old ones).
//!
//! Stricter than parsers are: exactly one private key and nothing beside it, so that what is checked is
//! what is used. Forgives what editors and forms do: CRLF, a byte order mark, blanks at the edges.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use strongroom_domain::Secret;

use super::KeyFault;

/// One private key in its frame.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) label: Label,
    headers: Vec<String>,
    base64: Secret<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    OpenSsh,
    Pkcs1,
    Sec1,
    Pkcs8,
    EncryptedPkcs8,
}

impl Label {
    const fn text(self) -> &'static str {
        match self {
            Self::OpenSsh => "OPENSSH PRIVATE KEY",
            Self::Pkcs1 => "RSA PRIVATE KEY",
            Self::Sec1 => "EC PRIVATE KEY",
            Self::Pkcs8 => "PRIVATE KEY",
            Self::EncryptedPkcs8 => "ENCRYPTED PRIVATE KEY",
        }
    }

    fn parse(text: &str) -> Result<Self, KeyFault> {
        let all = [Self::OpenSsh, Self::Pkcs1, Self::Sec1, Self::Pkcs8, Self::EncryptedPkcs8];
        match all.into_iter().find(|label| label.text() == text) {
            Some(label) => Ok(label),
            None if text == "DSA PRIVATE KEY" => Err(KeyFault::Dsa),
            None if text.ends_with("PUBLIC KEY") => Err(KeyFault::Public),
            None => Err(KeyFault::NoKey),
        }
    }
}

/// An RSA key of 8,192 bits takes 6,400; numbers beyond that would be work to parse.
const MOST_CHARACTERS: usize = 12_288;

impl Frame {
    pub(super) fn parse(text: &Secret<String>) -> Result<Self, KeyFault> {
        // EXPOSE: it is taken apart here; the base64 in it goes on as a secret.
        let text = text.expose().trim_start_matches('\u{feff}').trim();
        if text.len() > MOST_CHARACTERS {
            return Err(KeyFault::TooLong);
        }
        if text.starts_with("PuTTY-User-Key-File-") {
            return Err(KeyFault::Putty);
        }
        if text.starts_with("---- BEGIN SSH2") {
            return Err(KeyFault::SshCom);
        }
        if text.starts_with("ssh-") || text.starts_with("ecdsa-sha2-") {
            return Err(KeyFault::Public);
        }
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
        let mut frames = Vec::new();
        while lines.peek().is_some() {
            frames.extend(next_frame(&mut lines)?);
        }
        let mut frames = frames.into_iter();
        match (frames.next(), frames.next()) {
            (Some(frame), None) => Ok(frame),
            (Some(_), Some(_)) => Err(KeyFault::Several),
            (None, _) => Err(KeyFault::NoKey),
        }
    }

    /// The key as every parser reads it.
    pub(super) fn pem(&self) -> Secret<String> {
        let (label, headers) = (self.label.text(), self.headers.join("\n"));
        let separator = if headers.is_empty() { "" } else { "\n" };
        // EXPOSE: it stays a secret.
        let base64 = self.base64.expose();
        Secret::new(format!("-----BEGIN {label}-----\n{headers}{separator}{base64}\n-----END {label}-----\n"))
    }

    pub(super) fn bytes(&self) -> Result<Secret<Vec<u8>>, KeyFault> {
        // EXPOSE: it stays a secret.
        STANDARD.decode(self.base64.expose()).map(Secret::new).map_err(|_| KeyFault::Unreadable)
    }

    pub(super) fn is_encrypted(&self) -> bool {
        !self.headers.is_empty()
    }

    pub(super) fn uses_aes_128_cbc(&self) -> bool {
        self.headers.iter().any(|header| header.starts_with("DEK-Info: AES-128-CBC,"))
    }
}

/// `None` for the parameters that `openssl ecparam` puts before a key: the key names its curve as well.
fn next_frame<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Result<Option<Frame>, KeyFault> {
    let begin = lines.next().unwrap_or_default();
    let label = begin.strip_prefix("-----BEGIN ").ok_or(KeyFault::Outside)?;
    let label = label.strip_suffix("-----").ok_or(KeyFault::Frame)?;
    let end = format!("-----END {label}-----");
    // Large enough at once: a string that grows leaves copies behind.
    let (mut headers, mut base64) = (Vec::new(), Secret::new(String::with_capacity(MOST_CHARACTERS)));
    for line in lines {
        if line == end {
            let frame = |label| Frame { label, headers, base64 };
            return if label == "EC PARAMETERS" {
                Ok(None)
            } else {
                Label::parse(label).map(frame).map(Some)
            };
        }
        if line.starts_with("-----") {
            return Err(KeyFault::Frame);
        }
        if line.contains(':') {
            headers.push(line.to_owned());
        } else {
            // EXPOSE: it is put together here.
            base64.expose_mut().push_str(line);
        }
    }
    Err(KeyFault::Frame)
}
