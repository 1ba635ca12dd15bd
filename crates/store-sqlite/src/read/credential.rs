//! One credential: by id, by slug, by fingerprint.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};
use strongroom_domain::Scope;
use strongroom_domain::credential::{Credential, Owner};
use strongroom_domain::dialect::{Dialect, Foreign};
use strongroom_domain::health::Health;
use strongroom_domain::ids::{CredentialId, IntegrationId, PrincipalId, WorkspaceId};
use strongroom_domain::integration::Shared;
use strongroom_domain::text::Slug;
use strongroom_store::{Fingerprint, Result, StoreError, StoredCredential, StoredValue};

use super::question::{ids_of, many, one};
use crate::encoding::Columns;
use crate::error::Damaged;

/// With its current value, in one statement: nobody sees the parts of two values.
pub(crate) fn by_id(
    connection: &Connection,
    scope: &Scope,
    id: CredentialId,
) -> Result<Option<StoredCredential>> {
    let (organization, workspace) = ids_of(scope);
    let question = (BY_ID.as_str(), params![organization, workspace, id.as_bytes()]);
    // The value may be damaged while the rest is not: the error names the table.
    let parts = |row: &Row<'_>| Ok((credential(row)?, shared(row)?, value(row)));
    let Some((credential, shared, value)) = one(connection, "credential", question, parts)? else {
        return Ok(None);
    };
    match value {
        Ok(value) if value.value_version == credential.value_version => {
            Ok(Some(StoredCredential { credential, value, shared }))
        }
        _ => Err(StoreError::Corrupt("credential_value")),
    }
}

/// A slug is unique in its workspace.
pub(crate) fn by_slug(connection: &Connection, scope: &Scope, slug: &Slug) -> Result<Option<CredentialId>> {
    let (organization, workspace) = ids_of(scope);
    let question = (BY_SLUG, params![organization, workspace, slug.as_str()]);
    one(connection, "credential", question, |row| row.id("id", CredentialId::from_bytes))
}

/// Oldest first, at most ten.
pub(crate) fn by_fingerprint(
    connection: &Connection,
    scope: &Scope,
    fingerprint: Fingerprint,
    except: Option<CredentialId>,
) -> Result<Vec<CredentialId>> {
    let (organization, workspace) = ids_of(scope);
    let except = except.map(|id| *id.as_bytes());
    let (sql, fingerprint) = match fingerprint {
        Fingerprint::Whole(fingerprint) => (BY_FINGERPRINT, fingerprint),
        Fingerprint::Account(fingerprint) => (BY_ACCOUNT, fingerprint),
    };
    let question = (sql, params![organization, workspace, fingerprint, except]);
    many(connection, "credential", question, 10, |row| row.id("id", CredentialId::from_bytes))
}

/// What a dialect knows by this id.
pub(crate) fn by_alias(
    connection: &Connection,
    scope: &Scope,
    dialect: Dialect,
    external: &str,
) -> Result<Option<CredentialId>> {
    let (organization, workspace) = ids_of(scope);
    let question = (BY_ALIAS, params![organization, workspace, dialect.code(), external]);
    one(connection, "credential", question, |row| row.id("id", CredentialId::from_bytes))
}

/// The public part, from a row that begins with what [`SELECTED`] names.
pub(crate) fn credential(row: &Row<'_>) -> std::result::Result<Credential, Damaged> {
    Ok(Credential {
        id: row.id(const { at("id") }, CredentialId::from_bytes)?,
        workspace: row.id(const { at("workspace") }, WorkspaceId::from_bytes)?,
        kind: row.column(const { at("kind") })?,
        method: row.column(const { at("method") })?,
        name: row.text(const { at("name") })?,
        slug: row.text_or_none(const { at("slug") })?,
        description: row.text_or_none(const { at("description") })?,
        settings: row.json(const { at("settings") })?,
        secret_fields: row.json(const { at("secret_fields") })?,
        labels: row.json(const { at("labels") })?,
        owner: match row.text_or_none(const { at("end_user") })? {
            None => Owner::Workspace,
            Some(id) => Owner::EndUser { id },
        },
        integration: row
            .column::<Option<[u8; 16]>>(const { at("integration") })?
            .map(IntegrationId::from_bytes),
        expires_at: row.time_or_none(const { at("expires_at") })?,
        version: row.count(const { at("version") })?,
        value_version: row.count(const { at("value_version") })?,
        health: Health {
            status: row.named(const { at("health_status") })?,
            reason: row.named_or_none(const { at("health_reason") })?,
            since: row.time(const { at("health_since") })?,
        },
        verification: row.json_or_none(const { at("verification") })?,
        accepted: row.json_or_none(const { at("accepted") })?,
        created_by: row.id(const { at("created_by") }, PrincipalId::from_bytes)?,
        created_at: row.time(const { at("created_at") })?,
        modified_by: row.id(const { at("modified_by") }, PrincipalId::from_bytes)?,
        modified_at: row.time(const { at("modified_at") })?,
        foreign: Foreign {
            origin: row.text(const { at("origin") })?,
            aliases: row.json(COLUMNS.len())?,
            annotations: row.json(const { at("annotations") })?,
        },
    })
}

