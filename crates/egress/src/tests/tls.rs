use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::{Egress, EgressError, Policy, Resolver, Roots, RootsError, TlsFault, TlsStream, TlsVerification};

use super::soon;

pub(super) const NAME: &str = "db.example.com";

/// A private authority and the servers it vouches for.
pub(super) struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Authorities of different names, or a foreign certificate would look like a forged one of ours.
    pub(super) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    pub(super) fn egress(&self, policy: Policy, resolver: Resolver) -> Egress {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(self.certificate.pem().as_bytes()).unwrap();
        Egress::new(policy, &Roots::load(&[file.path().to_owned()]).unwrap(), resolver)
    }

    pub(super) fn server(&self, name: &str) -> ServerConfig {
        self.server_from(&server_params(name))
    }

    fn server_from(&self, params: &CertificateParams) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        server_config(certificate.der().clone(), &key, rustls::ALL_VERSIONS)
    }
}

fn server_params(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

fn server_config(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap()
}

fn self_signed() -> ServerConfig {
    let key = KeyPair::generate().unwrap();
    let certificate = server_params(NAME).self_signed(&key).unwrap();
    server_config(certificate.der().clone(), &key, rustls::ALL_VERSIONS)
}

/// The client's outcome, and every application byte that the server could read.
async fn meet(
    authority: &Authority,
    server: ServerConfig,
    host: &str,
    verification: TlsVerification,
) -> (Result<TlsStream<DuplexStream>, EgressError>, Vec<u8>) {
    let egress = authority.egress(Policy::default(), Resolver::System);
    let (near, far) = duplex(64 * 1024);
    let host = host.parse().unwrap();
    let client = async {
        let mut stream = egress.secure(near, &host, verification, soon()).await?;
        stream.write_all(b"password").await.unwrap();
        stream.shutdown().await.unwrap();
        Ok(stream)
    };
    tokio::join!(client, application_bytes(far, server))
}

async fn application_bytes(stream: DuplexStream, config: ServerConfig) -> Vec<u8> {
    let mut seen = Vec::new();
    if let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await {
        let _end = stream.read_to_end(&mut seen).await;
    }
    seen
}

async fn assert_fault(
    authority: &Authority,
    server: ServerConfig,
    host: &str,
    how: TlsVerification,
    fault: TlsFault,
) {
    let (outcome, seen) = meet(authority, server, host, how).await;
    assert!(matches!(&outcome, Err(EgressError::Tls(found)) if *found == fault), "{fault:?}: {outcome:?}");
    assert_eq!(seen, b"", "an application byte left before verification");
}

#[tokio::test]
async fn con_01_the_right_name_from_a_trusted_authority_passes() {
    let authority = Authority::new("ours");
    let (outcome, seen) = meet(&authority, authority.server(NAME), NAME, TlsVerification::Full).await;
    let stream = outcome.unwrap();
    assert_eq!(seen, b"password");
    assert_eq!(stream.protocol(), "TLSv1.3");
    assert!(stream.peer_certificate().is_some_and(|der| der.starts_with(&[0x30])));

    let (by_address, _) =
        meet(&authority, authority.server("192.0.2.7"), "192.0.2.7", TlsVerification::Full).await;
    by_address.unwrap();
}

#[tokio::test]
async fn con_01_bad_certificates_get_no_application_byte() {
    use TlsVerification::Full;
    let authority = Authority::new("ours");
    assert_fault(&authority, authority.server("other.example.com"), NAME, Full, TlsFault::WrongName).await;
    assert_fault(&authority, authority.server(NAME), "192.0.2.7", Full, TlsFault::WrongName).await;
    assert_fault(&authority, self_signed(), NAME, Full, TlsFault::UnknownIssuer).await;
    assert_fault(&authority, Authority::new("theirs").server(NAME), NAME, Full, TlsFault::UnknownIssuer)
        .await;
    assert_fault(&authority, expired(&authority), NAME, Full, TlsFault::Expired).await;
    assert_fault(&authority, not_yet_valid(&authority), NAME, Full, TlsFault::NotYetValid).await;
}

fn expired(authority: &Authority) -> ServerConfig {
    let mut params = server_params(NAME);
    params.not_before = date_time_ymd(2001, 1, 1);
    params.not_after = date_time_ymd(2002, 1, 1);
    authority.server_from(&params)
}

fn not_yet_valid(authority: &Authority) -> ServerConfig {
    let mut params = server_params(NAME);
    params.not_before = date_time_ymd(3001, 1, 1);
    params.not_after = date_time_ymd(3002, 1, 1);
    authority.server_from(&params)
}

#[tokio::test]
async fn con_01_ca_only_skips_the_name_and_nothing_else() {
    use TlsVerification::CaOnly;
    let authority = Authority::new("ours");
    let (outcome, seen) = meet(&authority, authority.server("other.example.com"), NAME, CaOnly).await;
    outcome.unwrap();
    assert_eq!(seen, b"password");
    assert_fault(&authority, self_signed(), NAME, CaOnly, TlsFault::UnknownIssuer).await;
    assert_fault(&authority, Authority::new("theirs").server(NAME), NAME, CaOnly, TlsFault::UnknownIssuer)
        .await;
    assert_fault(&authority, expired(&authority), NAME, CaOnly, TlsFault::Expired).await;
}

#[tokio::test]
async fn con_01_none_takes_any_certificate() {
    let authority = Authority::new("ours");
    for server in [self_signed(), expired(&authority), Authority::new("theirs").server("other.example.com")] {
        let (outcome, seen) = meet(&authority, server, NAME, TlsVerification::None).await;
        outcome.unwrap();
        assert_eq!(seen, b"password");
    }
}

#[tokio::test]
async fn con_01_none_still_wants_the_key_of_the_certificate() {
    let authority = Authority::new("ours");
    let stolen = server_params(NAME).signed_by(&KeyPair::generate().unwrap(), &authority.issuer).unwrap();
    let wrong_key = PrivateKeyDer::try_from(KeyPair::generate().unwrap().serialize_der()).unwrap();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let key = provider.key_provider.load_private_key(wrong_key).unwrap();
    let shown = rustls::sign::CertifiedKey::new(vec![stolen.der().clone()], key);
    let server = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(shown)));
    assert_fault(&authority, server, NAME, TlsVerification::None, TlsFault::BadCertificate).await;
}

