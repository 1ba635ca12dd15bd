//! Kind files: a kind and the one HTTP request that checks it, as data (docs/KINDS.md).
//!
//! Owns the format and its rules. What comes out of [`KindFile::parse`] needs no further check. A file
//! holds no code and names no other file (CON-19). Must never open, send or run anything a file names.

mod answers;
mod base_url;
mod document;
mod error;
mod fields;
mod line;
mod model;
mod probe;
mod sources;
mod template;

use std::path::Path;

pub(crate) use base_url::{BaseUrl, is_plain_path, is_plain_query};
use document::Document;
pub use error::KindFileError;
use error::Problem;
pub(crate) use model::{
    AccountPart, Answer, Basic, BodyNode, Condition, Control, KindFile, Meaning, Place, PlainHttp, Probe,
    Sources, Stated,
};
pub(crate) use probe::{NOT_SENDABLE, sendable_header};
pub(crate) use sources::{FolderFile, bundled, read_folder};
pub(crate) use template::{Part, Template};

/// Bytes of one file.
pub(crate) const MAX_BYTES: u64 = 64 * 1024;

impl KindFile {
    /// Reads one file. `file` is for errors only.
    pub(crate) fn parse(file: &Path, text: &str) -> Result<Self, KindFileError> {
        read(text).map_err(|problem| problem.located(text).in_file(file.to_owned()))
    }
}

fn read(text: &str) -> Result<KindFile, Problem> {
    let document: Document = toml::from_str(text).map_err(|error| Problem::of_toml(&error, text))?;
    let kind = fields::kind(&document)?;
    let probe = probe::probe(&document.probe, &kind)?;
    Ok(KindFile {
        answers: answers::answers(&document.probe.answers, &kind, probe.control)?,
        probe,
        evidence: answers::evidence(&document.evidence, &kind)?,
        icon: document.icon,
        kind,
    })
}
