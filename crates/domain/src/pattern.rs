//! What a text of a field must look like: a regular expression that is matched as a whole.
//!
//! The engine is linear in the text and in the pattern, and both are bounded, so no text takes long (CON-19).

use regex_lite::{Regex, RegexBuilder};

/// Bytes of a pattern, and of the program it compiles to.
const BYTES: usize = 256;
const PROGRAM_BYTES: usize = 64 * 1024;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

/// Why a text is no pattern. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatternFault {
    /// Too long to read.
    #[error("must have at most {BYTES} bytes")]
    Long,
    /// Not of the engine's syntax, or too large once compiled.
    #[error("must be a regular expression of regex-lite, and a small one; it is matched as a whole")]
    NoPattern,
}

impl Pattern {
    /// Compiles what stands in a kind file.
    ///
    /// # Errors
    ///
    /// Where it is too large, or no regular expression by itself.
    pub fn parse(text: &str) -> Result<Self, PatternFault> {
        if text.len() > BYTES {
            return Err(PatternFault::Long);
        }
        // By itself first: in a group, a stray parenthesis could close the group.
        compiled(text)?;
        // Anchors, because a search may stop at the shorter of two words that both begin a text.
        compiled(&format!("^(?:{text})$")).map(Self)
    }

    /// Whether the whole text has this form.
    pub fn takes(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// The pattern with its anchors, which JSON Schema reads alike.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

fn compiled(text: &str) -> Result<Regex, PatternFault> {
    RegexBuilder::new(text).size_limit(PROGRAM_BYTES).build().map_err(|_| PatternFault::NoPattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_is_matched() {
        for (pattern, taken, refused) in [
            ("dev|development", &["dev", "development"][..], &["develop", "xdev", ""][..]),
            ("a*|a*b", &["", "aa", "aab"], &["ba", "aabb"]),
            ("(?i)eu", &["EU"], &["EU\n", "\nEU"]),
            ("(?m)^eu$", &["eu"], &["eu\neu", "us\neu"]),
            ("^eu$", &["eu"], &["eu1"]),
        ] {
            let pattern = Pattern::parse(pattern).unwrap();
            for text in taken {
                assert!(pattern.takes(text), "{} {text:?}", pattern.as_str());
            }
            for text in refused {
                assert!(!pattern.takes(text), "{} {text:?}", pattern.as_str());
            }
        }
    }

    #[test]
    fn what_is_none_by_itself_is_refused() {
        for text in ["a)|(?:b", "(", "(?=a)b", "(a{1000}){1000}", "(?x)a # open"] {
            assert_eq!(Pattern::parse(text).unwrap_err(), PatternFault::NoPattern, "{text}");
        }
        assert_eq!(Pattern::parse(&"a".repeat(BYTES + 1)).unwrap_err(), PatternFault::Long);
    }
}
