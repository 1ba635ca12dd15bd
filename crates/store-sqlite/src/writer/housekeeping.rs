//! What is done beside changes. Finds nothing to do where its object is gone, and must never bring
//! anything back (CCR-05, CCR-07).

use rusqlite::{Connection, params};
use strongroom_domain::Scope;
use strongroom_store::{Housekeeping, StoreError};

use super::{log, sequence};
use crate::encoding::{json, name_of, signed};
use crate::error::from_sqlite;

/// Whether the object of a task was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// It was.
    Something,
    /// It was not, and nothing happened.
    Nothing,
}

/// Whether it found anything to do. An error means that a part of it may be there: whoever calls undoes it.
pub(super) fn apply(
    connection: &Connection,
    scope: &Scope,
    task: &Housekeeping,
) -> Result<Found, StoreError> {
    let (organization, workspace) = (scope.organization(), scope.workspace());
    let (organization, workspace) = (organization.as_bytes(), workspace.as_bytes());
    let execute = |sql, parameters: &[&dyn rusqlite::ToSql]| {
        connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(parameters))
            .map_err(from_sqlite)
    };
    let changed = match task {
        Housekeeping::Health { credential, value_version, health, verification, accepted, event: _ } => {
            execute(
                HEALTH,
                params![
                    credential.as_bytes(),
                    organization,
                    workspace,
                    signed(*value_version),
                    name_of(&health.status),
                    health.reason.as_ref().map(name_of),
                    health.since.unix_micros(),
                    json(verification),
                    accepted.as_ref().map(json),
                ],
            )
        }
        Housekeeping::TokenUsed(id, at) => {
            execute(TOKEN_USED, params![id.as_bytes(), organization, workspace, at.unix_micros()])
        }
        Housekeeping::ForgetIdempotency(before) => {
            execute("DELETE FROM idempotency WHERE created_at < ?1", params![before.unix_micros()])
        }
        Housekeeping::ForgetHolds(before) => {
            execute("DELETE FROM consumer WHERE hold_until < ?1", params![before.unix_micros()])
        }
        Housekeeping::Lease { name, holder, now, until } => {
            sequence::lease(connection, *name, *holder, *now, *until).map(|()| 1)
        }
        Housekeeping::PlaceEvents { fence, at, limit } => {
            sequence::place(connection, *fence, *at, *limit).map(|()| 1)
        }
        Housekeeping::AppendLeaves { fence, after, upto, passed_over, grown } => {
            let stretch = log::Stretch { fence: *fence, after: *after, upto: *upto, passed_over };
            log::append(connection, &stretch, grown).map(|()| 1)
        }
        Housekeeping::KeepSignedHeads { fence, heads, system } => {
            log::keep_signed(connection, *fence, heads, system).map(|()| 1)
        }
        Housekeeping::ForgetRecords(before) => log::forget(connection, *before).map(|()| 1),
        Housekeeping::ForgetEvents(before) => sequence::forget(connection, *before).map(|()| 1),
    };
    changed.map(|rows| if rows > 0 { Found::Something } else { Found::Nothing })
}

/// What was accepted last stays where this verification showed nothing new.
const HEALTH: &str = "UPDATE credential SET health_status = ?5, health_reason = ?6, health_since = ?7,
        verification = ?8, accepted = coalesce(?9, accepted)
    WHERE id = ?1 AND organization = ?2 AND workspace = ?3 AND value_version = ?4";

/// Uses arrive in any order; the latest counts.
const TOKEN_USED: &str = "UPDATE token SET last_used_at = max(coalesce(last_used_at, ?4), ?4)
    WHERE id = ?1 AND organization = ?2 AND workspace = ?3";
