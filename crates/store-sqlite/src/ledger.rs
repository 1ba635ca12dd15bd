//! The audit log of a data folder as its rows have it, for whoever checks it from outside: also while a server holds the
//! folder, and on a copy.
//!
//! Believes nothing: it gives rows and says nothing about them. Must never write, and never hold a snapshot for longer
//! than a page: what the bounds of the beginning take in does not change any more, but for what retention removes.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, params};
use strongroom_domain::audit::AuditRecord;
use strongroom_domain::ids::{NodeId, OrganizationId, WorkspaceId};
use strongroom_domain::{Scope, Timestamp};
use strongroom_store::{LogHead, LogOwner, SignedHead};

use crate::OpenError;
use crate::encoding::signed;
use crate::inspect::open_as_it_is;
use crate::read::log::owner_bytes;
use crate::writer::{Filed, chained};

/// Leaves of a full tile.
const TILE: u64 = 256;

/// The log of one data folder.
pub struct Ledger {
    connection: Connection,
    bounds: Bounds,
}

/// How far the log went when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// The node whose rows these are.
    pub node: NodeId,
    /// The last row of the chain; 0 where there is none.
    pub last: u64,
    /// Records up to this row have their leaves.
    pub logged: u64,
    /// Rows up to this one may be gone by retention.
    pub horizon: u64,
    /// Records made before this time are those that may be gone; none where nothing was forgotten yet.
    pub forgotten_before: Option<Timestamp>,
    /// The tenants there are.
    pub organizations: Vec<OrganizationId>,
    /// The trees, by owner.
    pub trees: Vec<(LogOwner, LogHead)>,
    /// The signed heads, by owner.
    pub signed: Vec<(LogOwner, SignedHead)>,
}

/// What sort of row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    /// A record of an act.
    Record,
    /// A word to watchers.
    Event,
}

/// One row of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainRow {
    /// Its position.
    pub node_seq: u64,
    /// What it is.
    pub kind: RowKind,
    /// Where it was committed.
    pub scope: Scope,
    /// What it says the row before hashes to.
    pub previous: [u8; 32],
    /// As it is stored.
    pub body: String,
}

impl ChainRow {
    /// What the next row must say of this one (`writer::journal` has the bytes).
    pub fn digest(&self) -> [u8; 32] {
        let tag = match self.kind {
            RowKind::Record => b'A',
            RowKind::Event => b'E',
        };
        let (organization, workspace) = (self.scope.organization(), self.scope.workspace());
        let scope = [organization.as_bytes(), workspace.as_bytes()];
        chained(&self.previous, self.node_seq, tag, scope, &self.body)
    }
}

/// A leaf as the tiles have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedLeaf {
    /// The position of its record in the chain.
    pub node_seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

/// A record as a leaf finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// Whose it says it is.
    pub scope: Scope,
    /// As it is stored.
    pub body: String,
    /// The columns that it is found by, as they are.
    filed: (Option<Vec<u8>>, i64),
}

impl RecordRow {
    /// The record; none where the body is not one.
    pub fn decoded(&self) -> Option<AuditRecord> {
        serde_json::from_str(&self.body).ok()
    }

    /// Whether it is found under the credential, and as the sort of act, that its body tells of: histories are made
    /// by that, and no digest covers it.
    pub fn is_filed_as(&self, record: &AuditRecord) -> bool {
        let Filed { credential, is_change } = Filed::of(record);
        self.filed == (credential.map(|id| id.to_vec()), i64::from(is_change))
    }
}

impl Ledger {
    /// Opens the log of a data folder; `None` where there is no database, or one without audit trees yet.
    ///
    /// # Errors
    ///
    /// [`OpenError::Sqlite`] where it cannot be read.
    pub fn open(folder: &Path) -> Result<Option<Self>, OpenError> {
        let file = folder.join("strongroom.db");
        if fs::metadata(&file).is_err() {
            return Ok(None);
        }
        let connection = open_as_it_is(&file)?;
        let has_trees = "SELECT count(*) FROM sqlite_schema WHERE name = 'audit_order'";
        if connection.query_row(has_trees, [], |row| row.get::<_, i64>(0))? == 0 {
            return Ok(None);
        }
        let transaction = connection.unchecked_transaction()?;
        let bounds = bounds(&transaction)?;
        transaction.finish()?;
        Ok(Some(Self { connection, bounds }))
    }

