//! Why a root key was refused. Each message says what is wrong, why that matters, and how to mend it;
//! none says anything about the bytes.

use std::io;
use std::path::PathBuf;

/// A root key could not be read, accepted or written.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// There is no such file.
    #[error(
        "root key file {path}: not found; nothing can be opened without it, and a new one is never made over \
         existing data: name the right file, or run `strongroom keys init` for a new installation"
    )]
    Missing {
        /// The file looked for.
        path: PathBuf,
    },
    /// A folder, a device, a pipe or a symbolic link.
    #[error(
        "root key file {path}: not a regular file; what a link or a pipe leads to can be exchanged unseen: \
         name the file itself"
    )]
    NotAFile {
        /// The file named.
        path: PathBuf,
    },
    /// Group or others have rights on the file.
    #[error(
        "root key file {path}: mode {mode:04o} gives others a right to it, and who reads it can open every \
         credential: run `chmod 600 '{path}'`, and rotate the key if others had an account on this machine"
    )]
    OpenToOthers {
        /// The file named.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// What the file holds is not accepted as a key.
    #[error(
        "root key file {path}: {weakness}; restore the right file, or make a new key with `strongroom keys init` \
         if nothing is sealed yet"
    )]
    Unusable {
        /// The file named.
        path: PathBuf,
        /// What is wrong with its content.
        weakness: Weakness,
    },
    /// What the environment holds is not accepted as a key.
    #[error(
        "root key from the environment: {weakness}; give 64 hex digits or 44 base64 characters from a random \
         source, for example of `openssl rand -hex 32`"
    )]
    UnusableText {
        /// What is wrong with the text.
        weakness: Weakness,
    },
    /// A new key was to be written where something is already.
    #[error(
        "root key file {path}: exists already and is never overwritten, because what it has sealed would be lost: \
         choose another path, or use the key that is there"
    )]
    Exists {
        /// The file named.
        path: PathBuf,
    },
    /// The operating system refused to read.
    #[error(
        "root key file {path}: cannot be read; check that the account of the server owns it and may enter its \
         folder"
    )]
    Read {
        /// The file named.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The operating system refused to write. Nothing is left behind.
    #[error(
        "root key file {path}: cannot be written; check that its folder exists, that this account may write in \
         it, and that the disk is not full"
    )]
    Write {
        /// The file named.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// What makes bytes unfit to be a root key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Neither 32 raw bytes nor one line of 64 hex digits or 44 base64 characters.
    #[error(
        "a root key is 32 raw bytes, or one line of 64 hex digits or 44 base64 characters, and this is none of them"
    )]
    Form,
    /// 32 bytes that are all printable: somebody's pass phrase, or half of a key in hex.
    #[error("32 printable characters are a pass phrase and not a random key, so it can be guessed")]
    Printable,
    /// One byte over and over, a repeated or a counting pattern, or too few different bytes.
    #[error("the key follows a pattern, so it can be guessed")]
    Pattern,
    /// A key that stands in the public sources of this program.
    #[error("the key is a published example, so everyone knows it")]
    Published,
}