#[tokio::test]
async fn tls_1_2_is_spoken_with_those_who_know_no_better() {
    let authority = Authority::new("ours");
    let key = KeyPair::generate().unwrap();
    let certificate = server_params(NAME).signed_by(&key, &authority.issuer).unwrap();
    for verification in [TlsVerification::Full, TlsVerification::CaOnly, TlsVerification::None] {
        let server = server_config(certificate.der().clone(), &key, &[&rustls::version::TLS12]);
        let (outcome, _) = meet(&authority, server, NAME, verification).await;
        assert_eq!(outcome.unwrap().protocol(), "TLSv1.2");
    }
}

#[tokio::test]
async fn a_server_without_tls_or_without_words_is_told_apart() {
    let egress = Authority::new("ours").egress(Policy::default(), Resolver::System);
    let host = NAME.parse().unwrap();
    let full = TlsVerification::Full;

    let (near, mut far) = duplex(4096);
    far.write_all(b"-ERR secret banner of the server\r\n").await.unwrap();
    let plain = egress.secure(near, &host, full, soon()).await.unwrap_err();
    assert!(matches!(plain, EgressError::Tls(TlsFault::NotTls)), "{plain:?}");
    assert!(!format!("{plain} {plain:?}").contains("banner"));

    let (near, far) = duplex(4096);
    drop(far);
    let closed = egress.secure(near, &host, full, soon()).await.unwrap_err();
    assert!(matches!(closed, EgressError::Closed), "{closed:?}");

    let (near, _silent) = duplex(4096);
    let late =
        egress.secure(near, &host, full, Instant::now() + Duration::from_millis(20)).await.unwrap_err();
    assert!(matches!(late, EgressError::Timeout), "{late:?}");
}

#[test]
fn ca_files_are_named_when_they_are_no_use() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let missing = Roots::load(&[folder.path().join("missing.pem")]).unwrap_err();
    assert!(
        matches!(&missing, RootsError::Unreadable { .. }) && missing.to_string().ends_with("missing.pem")
    );

    let key = KeyPair::generate().unwrap().serialize_pem();
    for (name, text) in [("empty.pem", ""), ("key.pem", key.as_str())] {
        let useless = Roots::load(&[write(name, text)]).unwrap_err();
        assert!(
            matches!(&useless, RootsError::NoCertificate { .. }) && useless.to_string().ends_with(name),
            "{useless}"
        );
    }
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let damaged = Roots::load(&[write("damaged.pem", damaged)]).unwrap_err();
    assert!(matches!(&damaged, RootsError::Damaged { path } if path.ends_with("damaged.pem")), "{damaged}");
}
