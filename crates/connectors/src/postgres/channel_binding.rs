//! What ties SCRAM to the TLS channel: the hash of the server's certificate.
//!
//! Source: RFC 5929 section 4, `tls-server-end-point`. Without it, an impostor with another certificate
//! could pass the exchange on to the real server.

use aws_lc_rs::digest::{self, Algorithm, SHA256, SHA384, SHA512};
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, SliceReader};

/// The channel-binding data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EndPoint(pub(super) Vec<u8>);

impl EndPoint {
    /// `None` for a certificate whose signature algorithm has no one hash function (Ed25519, RSASSA-PSS):
    /// RFC 5929 leaves those undefined, and servers do not offer the binding for them.
    pub(super) fn of_certificate(certificate: &[u8]) -> Option<Self> {
        let algorithm = hash_of(signature_algorithm(certificate).ok()?)?;
        Some(Self(digest::digest(algorithm, certificate).as_ref().to_vec()))
    }
}

/// The second element of the outer sequence (RFC 5280 section 4.1).
fn signature_algorithm(certificate: &[u8]) -> der::Result<ObjectIdentifier> {
    let outer = AnyRef::from_der(certificate)?;
    let mut elements = SliceReader::new(outer.value())?;
    AnyRef::decode(&mut elements)?; // what is signed
    let identifier = AnyRef::decode(&mut elements)?;
    ObjectIdentifier::decode(&mut SliceReader::new(identifier.value())?)
}

/// RSA and ECDSA with each hash. MD5 and SHA-1 are replaced by SHA-256 (RFC 5929 section 4.1).
fn hash_of(signature: ObjectIdentifier) -> Option<&'static Algorithm> {
    match signature.to_string().as_str() {
        "1.2.840.113549.1.1.4"
        | "1.2.840.113549.1.1.5"
        | "1.2.840.10045.4.1"
        | "1.2.840.113549.1.1.11"
        | "1.2.840.10045.4.3.2" => Some(&SHA256),
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Some(&SHA384),
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => Some(&SHA512),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outline of a certificate: something signed, then the algorithm, then nothing.
    fn certificate(algorithm: &str) -> Vec<u8> {
        let oid = ObjectIdentifier::new(algorithm).unwrap();
        let mut body = vec![0x30, 0];
        let length = u8::try_from(oid.as_bytes().len()).unwrap();
        body.extend([0x30, length + 2, 0x06, length]);
        body.extend(oid.as_bytes());
        let mut outer = vec![0x30, u8::try_from(body.len()).unwrap()];
        outer.extend(body);
        outer
    }

    #[test]
    fn con_02_the_hash_follows_the_signature() {
        for (algorithm, length) in [
            ("1.2.840.113549.1.1.5", 32),
            ("1.2.840.113549.1.1.11", 32),
            ("1.2.840.113549.1.1.12", 48),
            ("1.2.840.10045.4.3.2", 32),
            ("1.2.840.10045.4.3.4", 64),
        ] {
            let end_point = EndPoint::of_certificate(&certificate(algorithm)).unwrap();
            assert_eq!(end_point.0.len(), length, "{algorithm}");
        }
    }

    #[test]
    fn con_03_other_algorithms_and_rubbish_have_none() {
        for algorithm in ["1.3.101.112", "1.2.840.113549.1.1.10"] {
            assert_eq!(EndPoint::of_certificate(&certificate(algorithm)), None, "{algorithm}");
        }
        let whole = certificate("1.2.840.10045.4.3.2");
        for length in 0..whole.len() {
            assert_eq!(EndPoint::of_certificate(&whole[..length]), None, "{length}");
        }
    }
}
