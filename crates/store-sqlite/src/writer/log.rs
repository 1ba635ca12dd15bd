//! The audit trees grow: leaves, tiles, heads.
//!
//! Must never append a leaf twice, leave a record out, or touch a row of the `audit` table but to delete it when its
//! time is over. Whoever calls undoes all of it where a part fails.

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use strongroom_domain::Timestamp;
use strongroom_domain::audit::AuditRecord;
use strongroom_domain::ids::OrganizationId;
use strongroom_store::{
    Clash, GrownLog, GrownSystemLog, LeaseName, LogHead, LogOwner, SignedHead, StoreError,
};

use super::sequence::check_fence;
use crate::encoding::signed;
use crate::error::from_sqlite;
use crate::read::log::owner_bytes;

/// Leaves of a full tile.
const TILE: usize = 256;

/// Rows that are looked at in one go to be forgotten: a bound on how long commits wait behind it.
const FORGOTTEN_AT_ONCE: i64 = 1_000;

/// A task as far as it is about the order: the fence, from where to where, and what gets no leaf.
pub(super) struct Stretch<'a> {
    pub(super) fence: u64,
    pub(super) after: u64,
    pub(super) upto: u64,
    pub(super) passed_over: &'a [u64],
}

/// Appends leaves to the trees of tenants.
pub(super) fn append(
    connection: &Connection,
    stretch: &Stretch<'_>,
    grown: &[GrownLog],
) -> Result<(), StoreError> {
    check_fence(connection, LeaseName::AuditLog, stretch.fence)?;
    let order: i64 = statement(connection, ORDER)?.query_row([], |row| row.get(0)).map_err(from_sqlite)?;
    if order != signed(stretch.after) || !is_sound(stretch, grown) {
        return Err(StoreError::Clash(Clash::Lease));
    }
    grown.iter().try_for_each(|log| grow(connection, log))?;
    // Erased while they waited: the rows before these went with their organization.
    let parameters = params![order, signed(stretch.upto)];
    statement(connection, DELETE_OF_ERASED)?.execute(parameters).map_err(from_sqlite)?;
    statement(connection, ADVANCE)?.execute([signed(stretch.upto)]).map(drop).map_err(from_sqlite)
}

/// Every place is inside the stretch, none is there twice, and the last record of the stretch is among them. What is
/// in the stretch at all is the reader's to say: it gives rows without a gap.
fn is_sound(stretch: &Stretch<'_>, grown: &[GrownLog]) -> bool {
    let leaves = grown.iter().flat_map(|log| log.leaves.iter().map(|leaf| leaf.node_seq));
    let mut places: Vec<u64> = leaves.chain(stretch.passed_over.iter().copied()).collect();
    places.sort_unstable();
    let rises = places.is_sorted_by(|one, other| one < other);
    let sizes = grown.iter().all(|log| log.head.size == log.from_size + log.leaves.len() as u64);
    rises
        && sizes
        && places.first().is_some_and(|first| *first > stretch.after)
        && places.last() == Some(&stretch.upto)
}