    /// How far it goes.
    pub const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Rows of the chain above `after`, in order, inside the bounds.
    ///
    /// # Errors
    ///
    /// [`OpenError::Sqlite`].
    pub fn chain(&self, after: u64, limit: usize) -> Result<Vec<ChainRow>, OpenError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(CHAIN)?;
        let rows = statement
            .query_map(params![signed(after), signed(self.bounds.last), limit], chain_row)?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// Leaves of one tile of a tenant's tree as it is stored; fewer than asked for where rows are missing.
    ///
    /// # Errors
    ///
    /// [`OpenError::Sqlite`].
    pub fn tile(&self, owner: LogOwner, size: u64, number: u64) -> Result<Vec<PlacedLeaf>, OpenError> {
        let width = size.saturating_sub(number * TILE).min(TILE);
        let width = usize::try_from(width).unwrap_or_default();
        let owner = owner_bytes(owner);
        let full: Option<(Vec<u8>, Vec<u8>)> = self
            .connection
            .prepare_cached(FULL)?
            .query_row(params![owner, signed(number)], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let mut leaves = match full {
            Some((hashes, places)) => placed(&hashes, &places),
            None => self.unfinished(&owner)?,
        };
        leaves.truncate(width);
        Ok(leaves)
    }

    /// The hashes of one tile of a higher level, as it is stored; none where it is not there.
    ///
    /// # Errors
    ///
    /// [`OpenError::Sqlite`].
    pub fn upper(&self, owner: LogOwner, level: u8, number: u64) -> Result<Vec<[u8; 32]>, OpenError> {
        let parameters = params![owner_bytes(owner), level, signed(number)];
        let hashes: Option<Vec<u8>> =
            self.connection.prepare_cached(UPPER)?.query_row(parameters, |row| row.get(0)).optional()?;
        Ok(hashes.map(|hashes| hashes.as_chunks().0.to_vec()).unwrap_or_default())
    }

    /// A tree may have grown since: from the last leaf on back to the beginning of its tile.
    fn unfinished(&self, owner: &[u8]) -> Result<Vec<PlacedLeaf>, OpenError> {
        let sql = "SELECT last FROM audit_tree WHERE owner = ?1";
        let mut last: Option<i64> =
            self.connection.prepare_cached(sql)?.query_row([owner], |row| row.get(0)).optional()?.flatten();
        let mut statement = self.connection.prepare_cached(LEAF)?;
        let mut found = Vec::new();
        while let Some(at) = last
            && (found.len() as u64) < TILE
        {
            let row = statement.query_row([at], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let Some((previous, hash)) = row else { break };
            found.push(PlacedLeaf { node_seq: at.unsigned_abs(), hash });
            last = previous;
        }
        found.reverse();
        Ok(found)
    }

    /// The record at a place.
    ///
    /// # Errors
    ///
    /// [`OpenError::Sqlite`].
    pub fn record(&self, node_seq: u64) -> Result<Option<RecordRow>, OpenError> {
        let sql = "SELECT organization, workspace, body, credential, change FROM audit WHERE node_seq = ?1";
        let row = |row: &Row<'_>| {
            let filed = (row.get_ref(3)?.as_bytes_or_null()?.map(<[u8]>::to_vec), row.get(4)?);
            Ok(RecordRow { scope: scope(row, 0)?, body: text(row, 2)?, filed })
        };
        Ok(self.connection.prepare_cached(sql)?.query_row([signed(node_seq)], row).optional()?)
    }

    /// Lines of the tree over the heads, from one on.
    ///
    /// # Errors
    ///
    /// [`OpenError::Sqlite`].
    pub fn system_log(&self, from: u64, limit: usize) -> Result<Vec<String>, OpenError> {
        let sql = "SELECT line FROM audit_head WHERE position >= ?1 ORDER BY position LIMIT ?2";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(sql)?;
        let lines = statement.query_map(params![signed(from), limit], |row| text(row, 0))?;
        Ok(lines.collect::<Result<_, _>>()?)
    }
}

fn bounds(connection: &Connection) -> rusqlite::Result<Bounds> {
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let last = "SELECT max(coalesce((SELECT max(node_seq) FROM audit), 0),
        coalesce((SELECT max(node_seq) FROM event), 0))";
    let trees = "SELECT owner, size, root, peaks FROM audit_tree ORDER BY owner";
    let heads = "SELECT owner, size, note FROM audit_signed_head ORDER BY owner";
    Ok(Bounds {
        node: connection.query_row("SELECT id FROM node", [], |row| Ok(NodeId::from_bytes(row.get(0)?)))?,
        last: count(last)?.unsigned_abs(),
        logged: count("SELECT node_seq FROM audit_order")?.unsigned_abs(),
        horizon: count("SELECT node_seq FROM audit_horizon")?.unsigned_abs(),
        forgotten_before: connection.query_row(FORGOTTEN_BEFORE, [], |row| {
            Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp::from_unix_micros))
        })?,
        organizations: connection
            .prepare("SELECT id FROM organization")?
            .query_map([], |row| Ok(OrganizationId::from_bytes(row.get(0)?)))?
            .collect::<Result<_, _>>()?,
        trees: connection.prepare(trees)?.query_map([], tree)?.collect::<Result<_, _>>()?,
        signed: connection.prepare(heads)?.query_map([], signed_head)?.collect::<Result<_, _>>()?,
    })
}

