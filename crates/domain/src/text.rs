//! Texts that people write and others read: names, slugs, descriptions, labels.
//!
//! Canonicalised once, here: Unicode NFC, no control, invisible or direction-changing characters, limits
//! in bytes. What passed is compared and stored only in this form.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::limits;

/// Why a text is refused. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// Nothing, or nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// More bytes than the limit after normalisation.
    #[error("must be at most {0} bytes of UTF-8")]
    TooLong(usize),
    /// Control, zero-width, or direction-changing characters (Unicode TR 36, section 2.5).
    #[error("must not hold control, invisible or direction-changing characters")]
    Invisible,
    /// White space at an edge.
    #[error("must not begin or end with white space")]
    Edges,
    /// Outside the alphabet of slugs.
    #[error("must be 1 to 63 lower-case letters, digits and single hyphens, beginning with a letter")]
    Slug,
    /// Holds what belongs among the secrets.
    #[error("looks like it holds a password or private key: that belongs in a secret field")]
    HoldsSecret,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident by $parse:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The canonical text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = TextFault;

            fn from_str(text: &str) -> Result<Self, TextFault> {
                $parse(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

texts! {
    /// Free text of one line, several lines allowed.
    Description by parse_description;
    /// Key of a label.
    LabelKey by parse_label_key;
    /// Value of a label; may be empty.
    LabelValue by parse_label_value;
    /// A name: one line, not unique.
    Name by parse_name;
    /// A name for machines: unique in its workspace.
    Slug by parse_slug;
}

/// Labels in the order of their keys.
pub type Labels = BTreeMap<LabelKey, LabelValue>;

fn parse_name(text: &str) -> Result<String, TextFault> {
    let name = one_line(text, limits::NAME_BYTES)?;
    if name.trim().is_empty() { Err(TextFault::Empty) } else { Ok(name) }
}

fn parse_label_key(text: &str) -> Result<String, TextFault> {
    let key = one_line(text, limits::LABEL_BYTES)?;
    if key.is_empty() { Err(TextFault::Empty) } else { Ok(key) }
}

fn parse_label_value(text: &str) -> Result<String, TextFault> {
    one_line(text, limits::LABEL_BYTES)
}

fn parse_description(text: &str) -> Result<String, TextFault> {
    normalise(text, limits::DESCRIPTION_BYTES, |c| matches!(c, '\n' | '\t' | '\r'))
}

fn parse_slug(text: &str) -> Result<String, TextFault> {
    let alphabet = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    let edges = text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.ends_with('-');
    let fits = (1..=63).contains(&text.len());
    if alphabet && edges && fits && !text.contains("--") { Ok(text.to_owned()) } else { Err(TextFault::Slug) }
}

fn one_line(text: &str, limit: usize) -> Result<String, TextFault> {
    let line = normalise(text, limit, |_| false)?;
    if line.trim() == line { Ok(line) } else { Err(TextFault::Edges) }
}

fn normalise(text: &str, limit: usize, allowed: fn(char) -> bool) -> Result<String, TextFault> {
    // Before the work: normalisation can only grow a text by a known factor.
    if text.len() > limit * 4 {
        return Err(TextFault::TooLong(limit));
    }
    // ASCII is its own normal form (UAX #15, section 1.3), and nearly all texts are ASCII.
    let normal: String = if text.is_ascii() { text.to_owned() } else { text.nfc().collect() };
    if normal.len() > limit {
        return Err(TextFault::TooLong(limit));
    }
    if normal.chars().any(|c| is_invisible(c) && !allowed(c)) {
        return Err(TextFault::Invisible);
    }
    if holds_secret(&normal) { Err(TextFault::HoldsSecret) } else { Ok(normal) }
}

/// C0 and C1 controls, soft hyphen, zero-width and bidirectional controls, fillers, variation tags.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A private key, or a URL with a password before its host, in a field that everyone may read (PRP-06).
pub fn holds_secret(text: &str) -> bool {
    text.contains("-----BEGIN ") && text.contains("PRIVATE KEY")
        || text.split("://").skip(1).any(has_password_before_host)
}

/// Parameters of a URL that hold a secret by their plain meaning.
const SECRET_PARAMETERS: [&str; 10] = [
    "token",
    "access_token",
    "auth_token",
    "api_key",
    "apikey",
    "password",
    "passwd",
    "pwd",
    "secret",
    "client_secret",
];

/// A URL with a secret among its parameters. No rule of [`Name`] and the like: what is stored must go on to be read.
pub fn has_secret_parameter(text: &str) -> bool {
    let urls = text.split("://").skip(1).map(|url| url.split_whitespace().next().unwrap_or_default());
    let mut pairs =
        urls.flat_map(|url| url.split(['?', '&', ';', '#']).skip(1)).filter_map(|pair| pair.split_once('='));
    let is_secret = |name: &str| SECRET_PARAMETERS.iter().any(|secret| name.eq_ignore_ascii_case(secret));
    pairs.any(|(name, value)| !value.is_empty() && is_secret(name))
}

fn has_password_before_host(after_scheme: &str) -> bool {
    let authority = after_scheme.split(['/', '?', '#', ' ']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, p)| !p.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inp_07_names_are_normalised_and_visible() {
        let composed: Name = "caf\u{e9}".parse().unwrap();
        assert_eq!("cafe\u{301}".parse::<Name>(), Ok(composed));
        for text in ["a\u{202e}b", "a\u{200b}b", "a\0b", "a\nb", "a\u{85}b", "\u{feff}a"] {
            assert_eq!(text.parse::<Name>(), Err(TextFault::Invisible), "{text:?}");
        }
        assert_eq!("".parse::<Name>(), Err(TextFault::Empty));
        assert_eq!("\u{20ac}".repeat(86).parse::<Name>(), Err(TextFault::TooLong(255)));
    }

    #[test]
    fn prp_06_secrets_in_open_texts_are_refused() {
        for text in ["-----BEGIN PRIVATE KEY-----", "see postgres://app:hunter2@db/app", "https://u:p@x"] {
            assert_eq!(text.parse::<Description>(), Err(TextFault::HoldsSecret), "{text}");
        }
        for text in ["see https://example.com/a@b:c", "mail me: a@b.example", "https://user@host/"] {
            assert!(text.parse::<Description>().is_ok(), "{text}");
        }
    }

    #[test]
    fn prp_06_secrets_among_parameters_are_found() {
        for text in [
            "https://h.example/?token=abc",
            "see https://h.example/a?b=c&API_KEY=abc for it",
            "https://h.example/#access_token=abc",
        ] {
            assert!(has_secret_parameter(text), "{text}");
            // What was a name before stays one.
            assert!(text.parse::<Description>().is_ok(), "{text}");
        }
        for text in
            ["https://h.example/?token=&page=2 where token=abc", "https://h.example/?tokens=2&key=name"]
        {
            assert!(!has_secret_parameter(text), "{text}");
        }
    }

    #[test]
    fn slugs_are_plain() {
        assert!("prod-db-2".parse::<Slug>().is_ok());
        for text in ["", "-a", "a-", "a--b", "A", "2a", "a_b", "a.b", "\u{e9}"] {
            assert_eq!(text.parse::<Slug>(), Err(TextFault::Slug), "{text}");
        }
    }
}
