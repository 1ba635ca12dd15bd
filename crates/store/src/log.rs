//! The audit trees as a store keeps them: leaves, tiles and heads. A store counts and keeps hashes and computes none.

use strongroom_domain::Scope;
use strongroom_domain::ids::{NodeId, OrganizationId, WorkspaceId};

/// Whose tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LogOwner {
    /// The tree over the heads of all others.
    System,
    /// A tenant's: a leaf for each of its records.
    Organization(OrganizationId),
}

/// A record that has no leaf yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnloggedRecord {
    /// The node that wrote it.
    pub node: NodeId,
    /// Its position there.
    pub node_seq: u64,
    /// Where it was committed.
    pub scope: Scope,
    /// The record as it is stored, byte for byte.
    pub body: String,
}

/// The head of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHead {
    /// How many leaves it has.
    pub size: u64,
    /// The root over them.
    pub root: [u8; 32],
    /// The roots of its perfect subtrees, from the left: what it grows from.
    pub peaks: Vec<[u8; 32]>,
}

/// A leaf to append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewLeaf {
    /// The position of its record in the order of the node.
    pub node_seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

/// A hash of a tile above those of the leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpperHash {
    /// The level of the tile, from 1.
    pub level: u8,
    /// The place among all hashes of that level, from 0.
    pub index: u64,
    /// The root over a full tile of the level below.
    pub hash: [u8; 32],
}

/// How a tenant's tree grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrownLog {
    /// Whose.
    pub organization: OrganizationId,
    /// How many leaves it had.
    pub from_size: u64,
    /// What is appended, in the order of the records; never nothing.
    pub leaves: Vec<NewLeaf>,
    /// What that adds to the higher tiles, in order.
    pub upper: Vec<UpperHash>,
    /// Its head then.
    pub head: LogHead,
}

/// A head that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// The size it was signed for.
    pub size: u64,
    /// The signed note.
    pub note: String,
}

/// How the tree over the heads grows: a line for each tenant's head that is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrownSystemLog {
    /// How many leaves it had.
    pub from_size: u64,
    /// The leaves themselves.
    pub lines: Vec<String>,
    /// Its head then.
    pub head: LogHead,
    /// The same, signed.
    pub signed: SignedHead,
}

/// One record in its place in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// From 0.
    pub position: u64,
    /// The node that wrote the record.
    pub node: NodeId,
    /// Its position there.
    pub node_seq: u64,
    /// The leaf's hash.
    pub hash: [u8; 32],
    /// The record, unless its body is gone: by retention, or with its organization. The hash stays.
    pub record: Option<LeafRecord>,
}

/// What a leaf commits to beside its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafRecord {
    /// Where it was committed.
    pub workspace: WorkspaceId,
    /// The record as it is stored, byte for byte.
    pub body: String,
}

/// Which way leaves are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafOrder {
    /// From this position on.
    OldestFirst,
    /// From the one before this position, downwards.
    NewestFirst,
}
