//! Organizations, workspaces, keys, remembered answers.

use rusqlite::{Connection, Row, params};
use strongroom_domain::ids::{OrganizationId, PrincipalId, WorkspaceId};
use strongroom_domain::text::Slug;
use strongroom_domain::{Scope, Timestamp};
use strongroom_store::{
    HostKeyPin, IdempotencyKey, IdempotencyRow, KeyOwner, KeyRow, OrganizationRow, Result, WorkspaceRow,
};

use super::question::{ids_of, many, one, past};
use crate::encoding::{Columns, signed};
use crate::error::Damaged;
use crate::writer::owner_bytes;

/// The workspace of the scope.
pub(crate) fn workspace(connection: &Connection, scope: &Scope) -> Result<Option<WorkspaceRow>> {
    let sql = "SELECT * FROM workspace WHERE organization = ?1 AND id = ?2";
    let (organization, workspace) = ids_of(scope);
    one(connection, "workspace", (sql, params![organization, workspace]), workspace_row)
}

/// The workspace of the organization with this slug.
pub(crate) fn workspace_with_slug(
    connection: &Connection,
    organization: OrganizationId,
    slug: &Slug,
) -> Result<Option<WorkspaceId>> {
    let sql = "SELECT id FROM workspace WHERE organization = ?1 AND slug = ?2";
    let question = (sql, params![organization.as_bytes(), slug.as_str()]);
    one(connection, "workspace", question, |row| row.id("id", WorkspaceId::from_bytes))
}

/// Every workspace of one organization, oldest first.
pub(crate) fn workspaces(connection: &Connection, organization: OrganizationId) -> Result<Vec<WorkspaceRow>> {
    let sql = "SELECT id AS key, * FROM workspace WHERE organization = ?1 ORDER BY id";
    many(connection, "workspace", (sql, [organization.as_bytes()]), usize::MAX, workspace_row)
}

/// One organization.
pub(crate) fn organization(connection: &Connection, id: OrganizationId) -> Result<Option<OrganizationRow>> {
    let sql = "SELECT * FROM organization WHERE id = ?1";
    one(connection, "organization", (sql, [id.as_bytes()]), organization_row)
}

/// Organizations, oldest first.
pub(crate) fn organizations(
    connection: &Connection,
    after: Option<OrganizationId>,
    limit: usize,
) -> Result<Vec<OrganizationRow>> {
    let sql = "SELECT * FROM organization WHERE id > ?1 ORDER BY id";
    many(
        connection,
        "organization",
        (sql, [past(after.as_ref().map(OrganizationId::as_bytes))]),
        limit,
        organization_row,
    )
}

fn organization_row(row: &Row<'_>) -> std::result::Result<OrganizationRow, Damaged> {
    Ok(OrganizationRow {
        id: row.id("id", OrganizationId::from_bytes)?,
        slug: row.text("slug")?,
        name: row.text("name")?,
        created_at: row.time("created_at")?,
    })
}

/// Keys of one owner, oldest epoch first.
pub(crate) fn keys(connection: &Connection, owner: KeyOwner) -> Result<Vec<KeyRow>> {
    let sql = "SELECT * FROM key WHERE owner = ?1 ORDER BY epoch, purpose";
    many(connection, "key", (sql, [owner_bytes(owner)]), usize::MAX, |row| {
        Ok(KeyRow {
            owner,
            purpose: row.column("purpose")?,
            epoch: row.column("epoch")?,
            key_id: row.column("key_id")?,
            wrapped_by: row.column("wrapped_by")?,
            blob: row.column("blob")?,
            created_at: row.time("created_at")?,
        })
    })
}

/// Organizations with keys of one purpose that are of several epochs, or old.
pub(crate) fn with_old_keys(
    connection: &Connection,
    purpose: &str,
    made_by: Timestamp,
    after: Option<OrganizationId>,
    limit: usize,
) -> Result<Vec<OrganizationId>> {
    let parameters =
        params![purpose, made_by.unix_micros(), past(after.as_ref().map(OrganizationId::as_bytes))];
    many(connection, "key", (WITH_OLD_KEYS, parameters), limit, |row| {
        row.id("owner", OrganizationId::from_bytes)
    })
}

/// The pin of one endpoint.
pub(crate) fn host_key_pin(
    connection: &Connection,
    scope: &Scope,
    endpoint: &str,
) -> Result<Option<HostKeyPin>> {
    let sql = "SELECT * FROM host_key_pin WHERE organization = ?1 AND workspace = ?2 AND endpoint = ?3";
    let (organization, workspace) = ids_of(scope);
    one(connection, "host_key_pin", (sql, params![organization, workspace, endpoint]), host_key_pin_row)
}

/// Pins by endpoint, behind `after`.
pub(crate) fn host_key_pins(
    connection: &Connection,
    scope: &Scope,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<HostKeyPin>> {
    // No endpoint is empty, so every one is behind nothing.
    let sql = "SELECT endpoint, * FROM host_key_pin
        WHERE organization = ?1 AND workspace = ?2 AND endpoint > ?3 ORDER BY endpoint LIMIT ?4";
    let (organization, workspace) = ids_of(scope);
    let parameters = params![organization, workspace, after.unwrap_or_default(), signed(limit as u64)];
    many(connection, "host_key_pin", (sql, parameters), limit, host_key_pin_row)
}

fn host_key_pin_row(row: &Row<'_>) -> std::result::Result<HostKeyPin, Damaged> {
    Ok(HostKeyPin {
        endpoint: row.column("endpoint")?,
        key: row.column("key")?,
        pinned_by: row.id("pinned_by", PrincipalId::from_bytes)?,
        pinned_at: row.time("pinned_at")?,
    })
}

/// The answer under this key, unless it was made before `since`.
pub(crate) fn idempotency(
    connection: &Connection,
    scope: &Scope,
    key: &IdempotencyKey,
    since: Timestamp,
) -> Result<Option<IdempotencyRow>> {
    let (organization, workspace) = ids_of(scope);
    let (principal, at_least) = (key.principal.as_bytes(), since.unix_micros());
    let parameters = params![organization, workspace, principal, key.route, key.key, at_least];
    one(connection, "idempotency", (IDEMPOTENCY, parameters), idempotency_row)
}

fn workspace_row(row: &Row<'_>) -> std::result::Result<WorkspaceRow, Damaged> {
    Ok(WorkspaceRow {
        id: row.id("id", WorkspaceId::from_bytes)?,
        slug: row.text("slug")?,
        name: row.text("name")?,
        settings: row.json("settings")?,
        version: row.count("version")?,
        created_at: row.time("created_at")?,
    })
}

fn idempotency_row(row: &Row<'_>) -> std::result::Result<IdempotencyRow, Damaged> {
    Ok(IdempotencyRow {
        key: IdempotencyKey {
            principal: row.id("principal", PrincipalId::from_bytes)?,
            route: row.column("route")?,
            key: row.column("key")?,
        },
        body_mac: row.column("body_mac")?,
        answer: row.column("answer")?,
        created_at: row.time("created_at")?,
    })
}

const IDEMPOTENCY: &str = "SELECT * FROM idempotency
    WHERE organization = ?1 AND workspace = ?2 AND principal = ?3 AND route = ?4 AND key = ?5
        AND created_at >= ?6";

/// The key of the table has all but the time.
const WITH_OLD_KEYS: &str = "SELECT owner FROM key WHERE owner > ?3 AND purpose = ?1
    GROUP BY owner HAVING count(*) > 1 OR max(created_at) <= ?2 ORDER BY owner";
