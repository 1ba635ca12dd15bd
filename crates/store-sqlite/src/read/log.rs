//! The audit trees: leaves, tiles, heads, and how far they have come.
//!
//! What is asked for a tenant answers from the tree of its organization alone; the other questions are those of the
//! one who lets the trees grow.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use strongroom_domain::audit::AuditRecord;
use strongroom_domain::ids::{NodeId, OrganizationId, WorkspaceId};
use strongroom_domain::{Scope, Timestamp};
use strongroom_store::{
    Leaf, LeafOrder, LeafRecord, LogHead, LogOwner, Result, SignedHead, StoreError, UnloggedRecord,
};

use super::question::{many, number, one, past};
use crate::encoding::{Columns, signed};
use crate::error::{Damaged, from_sqlite};

/// Leaves of a full tile.
const TILE: u64 = 256;

/// Leaves of one tenant that lie so far apart, on the average, are looked up one by one: what lies between them would
/// be read for nothing.
const SPARSE: u64 = 8;

/// The hashes of a tile, and the places of its leaves.
type StoredTile = (Vec<[u8; 32]>, Vec<u64>);

/// A leaf's place in the order of the node, and its hash.
type Placed = (u64, [u8; 32]);

/// An owner as a column keeps it: an empty one is the system.
pub(crate) fn owner_bytes(owner: LogOwner) -> Vec<u8> {
    match owner {
        LogOwner::System => Vec::new(),
        LogOwner::Organization(id) => id.as_bytes().to_vec(),
    }
}

/// How far the records have their leaves.
pub(crate) fn order(connection: &Connection) -> Result<u64> {
    number(connection, "SELECT node_seq FROM audit_order", [])
}

/// How many have none.
pub(crate) fn unlogged_count(connection: &Connection, most: u64) -> Result<u64> {
    number(connection, UNLOGGED_COUNT, [signed(most)])
}

/// Records that have none.
pub(crate) fn unlogged(connection: &Connection, node: NodeId, limit: usize) -> Result<Vec<UnloggedRecord>> {
    let mut statement = connection.prepare_cached(UNLOGGED).map_err(from_sqlite)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query([limit]).map_err(from_sqlite)?;
    let mut found = Vec::new();
    // None is left out: a record without a leaf would be one that may vanish.
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        found.push(unlogged_record(node, row).map_err(|Damaged| StoreError::Corrupt("audit"))?);
    }
    Ok(found)
}

fn unlogged_record(node: NodeId, row: &Row<'_>) -> std::result::Result<UnloggedRecord, Damaged> {
    let organization = row.id("organization", OrganizationId::from_bytes)?;
    let workspace = row.id("workspace", WorkspaceId::from_bytes)?;
    Ok(UnloggedRecord {
        node,
        node_seq: row.count("node_seq")?,
        scope: Scope::new(organization, workspace),
        body: row.column("body")?,
    })
}

/// The head of a tree.
pub(crate) fn head(connection: &Connection, owner: LogOwner) -> Result<Option<LogHead>> {
    let sql = "SELECT size, root, peaks FROM audit_tree WHERE owner = ?1";
    one(connection, "audit_tree", (sql, params![owner_bytes(owner)]), log_head)
}

/// The newest signed one.
pub(crate) fn signed_head(connection: &Connection, owner: LogOwner) -> Result<Option<SignedHead>> {
    let sql = "SELECT size, note FROM audit_signed_head WHERE owner = ?1";
    one(connection, "audit_signed_head", (sql, params![owner_bytes(owner)]), |row| {
        Ok(SignedHead { size: row.count("size")?, note: row.column("note")? })
    })
}

/// Tenants' heads that are newer than what was signed.
pub(crate) fn unsigned(
    connection: &Connection,
    after: Option<OrganizationId>,
    limit: usize,
) -> Result<Vec<(OrganizationId, LogHead)>> {
    many(
        connection,
        "audit_tree",
        (UNSIGNED, params![past(after.as_ref().map(OrganizationId::as_bytes))]),
        limit,
        |row| Ok((row.id("owner", OrganizationId::from_bytes)?, log_head(row)?)),
    )
}

/// Lines of the tree over the heads.
pub(crate) fn system(connection: &Connection, from: u64, limit: usize) -> Result<Vec<String>> {
    let sql = "SELECT position, line FROM audit_head WHERE position >= ?1 ORDER BY position";
    many(connection, "audit_head", (sql, [signed(from)]), limit, |row| row.column("line"))
}

