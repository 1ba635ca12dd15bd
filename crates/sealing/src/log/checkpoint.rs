//! The head of a tree in the body of a note (C2SP tlog-checkpoint): origin, size and root, a line each, and nothing
//! more: what we do not write we do not accept.

use std::fmt;
use std::str::FromStr;

use super::{LogHash, NoteError, Verifier};

/// The head of a tree. `Display` and `FromStr` are the three lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which tree: a name that no other has.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// The root over them.
    pub root: LogHash,
}

/// The text is not a checkpoint, or is one in another spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint of three lines: origin, size, root")]
pub struct CheckpointError;

/// Why a signed checkpoint is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The note is not, or not by the trusted key.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// What was signed is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// It is of another tree.
    #[error("it is the checkpoint of another log")]
    Origin,
    /// The log had more leaves before.
    #[error("it is older than one that is known")]
    Older,
}

impl Checkpoint {
    /// What a signed checkpoint says, if the trusted key has signed it.
    ///
    /// # Errors
    ///
    /// [`Rejected::Note`], [`Rejected::Checkpoint`].
    pub fn open(verifier: &Verifier, note: &str) -> Result<Self, Rejected> {
        Ok(verifier.open(note)?.parse()?)
    }

    /// The same, of this tree, and not older than one that is known.
    ///
    /// # Errors
    ///
    /// [`Rejected`].
    pub fn open_after(
        verifier: &Verifier,
        note: &str,
        origin: &str,
        known_size: u64,
    ) -> Result<Self, Rejected> {
        let checkpoint = Self::open(verifier, note)?;
        if checkpoint.origin != origin {
            return Err(Rejected::Origin);
        }
        if checkpoint.size < known_size { Err(Rejected::Older) } else { Ok(checkpoint) }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root)
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<_> = text.strip_suffix('\n').ok_or(CheckpointError)?.split('\n').collect();
        let [origin, size, root] = lines[..] else { return Err(CheckpointError) };
        let number: u64 = size.parse().map_err(|_| CheckpointError)?;
        let root = root.parse().map_err(|_| CheckpointError)?;
        // A sign or a leading zero would be a second spelling.
        if origin.is_empty() || number.to_string() != size {
            return Err(CheckpointError);
        }
        Ok(Self { origin: origin.to_owned(), size: number, root })
    }
}
