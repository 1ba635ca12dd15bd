//! What is wrong with a kind file: which file, which key, and what to write instead.

use std::io;
use std::path::{Path, PathBuf};

use super::line;

/// A kind file that cannot be used. Nothing of its folder is.
#[derive(Debug, thiserror::Error)]
pub enum KindFileError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read {}: it has to be there and readable for the service", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Beyond 64 KiB.
    #[error("{}: a kind file has at most 64 KiB; this one has more", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
    },
    /// Some byte is not UTF-8.
    #[error("{}: a kind file is UTF-8 text; save it as such", file.display())]
    NotText {
        /// The file.
        file: PathBuf,
    },
    /// A key is unknown, missing, or its value not sound.
    #[error("{}: {instead}", place(file, *line, key.as_deref()))]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Counted from 1; `None` where the file lacks something as a whole.
        line: Option<usize>,
        /// The key with its tables, such as `probe.path`; `None` where TOML itself is broken.
        key: Option<String>,
        /// What it must be.
        instead: String,
    },
    /// Whoever can write a kind file says where secrets are sent.
    #[error("{}: everyone on this machine may write it; take that away with `chmod o-w`", file.display())]
    WritableByAll {
        /// The file.
        file: PathBuf,
    },
    /// More files than a folder of kinds has.
    #[error("{}: at most 500 kind files; this folder has more", folder.display())]
    TooMany {
        /// The folder.
        folder: PathBuf,
    },
    /// The picture beside a kind file cannot be used.
    #[error("{}: {instead}", file.display())]
    Icon {
        /// The picture's file.
        file: PathBuf,
        /// What it must be.
        instead: String,
    },
    /// Built-in kinds stay what they are, and two files may not claim one name.
    #[error("{}: name: there is a kind `{kind}` already; choose another name", file.display())]
    NameTaken {
        /// The file.
        file: PathBuf,
        /// The name.
        kind: String,
    },
}

fn place(file: &Path, line: Option<usize>, key: Option<&str>) -> String {
    let line = line.map_or_else(String::new, |line| format!(", line {line}"));
    let key = key.map_or_else(String::new, |key| format!(": {key}"));
    format!("{}{line}{key}", file.display())
}

/// [`KindFileError::Invalid`] before the file's name is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    line: Option<usize>,
    key: Option<String>,
    instead: String,
}

impl Problem {
    pub(super) fn at(key: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { line: None, key: Some(key.into()), instead: instead.into() }
    }

    /// The same with the line on which the key stands.
    pub(super) fn located(self, text: &str) -> Self {
        let line = self.line.or_else(|| line::of_key(self.key.as_deref()?, text));
        Self { line, ..self }
    }

    /// A kind file holds no secret, so the parser's own words may name what they found.
    pub(super) fn of_toml(error: &toml::de::Error, text: &str) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = Some(before.matches('\n').count() + 1);
        Self { line, key: None, instead: error.message().to_owned() }
    }

    pub(super) fn in_file(self, file: PathBuf) -> KindFileError {
        KindFileError::Invalid { file, line: self.line, key: self.key, instead: self.instead }
    }
}
