//! The picture of a kind: an SVG that can be shown and cannot do anything.
//!
//! A kind of the operator may bring its own, beside its file. Every other one gets a monogram: marks of
//! vendors are theirs. Must never hold an SVG that was not made or checked here.

mod svg;

use std::fmt::Write;

pub(crate) use svg::SvgFault;

/// An SVG document that holds shapes and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Icon(String);

/// Bytes of one icon.
pub(crate) const MAX_BYTES: u64 = 16 * 1024;

impl Icon {
    /// The document.
    pub fn as_svg(&self) -> &str {
        &self.0
    }

    /// Of an operator's file.
    pub(crate) fn of_file(text: String) -> Result<Self, SvgFault> {
        svg::check(&text).map(|()| Self(text))
    }

    /// One or two letters of the title on a colour that belongs to the name.
    pub(crate) fn monogram(name: &str, title: &str) -> Self {
        let (letters, colour) = (escaped(&letters_of(title)), colour_of(name));
        Self(format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="{colour}"/><text x="16" y="21" font-family="system-ui, sans-serif" font-size="14" font-weight="600" text-anchor="middle" fill="#ffffff">{letters}</text></svg>"##
        ))
    }
}

/// The first letters of the first two words, or the first two of one.
fn letters_of(title: &str) -> String {
    let words: Vec<&str> =
        title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [] => "?".to_owned(),
        [word] => word.chars().take(2).collect(),
        [first, second, ..] => first.chars().take(1).chain(second.chars().take(1)).collect(),
    }
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut written, letter| {
        if letter.is_ascii_alphanumeric() {
            written.push(letter);
        } else {
            // A string takes everything.
            let _ = write!(written, "&#{};", u32::from(letter));
        }
        written
    })
}

/// White letters stand out from each of them (WCAG 2.2, contrast of 4.5 and more).
const COLOURS: [&str; 12] = [
    "#1f5f8b", "#7a3e9d", "#8a3b12", "#1d6b52", "#8b1e3f", "#3d4f9f", "#5b5b1e", "#00616b", "#6b3fa0",
    "#7d4e00", "#2d6a2d", "#94315a",
];

fn colour_of(name: &str) -> &'static str {
    let sum = name.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    COLOURS[sum % COLOURS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monogram_is_an_icon_that_would_pass_as_a_file() {
        for title in ["GitHub", "Jira Cloud", "x", "", "<script>", "\u{1F980} Crab & Co", "\u{202e}ab"] {
            let icon = Icon::monogram("name", title);
            assert_eq!(svg::check(icon.as_svg()), Ok(()), "{title}: {}", icon.as_svg());
            assert!(!icon.as_svg().contains("script"));
        }
        assert!(Icon::monogram("a", "Jira Cloud").as_svg().contains(">JC<"));
        assert!(Icon::monogram("a", "Stripe").as_svg().contains(">St<"));
    }

    #[test]
    fn white_letters_stand_out_from_every_colour() {
        let part = |colour: &str, at: usize| {
            let share = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        for colour in COLOURS {
            let luminance = 0.2126 * part(colour, 1) + 0.7152 * part(colour, 3) + 0.0722 * part(colour, 5);
            assert!(1.05 / (luminance + 0.05) >= 4.5, "{colour}");
        }
    }
}
