//! Texts that stand for a hidden secret in some product's answers, and so are never secrets themselves.

/// Placeholders that clients are known to send back: Flowise, n8n, and common words.
const PLACEHOLDERS: [&str; 9] = [
    "_FLOWISE_BLANK_07167752-1a71-43b1-bf8f-4f32252165db",
    "__n8n_BLANK_VALUE_e5362baf-c777-4d57-a609-6eaf1f9e87f6",
    "__n8n_EMPTY_VALUE_7b1af746-3729-4c60-9b9b-e08eb29e58da",
    "[redacted]",
    "<redacted>",
    "redacted",
    "[hidden]",
    "<hidden>",
    "[masked]",
];

/// The character most masks are made of in browsers and in Flowise's redacted URLs.
const BULLETS: &str = "\u{2022}\u{2022}\u{2022}";

/// Whether `text` is, or plainly contains, a mask: a known placeholder, three or more of one masking
/// character and nothing else, or a run of bullets anywhere.
pub fn is_mask(text: &str) -> bool {
    let trimmed = text.trim();
    PLACEHOLDERS.iter().any(|placeholder| trimmed.eq_ignore_ascii_case(placeholder))
        || trimmed.contains(BULLETS)
        || is_run_of_one(trimmed)
}

fn is_run_of_one(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return false };
    matches!(first, '*' | '\u{2022}' | '\u{25cf}' | '\u{25aa}')
        && text.chars().count() >= 3
        && chars.all(|c| c == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prp_05_known_masks() {
        for text in
            ["***", "********", "\u{2022}\u{2022}\u{2022}\u{2022}", " ****** ", "[REDACTED]", PLACEHOLDERS[0]]
        {
            assert!(is_mask(text), "{text}");
        }
        assert!(is_mask("https://u:\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}@host/"));
    }

    #[test]
    fn passwords_are_not_masks() {
        for text in ["", "*", "**", "a***", "*a*b*c*", "hunter2", "xxxxx"] {
            assert!(!is_mask(text), "{text}");
        }
    }
}
