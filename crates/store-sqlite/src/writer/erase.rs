//! Whole tenants, erased: a workspace, or an organization with all that it had.
//!
//! Must never leave a row behind that a later tenant could meet, nor bytes of a value or key in the files
//! ([`Effect::Destroyed`]). The journal keeps its positions and digests, so that its chain can still be checked.

use rusqlite::params;
use strongroom_domain::ids::OrganizationId;
use strongroom_store::StoreError;

use super::batch::Effect;
use super::write::Applying;

impl Applying<'_> {
    /// The workspace of the scope. What happened in it stays in its organization's log.
    pub(super) fn erase_workspace(&mut self) -> Result<(), StoreError> {
        let (organization, workspace) = self.scope_bytes();
        self.seen.clear();
        self.effect = Effect::Destroyed;
        for sql in OF_A_WORKSPACE {
            self.execute(sql, params![organization, workspace])?;
        }
        Ok(())
    }

    /// Any organization: the operator's act, committed in the operator's own scope.
    pub(super) fn erase_organization(&mut self, id: OrganizationId) -> Result<(), StoreError> {
        self.seen.clear();
        self.effect = Effect::Destroyed;
        for sql in OF_AN_ORGANIZATION {
            self.execute(sql, params![id.as_bytes()])?;
        }
        Ok(())
    }
}

/// In this order: what refers to a row goes before it. The schema takes values, labels, words, holds and aliases
/// along.
const OF_A_WORKSPACE: &[&str] = &[
    "DELETE FROM credential WHERE organization = ?1 AND workspace = ?2",
    "DELETE FROM integration WHERE organization = ?1 AND workspace = ?2",
    "DELETE FROM alias_counter WHERE workspace = ?2 AND ?1 IS NOT NULL",
    "DELETE FROM tombstone WHERE organization = ?1 AND workspace = ?2",
    "DELETE FROM host_key_pin WHERE organization = ?1 AND workspace = ?2",
    "DELETE FROM idempotency WHERE organization = ?1 AND workspace = ?2",
    "DELETE FROM event_position WHERE organization = ?1 AND workspace = ?2",
    "DELETE FROM event_stream WHERE organization = ?1 AND workspace = ?2",
    // Those that wait for their position must not get one. They are marked by an id that no credential has, and stay
    // like the others: their organization's chain is to have no gap.
    "UPDATE event SET credential = zeroblob(16) WHERE organization = ?1 AND workspace = ?2
        AND node_seq > (SELECT node_seq FROM event_order)",
    "DELETE FROM token WHERE organization = ?1 AND workspace = ?2",
    "DELETE FROM principal WHERE organization = ?1 AND workspace = ?2",
    "DELETE FROM workspace WHERE organization = ?1 AND id = ?2",
];

const OF_AN_ORGANIZATION: &[&str] = &[
    "DELETE FROM credential WHERE organization = ?1",
    "DELETE FROM integration WHERE organization = ?1",
    "DELETE FROM alias_counter WHERE workspace IN (SELECT id FROM workspace WHERE organization = ?1)",
    "DELETE FROM tombstone WHERE organization = ?1",
    "DELETE FROM host_key_pin WHERE organization = ?1",
    "DELETE FROM idempotency WHERE organization = ?1",
    "DELETE FROM event_position WHERE organization = ?1",
    "DELETE FROM event_stream WHERE organization = ?1",
    "DELETE FROM token WHERE organization = ?1",
    "DELETE FROM principal WHERE organization = ?1",
    "DELETE FROM key WHERE owner = ?1",
    "DELETE FROM tally WHERE organization = ?1",
    "DELETE FROM workspace WHERE organization = ?1",
    "DELETE FROM organization WHERE id = ?1",
    // Its tree keeps the hash of each record, and so does the row after it: what is left proves that something was
    // there, not what. What has no leaf yet is marked, as a change of a credential that cannot be, and goes as soon as it
    // has one (`log::append`). The record of this act follows, so that no position is given again.
    "DELETE FROM audit WHERE organization = ?1 AND node_seq <= (SELECT node_seq FROM audit_order)",
    "UPDATE audit SET credential = zeroblob(16), change = 1 WHERE organization = ?1",
    "DELETE FROM event WHERE organization = ?1",
];
