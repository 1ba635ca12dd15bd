//! Canary secrets: unique, greppable, and hunted in every disguise a leak may wear.
//!
//! Owns the forms of CATALOGUE section 0 and the search for them. Must never report a form that any
//! other canary, or ordinary text, would also match.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

use crate::seeded;

/// Makes canaries, each of them once.
#[derive(Debug)]
pub struct Canaries(ChaCha20Rng);

/// A secret to store, and all the shapes in which it must not come back.
#[derive(Debug, Clone)]
pub struct Canary {
    text: String,
    /// The random part of `text`.
    unique: String,
    forms: Vec<Form>,
}

#[derive(Debug, Clone)]
struct Form {
    name: &'static str,
    bytes: Vec<u8>,
}

/// A canary was found where it must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The file it stands in.
    pub file: PathBuf,
    /// The shape it was found in.
    pub form: &'static str,
}

impl Canaries {
    /// The ids a test draws from `seeded(seed)` and its canaries have no bytes in common: an id that
    /// looks like a piece of a canary would be a false alarm.
    pub fn seeded(seed: u64) -> Self {
        let mut rng = seeded(seed);
        rng.set_stream(CANARY_STREAM);
        Self(rng)
    }

    /// `cnry-<kind>-<uuid>`.
    pub fn make(&mut self, kind: &str) -> Canary {
        let unique = self.unique();
        Canary::derive(format!("cnry-{kind}-{unique}"), &unique)
    }

    /// The same with a tail that JSON, URLs and forms must escape, for which those forms differ.
    pub fn make_awkward(&mut self, kind: &str) -> Canary {
        let unique = self.unique();
        Canary::derive(format!("cnry-{kind}-{unique} \"\\/+&é"), &unique)
    }

    /// The awkward sort in letters that no id of ours has: where there are thousands of ids, eight digits of one may
    /// spell the beginning of anything in hex.
    pub fn make_in_letters(&mut self, kind: &str) -> Canary {
        let letter = |digit: char| digit.to_digit(16).map_or(digit, |digit| LETTERS[digit as usize]);
        let unique: String = self.unique().chars().map(letter).collect();
        Canary::derive(format!("cnry-{kind}-{unique} \"\\/+&é"), &unique)
    }

    /// Text of a version 4 UUID (RFC 9562); only its shape matters here.
    fn unique(&mut self) -> String {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let digits = hex(&bytes);
        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
    }
}

/// In place of the sixteen digits.
const LETTERS: [char; 16] = ['g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v'];

/// Any number but 0, which `seeded` gives to everybody else.
const CANARY_STREAM: u64 = 0x636e_7279;

impl Canary {
    /// `unique` is the random part of `text`: the whole begins with `cnry-<kind>`, which all share, so
    /// the catalogue's "first and last 8 characters" are taken from the random part.
    fn derive(text: String, unique: &str) -> Self {
        let raw = text.as_bytes();
        let mut forms = vec![
            form("plain", raw),
            form("json", json_escaped(&text, Ascii::Kept)),
            form("json in ascii", json_escaped(&text, Ascii::Only)),
            form("url", url_encoded(raw, "%20")),
            form("web form", url_encoded(raw, "+")),
            form("hex", hex(raw)),
            form("upper-case hex", hex(raw).to_uppercase()),
            form("first 8", &unique[..8]),
            form("last 8", &unique[unique.len() - 8..]),
        ];
        for (name, offset) in [("base64", 0), ("base64 after 1 byte", 1), ("base64 after 2 bytes", 2)] {
            forms.push(form(name, base64_core(&STANDARD_NO_PAD, raw, offset)));
        }
        for (name, offset) in
            [("base64url", 0), ("base64url after 1 byte", 1), ("base64url after 2 bytes", 2)]
        {
            forms.push(form(name, base64_core(&URL_SAFE_NO_PAD, raw, offset)));
        }
        Self { text, unique: unique.to_owned(), forms }
    }

    /// The same without the tail that has to be escaped.
    #[must_use]
    pub fn first_word(&self) -> Self {
        let word = self.text.split(' ').next().unwrap_or_default();
        Self::derive(word.to_owned(), &self.unique)
    }

    /// Every shape with its name.
    pub(crate) fn forms(&self) -> Vec<(&'static str, Vec<u8>)> {
        self.forms.iter().map(|form| (form.name, form.bytes.clone())).collect()
    }

    /// The same with halves of the random part in place of its first and last eight characters.
    pub(crate) fn forms_in_memory(&self) -> Vec<(&'static str, Vec<u8>)> {
        let (first, last) = self.unique.as_bytes().split_at(self.unique.len() / 2);
        let halves = [("first half", first.to_vec()), ("last half", last.to_vec())];
        let whole = self.forms().into_iter().filter(|(name, _)| !name.ends_with(" 8"));
        whole.chain(halves).collect()
    }

    /// The secret itself.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of all shapes in which this canary stands in `haystack`; empty when it does not.
    ///
    /// `user:pass` in base64 (basic authentication) has no shape of its own: whatever the user's name,
    /// one of the three alignments finds it.
    pub fn find_in(&self, haystack: &[u8]) -> Vec<&'static str> {
        let stands_in = |form: &&Form| memmem::find(haystack, &form.bytes).is_some();
        self.forms.iter().filter(stands_in).map(|form| form.name).collect()
    }

    /// Searches every file under `folder`. Links are not followed; a file that goes away meanwhile
    /// holds nothing any more.
    pub fn sweep_folder(&self, folder: &Path) -> io::Result<Vec<Sighting>> {
        let mut sightings = Vec::new();
        for file in files_under(folder)? {
            let Some(content) = unless_gone(fs::read(&file))? else { continue };
            let found = self.find_in(&content).into_iter();
            sightings.extend(found.map(|form| Sighting { file: file.clone(), form }));
        }
        Ok(sightings)
    }
}

