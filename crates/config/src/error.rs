//! What is wrong with a configuration: where, and what to write instead.
//!
//! Must never repeat what stands in the file. The parser's messages quote values, so only the part that
//! names what it wanted is kept.

use std::io;
use std::path::{Path, PathBuf};

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there, not readable, or not UTF-8.
    #[error("cannot read the configuration file {}", file.display())]
    Unreadable {
        /// The file named.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A setting is missing, unknown or not sound.
    #[error("{}: {instead}", place(file, *line))]
    Invalid {
        /// The file read.
        file: PathBuf,
        /// Counted from 1; `None` where the file as a whole lacks something.
        line: Option<usize>,
        /// What to write. Never what was written.
        instead: String,
    },
}

fn place(file: &Path, line: Option<usize>) -> String {
    let file = file.display();
    line.map_or_else(|| file.to_string(), |line| format!("{file}, line {line}"))
}

/// [`ConfigError::Invalid`] before the file's name is known.
#[derive(Debug)]
pub(crate) struct Fault {
    line: Option<usize>,
    instead: String,
}

impl Fault {
    /// A rule over several settings, which no single line breaks.
    pub(crate) fn whole(instead: &str) -> Self {
        Self { line: None, instead: instead.to_owned() }
    }

    /// In the parser's place, with words of ours.
    pub(crate) fn at(error: &toml::de::Error, text: &str, instead: &str) -> Self {
        Self { instead: instead.to_owned(), ..Self::of(error, text) }
    }

    pub(crate) fn of(error: &toml::de::Error, text: &str) -> Self {
        // What is missing is missing at the end of the file as much as at its beginning.
        let start = error.span().map(|span| span.start).filter(|_| !lacks_section(error.message()));
        let line = start.and_then(|start| text.get(..start)).map(|before| before.matches('\n').count() + 1);
        Self { line, instead: instead(error.message()) }
    }

    pub(crate) fn in_file(self, file: &Path) -> ConfigError {
        ConfigError::Invalid { file: file.to_owned(), line: self.line, instead: self.instead }
    }
}

const MISSING: &str = "missing field ";

fn lacks_section(message: &str) -> bool {
    message == "missing field `store`" || message == "missing field `keys`"
}

/// Our own messages begin with [`WRITE`]. Of the parser's, what follows the last `expected` names types,
/// settings and signs that it knows; anything before may be a value.
fn instead(message: &str) -> String {
    if message.starts_with(WRITE) {
        return message.to_owned();
    }
    if let Some(name) = message.strip_prefix(MISSING) {
        let what = if lacks_section(message) { "the section" } else { "the setting" };
        return format!("write {what} {name} as well; it has no default");
    }
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("write {expected} here"),
        None => "write one `name = value` per line below a `[section]`, texts in double quotes".to_owned(),
    }
}

/// How each of our own messages begins.
pub(crate) const WRITE: &str = "write ";
