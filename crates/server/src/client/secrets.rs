//! How a secret comes in: by a prompt, by standard input, from a file. Never as an argument.
//!
//! Must never repeat what was given where a secret was wrongly put.

use std::fs::File;
use std::io::{self, Read, stdin};
use std::path::{Path, PathBuf};

use strongroom_domain::Secret;
use zeroize::Zeroizing;

use crate::refusal::Refusal;

/// More than a credential may hold.
const MOST_BYTES: u64 = 256 * 1024;

/// Where one comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Prompt,
    StandardInput,
    File(PathBuf),
}

/// `FIELD`, `FIELD=-` or `FIELD=@FILE`, all at once: two of them cannot both read standard input.
pub(crate) fn parse(given: &[String]) -> Result<Vec<(String, Source)>, Refusal> {
    let sources = given.iter().map(|text| one(text)).collect::<Result<Vec<_>, _>>()?;
    let from_input = sources.iter().filter(|(_, source)| *source == Source::StandardInput);
    if from_input.count() > 1 {
        return Err(Refusal::unsent(
            "two secrets are to come from standard input, and it can be read once",
            "put one of them into a file and give FIELD=@FILE",
        ));
    }
    Ok(sources)
}

fn one(text: &str) -> Result<(String, Source), Refusal> {
    let Some((field, source)) = text.split_once('=') else { return Ok((text.to_owned(), Source::Prompt)) };
    Ok((field.to_owned(), source_of(source).ok_or_else(|| bare(field))?))
}

/// `-` or `@FILE`.
pub(crate) fn source_of(text: &str) -> Option<Source> {
    match text.strip_prefix('@') {
        Some(path) if !path.is_empty() => Some(Source::File(path.into())),
        None if text == "-" => Some(Source::StandardInput),
        _ => None,
    }
}

fn bare(field: &str) -> Refusal {
    Refusal::unsent(
        format!(
            "a secret stands on the command line, where every process of this machine and the shell's history can read it: --secret {field}=..."
        ),
        format!(
            "--secret {field} asks for it; --secret {field}=- reads standard input; --secret {field}=@FILE reads a file; consider this one known and change it"
        ),
    )
}

/// Reads it whole.
pub(crate) fn read(source: &Source) -> Result<Secret<String>, Refusal> {
    let (place, read) = match source {
        Source::Prompt => ("the terminal".to_owned(), Err(io::ErrorKind::Unsupported.into())),
        Source::StandardInput => ("standard input".to_owned(), whole(stdin().lock())),
        Source::File(path) => (path.display().to_string(), open(path)),
    };
    let text = read.map_err(|error| {
        Refusal::unsent(
            format!("{place}: {error}"),
            "name a file of text that this account may read, at most 256 KiB",
        )
    })?;
    Ok(Secret::new(without_end(&text).to_owned()))
}

fn open(path: &Path) -> io::Result<Zeroizing<String>> {
    whole(File::open(path)?)
}

fn whole(input: impl Read) -> io::Result<Zeroizing<String>> {
    // Room for all of it from the start: growing would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(MOST_BYTES).unwrap_or_default() + 1));
    let length = input.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if u64::try_from(length).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "too much for a secret"));
    }
    Ok(text)
}

/// Editors and `echo` end a line that was not meant to end. Keys and certificates have several lines, and
/// their last end is theirs.
fn without_end(text: &str) -> &str {
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if line.contains('\n') { text } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(given: &[&str]) -> Result<Vec<(String, Source)>, Refusal> {
        parse(&given.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn three_ways_in() {
        let expected = vec![
            ("a".to_owned(), Source::Prompt),
            ("b".to_owned(), Source::StandardInput),
            ("c".to_owned(), Source::File("x=y".into())),
        ];
        assert_eq!(parsed(&["a", "b=-", "c=@x=y"]).unwrap(), expected);
    }

    #[test]
    fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
        for given in ["password=cnry", "password=", "password=@"] {
            let text = parsed(&[given]).unwrap_err().to_string();
            assert!(!text.contains("cnry") && text.contains("--secret password=-"), "{text}");
        }
    }

    #[test]
    fn standard_input_is_read_once() {
        assert!(parsed(&["a=-", "b=-"]).unwrap_err().to_string().contains("once"));
    }

    #[test]
    fn an_end_of_line_belongs_to_keys_only() {
        assert_eq!(without_end("word\n"), "word");
        assert_eq!(without_end("word\r\n"), "word");
        assert_eq!(without_end("-----BEGIN\nx\n"), "-----BEGIN\nx\n");
        assert_eq!(without_end(" word "), " word ");
    }
}
