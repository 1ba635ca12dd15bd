//! A look at a data folder from outside, for the operator's doctor: also while a server holds it.
//!
//! Must never write: not a row, not a migration.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use strongroom_domain::Timestamp;
use strongroom_domain::audit::AuditRecord;

use crate::OpenError;
use crate::schema::{self, open_reader};

/// A database up to this size is read whole; a larger one would hold up the scrub of a running server.
const READ_WHOLE: u64 = 512 * 1024 * 1024;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The schema version of the data.
    pub schema: i64,
    /// The newest schema version of this binary.
    pub known: i64,
    /// Bytes of the database and of its log.
    pub sizes: (u64, u64),
    /// What SQLite says is wrong with the file; `None` where it is too large to be read here.
    pub faults: Option<Vec<String>>,
    /// The ids of the root keys that wrap stored keys, as the key table names them.
    pub roots: Vec<String>,
    /// When the last act was recorded.
    pub last_record: Option<Timestamp>,
}

/// Looks at the database of a data folder; `None` where there is none.
///
/// # Errors
///
/// [`OpenError::Sqlite`] where it cannot be read.
pub fn inspect(folder: &Path) -> Result<Option<Inspection>, OpenError> {
    let file = folder.join("strongroom.db");
    let Ok(metadata) = fs::metadata(&file) else { return Ok(None) };
    let connection = open_as_it_is(&file)?;
    let log = fs::metadata(folder.join("strongroom.db-wal")).map_or(0, |log| log.len());
    let schema = schema::number(&connection, "user_version")?;
    if schema == 0 {
        return Ok(None);
    }
    let faults = if metadata.len() <= READ_WHOLE { Some(faults(&connection)?) } else { None };
    Ok(Some(Inspection {
        schema,
        known: schema::latest(),
        sizes: (metadata.len(), log),
        faults,
        roots: roots(&connection)?,
        last_record: last_record(&connection)?,
    }))
}

/// Opens a database to be looked at. A reader makes log and index where there are none; nobody writes to a database
/// without a log.
pub(crate) fn open_as_it_is(file: &Path) -> rusqlite::Result<Connection> {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    if fs::metadata(log).is_ok() { open_reader(file) } else { open_at_rest(file) }
}

/// Leaves no file behind (sqlite.org/uri.html, `immutable`).
fn open_at_rest(file: &Path) -> rusqlite::Result<Connection> {
    let escape = |byte: u8| match byte {
        b'%' | b'?' | b'#' => format!("%{byte:02x}"),
        byte => char::from(byte).to_string(),
    };
    let path = file.to_str().ok_or_else(|| rusqlite::Error::InvalidPath(file.to_owned()))?;
    let path: String =
        path.chars().map(|letter| u8::try_from(letter).map_or(letter.to_string(), escape)).collect();
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let slashes = if file.is_absolute() { "//" } else { "" };
    Connection::open_with_flags(format!("file:{slashes}{path}?immutable=1"), flags)
}

/// Structure of every page and index; not the content of rows.
fn faults(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA quick_check(5)")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

fn roots(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT DISTINCT substr(wrapped_by, 6) FROM key WHERE wrapped_by LIKE 'root:%' ORDER BY 1";
    connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}

fn last_record(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let sql = "SELECT body FROM audit ORDER BY node_seq DESC LIMIT 1";
    let body: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(body.and_then(|body| serde_json::from_str::<AuditRecord>(&body).ok()).map(|record| record.at))
}