/// What the integration gives, where there is one.
fn shared(row: &Row<'_>) -> std::result::Result<Option<Shared>, Damaged> {
    let Some(settings) = row.json_or_none(AFTER_PUBLIC + 5)? else { return Ok(None) };
    let (version, kind) = (row.count(AFTER_PUBLIC + 6)?, row.column(AFTER_PUBLIC + 7)?);
    Ok(Some(Shared { version, kind, settings }))
}

/// What follows the public part.
fn value(row: &Row<'_>) -> std::result::Result<StoredValue, Damaged> {
    Ok(StoredValue {
        value_version: row.count(AFTER_PUBLIC)?,
        target_digest: row.column(AFTER_PUBLIC + 1)?,
        envelope: row.column(AFTER_PUBLIC + 2)?,
        fingerprint: row.column(AFTER_PUBLIC + 3)?,
        account_fingerprint: row.column(AFTER_PUBLIC + 4)?,
    })
}

/// What a credential is read from, in this order wherever one is read: rusqlite finds a column by comparing
/// names, which for these would cost more than the rest of the question.
const COLUMNS: [&str; 26] = [
    "id",
    "workspace",
    "kind",
    "method",
    "name",
    "slug",
    "description",
    "settings",
    "secret_fields",
    "labels",
    "end_user",
    "integration",
    "expires_at",
    "version",
    "value_version",
    "health_status",
    "health_reason",
    "health_since",
    "verification",
    "accepted",
    "created_by",
    "created_at",
    "modified_by",
    "modified_at",
    "origin",
    "annotations",
];

/// What comes after them and the aliases.
const AFTER_PUBLIC: usize = COLUMNS.len() + 1;

/// They and the aliases as the beginning of a statement, for a table that is called `c` there.
pub(super) static SELECTED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT c.{}, (SELECT json_group_object(dialect, external) FROM alias WHERE credential = c.row)",
        COLUMNS.join(", c.")
    )
});

/// The position of a column, found when this is compiled.
const fn at(name: &str) -> usize {
    let mut position = 0;
    while !is_same(COLUMNS[position].as_bytes(), name.as_bytes()) {
        position += 1;
    }
    position
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut position = 0;
    while position < one.len() && position < other.len() && one[position] == other[position] {
        position += 1;
    }
    position == one.len() && position == other.len()
}

/// A credential without a current value is damaged, not absent: hence the outer join.
static BY_ID: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{}, v.value_version, v.target_digest, v.envelope, v.fingerprint, v.account_fingerprint,
            i.settings, i.version, i.kind
        FROM credential c LEFT JOIN credential_value v ON v.credential = c.row AND v.state = 'current'
            LEFT JOIN integration i
                ON i.id = c.integration AND i.organization = c.organization AND i.workspace = c.workspace
        WHERE c.organization = ?1 AND c.workspace = ?2 AND c.id = ?3",
        *SELECTED
    )
});

const BY_SLUG: &str = "SELECT id FROM credential WHERE organization = ?1 AND workspace = ?2 AND slug = ?3";

const BY_ALIAS: &str = "SELECT c.id FROM alias a JOIN credential c ON c.row = a.credential
    WHERE a.workspace = ?2 AND a.dialect = ?3 AND a.external = ?4 AND c.organization = ?1 AND c.workspace = ?2";

const BY_ACCOUNT: &str = "SELECT c.id FROM credential_value v JOIN credential c ON c.row = v.credential
    WHERE v.account_fingerprint = ?3 AND v.state = 'current' AND c.organization = ?1 AND c.workspace = ?2
        AND c.id IS NOT ?4
    ORDER BY c.id";

const BY_FINGERPRINT: &str = "SELECT c.id FROM credential_value v JOIN credential c ON c.row = v.credential
    WHERE v.fingerprint = ?3 AND v.state = 'current' AND c.organization = ?1 AND c.workspace = ?2
        AND c.id IS NOT ?4
    ORDER BY c.id";
