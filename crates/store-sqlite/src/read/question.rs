//! How a question is asked: one statement, its parameters, and what a row of the answer is.
//!
//! Owns what happens to rows that do not decode. Must never let one of them stop the others.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params, Row};
use strongroom_domain::Scope;
use strongroom_store::{Result, StoreError};

use crate::error::{Damaged, from_sqlite};

type Decoded<T> = std::result::Result<T, Damaged>;

/// Organization and workspace as parameters, in this order: they are in every `WHERE`.
pub(super) fn ids_of(scope: &Scope) -> ([u8; 16], [u8; 16]) {
    (*scope.organization().as_bytes(), *scope.workspace().as_bytes())
}

/// What the next ids are greater than: every id is greater than nothing.
pub(super) fn past(after: Option<&[u8; 16]>) -> &[u8] {
    after.map_or(&[], |id| id.as_slice())
}

/// The one row of the answer, where there is one.
pub(super) fn one<T>(
    connection: &Connection,
    table: &'static str,
    (sql, parameters): (&str, impl Params),
    decode: impl FnOnce(&Row<'_>) -> Decoded<T>,
) -> Result<Option<T>> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query(parameters).map_err(from_sqlite)?;
    let Some(row) = rows.next().map_err(from_sqlite)? else {
        return Ok(None);
    };
    decode(row).map(Some).map_err(|Damaged| StoreError::Corrupt(table))
}

/// Rows that decode, up to `limit` of them. One that does not harms only itself: it is left out, and the
/// log says which it was; the others move up, so that a short list still means the end.
pub(super) fn many<T>(
    connection: &Connection,
    table: &'static str,
    (sql, parameters): (&str, impl Params),
    limit: usize,
    decode: impl Fn(&Row<'_>) -> Decoded<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query(parameters).map_err(from_sqlite)?;
    let mut found = Vec::new();
    while found.len() < limit {
        let Some(row) = rows.next().map_err(from_sqlite)? else { break };
        match decode(row) {
            Ok(item) => found.push(item),
            Err(Damaged) => {
                tracing::error!(table, record = %key_of(row), "a record does not decode and is left out");
            }
        }
    }
    Ok(found)
}

/// A count: always one row.
pub(super) fn number(connection: &Connection, sql: &str, parameters: impl Params) -> Result<u64> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let number: i64 = statement.query_row(parameters, |row| row.get(0)).map_err(from_sqlite)?;
    Ok(number.unsigned_abs())
}

/// The first column of every list is its key: an id, or a position.
fn key_of(row: &Row<'_>) -> String {
    match row.get_ref(0) {
        Ok(ValueRef::Integer(position)) => position.to_string(),
        Ok(ValueRef::Blob(id)) => hex(id),
        _ => "unknown".to_owned(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        text.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('?')));
        text
    })
}
