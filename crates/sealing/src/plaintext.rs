//! The payload between a field map and bytes. Owns its JSON form and its size limit; must never leave a
//! copy behind in memory that was given back.

use std::io;

use strongroom_domain::{FieldMap, Secret};
use zeroize::Zeroizing;

use crate::{MAX_SECRETS_BYTES, SealingError};

/// Compact JSON (RFC 8259), one object, fields in their order, which is part of the value: dialects give
/// it back. Numbers come back bit for bit.
pub(crate) fn encode(secrets: &Secret<FieldMap>) -> Result<Zeroizing<Vec<u8>>, SealingError> {
    let mut buffer = WipingBuffer(Zeroizing::new(Vec::with_capacity(512)));
    // EXPOSE: what is written goes into a buffer that wipes itself, and from there only encrypted.
    serde_json::to_writer(&mut buffer, secrets.expose()).map_err(|_| SealingError::TooLarge)?;
    Ok(buffer.0)
}

/// The fields again, in the same order. Bytes that have passed the tag but are no JSON object were
/// made by another program; that is not told apart from a forgery.
pub(crate) fn decode(plaintext: &[u8]) -> Result<Secret<FieldMap>, SealingError> {
    serde_json::from_slice(plaintext).map(Secret::new).map_err(|_| SealingError::Unopenable)
}

/// A growing buffer that wipes the old memory when it moves, and stops at the limit.
struct WipingBuffer(Zeroizing<Vec<u8>>);

impl io::Write for WipingBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let needed = self.0.len() + bytes.len();
        if needed > MAX_SECRETS_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        // `Vec` would grow by itself, and give the old memory back with the secrets in it.
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(2 * self.0.capacity())));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_field(length: usize) -> Secret<FieldMap> {
        Secret::new([("k", "x".repeat(length))].into_iter().collect())
    }

    #[test]
    fn stops_at_the_limit_exactly() {
        let around = br#"{"k":""}"#.len();
        assert_eq!(encode(&one_field(MAX_SECRETS_BYTES - around)).unwrap().len(), MAX_SECRETS_BYTES);
        assert_eq!(encode(&one_field(MAX_SECRETS_BYTES - around + 1)), Err(SealingError::TooLarge));
    }

    #[test]
    fn what_is_no_object_is_refused_without_the_parsers_words() {
        for bytes in [&b""[..], b"[]", b"cnry-text", br#"{"a":1}x"#, b"\xff"] {
            assert_eq!(decode(bytes).unwrap_err(), SealingError::Unopenable);
        }
    }
}
