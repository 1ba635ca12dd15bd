//! Tokens. Their texts are kept nowhere, so none can be read.

use rusqlite::{Connection, Row, params};
use strongroom_domain::Scope;
use strongroom_domain::identity::Identity;
use strongroom_domain::ids::{OrganizationId, PrincipalId, TokenId, WorkspaceId};
use strongroom_domain::principal::Reach;
use strongroom_store::{Page, PreviousSecret, Result, TokenRow};

use super::question::{ids_of, many, number, one};
use crate::encoding::Columns;
use crate::error::Damaged;

/// In whatever scope: the answer is what gives a request its scope.
pub(crate) fn by_id(connection: &Connection, id: TokenId) -> Result<Option<TokenRow>> {
    one(connection, "token", ("SELECT * FROM token WHERE id = ?1", [id.as_bytes()]), token)
}

/// Not revoked, in whatever scope.
pub(crate) fn by_identity(connection: &Connection, identity: &Identity) -> Result<Option<TokenRow>> {
    one(connection, "token", (BY_IDENTITY, [identity.issuer.as_str(), identity.subject.as_str()]), token)
}

/// Not revoked, oldest first.
pub(crate) fn live(connection: &Connection, scope: &Scope, page: Page<TokenId>) -> Result<Vec<TokenRow>> {
    // No id is lower than sixteen zeros, and no token has that one: ids hold their time.
    let after = page.after.map_or([0; 16], |id| *id.as_bytes());
    let (organization, workspace) = ids_of(scope);
    many(connection, "token", (LIVE, params![organization, workspace, after]), page.limit, token)
}

/// Not revoked, in the whole organization.
pub(crate) fn count(connection: &Connection, scope: &Scope) -> Result<u64> {
    let sql = "SELECT count(*) FROM token WHERE organization = ?1 AND revoked_at IS NULL";
    number(connection, sql, [scope.organization().as_bytes()])
}

fn token(row: &Row<'_>) -> std::result::Result<TokenRow, Damaged> {
    let organization = row.id("organization", OrganizationId::from_bytes)?;
    let workspace = row.id("workspace", WorkspaceId::from_bytes)?;
    Ok(TokenRow {
        id: row.id("id", TokenId::from_bytes)?,
        principal: row.id("principal", PrincipalId::from_bytes)?,
        kind: row.named("kind")?,
        name: row.text("name")?,
        role: row.named("role")?,
        scope: Scope::new(organization, workspace),
        reach: Reach {
            credentials: row.json_or_none("credentials")?,
            kinds: row.json_or_none("kinds")?,
            labels: row.json("labels")?,
        },
        grants: row.json("grants")?,
        networks: row.json("networks")?,
        mac: row.column("mac")?,
        previous: previous(row)?,
        identity: identity(row)?,
        created_at: row.time("created_at")?,
        created_by: row.column::<Option<[u8; 16]>>("created_by")?.map(PrincipalId::from_bytes),
        expires_at: row.time_or_none("expires_at")?,
        revoked_at: row.time_or_none("revoked_at")?,
        last_used_at: row.time_or_none("last_used_at")?,
    })
}

fn previous(row: &Row<'_>) -> std::result::Result<Option<PreviousSecret>, Damaged> {
    let until = row.time_or_none("previous_until")?;
    let mac = row.column::<Option<[u8; 32]>>("previous_mac")?;
    Ok(mac.zip(until).map(|(mac, until)| PreviousSecret { mac, until }))
}

fn identity(row: &Row<'_>) -> std::result::Result<Option<Identity>, Damaged> {
    let Some(issuer) = row.column::<Option<String>>("issuer")? else { return Ok(None) };
    Ok(Some(Identity { issuer, subject: row.text("subject")? }))
}

const BY_IDENTITY: &str = "SELECT * FROM token WHERE issuer = ?1 AND subject = ?2 AND revoked_at IS NULL";

const LIVE: &str = "SELECT * FROM token
    WHERE organization = ?1 AND workspace = ?2 AND revoked_at IS NULL AND id > ?3 ORDER BY id";
