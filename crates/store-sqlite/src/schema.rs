//! Connections with their settings, and migrations.
//!
//! Owns every `PRAGMA` of the writer and the readers. Must never change a database that a newer release
//! wrote (CCR-12), nor one of another program.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use strongroom_domain::ids::NodeId;

use crate::OpenError;

/// `Srng`, in the header of the file: what `file(1)` and we recognise it by.
const APPLICATION_ID: i64 = 0x5372_6e67;

/// Before this release a checkpoint beside a writer could lose pages (the WAL-reset bug).
const _: () = assert!(rusqlite::ffi::SQLITE_VERSION_NUMBER >= 3_051_003);

/// In order; the position of one, counted from 1, is the schema version it makes.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_host_key_pins.sql"),
    include_str!("../migrations/0003_dialects.sql"),
    include_str!("../migrations/0004_event_positions.sql"),
    include_str!("../migrations/0005_integrations.sql"),
    include_str!("../migrations/0006_quotas_of_dialects.sql"),
    include_str!("../migrations/0007_grants.sql"),
    include_str!("../migrations/0008_audit_tree.sql"),
    include_str!("../migrations/0009_identities.sql"),
];

/// How long the writer waits for a reader during a checkpoint before it goes on and tries again later.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(50);

/// More than the statements there are, so that each is compiled once per connection.
const CACHED_STATEMENTS: usize = 128;

/// The one connection that writes, with the schema in place.
pub(crate) fn open_writer(file: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(file, flags)?;
    refuse_foreign(&connection, file)?;
    prepare(&connection)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA cell_size_check = ON;",
    )?;
    assert_settings(&connection)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// A connection that copies the log into the database and does nothing else.
pub(crate) fn open_ahead(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    // It waits for nobody.
    connection.busy_timeout(Duration::ZERO)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA trusted_schema = OFF;",
    )?;
    Ok(connection)
}

/// A connection that can only read.
pub(crate) fn open_reader(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    prepare(&connection)?;
    connection.execute_batch(
        "PRAGMA query_only = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA cell_size_check = ON;",
    )?;
    Ok(connection)
}

/// What both sorts have in common. A plan must not depend on what is bound (QPSG): otherwise SQLite may
/// compile a kept statement again for each new parameter, which costs more than running it.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(CHECKPOINT_PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// The node this database belongs to: `new` where it belongs to none yet.
pub(crate) fn node_of(connection: &Connection, new: NodeId) -> Result<NodeId, OpenError> {
    connection
        .execute("INSERT OR IGNORE INTO node (singleton, id) VALUES (1, ?1)", params![new.as_bytes()])?;
    let bytes = connection.query_row("SELECT id FROM node", [], |row| row.get(0))?;
    Ok(NodeId::from_bytes(bytes))
}

/// Whoever had a lease of this file is gone: the lock on the folder is ours. The fences stay.
pub(crate) fn end_leases(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE lease SET until = 0 WHERE until > 0", []).map(drop)
}

/// Before anything is written. A file without tables has neither number yet: it is new, or its first
/// migration did not end.
fn refuse_foreign(connection: &Connection, file: &Path) -> Result<(), OpenError> {
    let (application, version) = (number(connection, "application_id")?, number(connection, "user_version")?);
    let known = latest();
    let empty: bool = connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && !empty {
        return Err(OpenError::NotOurs { file: file.to_owned() });
    }
    if version > known { Err(OpenError::NewerSchema { found: version, known }) } else { Ok(()) }
}

/// `secure_delete` has a third state, FAST, that leaves old bytes on overflow pages (CATALOGUE 4.8); and
/// a build of SQLite may ignore a setting without a word.
fn assert_settings(connection: &Connection) -> Result<(), OpenError> {
    let journal: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if journal != "wal" {
        return Err(OpenError::Setting("journal_mode = WAL"));
    }
    if number(connection, "secure_delete")? != 1 {
        return Err(OpenError::Setting("secure_delete = ON"));
    }
    // Where temporary files cannot be kept off, memory would be a wish (SQLITE_TEMP_STORE=0).
    if number(connection, "temp_store")? != 2 {
        return Err(OpenError::Setting("temp_store = MEMORY"));
    }
    if number(connection, "synchronous")? != 2 {
        return Err(OpenError::Setting("synchronous = FULL"));
    }
    Ok(())
}

/// Each step and its version number are one transaction: after a crash the step is there or is not, and
/// the next start goes on from there.
fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let first = number(connection, "user_version")?;
    for (migration, version) in MIGRATIONS.iter().zip(1_i64..).skip_while(|(_, version)| *version <= first) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

pub(crate) fn latest() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("there are few migrations")
}

pub(crate) fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    fn writer(folder: &Path) -> Connection {
        let file = folder.join("test.db");
        std::fs::File::options().write(true).create(true).truncate(false).open(&file).unwrap();
        open_writer(&file).unwrap()
    }

    #[test]
    fn rem_01_secure_delete_is_on_and_anything_less_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let connection = writer(folder.path());
        assert_eq!(number(&connection, "secure_delete").unwrap(), 1);
        connection.execute_batch("PRAGMA secure_delete = FAST").unwrap();
        assert!(matches!(assert_settings(&connection), Err(OpenError::Setting("secure_delete = ON"))));
    }

    #[test]
    fn a_migrated_database_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        drop(writer(folder.path()));
        let connection = writer(folder.path());
        assert_eq!(number(&connection, "user_version").unwrap(), latest());
    }

    #[test]
    fn a_database_of_the_first_schema_is_carried_over_with_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        let old = Connection::open(&file).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        old.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1;"))
            .unwrap();
        let values = "zeroblob(16), zeroblob(16), zeroblob(16), 1, 1, NULL, 'unknown', NULL, 0, 'generic', NULL,
            NULL, NULL, 'fields', 'old', NULL, zeroblob(16), 0, zeroblob(16), 0, NULL, '[]', '{}', NULL, NULL, '{}'";
        old.execute_batch(&format!("INSERT INTO credential VALUES (1, {values})")).unwrap();
        drop(old);
        let connection = open_writer(&file).unwrap();
        let sql = "SELECT origin || annotations FROM credential WHERE name = 'old'";
        let kept: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "native{}");
    }

    #[test]
    fn the_node_of_a_new_database_stays() {
        let folder = tempfile::tempdir().unwrap();
        let connection = writer(folder.path());
        let first = NodeId::from_bytes([1; 16]);
        assert_eq!(node_of(&connection, first).unwrap(), first);
        assert_eq!(node_of(&connection, NodeId::from_bytes([2; 16])).unwrap(), first);
    }

    #[test]
    fn inp_08_no_statement_of_a_reader_can_write() {
        let folder = tempfile::tempdir().unwrap();
        drop(writer(folder.path()));
        let reader = open_reader(&folder.path().join("test.db")).unwrap();
        assert!(reader.execute("DELETE FROM node", []).is_err());
    }

    /// Where what is bound may decide about the plan, SQLite compiles a kept statement again and again.
    #[test]
    fn a_kept_statement_is_compiled_once() {
        let folder = tempfile::tempdir().unwrap();
        drop(writer(folder.path()));
        let reader = open_reader(&folder.path().join("test.db")).unwrap();
        let sql = "SELECT fingerprint FROM credential_value WHERE credential = ?1 AND state = ?2";
        for state in ["current", "previous", "candidate"] {
            let mut statement = reader.prepare_cached(sql).unwrap();
            assert!(!statement.exists(params![1, state]).unwrap());
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{state}");
        }
    }
}
