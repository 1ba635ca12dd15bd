//! Private keys as people have them in files.
//!
//! Owns the bounds: what would cost much work, or is weak, is refused by its header. Two steps, so that
//! reading is cheap and only [`KeyFile::open`] works for its answer. Must never repeat any part of a file.

mod frame;

use russh::keys::signature::{Signer, Verifier};
use russh::keys::ssh_key::public::RsaPublicKey;
use russh::keys::ssh_key::{Cipher, Kdf};
use russh::keys::{Algorithm, PrivateKey, decode_secret_key};
use strongroom_domain::{Fault, Secret};

use self::frame::{Frame, Label};
use super::host_key::RSA_BITS;

/// A key file that is worth opening.
#[derive(Debug)]
pub(super) enum KeyFile {
    /// Nothing to decrypt.
    Plain(Box<PrivateKey>),
    /// OpenSSH's own format, encrypted, with rounds within bounds.
    OpenSsh(Box<PrivateKey>),
    /// PEM of OpenSSL's, encrypted, with iterations within bounds.
    Pem(Secret<String>),
}

impl KeyFile {
    /// Reads one key. Does no work that the file could ask for.
    pub(super) fn read(text: &Secret<String>) -> Result<Self, KeyFault> {
        let frame = Frame::parse(text)?;
        match frame.label {
            Label::OpenSsh => read_openssh(&frame),
            Label::EncryptedPkcs8 => {
                bounded_pbes2(&frame)?;
                Ok(Self::Pem(frame.pem()))
            }
            Label::Pkcs1 if frame.is_encrypted() => {
                // One round of MD5: weak, but no work.
                frame.uses_aes_128_cbc().then(|| Self::Pem(frame.pem())).ok_or(KeyFault::OldEncryption)
            }
            Label::Sec1 | Label::Pkcs8 if frame.is_encrypted() => Err(KeyFault::OldEncryption),
            Label::Pkcs1 | Label::Sec1 | Label::Pkcs8 => {
                // EXPOSE: it is parsed here; the key of the library wipes itself.
                let key = decode_secret_key(frame.pem().expose(), None).map_err(|_| KeyFault::Unreadable)?;
                sound(key).map(|key| Self::Plain(Box::new(key)))
            }
        }
    }

    /// The key itself. Takes as long as its rounds say, three seconds at most.
    pub(super) fn open(&self, passphrase: Option<&Secret<String>>) -> Result<PrivateKey, KeyFault> {
        // EXPOSE: it decrypts the key.
        let passphrase = passphrase.map(|passphrase| passphrase.expose().as_str());
        let key = match self {
            Self::Plain(key) => PrivateKey::clone(key),
            Self::OpenSsh(key) => key
                .decrypt(passphrase.ok_or(KeyFault::PassphraseMissing)?)
                .map_err(|_| KeyFault::PassphraseWrong)?,
            Self::Pem(pem) => {
                let passphrase = passphrase.ok_or(KeyFault::PassphraseMissing)?;
                // EXPOSE: it is parsed here; the key of the library wipes itself.
                decode_secret_key(pem.expose(), Some(passphrase)).map_err(|_| KeyFault::PassphraseWrong)?
            }
        };
        let key = sound(key)?;
        if fits_its_public_part(&key) { Ok(key) } else { Err(KeyFault::Mismatched) }
    }
}

fn read_openssh(frame: &Frame) -> Result<KeyFile, KeyFault> {
    let bytes = frame.bytes()?;
    // The parser follows certificates within certificates as deep as they go, and a key is none.
    // EXPOSE: it is parsed here; the key of the library wipes itself.
    if memory_holds(bytes.expose(), b"-cert-v01@") {
        return Err(KeyFault::Unreadable);
    }
    // EXPOSE: as above.
    let key = PrivateKey::from_bytes(bytes.expose()).map_err(|_| KeyFault::Unreadable)?;
    match (key.cipher(), key.kdf()) {
        (Cipher::None, _) => sound(key).map(|key| KeyFile::Plain(Box::new(key))),
        (_, Kdf::Bcrypt { rounds, .. }) if BCRYPT_ROUNDS.contains(rounds) => {
            sound(key).map(|key| KeyFile::OpenSsh(Box::new(key)))
        }
        (_, Kdf::Bcrypt { .. }) => Err(KeyFault::Rounds),
        _ => Err(KeyFault::Unreadable),
    }
}

