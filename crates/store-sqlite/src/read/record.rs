//! What happened: audit records, the history of a credential.

use rusqlite::{Connection, Row, params};
use strongroom_domain::Scope;
use strongroom_domain::ids::{CredentialId, NodeId};
use strongroom_store::{AuditEntry, Result};

use super::question::{ids_of, many, number};
use crate::encoding::{Columns, signed};
use crate::error::Damaged;

/// Rows that one question about the audit table looks at. The table has no index by workspace, which
/// every resolve would pay for; a walk in steps of this many keeps each snapshot short.
const STEP: u64 = 20_000;

/// A stretch of the audit table, walked through for one workspace.
pub(crate) struct Stretch {
    /// What it has of the workspace, oldest first.
    pub(crate) entries: Vec<AuditEntry>,
    /// Where to go on; `None` at the end of the table.
    pub(crate) next: Option<u64>,
}

/// Records of the workspace above `after`, in one stretch.
pub(crate) fn audit(
    connection: &Connection,
    scope: &Scope,
    node: NodeId,
    after: u64,
    limit: usize,
) -> Result<Stretch> {
    let last = number(connection, "SELECT coalesce(max(node_seq), 0) FROM audit", [])?;
    let end = after.saturating_add(STEP);
    let (organization, workspace) = ids_of(scope);
    let question = (AUDIT, params![organization, workspace, signed(after), signed(end)]);
    let entries = many(connection, "audit", question, limit, |row| entry(node, row))?;
    Ok(Stretch { entries, next: (end < last).then_some(end) })
}

/// Records of changes of one credential, newest first.
pub(crate) fn history(
    connection: &Connection,
    scope: &Scope,
    node: NodeId,
    (id, before): (CredentialId, Option<u64>),
    limit: usize,
) -> Result<Vec<AuditEntry>> {
    let (organization, workspace) = ids_of(scope);
    let before = before.map_or(i64::MAX, signed);
    let question = (HISTORY, params![organization, workspace, id.as_bytes(), before]);
    many(connection, "audit", question, limit, |row| entry(node, row))
}

fn entry(node: NodeId, row: &Row<'_>) -> std::result::Result<AuditEntry, Damaged> {
    Ok(AuditEntry { node, node_seq: row.count("node_seq")?, record: row.json("body")? })
}

const AUDIT: &str = "SELECT node_seq, body FROM audit
    WHERE node_seq > ?3 AND node_seq <= ?4 AND organization = ?1 AND workspace = ?2 ORDER BY node_seq";

const HISTORY: &str = "SELECT node_seq, body FROM audit
    WHERE credential = ?3 AND change = 1 AND node_seq < ?4 AND organization = ?1 AND workspace = ?2
    ORDER BY node_seq DESC";