/// Hashes of a tile.
pub(crate) fn tile(
    connection: &Connection,
    scope: &Scope,
    level: u8,
    number: u64,
) -> Result<Option<Vec<[u8; 32]>>> {
    let Some(tree) = tree_of(connection, scope)? else { return Ok(None) };
    if level == 0 && number == tree.size / TILE {
        let leaves = tree.unfinished(connection)?;
        let hashes: Vec<_> = leaves.into_iter().map(|(_, hash)| hash).collect();
        return Ok(Some(hashes).filter(|hashes| !hashes.is_empty()));
    }
    Ok(stored(connection, tree.id, level, number)?.map(|(hashes, _)| hashes))
}

/// Leaves of the organization, in either direction.
pub(crate) fn leaves(
    connection: &Connection,
    scope: &Scope,
    node: NodeId,
    (order, from): (LeafOrder, u64),
    limit: usize,
) -> Result<Vec<Leaf>> {
    let Some(tree) = tree_of(connection, scope)? else { return Ok(Vec::new()) };
    let count = limit as u64;
    let (begin, end) = match order {
        LeafOrder::OldestFirst => (from.min(tree.size), from.saturating_add(count).min(tree.size)),
        LeafOrder::NewestFirst => (from.min(tree.size).saturating_sub(count), from.min(tree.size)),
    };
    let mut found = Vec::new();
    let mut at = begin;
    while at < end {
        let number = at / TILE;
        let placed = tree.placed(connection, number)?;
        let within = |position: u64| usize::try_from(position).expect("at most 256");
        let (first, last) = (at - number * TILE, (end - number * TILE).min(TILE));
        let wanted = placed.get(within(first)..within(last)).ok_or(StoreError::Corrupt("audit_tile"))?;
        let records = records(connection, scope, wanted)?;
        let leaves = (at..).zip(wanted).zip(records);
        found.extend(leaves.map(|((position, (node_seq, hash)), record)| Leaf {
            position,
            node,
            node_seq: *node_seq,
            hash: *hash,
            record,
        }));
        at = (number + 1) * TILE;
    }
    if order == LeafOrder::NewestFirst {
        found.reverse();
    }
    Ok(found)
}

/// Leaves of a tile that is not full, from its last one backwards.
pub(crate) fn hanging_on(
    connection: &Connection,
    mut last: Option<i64>,
    count: usize,
) -> Result<Vec<Placed>> {
    let mut statement = connection.prepare_cached(LEAF).map_err(from_sqlite)?;
    let mut found = Vec::with_capacity(count);
    while let Some(at) = last
        && found.len() < count
    {
        let row = statement.query_row([at], |row| Ok((row.get(0)?, row.get(1)?))).optional();
        let (previous, hash): (Option<i64>, [u8; 32]) =
            row.map_err(from_sqlite)?.ok_or(StoreError::Corrupt("audit_leaf"))?;
        found.push((at.unsigned_abs(), hash));
        last = previous;
    }
    if found.len() == count && last.is_none() { Ok(found) } else { Err(StoreError::Corrupt("audit_leaf")) }
}

/// A tree as its row has it.
struct Tree {
    id: i64,
    size: u64,
    last: Option<i64>,
}

impl Tree {
    /// Places and hashes of one tile of leaves.
    fn placed(&self, connection: &Connection, number: u64) -> Result<Vec<Placed>> {
        if number == self.size / TILE {
            return self.unfinished(connection);
        }
        let (hashes, places) =
            stored(connection, self.id, 0, number)?.ok_or(StoreError::Corrupt("audit_tile"))?;
        if hashes.len() != places.len() {
            return Err(StoreError::Corrupt("audit_tile"));
        }
        Ok(places.into_iter().zip(hashes).collect())
    }

    fn unfinished(&self, connection: &Connection) -> Result<Vec<Placed>> {
        let count = usize::try_from(self.size % TILE).expect("below 256");
        let mut found = hanging_on(connection, self.last, count)?;
        found.reverse();
        Ok(found)
    }
}

fn tree_of(connection: &Connection, scope: &Scope) -> Result<Option<Tree>> {
    let owner = owner_bytes(LogOwner::Organization(scope.organization()));
    let sql = "SELECT id, size, last FROM audit_tree WHERE owner = ?1";
    one(connection, "audit_tree", (sql, params![owner]), |row| {
        Ok(Tree { id: row.column("id")?, size: row.count("size")?, last: row.column("last")? })
    })
}

