//! Integrations: one, by id or alias, and all of a workspace.

use rusqlite::{Connection, Row, params};
use strongroom_domain::Scope;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::ids::{IntegrationId, PrincipalId, WorkspaceId};
use strongroom_domain::integration::Integration;
use strongroom_store::{Page, Result, StoreError, StoredIntegration, StoredValue};

use super::question::{ids_of, many, one};
use crate::encoding::Columns;
use crate::error::Damaged;

/// With its current value, in one statement.
pub(crate) fn by_id(
    connection: &Connection,
    scope: &Scope,
    id: IntegrationId,
) -> Result<Option<StoredIntegration>> {
    let (organization, workspace) = ids_of(scope);
    let question = (BY_ID, params![organization, workspace, id.as_bytes()]);
    let found = one(connection, "integration", question, |row| Ok((integration(row)?, value(row))))?;
    let Some((integration, value)) = found else {
        return Ok(None);
    };
    match value {
        Ok(value) if value.value_version == integration.value_version => {
            Ok(Some(StoredIntegration { integration, value }))
        }
        _ => Err(StoreError::Corrupt("integration_value")),
    }
}

/// What a dialect knows by this id.
pub(crate) fn by_alias(
    connection: &Connection,
    scope: &Scope,
    dialect: Dialect,
    external: &str,
) -> Result<Option<IntegrationId>> {
    let (organization, workspace) = ids_of(scope);
    let question = (BY_ALIAS, params![organization, workspace, dialect.code(), external]);
    one(connection, "integration", question, |row| row.id("id", IntegrationId::from_bytes))
}

/// Oldest first.
pub(crate) fn all(
    connection: &Connection,
    scope: &Scope,
    page: Page<IntegrationId>,
) -> Result<Vec<Integration>> {
    // No id is lower than sixteen zeros, and no integration has that one: ids hold their time.
    let after = page.after.map_or([0; 16], |id| *id.as_bytes());
    let (organization, workspace) = ids_of(scope);
    many(connection, "integration", (ALL, params![organization, workspace, after]), page.limit, integration)
}

fn integration(row: &Row<'_>) -> std::result::Result<Integration, Damaged> {
    Ok(Integration {
        id: row.id("id", IntegrationId::from_bytes)?,
        aliases: row.json("aliases")?,
        workspace: row.id("workspace", WorkspaceId::from_bytes)?,
        kind: row.column("kind")?,
        name: row.text("name")?,
        settings: row.json("settings")?,
        secret_fields: row.json("secret_fields")?,
        version: row.count("version")?,
        value_version: row.count("value_version")?,
        created_by: row.id("created_by", PrincipalId::from_bytes)?,
        created_at: row.time("created_at")?,
        modified_by: row.id("modified_by", PrincipalId::from_bytes)?,
        modified_at: row.time("modified_at")?,
    })
}

fn value(row: &Row<'_>) -> std::result::Result<StoredValue, Damaged> {
    Ok(StoredValue {
        value_version: row.count("current_version")?,
        target_digest: row.column("target_digest")?,
        envelope: row.column("envelope")?,
        fingerprint: None,
        account_fingerprint: None,
    })
}

/// One without a current value is damaged, not absent: hence the outer join.
const BY_ID: &str = "SELECT i.*, v.value_version AS current_version, v.target_digest, v.envelope,
        (SELECT json_group_object(dialect, external) FROM alias WHERE integration = i.row) AS aliases
    FROM integration i LEFT JOIN integration_value v ON v.integration = i.row AND v.state = 'current'
    WHERE i.organization = ?1 AND i.workspace = ?2 AND i.id = ?3";

const BY_ALIAS: &str = "SELECT i.id FROM alias a JOIN integration i ON i.row = a.integration
    WHERE a.workspace = ?2 AND a.dialect = ?3 AND a.external = ?4 AND i.organization = ?1 AND i.workspace = ?2";

const ALL: &str = "SELECT i.id, i.*,
        (SELECT json_group_object(dialect, external) FROM alias WHERE integration = i.row) AS aliases
    FROM integration i WHERE i.organization = ?1 AND i.workspace = ?2 AND i.id > ?3 ORDER BY i.id";
