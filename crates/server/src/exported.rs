//! What the audit log leaves outside the database: the key that verifies it, every signed head of the tree over the
//! heads, and full segments.
//!
//! Owns the names and modes of these files, which nobody can choose (LOG-09). Must never write a file again that is
//! sealed, nor cut anything off but a line that a crash has torn.

mod folder;
mod segment;

pub use folder::{CHECKPOINTS, Exported, ExportedError, VERIFIER, notes};
pub use segment::{SEGMENT, SEGMENTS};
pub(crate) use segment::{Segment, Segments};
