//! The text form of our own tokens: `srt_<kind>_<id>_<43 characters>_<6 characters>`.
//!
//! The prefix and the checksum let secret scanners match without false alarms and let us turn typing
//! errors away without a look-up. The checksum is no security check: that is the keyed comparison of
//! the 43 characters, which the service does.

use rand_core::CryptoRng;

use crate::Secret;
use crate::ids::TokenId;
use crate::principal::PrincipalKind;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 43 characters of 62 hold 256 bits.
const SECRET_CHARS: usize = 43;
const CHECK_CHARS: usize = 6;
/// A session is no token: it has neither an id nor a checksum, and [`TokenText::parse`] refuses it.
const SESSION_PREFIX: &str = "srb_";

/// A token as its holder has it.
#[derive(Debug, Clone)]
pub struct TokenText {
    /// What sort of caller it is for.
    pub kind: PrincipalKind,
    /// Which token: the look-up key, public.
    pub id: TokenId,
    /// The part that proves it.
    pub secret: Secret<String>,
}

impl TokenText {
    /// A new token.
    pub fn make(kind: PrincipalKind, id: TokenId, rng: &mut impl CryptoRng) -> Self {
        Self { kind, id, secret: make_secret(rng) }
    }

    /// Reads a token. `None` says nothing about which part is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let (body, check) = text.rsplit_once('_')?;
        if check != checksum(body) {
            return None;
        }
        let mut parts = body.strip_prefix("srt_")?.splitn(3, '_');
        let kind = kind_of(parts.next()?)?;
        let id = format!("{}_{}", TokenId::PREFIX, parts.next()?).parse().ok()?;
        let secret = parts.next()?;
        let whole = secret.len() == SECRET_CHARS && secret.bytes().all(|b| b.is_ascii_alphanumeric());
        whole.then(|| Self { kind, id, secret: Secret::new(secret.to_owned()) })
    }

    /// The text to hand to its holder, once.
    pub fn reveal(&self) -> Secret<String> {
        // EXPOSE: the holder is shown the token at the moment it is made, and never again.
        let body =
            format!("srt_{}_{}_{}", letter(self.kind), self.id.uuid().as_simple(), self.secret.expose());
        let check = checksum(&body);
        Secret::new(format!("{body}_{check}"))
    }
}

/// The text of a new session: 256 bits of chance behind a prefix that no token has.
pub fn make_session(rng: &mut impl CryptoRng) -> Secret<String> {
    // EXPOSE: the text is put together once, for its holder.
    Secret::new(format!("{SESSION_PREFIX}{}", make_secret(rng).expose()))
}

/// Whether a text has the form of a session, by its first letters.
pub fn is_session(text: &str) -> bool {
    text.starts_with(SESSION_PREFIX)
}

/// Whether a text has the form of a signed statement (a JSON Web Token in compact form): three parts, the first of
/// which begins as every JSON object in base64 does. Tokens and sessions have no such form.
pub fn is_statement(text: &str) -> bool {
    text.starts_with("ey") && text.bytes().filter(|byte| *byte == b'.').count() == 2
}

fn make_secret(rng: &mut impl CryptoRng) -> Secret<String> {
    let mut secret = String::with_capacity(SECRET_CHARS);
    while secret.len() < SECRET_CHARS {
        let mut byte = [0_u8];
        rng.fill_bytes(&mut byte);
        // 248 is the greatest multiple of 62 in a byte: above it, characters would not be equally likely.
        if byte[0] < 248 {
            secret.push(char::from(ALPHABET[usize::from(byte[0] % 62)]));
        }
    }
    Secret::new(secret)
}

const fn letter(kind: PrincipalKind) -> char {
    match kind {
        PrincipalKind::User => 'u',
        PrincipalKind::Service => 's',
        PrincipalKind::Workload => 'w',
    }
}

fn kind_of(letter: &str) -> Option<PrincipalKind> {
    match letter {
        "u" => Some(PrincipalKind::User),
        "s" => Some(PrincipalKind::Service),
        "w" => Some(PrincipalKind::Workload),
        _ => None,
    }
}

/// CRC-32 (IEEE) of the text before it, in base 62.
pub(crate) fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECK_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits.map(char::from).iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn round_trips_and_refuses_any_typing_error() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let made = TokenText::make(PrincipalKind::Service, TokenId::from_bytes([7; 16]), &mut rng);
        let text = made.reveal().expose().clone();
        let parsed = TokenText::parse(&text).unwrap();
        assert_eq!((parsed.kind, parsed.id), (made.kind, made.id));
        assert_eq!(parsed.secret.expose(), made.secret.expose());
        for at in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[at] = if other[at] == b'x' { b'y' } else { b'x' };
            assert!(TokenText::parse(&String::from_utf8(other).unwrap()).is_none(), "position {at}");
        }
    }

    #[test]
    fn aut_15_a_session_is_no_token() {
        let session = make_session(&mut ChaCha20Rng::seed_from_u64(2));
        assert_eq!(session.expose().len(), SESSION_PREFIX.len() + SECRET_CHARS);
        assert!(TokenText::parse(session.expose()).is_none());
    }

    #[test]
    fn aut_15_three_forms_that_never_meet() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let token = TokenText::make(PrincipalKind::User, TokenId::from_bytes([7; 16]), &mut rng).reveal();
        let session = make_session(&mut rng);
        assert!(!is_session(token.expose()) && !is_statement(token.expose()));
        assert!(is_session(session.expose()) && !is_statement(session.expose()));
        assert!(
            is_statement("eyJhbGciOiJub25lIn0.e30.")
                && TokenText::parse("eyJhbGciOiJub25lIn0.e30.").is_none()
        );
        assert!(!is_statement("ey.a") && !is_statement("ey.a.b.c"));
    }

    #[test]
    fn aut_04_null_and_odd_texts_are_no_tokens() {
        for text in ["", "null", "undefined", "srt_u_", "srt_u___", "[]", "0", " "] {
            assert!(TokenText::parse(text).is_none(), "{text}");
        }
    }
}
