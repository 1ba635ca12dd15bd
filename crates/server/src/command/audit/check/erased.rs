//! Tenants that were deleted as a whole: an erasure is believed where the log of another organization tells of it.
//!
//! Must never take a missing row of the `organization` table for an erasure: whoever may write the file can delete
//! that too.

use std::collections::BTreeMap;
use std::ops::Range;

use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::ids::OrganizationId;
use strongroom_sealing::log::LogHash;
use strongroom_service::audit::leaf::{self, Place};
use strongroom_store::LogOwner;
use strongroom_store_sqlite::{ChainRow, Ledger, OpenError, PlacedLeaf, RowKind};

use super::chain::Seen;
use super::tree::TILE;

/// An erasure as its record tells it.
pub(super) struct Told {
    pub(super) organization: OrganizationId,
    row: ChainRow,
}

impl Told {
    /// Of a record that says that another organization than its own was erased.
    pub(super) fn by(row: &ChainRow) -> Option<Self> {
        // Of a great many rows, a few are decoded.
        if row.kind != RowKind::Record || !row.body.contains(ACTION) {
            return None;
        }
        let record: AuditRecord = serde_json::from_str(&row.body).ok()?;
        let AuditObject::Organization(organization) = record.object else { return None };
        let is_done = record.action == AuditAction::OrganizationDelete
            && record.outcome == AuditOutcome::Succeeded
            && organization != row.scope.organization();
        is_done.then(|| Self { organization, row: row.clone() })
    }
}

const ACTION: &str = "organization.delete";

/// A tenant of whom nothing but hashes is left.
pub(super) struct Erased {
    pub(super) organization: OrganizationId,
    /// From its first record on, up to the record of its erasure, which is another's.
    lived: Range<u64>,
}

impl Erased {
    /// Whether a row that is not there can be one of its own.
    ///
    /// Its records are the leaves of its tree; its events have no leaves, and of a row that is gone nobody can say whose
    /// it was. So an event of another tenant that was taken out while this one was there cannot be told from one of its
    /// own. A record can: it is a leaf of a tree of somebody who is there, and is missed there.
    pub(super) fn may_have_had(&self, node_seq: u64) -> bool {
        self.lived.contains(&node_seq)
    }
}

/// Those of the erasures whose record is the leaf that the log of its organization has for it, or still waits for one: what
/// was erased is gone at once, and half a second later its record would be believed whoever wrote it.
pub(super) fn believed(ledger: &Ledger, seen: &Seen) -> Result<Vec<Erased>, OpenError> {
    let (mut of_teller, mut erased) = (BTreeMap::<OrganizationId, Vec<&Told>>::new(), Vec::new());
    for one in &seen.told {
        if ledger.bounds().organizations.contains(&one.organization) {
            continue;
        }
        if one.row.node_seq > ledger.bounds().logged {
            erased.push((one.organization, one.row.node_seq));
        } else {
            of_teller.entry(one.row.scope.organization()).or_default().push(one);
        }
    }
    for (teller, told) in of_teller {
        leaves(ledger, teller, |position, leaf| {
            let same = told.iter().find(|one| is_leaf_of(ledger, &one.row, position, leaf));
            erased.extend(same.map(|one| (one.organization, leaf.node_seq)));
            true
        })?;
    }
    let mut believed = Vec::new();
    for (organization, erased_at) in erased {
        // What waits for its leaf is still there, and goes with it.
        let mut first = seen.first.get(&organization).map_or(erased_at, |first| erased_at.min(*first));
        leaves(ledger, organization, |_, leaf| {
            first = first.min(leaf.node_seq);
            false
        })?;
        believed.push(Erased { organization, lived: first..erased_at });
    }
    Ok(believed)
}

fn is_leaf_of(ledger: &Ledger, row: &ChainRow, position: u64, leaf: PlacedLeaf) -> bool {
    let (node, node_seq, workspace) = (ledger.bounds().node, row.node_seq, row.scope.workspace());
    let hash = || leaf::hash(&Place { position, node, node_seq, workspace }, &row.body);
    leaf.node_seq == node_seq && hash() == LogHash::from_bytes(leaf.hash)
}

/// Every leaf with its position, as long as `goes_on` says so.
fn leaves(
    ledger: &Ledger,
    organization: OrganizationId,
    mut goes_on: impl FnMut(u64, PlacedLeaf) -> bool,
) -> Result<(), OpenError> {
    let owner = LogOwner::Organization(organization);
    let head = ledger.bounds().trees.iter().find(|(other, _)| *other == owner);
    let size = head.map_or(0, |(_, head)| head.size);
    for number in 0..size.div_ceil(TILE) {
        for (position, leaf) in (number * TILE..).zip(ledger.tile(owner, size, number)?) {
            if !goes_on(position, leaf) {
                return Ok(());
            }
        }
    }
    Ok(())
}
