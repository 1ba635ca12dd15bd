//! Text that came from elsewhere, made harmless for a terminal.

use std::borrow::Cow;

/// The same text with every character escaped that would move the cursor, colour the screen, break the line
/// or turn the direction of writing: names and settings are other people's words.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(commands) {
        Cow::Owned(text.chars().map(shown).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// The same for a result of lines, where those stay: as JSON escapes, so that JSON stays the same JSON.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    let is_meant = |letter: char| matches!(letter, '\n' | '\t') || !commands(letter);
    if text.chars().all(is_meant) {
        return Cow::Borrowed(text);
    }
    let shown = |letter: char| {
        if is_meant(letter) { letter.to_string() } else { format!("\\u{:04x}", u32::from(letter)) }
    };
    Cow::Owned(text.chars().map(shown).collect())
}

fn shown(letter: char) -> String {
    match letter {
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\r' => "\\r".to_owned(),
        letter if commands(letter) => letter.escape_unicode().to_string(),
        letter => letter.to_string(),
    }
}

/// Control characters of both sets, and those that reorder or hide what is beside them (Unicode TR 36).
fn commands(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_pass_and_commands_are_shown() {
        assert_eq!(printable("Müller 株式会社 🔑"), "Müller 株式会社 🔑");
        assert_eq!(printable("a\u{1b}]0;t\u{7}b\u{9b}2J"), "a\\u{1b}]0;t\\u{7}b\\u{9b}2J");
        assert_eq!(harmless("a\n\tb\u{9b}2J\u{202e}\u{1b}\r"), "a\n\tb\\u009b2J\\u202e\\u001b\\u000d");
        assert_eq!(printable("one\ttwo\r\n\u{202e}"), "one\\ttwo\\r\\n\\u{202e}");
    }
}
