//! The rows that tell what happened: audit records and events, in one sequence and one hash chain.
//!
//! Owns positions and `previous`. Must never give a position twice, nor leave one out that was written:
//! whoever rolls back a commit sets the journal back with it.
//!
//! `previous` of the first row is 32 zero bytes; that of every other row is the SHA-256 of the row
//! before: its own `previous`, position (8 bytes, big endian), `A` for an audit record or `E` for an
//! event, organization, workspace, body.

use aws_lc_rs::digest::{Context, SHA256};
use rusqlite::{Connection, OptionalExtension, Row, params};
use strongroom_domain::Scope;
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::event::Event;
use strongroom_store::{Commit, Housekeeping};

use crate::encoding::{json, signed};

/// An audit record or event, encoded by the caller's task: the writer only counts, hashes and inserts.
#[derive(Debug)]
pub(super) enum Entry {
    /// A record of an act.
    Audit { filed: Filed, body: String },
    /// A word to watchers.
    Event { credential: [u8; 16], body: String },
}

/// Under what a record is found: columns beside its body, which say nothing that it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filed {
    /// The credential that it is about.
    pub(crate) credential: Option<[u8; 16]>,
    /// Whether it belongs to that one's history.
    pub(crate) is_change: bool,
}

impl Filed {
    pub(crate) fn of(record: &AuditRecord) -> Self {
        let credential = match record.object {
            AuditObject::Credential(id) => Some(*id.as_bytes()),
            AuditObject::Credentials
            | AuditObject::Integration(_)
            | AuditObject::Integrations
            | AuditObject::Workspace(_)
            | AuditObject::Token(_)
            | AuditObject::Organization(_) => None,
        };
        let changes =
            matches!(record.action, AuditAction::Create | AuditAction::Change | AuditAction::Delete);
        Self { credential, is_change: changes && record.outcome == AuditOutcome::Succeeded }
    }
}

impl Entry {
    /// All of a commit, records first.
    pub(super) fn all_of(commit: &Commit) -> Vec<Self> {
        let records = commit.audit().iter().map(Self::of_record);
        records.chain(commit.events().iter().map(Self::of_event)).collect()
    }

    /// Of a task that tells watchers something.
    pub(super) fn of_task(task: &Housekeeping) -> Option<Self> {
        match task {
            Housekeeping::Health { event, .. } => event.as_ref().map(Self::of_event),
            _ => None,
        }
    }

    fn of_record(record: &AuditRecord) -> Self {
        Self::Audit { filed: Filed::of(record), body: json(record) }
    }

    fn of_event(event: &Event) -> Self {
        Self::Event { credential: *event.credential.as_bytes(), body: json(event) }
    }

    const fn tag(&self) -> u8 {
        match self {
            Self::Audit { .. } => b'A',
            Self::Event { .. } => b'E',
        }
    }

    fn body(&self) -> &str {
        match self {
            Self::Audit { body, .. } | Self::Event { body, .. } => body,
        }
    }
}

/// Where the sequence stands. A copy taken before a commit is what rolling back returns to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Journal {
    last: u64,
    digest: [u8; 32],
}

impl Journal {
    /// From the last row of either table.
    pub(super) fn restore(connection: &Connection) -> rusqlite::Result<Self> {
        let last = connection
            .query_row(
                "SELECT node_seq, 65 AS tag, organization, workspace, previous, body FROM
                     (SELECT * FROM audit ORDER BY node_seq DESC LIMIT 1)
                 UNION ALL
                 SELECT node_seq, 69 AS tag, organization, workspace, previous, body FROM
                     (SELECT * FROM event ORDER BY node_seq DESC LIMIT 1)
                 ORDER BY node_seq DESC LIMIT 1",
                [],
                Self::after,
            )
            .optional()?;
        Ok(last.unwrap_or(Self { last: 0, digest: [0; 32] }))
    }

    fn after(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (position, tag, body): (i64, u8, String) = (row.get(0)?, row.get(1)?, row.get(5)?);
        let last = position.unsigned_abs();
        let digest = digest(&row.get(4)?, last, tag, [&row.get(2)?, &row.get(3)?], &body);
        Ok(Self { last, digest })
    }

    /// Writes one row at the next position.
    pub(super) fn append(
        &mut self,
        connection: &Connection,
        scope: &Scope,
        entry: &Entry,
    ) -> rusqlite::Result<()> {
        let position = self.last + 1;
        let (organization, workspace) = (scope.organization(), scope.workspace());
        let (organization, workspace) = (organization.as_bytes(), workspace.as_bytes());
        let at = signed(position);
        match entry {
            Entry::Audit { filed: Filed { credential, is_change }, body } => connection
                .prepare_cached(INSERT_AUDIT)?
                .execute(params![at, organization, workspace, credential, is_change, self.digest, body])?,
            Entry::Event { credential, body } => connection
                .prepare_cached(INSERT_EVENT)?
                .execute(params![at, organization, workspace, credential, self.digest, body])?,
        };
        let digest = digest(&self.digest, position, entry.tag(), [organization, workspace], entry.body());
        *self = Self { last: position, digest };
        Ok(())
    }
}

const INSERT_AUDIT: &str = "INSERT INTO audit
    (node_seq, organization, workspace, credential, change, previous, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const INSERT_EVENT: &str = "INSERT INTO event
    (node_seq, organization, workspace, credential, previous, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// What the row after says of this one.
pub(crate) fn digest(
    previous: &[u8; 32],
    position: u64,
    tag: u8,
    scope: [&[u8; 16]; 2],
    body: &str,
) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(previous);
    context.update(&position.to_be_bytes());
    context.update(&[tag]);
    for id in scope {
        context.update(id);
    }
    context.update(body.as_bytes());
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}
