//! A run's token: what a token hands to one run of one consumer, without anything being written.
//!
//! Its text is `srr_<payload>.<proof>.<checksum>`: the payload says what was granted, the proof is a keyed MAC of
//! it that only the service can make, and the checksum turns typing errors away. It grants nothing of its own:
//! at each use the token behind it must still count, and what that one may no longer do, the run may not either.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Timestamp;
use crate::consumer::Consumer;
use crate::ids::{CredentialId, TokenId};
use crate::limits;

const PREFIX: &str = "srr_";
const VERSION: u8 = 1;
/// Of the MAC of the secret behind it.
const GENERATION: usize = 8;

/// What was granted to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPass {
    /// The token that it stands on.
    pub token: TokenId,
    /// The first bytes of the stored MAC of that token's secret: a token with a new secret is another one.
    pub generation: [u8; GENERATION],
    /// When it ends.
    pub expires_at: Timestamp,
    /// For whom.
    pub consumer: Consumer,
    /// The only credentials it reaches, where it is narrower than its token in this too.
    pub credentials: Option<Vec<CredentialId>>,
}

/// A run's token as its holder has it: not yet known to be ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunText {
    /// What was proven: the encoded pass.
    pub payload: Vec<u8>,
    /// The MAC of the payload, as it was given.
    pub proof: [u8; 32],
}

impl RunPass {
    /// The first bytes of a stored MAC.
    pub fn generation_of(mac: &[u8; 32]) -> [u8; GENERATION] {
        let mut first = [0; GENERATION];
        first.copy_from_slice(&mac[..GENERATION]);
        first
    }

    /// As it is signed: every part with its length.
    ///
    /// # Panics
    ///
    /// Never: a name has at most 255 characters.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(self.token.as_bytes());
        bytes.extend_from_slice(&self.generation);
        bytes.extend_from_slice(&self.expires_at.unix_micros().to_be_bytes());
        for text in [self.consumer.name.as_str(), self.consumer.instance.as_str()] {
            let length = u16::try_from(text.len()).expect("a name has at most 255 characters");
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes.push(u8::from(self.credentials.is_some()));
        for id in self.credentials.iter().flatten() {
            bytes.extend_from_slice(id.as_bytes());
        }
        bytes
    }

    /// What was signed. `None` for what no release has signed.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = Reader(bytes);
        if rest.array::<1>()? != [VERSION] {
            return None;
        }
        let token = TokenId::from_bytes(rest.array()?);
        let generation = rest.array()?;
        let expires_at = Timestamp::from_unix_micros(i64::from_be_bytes(rest.array()?));
        let consumer = Consumer { name: rest.text()?.parse().ok()?, instance: rest.text()?.parse().ok()? };
        let credentials = match rest.array::<1>()? {
            [0] => None,
            [1] => Some(rest.ids()?),
            _ => return None,
        };
        rest.0.is_empty().then_some(Self { token, generation, expires_at, consumer, credentials })
    }
}

impl RunText {
    /// Reads one. `None` says nothing about which part is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let (signed, check) = text.rsplit_once('.')?;
        if check != crate::token::checksum(signed) {
            return None;
        }
        let (payload, proof) = signed.strip_prefix(PREFIX)?.split_once('.')?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        let proof = URL_SAFE_NO_PAD.decode(proof).ok()?.try_into().ok()?;
        Some(Self { payload, proof })
    }

    /// The text to hand to the run.
    pub fn reveal(&self) -> crate::Secret<String> {
        let (payload, proof) = (URL_SAFE_NO_PAD.encode(&self.payload), URL_SAFE_NO_PAD.encode(self.proof));
        let signed = format!("{PREFIX}{payload}.{proof}");
        let check = crate::token::checksum(&signed);
        crate::Secret::new(format!("{signed}.{check}"))
    }

    /// Whether a text is meant as one.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn ids(&mut self) -> Option<Vec<CredentialId>> {
        let mut ids = Vec::new();
        while !self.0.is_empty() {
            ids.push(CredentialId::from_bytes(self.array()?));
        }
        (ids.len() <= limits::IDS_PER_CALL).then_some(ids)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pass(credentials: Option<Vec<CredentialId>>) -> RunPass {
        let consumer = Consumer { name: "flow-42".parse().unwrap(), instance: "run-7".parse().unwrap() };
        let expires_at = Timestamp::from_unix_micros(1_763_719_200_000_000);
        RunPass { token: TokenId::from_bytes([7; 16]), generation: [9; 8], expires_at, consumer, credentials }
    }

    #[test]
    fn a_pass_comes_back_and_none_is_not_an_empty_list() {
        for credentials in [None, Some(vec![]), Some(vec![CredentialId::from_bytes([1; 16]); 3])] {
            let pass = pass(credentials);
            assert_eq!(RunPass::from_bytes(&pass.to_bytes()).unwrap(), pass);
        }
    }

    #[test]
    fn aut_15_any_typing_error_is_refused_and_no_token_is_a_run() {
        let text = RunText { payload: pass(None).to_bytes(), proof: [3; 32] }.reveal().expose().clone();
        assert!(RunText::parse(&text).is_some() && crate::token::TokenText::parse(&text).is_none());
        for at in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[at] = if other[at] == b'x' { b'y' } else { b'x' };
            assert!(RunText::parse(&String::from_utf8(other).unwrap()).is_none(), "position {at}");
        }
    }

    #[test]
    fn aut_15_a_pass_that_is_cut_off_or_goes_on_is_none() {
        let whole = pass(Some(vec![CredentialId::from_bytes([1; 16])])).to_bytes();
        for end in 0..whole.len() {
            // Shorter by whole ids is a shorter list: what is signed has one length.
            let is_shorter_list = end == whole.len() - 16;
            assert_eq!(RunPass::from_bytes(&whole[..end]).is_some(), is_shorter_list, "{end}");
        }
        assert!(RunPass::from_bytes(&[whole, vec![0]].concat()).is_none());
    }

    proptest! {
        #[test]
        fn inp_09_no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = RunPass::from_bytes(&bytes);
        }
    }
}
