//! A certificate authority for tests, and certificates good and bad from it.
//!
//! Must never be trusted by anything but the test that made it; keys live as long as the test.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RsaKeySize,
};

/// A root that only this test knows.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, both PEM.
#[derive(Debug, Clone)]
pub struct Certified {
    /// The certificate.
    pub certificate: String,
    /// Its private key, PKCS #8.
    pub key: String,
}

/// When a certificate may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// Now and for centuries.
    Current,
    /// The year 2020.
    Expired,
}

impl Authority {
    /// A new root with this common name.
    pub fn make(name: &str) -> Self {
        let mut parameters = parameters(&[], Validity::Current);
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(parameters, make_key()).expect("the parameters are complete"))
    }

    /// The root certificate, PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server certificate for these DNS names and addresses.
    pub fn issue(&self, names: &[&str], validity: Validity) -> Certified {
        let key = make_key();
        let certificate = parameters(names, validity).signed_by(&key, &self.0);
        certified(&certificate.expect("the parameters are complete"), &key)
    }
}

/// A server certificate that vouches for itself.
pub fn make_self_signed(names: &[&str]) -> Certified {
    let key = make_key();
    let certificate = parameters(names, Validity::Current).self_signed(&key);
    certified(&certificate.expect("the parameters are complete"), &key)
}

fn parameters(names: &[&str], validity: Validity) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut parameters = CertificateParams::new(names).expect("a test names servers by ASCII names");
    if validity == Validity::Expired {
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
    }
    parameters
}

fn make_key() -> KeyPair {
    KeyPair::generate().expect("the crypto library makes P-256 keys")
}

fn certified(certificate: &rcgen::Certificate, key: &KeyPair) -> Certified {
    Certified { certificate: certificate.pem(), key: key.serialize_pem() }
}

/// A new RSA key of 2,048 bits, PKCS #8 in PEM.
///
/// # Panics
///
/// Never: the library can make such keys.
pub fn rsa_key() -> String {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("RSA is compiled in");
    key.serialize_pem()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use memchr::memmem;

    use super::*;

    #[test]
    fn an_expired_certificate_ended_with_2020() {
        let authority = Authority::make("test");
        let expired = der(&authority.issue(&["localhost"], Validity::Expired));
        assert!(memmem::find(&expired, b"210101000000Z").is_some());
        let current = der(&authority.issue(&["localhost"], Validity::Current));
        assert!(memmem::find(&current, b"210101000000Z").is_none());
    }

    #[test]
    fn names_are_those_asked_for() {
        let certificate = der(&make_self_signed(&["localhost", "127.0.0.1"]));
        assert!(memmem::find(&certificate, b"localhost").is_some());
        // An address is an iPAddress of four octets (RFC 5280 section 4.2.1.6), never a DNS name.
        assert!(memmem::find(&certificate, &[0x87, 4, 127, 0, 0, 1]).is_some());
    }

    fn der(certified: &Certified) -> Vec<u8> {
        let lines = certified.certificate.lines().filter(|line| !line.starts_with('-'));
        STANDARD.decode(lines.collect::<String>()).unwrap()
    }
}
