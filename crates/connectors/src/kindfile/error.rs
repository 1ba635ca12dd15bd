//! What is wrong with a kind file: which file, which key, and what to write instead.

use std::io;
use std::path::PathBuf;

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
    #[error("{}: {key}: {instead}", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// The key with its tables, such as `probe.path`; or the line, where TOML itself is broken.
        key: String,
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

/// [`KindFileError::Invalid`] before the file's name is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    key: String,
    instead: String,
}

impl Problem {
    pub(super) fn at(key: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { key: key.into(), instead: instead.into() }
    }

    /// A kind file holds no secret, so the parser's own words may name what they found.
    pub(super) fn of_toml(error: &toml::de::Error, text: &str) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        Self::at(format!("line {}", before.matches('\n').count() + 1), error.message())
    }

    pub(super) fn in_file(self, file: PathBuf) -> KindFileError {
        KindFileError::Invalid { file, key: self.key, instead: self.instead }
    }
}
