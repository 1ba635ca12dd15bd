//! Whether a text that a system sent gives away a secret that was sent to it.
//!
//! Owns the forms in which a secret comes back: as it is, in other letters, encoded, in part. For evidence
//! only, which is stored and shown: a fact too many that is left out costs less than one part of a secret
//! that is kept. Must never say which secret or which part it was.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use strongroom_domain::Secret;

/// A shorter secret is in too many texts by chance: there only the whole text is compared.
const SHORTEST_PART: usize = 4;
/// What is shown of a key to tell it by is about so long.
const TELLING: usize = 8;

const PLAIN: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, NO_PAD);

/// The forms of one secret. Compared without regard to case, which loses nothing worth keeping.
pub(crate) struct Reflections {
    whole: Vec<Secret<String>>,
    parts: Vec<Secret<String>>,
}

impl Reflections {
    pub(crate) fn of(secret: &str) -> Self {
        let plain = secret.to_lowercase();
        let whole = [plain.clone(), hex(secret), percent(secret, is_unreserved), percent(secret, |_| false)];
        let mut parts = Vec::new();
        if secret.len() >= SHORTEST_PART {
            parts.extend(whole.iter().cloned());
            parts.extend((0..3).map(|offset| base64_within(secret, offset)));
        }
        if is_one_word(&plain) && plain.len() > TELLING {
            parts.extend([&plain[..TELLING], &plain[plain.len() - TELLING..]].map(str::to_owned));
        }
        let whole = whole.into_iter().chain([PLAIN.encode(secret).to_lowercase()]);
        Self { whole: whole.map(Secret::new).collect(), parts: parts.into_iter().map(Secret::new).collect() }
    }

    pub(crate) fn shows_in(&self, text: &str) -> bool {
        // URL-safe base64 has two other letters.
        let text = text.to_lowercase();
        let plain = text.replace('-', "+").replace('_', "/");
        // EXPOSE: to notice it.
        let is_whole =
            |form: &Secret<String>| text.trim_end_matches('=') == form.expose().trim_end_matches('=');
        // EXPOSE: to notice it.
        let holds = |form: &Secret<String>| {
            text.contains(form.expose().as_str()) || plain.contains(form.expose().as_str())
        };
        self.whole.iter().any(is_whole) || self.parts.iter().any(holds)
    }
}

/// A token, by the look of it: a URL or a list of pairs begins and ends with what is no secret.
fn is_one_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b':' | b'@' | b'=' | b'"' | b'{'))
}

fn hex(secret: &str) -> String {
    secret.bytes().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn percent(secret: &str, stays: fn(u8) -> bool) -> String {
    let escape = |byte: u8| {
        if stays(byte) { char::from(byte).to_ascii_lowercase().to_string() } else { format!("%{byte:02x}") }
    };
    secret.bytes().fold(String::new(), |text, byte| text + &escape(byte))
}

/// The letters that stand for the secret alone, so many bytes behind the beginning of what is encoded: in
/// `user:password` the password begins anywhere.
fn base64_within(secret: &str, offset: usize) -> String {
    let bytes = [&[0; 3][..offset], secret.as_bytes()].concat();
    let encoded = PLAIN.encode(&bytes);
    let first = (offset * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    encoded[first..last].to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "Sk~live/51cnryEXAMPLE0";

    #[test]
    fn con_13_a_secret_is_noticed_in_every_form() {
        let reflections = Reflections::of(TOKEN);
        for text in [
            TOKEN.to_owned(),
            TOKEN.to_uppercase(),
            format!("user of {TOKEN}."),
            hex(TOKEN),
            hex(TOKEN).to_uppercase(),
            "Sk~live%2F51cnryEXAMPLE0".to_owned(),
            base64::engine::general_purpose::STANDARD.encode(TOKEN),
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("bot:{TOKEN}")),
            base64::engine::general_purpose::STANDARD.encode(format!("b:{TOKEN}:more")),
            "Sk~live/".to_owned(),
            "id-EXAMPLE0".to_owned(),
        ] {
            assert!(reflections.shows_in(&text), "{text}");
        }
        for text in ["user_4711", "repo", "live", "a@example.com", ""] {
            assert!(!reflections.shows_in(text), "{text}");
        }
    }

    #[test]
    fn con_13_a_short_secret_is_noticed_where_it_is_all_there_is() {
        let reflections = Reflections::of("Q7z");
        for text in ["Q7z", "q7Z", "51377a", "UTd6"] {
            assert!(reflections.shows_in(text), "{text}");
        }
        assert!(!reflections.shows_in("q7zebra"));
        assert!(Reflections::of("Q7z-1").shows_in("user Q7z-1"));
    }

    /// What tells accounts apart is in a connection string, and is no secret.
    #[test]
    fn the_parts_of_a_connection_string_stay() {
        let reflections = Reflections::of("postgresql://app_user:cnry-pw@db.example/appdata1");
        for text in ["postgresql", "app_user", "appdata1", "db.example"] {
            assert!(!reflections.shows_in(text), "{text}");
        }
    }
}
