//! The order of events: who may give it, what is given, and what is forgotten of it.
//!
//! Must never place an event twice, leave one out, or give a position that was given before. Whoever calls
//! undoes all of it where a part fails.

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use strongroom_domain::Timestamp;
use strongroom_domain::ids::NodeId;
use strongroom_store::{Clash, LeaseName, StoreError};

use crate::encoding::signed;
use crate::error::from_sqlite;

/// Positions that are forgotten in one go: a bound on how long commits wait behind it.
const FORGOTTEN_AT_ONCE: i64 = 1_000;

/// Takes a lease or holds on to it; nothing where somebody else has it.
pub(super) fn lease(
    connection: &Connection,
    name: LeaseName,
    holder: NodeId,
    now: Timestamp,
    until: Timestamp,
) -> Result<(), StoreError> {
    let parameters = params![name.as_str(), holder.as_bytes(), now.unix_micros(), until.unix_micros()];
    statement(connection, LEASE)?.execute(parameters).map(drop).map_err(from_sqlite)
}

/// Gives positions to the events that wait, if the fence is still the one of the lease.
pub(super) fn place(
    connection: &Connection,
    fence: u64,
    at: Timestamp,
    limit: usize,
) -> Result<(), StoreError> {
    check_fence(connection, LeaseName::Sequencer, fence)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let upto: Option<i64> =
        statement(connection, UPTO)?.query_row([limit], |row| row.get(0)).map_err(from_sqlite)?;
    let Some(upto) = upto else { return Ok(()) };
    statement(connection, PLACE)?.execute(params![at.unix_micros(), upto]).map_err(from_sqlite)?;
    statement(connection, ADVANCE_STREAMS)?.execute([]).map_err(from_sqlite)?;
    statement(connection, ADVANCE_ORDER)?.execute([upto]).map(drop).map_err(from_sqlite)
}

/// Whether this is still the fence of that lease.
pub(super) fn check_fence(connection: &Connection, name: LeaseName, fence: u64) -> Result<(), StoreError> {
    let holds = statement(connection, FENCE)?
        .query_row(params![name.as_str()], |row| row.get::<_, i64>(0))
        .optional()
        .map_err(from_sqlite)?;
    if holds == Some(signed(fence)) { Ok(()) } else { Err(StoreError::Clash(Clash::Lease)) }
}

/// Forgets some of the oldest positions, as far as they were given before this time.
pub(super) fn forget(connection: &Connection, before: Timestamp) -> Result<(), StoreError> {
    for sql in [REMEMBER_FORGOTTEN, FORGET] {
        let parameters = params![before.unix_micros(), FORGOTTEN_AT_ONCE];
        statement(connection, sql)?.execute(parameters).map_err(from_sqlite)?;
    }
    Ok(())
}

fn statement<'a>(connection: &'a Connection, sql: &str) -> Result<CachedStatement<'a>, StoreError> {
    connection.prepare_cached(sql).map_err(from_sqlite)
}

/// On the right of `=` stand the values of before: the fence moves only when the holder does.
const LEASE: &str = "INSERT INTO lease (name, holder, fence, until) VALUES (?1, ?2, 1, ?4)
    ON CONFLICT (name) DO UPDATE SET holder = ?2, fence = iif(holder = ?2, fence, fence + 1), until = ?4
    WHERE holder = ?2 OR until <= ?3";

const FENCE: &str = "SELECT fence FROM lease WHERE name = ?1";

const UPTO: &str = "SELECT max(node_seq) FROM (SELECT node_seq FROM event
    WHERE node_seq > (SELECT node_seq FROM event_order) ORDER BY node_seq LIMIT ?1)";

/// Nobody watches an erased workspace: its events, which `erase` has marked, are passed over, and no stream of it begins
/// anew.
const PLACE: &str = "INSERT INTO event_position (node_seq, organization, workspace, position, placed_at)
    SELECT e.node_seq, e.organization, e.workspace,
        coalesce(s.last, 0)
            + row_number() OVER (PARTITION BY e.organization, e.workspace ORDER BY e.node_seq), ?1
    FROM event e
        LEFT JOIN event_stream s ON s.organization = e.organization AND s.workspace = e.workspace
    WHERE e.node_seq > (SELECT node_seq FROM event_order) AND e.node_seq <= ?2
        AND e.credential <> zeroblob(16)";

/// Those placed just now are the ones above the order, which follows last.
const ADVANCE_STREAMS: &str = "INSERT INTO event_stream (organization, workspace, last)
    SELECT organization, workspace, max(position) FROM event_position
    WHERE node_seq > (SELECT node_seq FROM event_order) GROUP BY organization, workspace
    ON CONFLICT (organization, workspace) DO UPDATE SET last = excluded.last";

const ADVANCE_ORDER: &str = "UPDATE event_order SET node_seq = ?1";

const REMEMBER_FORGOTTEN: &str = "UPDATE event_stream AS s SET forgotten = max(s.forgotten, f.position)
    FROM (SELECT organization, workspace, max(position) AS position
            FROM (SELECT * FROM event_position ORDER BY node_seq LIMIT ?2)
            WHERE placed_at < ?1 GROUP BY organization, workspace) AS f
    WHERE s.organization = f.organization AND s.workspace = f.workspace";

const FORGET: &str = "DELETE FROM event_position
    WHERE placed_at < ?1 AND node_seq IN (SELECT node_seq FROM event_position ORDER BY node_seq LIMIT ?2)";