/// Hashes and places of a tile that has its row; a higher one has no places.
fn stored(connection: &Connection, tree: i64, level: u8, number: u64) -> Result<Option<StoredTile>> {
    let sql = "SELECT hashes, places FROM audit_tile WHERE tree = ?1 AND level = ?2 AND number = ?3";
    one(connection, "audit_tile", (sql, params![tree, level, signed(number)]), |row| {
        let hashes: Vec<u8> = row.column("hashes")?;
        let places: Option<Vec<u8>> = row.column("places")?;
        let (hashes, rest) = hashes.as_chunks::<32>();
        let places = places.unwrap_or_default();
        let (places, more) = places.as_chunks::<8>();
        if !(rest.is_empty() && more.is_empty()) {
            return Err(Damaged);
        }
        Ok((hashes.to_vec(), places.iter().map(|place| u64::from_be_bytes(*place)).collect()))
    })
}

/// What is there of these leaves, in their order. The scope stands in the question for the body too: a place that was
/// bent leads nowhere else.
fn records(connection: &Connection, scope: &Scope, leaves: &[Placed]) -> Result<Vec<Option<LeafRecord>>> {
    let places = || leaves.iter().map(|(node_seq, _)| *node_seq);
    let (Some(first), Some(last)) = (places().next(), places().next_back()) else { return Ok(Vec::new()) };
    if !places().is_sorted_by(|one, next| one < next) {
        return Err(StoreError::Corrupt("audit_tile"));
    }
    if last - first >= SPARSE * leaves.len() as u64 {
        let alone = |place| Ok(between(connection, scope, place, place)?.remove(&place));
        return places().map(alone).collect();
    }
    let mut found = between(connection, scope, first, last)?;
    Ok(places().map(|place| found.remove(&place)).collect())
}

/// The organization's records from one place to another.
fn between(
    connection: &Connection,
    scope: &Scope,
    first: u64,
    last: u64,
) -> Result<BTreeMap<u64, LeafRecord>> {
    let mut statement = connection.prepare_cached(BETWEEN).map_err(from_sqlite)?;
    let organization = scope.organization();
    let parameters = params![signed(first), signed(last), organization.as_bytes()];
    let mut rows = statement.query(parameters).map_err(from_sqlite)?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let (place, record) = leaf_record(row).map_err(|Damaged| StoreError::Corrupt("audit"))?;
        found.insert(place, record);
    }
    Ok(found)
}

fn leaf_record(row: &Row<'_>) -> std::result::Result<(u64, LeafRecord), Damaged> {
    let workspace = row.id("workspace", WorkspaceId::from_bytes)?;
    Ok((row.count("node_seq")?, LeafRecord { workspace, body: row.column("body")? }))
}

fn log_head(row: &Row<'_>) -> std::result::Result<LogHead, Damaged> {
    let peaks: Vec<u8> = row.column("peaks")?;
    let (peaks, rest) = peaks.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(Damaged);
    }
    Ok(LogHead { size: row.count("size")?, root: row.column("root")?, peaks: peaks.to_vec() })
}

/// Whether there is anything to forget.
pub(crate) fn oldest_is_before(connection: &Connection, before: Timestamp) -> Result<bool> {
    let oldest = one(connection, "audit", (OLDEST, []), |row| {
        let body: String = row.column("body")?;
        Ok(serde_json::from_str::<AuditRecord>(&body).ok().map(|record| record.at))
    })?;
    // One that does not decode is as old as the one before it, which is gone already.
    Ok(oldest.is_some_and(|at| at.is_none_or(|at| at < before)))
}

const UNLOGGED_COUNT: &str = "SELECT count(*) FROM (SELECT 1 FROM audit
    WHERE node_seq > (SELECT node_seq FROM audit_order) LIMIT ?1)";

const UNLOGGED: &str = "SELECT node_seq, organization, workspace, body FROM audit
    WHERE node_seq > (SELECT node_seq FROM audit_order) ORDER BY node_seq LIMIT ?1";

const UNSIGNED: &str = "SELECT t.owner, t.size, t.root, t.peaks FROM audit_tree t
        LEFT JOIN audit_signed_head s ON s.owner = t.owner
    WHERE t.owner > ?1 AND t.size > coalesce(s.size, 0) ORDER BY t.owner";

const BETWEEN: &str = "SELECT node_seq, workspace, body FROM audit
    WHERE node_seq BETWEEN ?1 AND ?2 AND organization = ?3";

const LEAF: &str = "SELECT previous, hash FROM audit_leaf WHERE node_seq = ?1";

const OLDEST: &str = "SELECT node_seq, body FROM audit
    WHERE node_seq > (SELECT node_seq FROM audit_horizon) AND node_seq <= (SELECT node_seq FROM audit_order)
        AND node_seq < (SELECT max(node_seq) FROM audit)
    ORDER BY node_seq LIMIT 1";
