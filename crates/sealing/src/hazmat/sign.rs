//! Ed25519 (RFC 8032). Deterministic, so a signature needs no random source and none can spoil it.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::KeyBytes;

/// Bytes of a public key.
pub(crate) const PUBLIC_BYTES: usize = 32;
/// Bytes of a signature.
pub(crate) const SIGNATURE_BYTES: usize = 64;

/// A key that signs. The library wipes its copy on drop.
pub(crate) struct Signer(Ed25519KeyPair);

impl Signer {
    /// Every 32 bytes are a seed (RFC 8032, section 5.1.5).
    pub(crate) fn new(seed: &KeyBytes) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(seed.bytes()).expect("a seed of 32 bytes is always taken"))
    }

    pub(crate) fn public(&self) -> [u8; PUBLIC_BYTES] {
        self.0.public_key().as_ref().try_into().expect("a public key of Ed25519 has 32 bytes")
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(message).as_ref().try_into().expect("a signature of Ed25519 has 64 bytes")
    }
}

/// Whether this key made this signature of this message.
pub(crate) fn verifies(public: &[u8; PUBLIC_BYTES], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public).verify(message, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unhex<const N: usize>(text: &str) -> [u8; N] {
        let byte = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap();
        std::array::from_fn(byte)
    }

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn signs_as_the_vector_says() {
        let mut seed = KeyBytes::zeroed(crate::hazmat::Stay::Brief);
        *seed.bytes_mut() = unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let signer = Signer::new(&seed);
        assert_eq!(
            signer.public(),
            unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
        );
        let signature = signer.sign(&[0x72]);
        assert_eq!(
            signature,
            unhex::<64>(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                 085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            )
        );
        assert!(verifies(&signer.public(), &[0x72], &signature));
        assert!(!verifies(&signer.public(), &[0x73], &signature));
    }
}
