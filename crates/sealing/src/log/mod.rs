//! The arithmetic of a transparency log: hashes, trees, proofs, signed heads. Pure; knows no store.
//!
//! Hashing is that of RFC 6962, section 2.1: a leaf is SHA-256 of `0x00` and its bytes, a node SHA-256 of `0x01`
//! and its two children, so that neither can be passed off as the other. Trees lie in tiles of 256 hashes
//! (C2SP tlog-tiles); heads are checkpoints (C2SP tlog-checkpoint) in signed notes (C2SP signed-note).
//!
//! Must never accept a proof, a note or a checkpoint in a second spelling.

mod checkpoint;
mod key;
mod note;
mod proof;
mod tile;
mod tree;

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use checkpoint::{Checkpoint, CheckpointError, Rejected};
pub use key::LogKey;
pub use note::{MAX_NOTE_BYTES, NoteError, Verifier, VerifierError};
pub use proof::{Invalid, Node, consistency, inclusion, root_of, verify_consistency, verify_inclusion};
pub use tile::{Part, TILE_WIDTH, TileId, part_of};
pub use tree::{Damaged, Tree};

/// One hash of a tree. `Display` and `FromStr` are standard base64 with padding, in its only spelling.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogHash([u8; 32]);

impl LogHash {
    /// Bytes of a hash.
    pub const LEN: usize = 32;

    /// As a tile keeps it.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of a tile.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Of a leaf.
    pub fn of_leaf(leaf: &[u8]) -> Self {
        Self::of(&[&[0x00], leaf])
    }

    /// Of a node.
    pub fn of_children(left: &Self, right: &Self) -> Self {
        Self::of(&[&[0x01], &left.0, &right.0])
    }

    /// The root of a tree without leaves.
    pub fn of_nothing() -> Self {
        Self::of(&[])
    }

    fn of(parts: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        for part in parts {
            context.update(part);
        }
        Self(context.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes"))
    }

    /// Hashes that lie one after the other; `None` where the last one is cut short.
    pub fn many(bytes: &[u8]) -> Option<Vec<Self>> {
        let (chunks, rest) = bytes.as_chunks();
        rest.is_empty().then(|| chunks.iter().map(|chunk| Self(*chunk)).collect())
    }
}

impl fmt::Display for LogHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for LogHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not the base64 of 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a hash in base64")]
pub struct NotAHash;

impl FromStr for LogHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        // The engine refuses missing padding and trailing bits that are not zero: one spelling each.
        let bytes = STANDARD.decode(text).map_err(|_| NotAHash)?;
        bytes.try_into().map(Self).map_err(|_| NotAHash)
    }
}

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