fn form(name: &'static str, bytes: impl Into<Vec<u8>>) -> Form {
    Form { name, bytes: bytes.into() }
}

#[derive(Clone, Copy, PartialEq)]
enum Ascii {
    Kept,
    Only,
}

/// RFC 8259 section 7, with the escapes that common writers choose.
fn json_escaped(text: &str, ascii: Ascii) -> String {
    let escape = |letter: char| match letter {
        '"' | '\\' => format!("\\{letter}"),
        _ if letter.is_ascii() || ascii == Ascii::Kept => letter.to_string(),
        _ => letter.encode_utf16(&mut [0; 2]).iter().copied().map(escaped_unit).collect::<Vec<_>>().concat(),
    };
    text.chars().map(escape).collect()
}

fn escaped_unit(unit: u16) -> String {
    format!("\\u{unit:04x}")
}

/// RFC 3986 section 2.3: everything but the unreserved characters is escaped.
fn url_encoded(raw: &[u8], space: &str) -> String {
    let encode = |byte: &u8| match byte {
        b' ' => space.to_owned(),
        b'-' | b'.' | b'_' | b'~' => char::from(*byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    raw.iter().map(encode).collect()
}

fn hex(raw: &[u8]) -> String {
    let halves = raw.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    halves.map(|half| char::from(b"0123456789abcdef"[usize::from(half)])).collect()
}

/// The base64 digits of `raw` that stay the same whatever `offset` bytes stand before it and whatever
/// follows: digits which share bits with a neighbour are cut off.
fn base64_core(engine: &impl Engine, raw: &[u8], offset: usize) -> String {
    let padded = [&[0; 2][..offset], raw].concat();
    let digits = engine.encode(&padded);
    let own_from = (offset * 8).div_ceil(6);
    let own_until = padded.len() * 8 / 6;
    digits[own_from..own_until].to_owned()
}

fn files_under(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Some(entries) = unless_gone(fs::read_dir(next))? else { continue };
        for entry in entries {
            let entry = entry?;
            let Some(kind) = unless_gone(entry.file_type())? else { continue };
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    Ok(files)
}

fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;

    fn password() -> Canary {
        Canaries::seeded(1).make("password")
    }

    #[test]
    fn a_canary_is_greppable_and_never_made_twice() {
        let mut canaries = Canaries::seeded(1);
        let (first, second) = (canaries.make("password"), canaries.make("password"));
        assert!(first.text().starts_with("cnry-password-"), "{}", first.text());
        assert_eq!(first.text().len(), "cnry-password-".len() + 36);
        assert_eq!(first.text(), password().text());
        assert_eq!(first.find_in(second.text().as_bytes()), [""; 0]);
    }

    #[test]
    fn found_in_base64_with_any_neighbours() {
        let canary = password();
        for before in ["", "u", "us", "use", "user:", "a user:"] {
            for after in ["", "x", "xy", "xyz"] {
                let text = format!("{before}{}{after}", canary.text());
                let found = canary.find_in(STANDARD.encode(&text).as_bytes());
                assert!(found.iter().any(|form| form.starts_with("base64")), "{before} {after}: {found:?}");
                let found = canary.find_in(URL_SAFE.encode(&text).as_bytes());
                assert!(
                    found.iter().any(|form| form.starts_with("base64url")),
                    "{before} {after}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn found_in_each_other_disguise() {
        let canary = Canaries::seeded(1).make_awkward("password");
        let unique = canary.text()["cnry-password-".len()..][..36].to_owned();
        let disguises = [
            ("plain", format!("cnry-password-{unique} \"\\/+&é")),
            ("json", format!("cnry-password-{unique} \\\"\\\\/+&é")),
            ("json in ascii", format!("cnry-password-{unique} \\\"\\\\/+&\\u00e9")),
            ("url", format!("cnry-password-{unique}%20%22%5C%2F%2B%26%C3%A9")),
            ("web form", format!("cnry-password-{unique}+%22%5C%2F%2B%26%C3%A9")),
            ("hex", format!("{:02x?}", canary.text().as_bytes()).replace(['[', ']', ',', ' '], "")),
            (
                "upper-case hex",
                format!("{:02X?}", canary.text().as_bytes()).replace(['[', ']', ',', ' '], ""),
            ),
            ("first 8", unique[..8].to_owned()),
            ("last 8", unique[28..].to_owned()),
        ];
        for (form, text) in disguises {
            let found = canary.find_in(format!("before {text} after").as_bytes());
            assert!(found.contains(&form), "{form}: {found:?}");
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let others = Canaries::seeded(2).make("password");
        assert_eq!(password().find_in(b"cnry-password-"), [""; 0]);
        assert_eq!(password().find_in(STANDARD.encode(others.text()).as_bytes()), [""; 0]);
        assert_eq!(password().find_in(b""), [""; 0]);
    }

    #[test]
    fn a_sweep_names_file_and_form() {
        let folder = tempfile::tempdir().unwrap();
        let canary = password();
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        fs::write(folder.path().join("clean"), "nothing here").unwrap();
        assert_eq!(canary.sweep_folder(folder.path()).unwrap(), []);

        let file = deep.join("old-page");
        fs::write(&file, [b"\0\xff", &canary.text().as_bytes()[..25], b"\0"].concat()).unwrap();
        assert_eq!(canary.sweep_folder(folder.path()).unwrap(), [Sighting { file, form: "first 8" }]);
    }
}