/// `ssh-keygen` writes 16, or 24 since 9.4; people who care write 100. Each costs 6 to 10 ms.
const BCRYPT_ROUNDS: std::ops::RangeInclusive<u32> = 1..=256;

/// OpenSSL writes 2,048 unless told otherwise; OWASP asks for 600,000. The most cost about half a second.
const PBKDF2_ITERATIONS: std::ops::RangeInclusive<u32> = 1..=1_000_000;

fn bounded_pbes2(frame: &Frame) -> Result<(), KeyFault> {
    let bytes = frame.bytes()?;
    // EXPOSE: its header is read; the rest stays encrypted.
    let info = pkcs8::EncryptedPrivateKeyInfoRef::try_from(bytes.expose().as_slice())
        .map_err(|_| KeyFault::Encryption)?;
    let scheme = info.encryption_algorithm.pbes2().ok_or(KeyFault::Encryption)?;
    let derivation = scheme.kdf.pbkdf2().ok_or(KeyFault::Encryption)?;
    if PBKDF2_ITERATIONS.contains(&derivation.iteration_count) { Ok(()) } else { Err(KeyFault::Rounds) }
}

fn memory_holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// An encrypted OpenSSH key shows its public part, so this holds before it is decrypted too.
fn sound(key: PrivateKey) -> Result<PrivateKey, KeyFault> {
    match key.algorithm() {
        Algorithm::Ed25519 | Algorithm::Ecdsa { .. } => Ok(key),
        Algorithm::Rsa { .. } => {
            let bits = key.public_key().key_data().rsa().map_or(0, RsaPublicKey::key_size);
            if RSA_BITS.contains(&bits) { Ok(key) } else { Err(KeyFault::RsaSize) }
        }
        Algorithm::Dsa => Err(KeyFault::Dsa),
        Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256 => Err(KeyFault::SecurityKey),
        _ => Err(KeyFault::Unreadable),
    }
}

/// A key whose halves differ would leak itself in its signatures (Ed25519) or never log in.
fn fits_its_public_part(key: &PrivateKey) -> bool {
    let message = b"strongroom: do the halves of this key belong together?";
    key.try_sign(message)
        .is_ok_and(|signature| key.public_key().key_data().verify(message, &signature).is_ok())
}

/// What is wrong with a key file or its passphrase. None of the texts has a part of either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyFault {
    #[error("is a key of PuTTY's: export it with PuTTYgen, Conversions, Export OpenSSH key")]
    Putty,
    #[error("is a key of ssh.com's: convert it with `ssh-keygen -i -f FILE`")]
    SshCom,
    #[error("is a public key: the private one begins with `-----BEGIN` and ends in `PRIVATE KEY-----`")]
    Public,
    #[error("holds no private key: it must begin with `-----BEGIN ... PRIVATE KEY-----`")]
    NoKey,
    #[error("holds more than one private key, or something else beside it")]
    Several,
    #[error("has text outside of its BEGIN and END lines")]
    Outside,
    #[error("is cut short or has a damaged BEGIN or END line")]
    Frame,
    #[error("is longer than 12,288 characters, more than any supported key")]
    TooLong,
    #[error("cannot be read: it is damaged or of a type other than Ed25519, ECDSA and RSA")]
    Unreadable,
    #[error("is a DSA key, which servers no longer take: make an Ed25519 key")]
    Dsa,
    #[error("is an RSA key outside 2,048 to 8,192 bits: make an Ed25519 key or an RSA key of 3,072 bits")]
    RsaSize,
    #[error("belongs to a security key, which has to be touched for each login")]
    SecurityKey,
    #[error("has a public part that does not belong to its private part")]
    Mismatched,
    #[error("is encrypted in an old way: write it anew with `ssh-keygen -p -f FILE`")]
    OldEncryption,
    #[error("is encrypted in a way that is not supported: write it anew with `ssh-keygen -p -f FILE`")]
    Encryption,
    #[error(
        "asks for more work than is allowed to decrypt it: write it anew with `ssh-keygen -p -a 100 -f FILE`"
    )]
    Rounds,
    #[error("is required: the private key is encrypted")]
    PassphraseMissing,
    #[error("does not decrypt the private key: it is wrong, or the key is damaged")]
    PassphraseWrong,
}

impl KeyFault {
    pub(super) fn at_its_field(self) -> Fault {
        let pointer = match self {
            Self::PassphraseMissing | Self::PassphraseWrong => "/secrets/passphrase",
            _ => "/secrets/private_key",
        };
        Fault::new(pointer, self)
    }
}
