//! A tree that only grows, by the roots of the perfect trees it consists of: all that adding a leaf needs.
//!
//! Owns which hashes of higher tiles a leaf completes. Must never need a leaf that was appended before.

use super::proof::fold;
use super::tile::TILE_HEIGHT;
use super::{LogHash, Node};

/// What was stored of a tree does not fit its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored head of a tree does not fit its size")]
pub struct Damaged;

/// A tree by its size and its peaks: the roots of its perfect subtrees from the left, one for each bit of the size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    peaks: Vec<LogHash>,
}

impl Tree {
    /// A tree as it was stored.
    ///
    /// # Errors
    ///
    /// [`Damaged`] where there are more or fewer peaks than a tree of this size has.
    pub fn restore(size: u64, peaks: Vec<LogHash>) -> Result<Self, Damaged> {
        if size.count_ones() as usize == peaks.len() { Ok(Self { size, peaks }) } else { Err(Damaged) }
    }

    /// How many leaves it has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// What it is restored from, beside its size.
    pub fn peaks(&self) -> &[LogHash] {
        &self.peaks
    }

    /// Adds a leaf. The nodes that it completes and that a tile of a higher level keeps, lowest first; nearly
    /// always none.
    pub fn append(&mut self, leaf: LogHash) -> Vec<(Node, LogHash)> {
        let (mut completed, mut hash) = (Vec::new(), leaf);
        for level in 1..=self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            hash = LogHash::of_children(&left, &hash);
            if level.is_multiple_of(TILE_HEIGHT) {
                completed.push((Node { level, index: self.size >> level }, hash));
            }
        }
        self.peaks.push(hash);
        self.size += 1;
        completed
    }

    /// The root over all leaves.
    pub fn root(&self) -> LogHash {
        fold(self.peaks.iter().copied()).unwrap_or_else(LogHash::of_nothing)
    }
}
