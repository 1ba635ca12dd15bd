//! The tree of one tenant: every leaf is that of its record, every record has one, and every root is one that is known.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::slice::Iter;

use strongroom_domain::audit::AuditRecord;
use strongroom_domain::ids::OrganizationId;
use strongroom_sealing::log::{LogHash, TileId, Tree, part_of};
use strongroom_service::audit::leaf::{self, Place};
use strongroom_store::LogOwner;
use strongroom_store_sqlite::{Ledger, OpenError, PlacedLeaf, RecordRow};

use super::{Expected, Kind, Report, compare, too_short};

/// Leaves of a full tile.
pub(super) const TILE: u64 = 256;

/// `rows` are the records of the tenant that the chain has.
pub(super) fn check(
    ledger: &Ledger,
    organization: OrganizationId,
    expected: &Expected,
    rows: &[u64],
    report: &mut Report,
) -> Result<(), OpenError> {
    let owner = LogOwner::Organization(organization);
    let head = ledger.bounds().trees.iter().find(|(other, _)| *other == owner).map(|(_, head)| head);
    let size = head.map_or(0, |head| head.size);
    report.organizations += 1;
    let mut walk = Walk {
        ledger,
        organization,
        tree: Tree::default(),
        upper: BTreeMap::new(),
        last: 0,
        rows: rows.iter().peekable(),
        report,
    };
    compare(owner, &walk.tree, expected, walk.report);
    while walk.tree.size() < size {
        let number = walk.tree.size() / TILE;
        let leaves = ledger.tile(owner, size, number)?;
        let wanted = (size - number * TILE).min(TILE);
        for leaf in &leaves {
            walk.step(*leaf)?;
            compare(owner, &walk.tree, expected, walk.report);
        }
        if (leaves.len() as u64) < wanted {
            let says = format!(
                "leaf {} of {organization} cannot be read, nor can those behind it",
                walk.tree.size()
            );
            walk.report.find_in(Kind::Leaves, owner, None, says);
            return Ok(());
        }
    }
    walk.rest();
    walk.hold_against_tiles()?;
    let peaks: Vec<_> = walk.tree.peaks().iter().map(|peak| *peak.as_bytes()).collect();
    if head.is_some_and(|head| head.peaks != peaks) {
        let says = format!("the stored peaks of {organization} are not those of its leaves");
        walk.report.find_in(Kind::Root, owner, None, says);
    }
    too_short(owner, size, expected, walk.report);
    Ok(())
}

struct Walk<'a> {
    ledger: &'a Ledger,
    organization: OrganizationId,
    tree: Tree,
    /// The hashes that tiles of higher levels must keep.
    upper: BTreeMap<TileId, Vec<[u8; 32]>>,
    /// The place of the leaf before.
    last: u64,
    rows: Peekable<Iter<'a, u64>>,
    report: &'a mut Report,
}

impl Walk<'_> {
    fn step(&mut self, leaf: PlacedLeaf) -> Result<(), OpenError> {
        let (bounds, owner) = (self.ledger.bounds(), LogOwner::Organization(self.organization));
        let (at, position) = (leaf.node_seq, self.tree.size());
        if at <= self.last || at > bounds.logged {
            let says = format!(
                "leaf {position} of {} is out of order: it is of row {at}, after row {}",
                self.organization, self.last
            );
            self.report.find_in(Kind::Leaves, owner, Some(at), says);
        }
        self.last = at.max(self.last);
        self.without_leaf_below(at);
        if self.rows.peek() == Some(&&at) {
            self.rows.next();
        }
        let hash = self.computed(leaf, position)?;
        for (node, hash) in self.tree.append(hash) {
            self.upper.entry(part_of(node).tile).or_default().push(*hash.as_bytes());
        }
        Ok(())
    }

    /// Proofs are made of them. A tree may have grown since.
    fn hold_against_tiles(&mut self) -> Result<(), OpenError> {
        let owner = LogOwner::Organization(self.organization);
        for (tile, wanted) in &self.upper {
            if !self.ledger.upper(owner, tile.level, tile.number)?.starts_with(wanted) {
                let says = format!(
                    "tile {} of level {} of {} does not have the hashes of its leaves",
                    tile.number, tile.level, self.organization
                );
                self.report.find_in(Kind::Leaves, owner, None, says);
            }
        }
        Ok(())
    }

    /// The hash of the record that is there now; the stored one where it is gone.
    fn computed(&mut self, leaf: PlacedLeaf, position: u64) -> Result<LogHash, OpenError> {
        let (bounds, owner) = (self.ledger.bounds(), LogOwner::Organization(self.organization));
        let (at, stored) = (leaf.node_seq, LogHash::from_bytes(leaf.hash));
        let Some(row) = self.ledger.record(at)? else {
            if at <= bounds.horizon || self.report.erased.contains(&self.organization) {
                self.report.gone += 1;
            } else {
                let says = format!("record {at}, leaf {position} of {}, is not there", self.organization);
                self.report.find_in(Kind::Missing, owner, Some(at), says);
            }
            return Ok(stored);
        };
        let (node, workspace) = (bounds.node, row.scope.workspace());
        let place = Place { position, node, node_seq: at, workspace };
        let hash = leaf::hash(&place, &row.body);
        if hash != stored || row.scope.organization() != self.organization {
            let says = format!(
                "record {at}, leaf {position} of {}, is not what its leaf was made of",
                self.organization
            );
            self.report.find_in(Kind::Changed, owner, Some(at), says);
        }
        if let Some(record) = row.decoded() {
            self.hold_against_columns(at, &row, &record);
        }
        Ok(hash)
    }

    /// What no digest covers must say what the body does.
    fn hold_against_columns(&mut self, at: u64, row: &RecordRow, record: &AuditRecord) {
        let (bounds, owner) = (self.ledger.bounds(), LogOwner::Organization(self.organization));
        if !row.is_filed_as(record) {
            let says = format!(
                "record {at} is filed under another credential, or as another sort of act, than it tells of: a history shows or hides it wrongly"
            );
            self.report.find_in(Kind::Filed, owner, Some(at), says);
        }
        // Retention ends where the first record begins that is too young for it.
        let is_too_young = bounds.forgotten_before.is_some_and(|before| record.at >= before);
        if at <= bounds.horizon && is_too_young {
            let says = format!(
                "record {at} is too young for what is said to be gone by retention up to {}",
                bounds.horizon
            );
            self.report.find_in(Kind::Horizon, owner, Some(at), says);
        }
    }

    fn without_leaf_below(&mut self, at: u64) {
        while let Some(row) = self.rows.next_if(|row| **row < at) {
            self.unlogged(*row);
        }
    }

    /// What comes after the last leaf.
    fn rest(&mut self) {
        while let Some(row) = self.rows.next() {
            self.unlogged(*row);
        }
    }

    fn unlogged(&mut self, row: u64) {
        let owner = LogOwner::Organization(self.organization);
        let says = format!("record {row} of {} has no leaf: it was put there later", self.organization);
        self.report.find_in(Kind::Unlogged, owner, Some(row), says);
    }
}