fn grow(connection: &Connection, log: &GrownLog) -> Result<(), StoreError> {
    let owner = owner_bytes(LogOwner::Organization(log.organization));
    let found = statement(connection, TREE)?
        .query_row(params![owner], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
        .map_err(from_sqlite)?;
    let (tree, size, last): (i64, i64, Option<i64>) = match found {
        Some(found) => found,
        None => (insert_tree(connection, &owner, &log.head)?, 0, None),
    };
    if size != signed(log.from_size) {
        return Err(StoreError::Clash(Clash::Lease));
    }
    let last = append_leaves(connection, tree, last, log)?;
    for upper in &log.upper {
        let number = signed(upper.index / TILE as u64);
        let parameters = params![tree, upper.level, number, upper.hash];
        statement(connection, UPPER)?.execute(parameters).map_err(from_sqlite)?;
    }
    write_head(connection, &owner, &log.head, last)
}

/// Full tiles at once, the rest leaf by leaf, each hanging on the one before it in its tile. The last one's place.
fn append_leaves(
    connection: &Connection,
    tree: i64,
    mut last: Option<i64>,
    log: &GrownLog,
) -> Result<Option<i64>, StoreError> {
    let mut size = log.from_size;
    let mut leaves = log.leaves.as_slice();
    while !leaves.is_empty() {
        let begun = usize::try_from(size % TILE as u64).expect("below 256");
        if begun + leaves.len() >= TILE {
            let (now, rest) = leaves.split_at(TILE - begun);
            let (mut places, mut hashes) = begun_tile(connection, last, begun)?;
            for leaf in now {
                places.extend_from_slice(&leaf.node_seq.to_be_bytes());
                hashes.extend_from_slice(&leaf.hash);
            }
            let parameters = params![tree, signed(size / TILE as u64), hashes, places];
            statement(connection, TILE_FULL)?.execute(parameters).map_err(from_sqlite)?;
            (last, leaves, size) = (None, rest, size + now.len() as u64);
        } else {
            for leaf in leaves {
                let at = signed(leaf.node_seq);
                statement(connection, LEAF)?.execute(params![at, last, leaf.hash]).map_err(from_sqlite)?;
                last = Some(at);
            }
            leaves = &[];
        }
    }
    Ok(last)
}

/// Places and hashes of the leaves of a tile that is not full, from its first on.
fn begun_tile(
    connection: &Connection,
    last: Option<i64>,
    count: usize,
) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
    let mut found = crate::read::log::hanging_on(connection, last, count)?;
    found.reverse();
    let places = found.iter().flat_map(|(place, _)| place.to_be_bytes()).collect();
    let hashes = found.iter().flat_map(|(_, hash)| *hash).collect();
    Ok((places, hashes))
}

/// Keeps signed heads, and lets the tree over them grow.
pub(super) fn keep_signed(
    connection: &Connection,
    fence: u64,
    heads: &[(OrganizationId, SignedHead)],
    system: &GrownSystemLog,
) -> Result<(), StoreError> {
    check_fence(connection, LeaseName::AuditLog, fence)?;
    let owner = owner_bytes(LogOwner::System);
    let size: Option<i64> = statement(connection, TREE)?
        .query_row(params![owner], |row| row.get(1))
        .optional()
        .map_err(from_sqlite)?;
    let lines = system.lines.len() as u64;
    if size.unwrap_or(0) != signed(system.from_size) || system.head.size != system.from_size + lines {
        return Err(StoreError::Clash(Clash::Lease));
    }
    if size.is_none() {
        insert_tree(connection, &owner, &system.head)?;
    }
    for (position, line) in (system.from_size..).zip(&system.lines) {
        statement(connection, LINE)?.execute(params![signed(position), line]).map_err(from_sqlite)?;
    }
    write_head(connection, &owner, &system.head, None)?;
    let heads = heads.iter().map(|(id, head)| (owner_bytes(LogOwner::Organization(*id)), head));
    for (owner, head) in heads.chain([(owner, &system.signed)]) {
        let parameters = params![owner, signed(head.size), head.note];
        statement(connection, SIGNED)?.execute(parameters).map_err(from_sqlite)?;
    }
    Ok(())
}

/// Forgets the oldest rows, as far as they were made before this time and have their leaves. Rows that do not decode
/// are as old as the ones before them.
pub(super) fn forget(connection: &Connection, before: Timestamp) -> Result<(), StoreError> {
    let mut oldest = statement(connection, OLDEST)?;
    let mut rows = oldest.query([FORGOTTEN_AT_ONCE]).map_err(from_sqlite)?;
    let mut upto = None;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let body: String = row.get(1).map_err(from_sqlite)?;
        let at = serde_json::from_str::<AuditRecord>(&body).ok().map(|record| record.at);
        if at.is_some_and(|at| at >= before) {
            break;
        }
        upto = Some(row.get::<_, i64>(0).map_err(from_sqlite)?);
    }
    let Some(upto) = upto else { return Ok(()) };
    for sql in [FORGET_RECORDS, FORGET_EVENTS] {
        statement(connection, sql)?.execute([upto]).map_err(from_sqlite)?;
    }
    let parameters = params![upto, before.unix_micros()];
    statement(connection, HORIZON)?.execute(parameters).map(drop).map_err(from_sqlite)
}

