//! What may be agreed on with a server, and how much it may ask of us.
//!
//! Leaves out whatever rests on SHA-1, CBC, DSA or a group below 2,048 bits. A server that has nothing
//! else is not spoken to.

use std::borrow::Cow;
use std::sync::Arc;

use russh::client::{Config, GexParams};
use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, SshId, cipher, compression, kex, mac};

/// Host keys of the stated types are asked for first, so that a server with several shows one of those.
pub(super) fn config(stated: &[Algorithm]) -> Arc<Config> {
    Arc::new(Config {
        client_id: SshId::Standard(Cow::Borrowed("SSH-2.0-Strongroom")),
        preferred: preferred(stated),
        gex: GexParams::new(2048, 3072, 8192).expect("the bounds are in order and none is below 2,048"),
        // Room for one answer of a file server, not for a transfer.
        window_size: 128 * 1024,
        ..Config::default()
    })
}

/// AES-GCM goes first: without strict key exchange `ChaCha20-Poly1305` is open to prefix truncation
/// (CVE-2023-48795), and the session refuses that pair.
fn preferred(stated: &[Algorithm]) -> Preferred {
    Preferred {
        kex: Cow::Borrowed(&[
            kex::MLKEM768X25519_SHA256,
            kex::CURVE25519,
            kex::CURVE25519_PRE_RFC_8731,
            kex::ECDH_SHA2_NISTP256,
            kex::ECDH_SHA2_NISTP384,
            kex::ECDH_SHA2_NISTP521,
            kex::DH_GEX_SHA256,
            kex::DH_G16_SHA512,
            kex::DH_G18_SHA512,
            kex::DH_G14_SHA256,
            kex::EXTENSION_SUPPORT_AS_CLIENT,
            kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
        ]),
        key: Cow::Owned(host_key_algorithms(stated)),
        host_key_certificates: Cow::Borrowed(&[]),
        cipher: Cow::Borrowed(&[
            cipher::AES_256_GCM,
            cipher::AES_128_GCM,
            cipher::AES_256_CTR,
            cipher::AES_192_CTR,
            cipher::AES_128_CTR,
            cipher::CHACHA20_POLY1305,
        ]),
        mac: Cow::Borrowed(&[mac::HMAC_SHA256_ETM, mac::HMAC_SHA512_ETM, mac::HMAC_SHA256, mac::HMAC_SHA512]),
        compression: Cow::Borrowed(&[compression::NONE]),
    }
}

fn host_key_algorithms(stated: &[Algorithm]) -> Vec<Algorithm> {
    let rsa = |hash| Algorithm::Rsa { hash: Some(hash) };
    let mut all = vec![
        Algorithm::Ed25519,
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
        rsa(HashAlg::Sha512),
        rsa(HashAlg::Sha256),
    ];
    let is_stated = |algorithm: &Algorithm| {
        stated.iter().any(|known| match (known, algorithm) {
            // The key has no hash of its own.
            (Algorithm::Rsa { .. }, Algorithm::Rsa { .. }) => true,
            (known, algorithm) => known == algorithm,
        })
    };
    all.sort_by_key(|algorithm| !is_stated(algorithm));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_05_stated_types_of_host_key_come_first() {
        let rsa = Algorithm::Rsa { hash: None };
        let order = host_key_algorithms(&[rsa]);
        assert_eq!(order[0], Algorithm::Rsa { hash: Some(HashAlg::Sha512) });
        assert_eq!(order[1], Algorithm::Rsa { hash: Some(HashAlg::Sha256) });
        assert_eq!(order[2], Algorithm::Ed25519);
        assert_eq!(host_key_algorithms(&[])[0], Algorithm::Ed25519);
    }

    #[test]
    fn con_06_nothing_weak_is_offered() {
        let config = config(&[]);
        let preferred = &config.preferred;
        let names = [
            preferred.kex.iter().map(|name| name.as_ref().to_owned()).collect::<Vec<_>>(),
            preferred.key.iter().map(ToString::to_string).collect(),
            preferred.cipher.iter().map(|name| name.as_ref().to_owned()).collect(),
            preferred.mac.iter().map(|name| name.as_ref().to_owned()).collect(),
        ];
        for name in names.concat() {
            let is_weak = ["sha1", "ssh-rsa", "ssh-dss", "cbc", "md5", "none", "3des", "arcfour"]
                .iter()
                .any(|weak| name.contains(weak));
            assert!(!is_weak, "{name}");
        }
    }
}
