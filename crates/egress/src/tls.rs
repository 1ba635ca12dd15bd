//! TLS over a stream that is already open.
//!
//! Owns trusted roots, versions and what is verified. The provider is named here, so no process-wide
//! default is needed or read. Must never send a byte of the caller's before verification is over.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as RustlsError, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use strongroom_domain::host::Host;
use strongroom_domain::verification::Step;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use crate::{Egress, EgressError, RootsError, TlsFault, TlsStream};

/// How much of the server's certificate is verified. Anything but `Full` is an explicit setting of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsVerification {
    /// Chain, validity and name.
    #[default]
    Full,
    /// Chain and validity; any name.
    CaOnly,
    /// Nothing but that the server holds the key of the certificate it shows: no protection against an active attacker.
    None,
}

/// The authorities whose certificates are trusted.
#[derive(Debug, Clone)]
pub struct Roots(Arc<RootCertStore>);

impl Roots {
    /// The system's roots and those in `ca_files` (PEM, one or more certificates each).
    ///
    /// The system's are found as OpenSSL finds them, `SSL_CERT_FILE` and `SSL_CERT_DIR` included. A machine
    /// without any is not an error: [`Roots::is_empty`] tells, and private authorities may be all it needs.
    pub fn load(ca_files: &[PathBuf]) -> Result<Self, RootsError> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for path in ca_files {
            add_file(&mut store, path)?;
        }
        Ok(Self(Arc::new(store)))
    }

    /// Whether nothing is trusted, so that every verification will fail.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn add_file(store: &mut RootCertStore, path: &Path) -> Result<(), RootsError> {
    let text =
        std::fs::read(path).map_err(|source| RootsError::Unreadable { path: path.to_owned(), source })?;
    let before = store.len();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let added = certificate.ok().and_then(|certificate| store.add(certificate).ok());
        added.ok_or_else(|| RootsError::Damaged { path: path.to_owned() })?;
    }
    if store.len() == before { Err(RootsError::NoCertificate { path: path.to_owned() }) } else { Ok(()) }
}

/// One client configuration per [`TlsVerification`].
#[derive(Debug)]
pub(crate) struct TlsClients {
    full: Arc<ClientConfig>,
    ca_only: Arc<ClientConfig>,
    none: Arc<ClientConfig>,
}

impl TlsClients {
    pub(crate) fn new(roots: &Roots) -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let algorithms = provider.signature_verification_algorithms;
        let lenient = |chain| Arc::new(Lenient { chain, algorithms });
        let full = versions(&provider).with_root_certificates(Arc::clone(&roots.0));
        let ca_only = versions(&provider)
            .dangerous()
            .with_custom_certificate_verifier(lenient(Some(Arc::clone(&roots.0))));
        let none = versions(&provider).dangerous().with_custom_certificate_verifier(lenient(None));
        let [full, ca_only, none] = [full, ca_only, none].map(|builder| {
            let mut config = builder.with_no_client_auth();
            // Every connection shows its certificate anew; a resumed session would not be verified again.
            config.resumption = Resumption::disabled();
            Arc::new(config)
        });
        Self { full, ca_only, none }
    }

    fn connector(&self, verification: TlsVerification) -> TlsConnector {
        let config = match verification {
            TlsVerification::Full => &self.full,
            TlsVerification::CaOnly => &self.ca_only,
            TlsVerification::None => &self.none,
        };
        TlsConnector::from(Arc::clone(config))
    }
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;

fn versions(provider: &Arc<CryptoProvider>) -> Builder {
    ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .expect("aws-lc-rs has cipher suites for TLS 1.2 and 1.3")
}

impl Egress {
    /// Wraps `stream` in TLS and verifies the server as `host`, before `deadline`.
    ///
    /// The stream may have been used before, as databases do that upgrade on request; whatever the caller has read past the
    /// other side's consent must be thrown away or refused (CON-03). An address is verified as an address
    /// and no server name is sent for it (RFC 6066, section 3).
    pub async fn secure<IO>(
        &self,
        stream: IO,
        host: &Host,
        verification: TlsVerification,
        deadline: Instant,
    ) -> Result<TlsStream<IO>, EgressError>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send,
    {
        self.trail.step(Step::Tls);
        let name = server_name(host)?;
        let handshake = self.rules.tls.connector(verification).connect(name, stream);
        let outcome = timeout_at(deadline, handshake).await.map_err(|_| EgressError::Timeout)?;
        let io = outcome.map_err(|error| handshake_error(&error))?;
        Ok(TlsStream { io, host: host.clone() })
    }
}

fn server_name(host: &Host) -> Result<ServerName<'static>, EgressError> {
    match host {
        Host::Address(address) => Ok(ServerName::from(*address)),
        Host::Name(name) => {
            ServerName::try_from(name.clone()).map_err(|_| EgressError::Tls(TlsFault::WrongName))
        }
    }
}

/// tokio-rustls wraps the fault in an I/O error. Its words may quote the certificate, so only its kind is kept.
fn handshake_error(error: &std::io::Error) -> EgressError {
    let fault = match error.get_ref().and_then(|inner| inner.downcast_ref::<RustlsError>()) {
        Some(RustlsError::InvalidCertificate(fault)) => certificate_fault(fault),
        Some(RustlsError::InvalidMessage(_)) => TlsFault::NotTls,
        Some(_) => TlsFault::Handshake,
        None => return EgressError::Closed,
    };
    EgressError::Tls(fault)
}

fn certificate_fault(fault: &CertificateError) -> TlsFault {
    match fault {
        CertificateError::UnknownIssuer => TlsFault::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFault::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsFault::WrongName
        }
        _ => TlsFault::BadCertificate,
    }
}

/// Verifies the chain if there are roots to verify it against, and never the name.
#[derive(Debug)]
struct Lenient {
    chain: Option<Arc<RootCertStore>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        if let Some(roots) = &self.chain {
            let parsed = ParsedCertificate::try_from(end_entity)?;
            verify_server_cert_signed_by_trust_anchor(
                &parsed,
                roots,
                intermediates,
                now,
                self.algorithms.all,
            )?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