fn insert_tree(connection: &Connection, owner: &[u8], head: &LogHead) -> Result<i64, StoreError> {
    let parameters = params![owner, head.root];
    statement(connection, NEW_TREE)?.insert(parameters).map_err(from_sqlite)
}

fn write_head(
    connection: &Connection,
    owner: &[u8],
    head: &LogHead,
    last: Option<i64>,
) -> Result<(), StoreError> {
    let peaks = head.peaks.concat();
    let parameters = params![owner, signed(head.size), head.root, peaks, last];
    statement(connection, HEAD)?.execute(parameters).map(drop).map_err(from_sqlite)
}

fn statement<'a>(connection: &'a Connection, sql: &str) -> Result<CachedStatement<'a>, StoreError> {
    connection.prepare_cached(sql).map_err(from_sqlite)
}

const ORDER: &str = "SELECT node_seq FROM audit_order";

const ADVANCE: &str = "UPDATE audit_order SET node_seq = ?1";

/// Those that `erase` has marked; the record of the erasure is behind them, so the last row of all is none of them.
const DELETE_OF_ERASED: &str = "DELETE FROM audit
    WHERE credential = zeroblob(16) AND change = 1 AND node_seq > ?1 AND node_seq <= ?2";

const TREE: &str = "SELECT id, size, last FROM audit_tree WHERE owner = ?1";

const NEW_TREE: &str = "INSERT INTO audit_tree (owner, size, root, peaks) VALUES (?1, 0, ?2, x'')";

const HEAD: &str = "UPDATE audit_tree SET size = ?2, root = ?3, peaks = ?4, last = ?5 WHERE owner = ?1";

const LEAF: &str = "INSERT INTO audit_leaf (node_seq, previous, hash) VALUES (?1, ?2, ?3)";

const TILE_FULL: &str =
    "INSERT INTO audit_tile (tree, level, number, hashes, places) VALUES (?1, 0, ?2, ?3, ?4)";

const UPPER: &str = "INSERT INTO audit_tile (tree, level, number, hashes) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (tree, level, number) DO UPDATE SET hashes = CAST(hashes || excluded.hashes AS BLOB)";

const LINE: &str = "INSERT INTO audit_head (position, line) VALUES (?1, ?2)";

const SIGNED: &str = "INSERT INTO audit_signed_head (owner, size, note) VALUES (?1, ?2, ?3)
    ON CONFLICT (owner) DO UPDATE SET size = excluded.size, note = excluded.note";

/// The last row of all stays: the chain goes on from it.
const OLDEST: &str = "SELECT node_seq, body FROM audit
    WHERE node_seq > (SELECT node_seq FROM audit_horizon) AND node_seq <= (SELECT node_seq FROM audit_order)
        AND node_seq < (SELECT max(node_seq) FROM audit)
    ORDER BY node_seq LIMIT ?1";

/// Not the changes that a credential's history is made of.
const FORGET_RECORDS: &str = "DELETE FROM audit
    WHERE node_seq > (SELECT node_seq FROM audit_horizon) AND node_seq <= ?1 AND change = 0";

/// Not what a watcher can still go on from.
const FORGET_EVENTS: &str = "DELETE FROM event WHERE node_seq <= ?1
    AND node_seq <= (SELECT node_seq FROM event_order)
    AND node_seq NOT IN (SELECT node_seq FROM event_position WHERE node_seq <= ?1)";

const HORIZON: &str = "UPDATE audit_horizon SET node_seq = ?1, before = ?2";