fn tree(row: &Row<'_>) -> rusqlite::Result<(LogOwner, LogHead)> {
    let peaks: Vec<u8> = row.get(3)?;
    let head = LogHead {
        size: row.get::<_, i64>(1)?.unsigned_abs(),
        root: row.get(2)?,
        peaks: peaks.as_chunks().0.to_vec(),
    };
    Ok((owner(row)?, head))
}

fn signed_head(row: &Row<'_>) -> rusqlite::Result<(LogOwner, SignedHead)> {
    let head = SignedHead { size: row.get::<_, i64>(1)?.unsigned_abs(), note: text(row, 2)? };
    Ok((owner(row)?, head))
}

fn owner(row: &Row<'_>) -> rusqlite::Result<LogOwner> {
    let bytes: Vec<u8> = row.get(0)?;
    Ok(<[u8; 16]>::try_from(bytes)
        .map_or(LogOwner::System, |id| LogOwner::Organization(OrganizationId::from_bytes(id))))
}

fn chain_row(row: &Row<'_>) -> rusqlite::Result<ChainRow> {
    Ok(ChainRow {
        node_seq: row.get::<_, i64>(0)?.unsigned_abs(),
        kind: if row.get::<_, bool>(1)? { RowKind::Record } else { RowKind::Event },
        scope: scope(row, 2)?,
        previous: row.get(4)?,
        body: text(row, 5)?,
    })
}

fn scope(row: &Row<'_>, at: usize) -> rusqlite::Result<Scope> {
    Ok(Scope::new(OrganizationId::from_bytes(row.get(at)?), WorkspaceId::from_bytes(row.get(at + 1)?)))
}

/// What is no UTF-8 any more hashes to something else, and that is the finding.
fn text(row: &Row<'_>, at: usize) -> rusqlite::Result<String> {
    Ok(String::from_utf8_lossy(row.get_ref(at)?.as_bytes()?).into_owned())
}

fn placed(hashes: &[u8], places: &[u8]) -> Vec<PlacedLeaf> {
    let (hashes, places) = (hashes.as_chunks::<32>().0, places.as_chunks::<8>().0);
    let leaf = |(hash, place): (&[u8; 32], &[u8; 8])| PlacedLeaf {
        node_seq: u64::from_be_bytes(*place),
        hash: *hash,
    };
    hashes.iter().zip(places).map(leaf).collect()
}

const FORGOTTEN_BEFORE: &str = "SELECT iif(node_seq > 0, before, NULL) FROM audit_horizon";

const CHAIN: &str = "SELECT * FROM
        (SELECT * FROM (SELECT node_seq, 1, organization, workspace, previous, body FROM audit
            WHERE node_seq > ?1 AND node_seq <= ?2 ORDER BY node_seq LIMIT ?3)
        UNION ALL
        SELECT * FROM (SELECT node_seq, 0, organization, workspace, previous, body FROM event
            WHERE node_seq > ?1 AND node_seq <= ?2 ORDER BY node_seq LIMIT ?3))
    ORDER BY node_seq LIMIT ?3";

const FULL: &str = "SELECT t.hashes, t.places FROM audit_tile t JOIN audit_tree a ON a.id = t.tree
    WHERE a.owner = ?1 AND t.level = 0 AND t.number = ?2";

const UPPER: &str = "SELECT t.hashes FROM audit_tile t JOIN audit_tree a ON a.id = t.tree
    WHERE a.owner = ?1 AND t.level = ?2 AND t.number = ?3";

const LEAF: &str = "SELECT previous, hash FROM audit_leaf WHERE node_seq = ?1";
