//! Why a store does not open, and how SQLite's failures become those of the `Store` trait.
//!
//! Must never carry a bound value: SQLite's own texts name tables, columns and statements with their
//! placeholders; expanded SQL is used nowhere.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::{Error as Sqlite, ErrorCode};
use strongroom_store::StoreError;

/// Why [`SqliteStore::open`](crate::SqliteStore::open) refuses. Nothing was written, unless a migration
/// had begun; a migration that did not end is not there either.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another store of this one, has the folder.
    #[error(
        "the data folder is in use: another process holds the lock on {}. Stop that process, or give this one a data folder of its own. The file itself is harmless: do not delete it",
        lock.display()
    )]
    InUse {
        /// The lock file.
        lock: PathBuf,
    },
    /// A newer release has been here.
    #[error(
        "the database has schema version {found}, and this binary knows versions up to {known}. Start the release that wrote it, or a newer one. Nothing was changed"
    )]
    NewerSchema {
        /// What the file says.
        found: i64,
        /// The latest this binary knows.
        known: i64,
    },
    /// Other users of the machine could read or change the data.
    #[error(
        "the data folder {} has mode {mode:04o}, which lets other users in. Run `chmod 700` on it. Nothing was changed",
        folder.display()
    )]
    TooOpen {
        /// The data folder.
        folder: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A database, but of another program.
    #[error("{} is not a database of Strongroom. Give it another data folder. Nothing was changed", file.display())]
    NotOurs {
        /// The database file.
        file: PathBuf,
    },
    /// SQLite did not take a setting on which a promise rests.
    #[error("SQLite did not accept the setting `{0}`, without which old secrets could stay in the files")]
    Setting(&'static str),
    /// The file system.
    #[error("cannot use {}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// SQLite, with its own words.
    #[error("the database does not open")]
    Sqlite(#[from] Sqlite),
}

/// A stored record that does not decode. Says nothing more, because its content may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored record does not decode")]
pub(crate) struct Damaged;

impl From<Sqlite> for Damaged {
    fn from(_: Sqlite) -> Self {
        Self
    }
}

/// The writer thread ended, or a question's thread did, without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the thread that had the work ended without an answer")]
struct NoAnswer;

/// What a caller learns whose commit was handed in and never answered.
pub(crate) fn unknown_outcome() -> StoreError {
    StoreError::Unknown(Arc::new(NoAnswer))
}

/// What a caller learns whose question was never answered.
pub(crate) fn no_answer() -> StoreError {
    StoreError::Unavailable(Arc::new(NoAnswer))
}

/// A failure of a statement: whatever it did is rolled back.
pub(crate) fn from_sqlite(error: Sqlite) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full(Arc::new(error)),
        _ => StoreError::Unavailable(Arc::new(error)),
    }
}

/// A failure of `COMMIT`. After a failed sync the frames may be in the log all the same, and a crash
/// before the next commit would bring them back: only then the outcome is not known.
pub(crate) fn from_failed_commit(error: Sqlite) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure) => StoreError::Unknown(Arc::new(error)),
        _ => from_sqlite(error),
    }
}
