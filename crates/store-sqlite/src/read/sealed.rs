//! The walk over all sealed values, for the sweep that rewraps them.
//!
//! Must never leave one out: what this walk does not show, nobody keeps a key for. A table that gets a
//! column `envelope` and a way to write it is walked here too.

use rusqlite::{Connection, Row, params};
use strongroom_domain::Scope;
use strongroom_domain::ids::CredentialId;
use strongroom_store::{Page, Result, SealedPage, SealedValue, StoreError};

use super::question::{ids_of, past};
use crate::encoding::{Columns, signed};
use crate::error::{Damaged, from_sqlite};

/// In one statement, values of all three states.
pub(crate) fn page(connection: &Connection, scope: &Scope, page: Page) -> Result<SealedPage> {
    let (organization, workspace) = ids_of(scope);
    let after = past(page.after.as_ref().map(CredentialId::as_bytes));
    let mut statement = connection.prepare_cached(PAGE).map_err(from_sqlite)?;
    let parameters = params![organization, workspace, after, signed(page.limit as u64)];
    let mut rows = statement.query(parameters).map_err(from_sqlite)?;
    let (mut found, mut credentials, mut last) = (SealedPage::default(), 0, None);
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let id =
            row.id("id", CredentialId::from_bytes).map_err(|Damaged| StoreError::Corrupt("credential"))?;
        if last.replace(id) != Some(id) {
            credentials += 1;
        }
        match value(row, id) {
            Ok(Some(value)) => found.values.push(value),
            Ok(None) => {}
            Err(Damaged) => found.damaged.push(id),
        }
    }
    found.next = last.filter(|_| credentials == page.limit);
    Ok(found)
}

/// None where the credential has no value at all: then nothing is sealed.
fn value(row: &Row<'_>, credential: CredentialId) -> std::result::Result<Option<SealedValue>, Damaged> {
    if row.column::<Option<i64>>("value_version")?.is_none() {
        return Ok(None);
    }
    Ok(Some(SealedValue {
        credential,
        kind: row.column("kind")?,
        value_version: row.count("value_version")?,
        target_digest: row.column("target_digest")?,
        envelope: row.column("envelope")?,
    }))
}

/// Integrations are walked among the credentials, under the name that they are sealed by
/// (`domain::integration::sealed_as`). The limit counts credentials: no page ends between two values of one.
const PAGE: &str = "SELECT c.id, c.kind, coalesce(v.value_version, w.value_version) AS value_version,
        coalesce(v.target_digest, w.target_digest) AS target_digest, coalesce(v.envelope, w.envelope) AS envelope
    FROM (SELECT row, id, kind, FALSE AS is_shared FROM credential
          WHERE organization = ?1 AND workspace = ?2 AND id > ?3
          UNION ALL SELECT row, id, 'integration/' || kind, TRUE FROM integration
          WHERE organization = ?1 AND workspace = ?2 AND id > ?3 ORDER BY id LIMIT ?4) c
    LEFT JOIN credential_value v ON NOT c.is_shared AND v.credential = c.row
    LEFT JOIN integration_value w ON c.is_shared AND w.integration = c.row
    ORDER BY c.id, value_version";

#[cfg(test)]
mod tests {
    use crate::schema::open_writer;

    /// Whoever adds another such table teaches [`super::page`] to walk it: a sweep destroys the key of everything
    /// it does not see.
    #[test]
    fn every_table_with_envelopes_is_known_here() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        std::fs::File::create(&file).unwrap();
        let connection = open_writer(&file).unwrap();
        let sql = "SELECT m.name FROM sqlite_schema m, pragma_table_info(m.name) c
            WHERE m.type = 'table' AND c.name = 'envelope' ORDER BY m.name";
        let mut statement = connection.prepare(sql).unwrap();
        let tables: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(tables, ["credential_value", "integration_value"]);
    }
}
