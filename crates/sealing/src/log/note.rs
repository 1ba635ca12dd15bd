//! Signed notes (C2SP signed-note): a text, an empty line, and lines of signatures.
//!
//! ```text
//! the text, which ends with a newline
//!
//! — name base64(key hash ‖ signature)
//! ```
//!
//! Signatures of keys that nobody named are passed over, as the format asks for: a witness may have added one. One
//! that claims to be of a trusted key and is not, is a forgery, and the note is rejected as a whole (LOG-07).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::hazmat::{PUBLIC_BYTES, SIGNATURE_BYTES, verifies};

/// Longest note that is looked at.
pub const MAX_NOTE_BYTES: usize = 16 * 1024;
/// Most lines of signatures.
const MAX_SIGNATURES: usize = 16;
/// Ed25519, as a verifier key names it.
const ALGORITHM: u8 = 0x01;
/// Before each signature: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// Why a note is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a note, or not in the one spelling it has.
    #[error("it is not a signed note")]
    Malformed,
    /// A trusted key is named and did not make the signature, or is named twice.
    #[error("a signature in it is not of the key it names")]
    Forged,
    /// No trusted key has signed it.
    #[error("it has no signature of the trusted key")]
    Unsigned,
}

/// The text is not the key of a verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a verifier key of the form NAME+HASH+BASE64")]
pub struct VerifierError;

/// Who a note must be signed by: the public half of a key with its name. `Display` and `FromStr` are
/// `NAME+HASH+BASE64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    public: [u8; PUBLIC_BYTES],
}

impl Verifier {
    /// The name has neither a space nor a plus sign.
    pub(super) fn new(name: String, public: [u8; PUBLIC_BYTES]) -> Self {
        debug_assert!(is_name(&name), "names are made from ids");
        Self { name, public }
    }

    /// The name that stands in front of its signatures.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of SHA-256 over name, newline, algorithm and key: what tells keys of one name apart.
    pub(super) fn key_hash(&self) -> [u8; 4] {
        use aws_lc_rs::digest::{Context, SHA256};
        let mut context = Context::new(&SHA256);
        for part in [self.name.as_bytes(), b"\n", &[ALGORITHM], &self.public] {
            context.update(part);
        }
        context.finish().as_ref()[..4].try_into().expect("SHA-256 gives 32 bytes")
    }

    /// The text of a note that this key has signed.
    ///
    /// # Errors
    ///
    /// [`NoteError`], for the note as a whole.
    pub fn open<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        let (text, lines) = split(note)?;
        let mut found = false;
        for line in lines {
            let (name, bytes) = signature(line)?;
            let (hash, signature) = bytes.split_first_chunk::<4>().ok_or(NoteError::Malformed)?;
            if name != self.name || *hash != self.key_hash() {
                continue;
            }
            if found
                || signature.len() != SIGNATURE_BYTES
                || !verifies(&self.public, text.as_bytes(), signature)
            {
                return Err(NoteError::Forged);
            }
            found = true;
        }
        if found { Ok(text) } else { Err(NoteError::Unsigned) }
    }

    /// The note of this text and signature.
    pub(super) fn note(&self, text: &str, signature: &[u8; SIGNATURE_BYTES]) -> String {
        let mut bytes = self.key_hash().to_vec();
        bytes.extend_from_slice(signature);
        format!("{text}\n{DASH}{} {}\n", self.name, STANDARD.encode(bytes))
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ALGORITHM];
        key.extend_from_slice(&self.public);
        let hash = u32::from_be_bytes(self.key_hash());
        write!(f, "{}+{hash:08x}+{}", self.name, STANDARD.encode(key))
    }
}

impl FromStr for Verifier {
    type Err = VerifierError;

    fn from_str(text: &str) -> Result<Self, VerifierError> {
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(VerifierError);
        let (name, hash, key) = (part()?, part()?, part()?);
        let key = STANDARD.decode(key).map_err(|_| VerifierError)?;
        let public = match key.split_first() {
            Some((&ALGORITHM, public)) => public.try_into().map_err(|_| VerifierError)?,
            _ => return Err(VerifierError),
        };
        if !is_name(name) {
            return Err(VerifierError);
        }
        let verifier = Self { name: name.to_owned(), public };
        let expected = format!("{:08x}", u32::from_be_bytes(verifier.key_hash()));
        if hash == expected { Ok(verifier) } else { Err(VerifierError) }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.contains(|letter: char| letter == '+' || letter.is_whitespace() || letter.is_control())
}

/// The text with its newline, and the lines of signatures.
fn split(note: &str) -> Result<(&str, Vec<&str>), NoteError> {
    if note.len() > MAX_NOTE_BYTES || note.contains(|letter: char| letter.is_control() && letter != '\n') {
        return Err(NoteError::Malformed);
    }
    let end = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
    let (text, signatures) = (&note[..=end], &note[end + 2..]);
    let lines: Vec<_> = signatures.strip_suffix('\n').ok_or(NoteError::Malformed)?.split('\n').collect();
    if lines.len() > MAX_SIGNATURES { Err(NoteError::Malformed) } else { Ok((text, lines)) }
}

/// Name and bytes of one line.
fn signature(line: &str) -> Result<(&str, Vec<u8>), NoteError> {
    let (name, encoded) =
        line.strip_prefix(DASH).and_then(|rest| rest.split_once(' ')).ok_or(NoteError::Malformed)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Malformed)?;
    // A key hash and at least a byte of signature.
    if is_name(name) && bytes.len() > 4 { Ok((name, bytes)) } else { Err(NoteError::Malformed) }
}
