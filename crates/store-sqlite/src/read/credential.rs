//! One credential: by id, by slug, by fingerprint.

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
    let question = (BY_ID, params![organization, workspace, id.as_bytes()]);
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

/// The public part, from a row that has all columns of the table, and its aliases.
pub(crate) fn credential(row: &Row<'_>) -> std::result::Result<Credential, Damaged> {
    Ok(Credential {
        id: row.id("id", CredentialId::from_bytes)?,
        workspace: row.id("workspace", WorkspaceId::from_bytes)?,
        kind: row.column("kind")?,
        method: row.column("method")?,
        name: row.text("name")?,
        slug: row.text_or_none("slug")?,
        description: row.text_or_none("description")?,
        settings: row.json("settings")?,
        secret_fields: row.json("secret_fields")?,
        labels: row.json("labels")?,
        owner: match row.text_or_none("end_user")? {
            None => Owner::Workspace,
            Some(id) => Owner::EndUser { id },
        },
        integration: row.column::<Option<[u8; 16]>>("integration")?.map(IntegrationId::from_bytes),
        expires_at: row.time_or_none("expires_at")?,
        version: row.count("version")?,
        value_version: row.count("value_version")?,
        health: Health {
            status: row.named("health_status")?,
            reason: row.named_or_none("health_reason")?,
            since: row.time("health_since")?,
        },
        verification: row.json_or_none("verification")?,
        accepted: row.json_or_none("accepted")?,
        created_by: row.id("created_by", PrincipalId::from_bytes)?,
        created_at: row.time("created_at")?,
        modified_by: row.id("modified_by", PrincipalId::from_bytes)?,
        modified_at: row.time("modified_at")?,
        foreign: Foreign {
            origin: row.text("origin")?,
            aliases: row.json("aliases")?,
            annotations: row.json("annotations")?,
        },
    })
}

/// What the integration gives, from a row that has its columns.
fn shared(row: &Row<'_>) -> std::result::Result<Option<Shared>, Damaged> {
    let Some(settings) = row.json_or_none("shared_settings")? else { return Ok(None) };
    Ok(Some(Shared { version: row.count("shared_version")?, settings }))
}

fn value(row: &Row<'_>) -> std::result::Result<StoredValue, Damaged> {
    Ok(StoredValue {
        value_version: row.count("current_version")?,
        target_digest: row.column("target_digest")?,
        envelope: row.column("envelope")?,
        fingerprint: row.column("fingerprint")?,
        account_fingerprint: row.column("account_fingerprint")?,
    })
}

/// A credential without a current value is damaged, not absent: hence the outer join.
const BY_ID: &str = "SELECT c.*, v.value_version AS current_version, v.target_digest, v.fingerprint,
        v.account_fingerprint, v.envelope, i.version AS shared_version, i.settings AS shared_settings,
        (SELECT json_group_object(dialect, external) FROM alias WHERE credential = c.row) AS aliases
    FROM credential c LEFT JOIN credential_value v ON v.credential = c.row AND v.state = 'current'
        LEFT JOIN integration i
            ON i.id = c.integration AND i.organization = c.organization AND i.workspace = c.workspace
    WHERE c.organization = ?1 AND c.workspace = ?2 AND c.id = ?3";

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
