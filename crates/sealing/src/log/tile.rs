//! Tiles: 256 hashes of one level side by side (C2SP tlog-tiles). A tile of level 0 has hashes of leaves; one of
//! level n + 1 has the roots of 256 full tiles of level n.

use std::fmt;

use super::{LogHash, Node};

/// Hashes of a full tile.
pub const TILE_WIDTH: usize = 256;

/// Levels of the tree that one level of tiles stands for.
pub(super) const TILE_HEIGHT: u32 = 8;

/// Which tile. `Display` is the path of tlog-tiles without a partial width: `tile/0/x001/x234/067`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// 0 for hashes of leaves.
    pub level: u8,
    /// Counted from the left, from 0.
    pub number: u64,
}

impl TileId {
    /// How many hashes it has in a tree of this size.
    pub fn width_in(self, size: u64) -> usize {
        let entries = size.checked_shr(TILE_HEIGHT * u32::from(self.level)).unwrap_or(0);
        let before = self.number.saturating_mul(TILE_WIDTH as u64);
        usize::try_from(entries.saturating_sub(before)).map_or(TILE_WIDTH, |width| width.min(TILE_WIDTH))
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        let mut groups = vec![self.number % 1_000];
        let mut rest = self.number / 1_000;
        while rest > 0 {
            groups.push(rest % 1_000);
            rest /= 1_000;
        }
        for group in groups.iter().skip(1).rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])
    }
}

/// The stretch of a tile that the hash of a node is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which tile.
    pub tile: TileId,
    first: usize,
    count: usize,
}

/// Where the hash of a node comes from.
///
/// # Panics
///
/// For a level above 63, which no tree has.
pub fn part_of(node: Node) -> Part {
    let (tile_level, height) = (node.level / TILE_HEIGHT, node.level % TILE_HEIGHT);
    let first = node.index << height;
    let level = u8::try_from(tile_level).expect("a tree of 2^64 leaves has 8 levels of tiles");
    let tile = TileId { level, number: first / TILE_WIDTH as u64 };
    let first = usize::try_from(first % TILE_WIDTH as u64).expect("below 256");
    Part { tile, first, count: 1 << height }
}

impl Part {
    /// The hash of the node; `None` where the tile does not reach that far.
    pub fn hash(self, tile: &[LogHash]) -> Option<LogHash> {
        tile.get(self.first..self.first + self.count).map(perfect)
    }
}

/// The root over a power of two of hashes.
fn perfect(hashes: &[LogHash]) -> LogHash {
    match hashes {
        [] => LogHash::of_nothing(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(many.len() / 2);
            LogHash::of_children(&perfect(left), &perfect(right))
        }
    }
}
