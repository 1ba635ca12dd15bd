//! Events that have their positions, and how far the order of them has come.

use rusqlite::{Connection, Row, params};
use strongroom_domain::event::Event;
use strongroom_domain::ids::{NodeId, OrganizationId, WorkspaceId};
use strongroom_domain::{Scope, Timestamp};
use strongroom_store::{EventOrder, EventRange, Lease, LeaseName, PlacedEvent, Result};

use super::question::{ids_of, many, number, one};
use crate::encoding::{Columns, signed};
use crate::error::Damaged;

/// Of one workspace, above `after`.
pub(crate) fn of_workspace(
    connection: &Connection,
    scope: &Scope,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, Event)>> {
    let (organization, workspace) = ids_of(scope);
    let question = (OF_WORKSPACE, params![organization, workspace, signed(after)]);
    many(connection, "event", question, limit, |row| Ok((row.count("position")?, row.json("body")?)))
}

/// From where to where there are any. A workspace without events has no row.
pub(crate) fn range(connection: &Connection, scope: &Scope) -> Result<EventRange> {
    let (organization, workspace) = ids_of(scope);
    let question = (RANGE, params![organization, workspace]);
    let range = one(connection, "event_stream", question, |row| {
        Ok(EventRange { forgotten: row.count("forgotten")?, last: row.count("last")? })
    })?;
    Ok(range.unwrap_or_default())
}

/// Of every workspace, above the rank `after`.
pub(crate) fn placed(connection: &Connection, after: u64, limit: usize) -> Result<Vec<PlacedEvent>> {
    many(connection, "event", (PLACED, params![signed(after)]), limit, placed_event)
}

/// How far the order has come.
pub(crate) fn order(connection: &Connection) -> Result<EventOrder> {
    let order = one(connection, "event_order", (ORDER, []), |row| {
        Ok(EventOrder { last_rank: row.count("last")?, waiting: row.column("waiting")? })
    })?;
    Ok(order.unwrap_or_default())
}

/// Whether there is anything to forget.
pub(crate) fn oldest_is_before(connection: &Connection, before: Timestamp) -> Result<bool> {
    number(connection, OLDEST_IS_BEFORE, params![before.unix_micros()]).map(|is_before| is_before != 0)
}

/// Who has a lease, or had it last.
pub(crate) fn lease(connection: &Connection, name: LeaseName) -> Result<Option<Lease>> {
    let sql = "SELECT holder, fence, until FROM lease WHERE name = ?1";
    one(connection, "lease", (sql, params![name.as_str()]), |row| {
        Ok(Lease {
            holder: row.id("holder", NodeId::from_bytes)?,
            fence: row.count("fence")?,
            until: row.time("until")?,
        })
    })
}

fn placed_event(row: &Row<'_>) -> std::result::Result<PlacedEvent, Damaged> {
    let organization = row.id("organization", OrganizationId::from_bytes)?;
    let workspace = row.id("workspace", WorkspaceId::from_bytes)?;
    Ok(PlacedEvent {
        rank: row.count("node_seq")?,
        scope: Scope::new(organization, workspace),
        position: row.count("position")?,
        event: row.json("body")?,
    })
}

/// The scope stands on both sides: no row is reached by the join alone.
const OF_WORKSPACE: &str =
    "SELECT p.position, e.body FROM event_position p JOIN event e ON e.node_seq = p.node_seq
    WHERE p.organization = ?1 AND p.workspace = ?2 AND p.position > ?3
        AND e.organization = ?1 AND e.workspace = ?2 ORDER BY p.position";

const RANGE: &str =
    "SELECT workspace, forgotten, last FROM event_stream WHERE organization = ?1 AND workspace = ?2";

const PLACED: &str = "SELECT p.node_seq, p.organization, p.workspace, p.position, e.body
    FROM event_position p JOIN event e ON e.node_seq = p.node_seq
        AND e.organization = p.organization AND e.workspace = p.workspace
    WHERE p.node_seq > ?1 ORDER BY p.node_seq";

const ORDER: &str = "SELECT node_seq AS last,
        EXISTS (SELECT 1 FROM event e WHERE e.node_seq > event_order.node_seq) AS waiting
    FROM event_order";

const OLDEST_IS_BEFORE: &str = "SELECT EXISTS (SELECT 1 FROM event_position
    WHERE node_seq = (SELECT min(node_seq) FROM event_position) AND placed_at < ?1)";
