//! Who holds what.

use rusqlite::{Connection, Row, params};
use strongroom_domain::consumer::{Consumer, Hold};
use strongroom_domain::ids::{CredentialId, TokenId};
use strongroom_domain::text::Name;
use strongroom_domain::{Scope, Timestamp};
use strongroom_store::Result;

use super::question::{ids_of, many};
use crate::encoding::Columns;
use crate::error::Damaged;

/// By name and instance.
pub(crate) fn of_credential(
    connection: &Connection,
    scope: &Scope,
    id: CredentialId,
    now: Timestamp,
) -> Result<Vec<Hold>> {
    let (organization, workspace) = ids_of(scope);
    let question = (OF_CREDENTIAL, params![organization, workspace, id.as_bytes(), now.unix_micros()]);
    many(connection, "consumer", question, usize::MAX, hold)
}

/// By credential, then by instance.
pub(crate) fn of_consumer(
    connection: &Connection,
    scope: &Scope,
    name: &Name,
    now: Timestamp,
) -> Result<Vec<Hold>> {
    let (organization, workspace) = ids_of(scope);
    let question = (OF_CONSUMER, params![organization, workspace, name.as_str(), now.unix_micros()]);
    many(connection, "consumer", question, usize::MAX, hold)
}

fn hold(row: &Row<'_>) -> std::result::Result<Hold, Damaged> {
    Ok(Hold {
        credential: row.id("id", CredentialId::from_bytes)?,
        token: row.id("token", TokenId::from_bytes)?,
        consumer: Consumer { name: row.text("name")?, instance: row.text("instance")? },
        value_version: row.count("value_version")?,
        granted_at: row.time("granted_at")?,
        hold_until: row.time("hold_until")?,
    })
}

const OF_CREDENTIAL: &str =
    "SELECT c.id, h.token, h.name, h.instance, h.value_version, h.granted_at, h.hold_until
    FROM consumer h JOIN credential c ON c.row = h.credential
    WHERE c.id = ?3 AND c.organization = ?1 AND c.workspace = ?2 AND h.hold_until > ?4
    ORDER BY h.name, h.instance, h.token";

const OF_CONSUMER: &str =
    "SELECT c.id, h.token, h.name, h.instance, h.value_version, h.granted_at, h.hold_until
    FROM consumer h JOIN credential c ON c.row = h.credential
    WHERE h.workspace = ?2 AND h.name = ?3 AND c.organization = ?1 AND c.workspace = ?2 AND h.hold_until > ?4
    ORDER BY c.id, h.instance, h.token";
