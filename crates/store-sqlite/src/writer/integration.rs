//! One commit's writes about integrations: the row, its value, its end; and what a commit may expect of them.
//!
//! Looks every one up inside the scope. Must never leave bytes of an old value behind without saying so.

use rusqlite::{OptionalExtension as _, params};
use strongroom_domain::credential::Credential;
use strongroom_domain::ids::IntegrationId;
use strongroom_domain::integration::Integration;
use strongroom_store::{Clash, StoreError, StoredValue};

use super::batch::Effect;
use super::write::Applying;
use crate::encoding::{json, signed};
use crate::error::from_sqlite;
use crate::target::target_host;

impl Applying<'_> {
    /// The public part. An id of another scope's row clashes, and that row stays as it is.
    pub(super) fn integration(&self, integration: &Integration) -> Result<(), StoreError> {
        if integration.workspace != self.scope.workspace() {
            return Err(StoreError::Clash(Clash::Workspace));
        }
        let (organization, workspace) = self.scope_bytes();
        let written = self.execute(
            UPSERT,
            params![
                integration.id.as_bytes(),
                organization,
                workspace,
                signed(integration.version),
                signed(integration.value_version),
                integration.kind,
                integration.name.as_str(),
                json(&integration.settings),
                json(&integration.secret_fields),
                integration.created_by.as_bytes(),
                integration.created_at.unix_micros(),
                integration.modified_by.as_bytes(),
                integration.modified_at.unix_micros(),
            ],
        )?;
        if written == 1 { Ok(()) } else { Err(StoreError::Clash(Clash::Version)) }
    }

    /// Delete and insert, not update: what is deleted is zeroed, whatever its length.
    pub(super) fn integration_value(
        &mut self,
        id: IntegrationId,
        value: &StoredValue,
    ) -> Result<(), StoreError> {
        let (row, version) = (self.row_of_integration(id)?, signed(value.value_version));
        if self.execute(DELETE_VALUE, params![row])? > 0 {
            self.effect = Effect::Destroyed;
        }
        self.execute(INSERT_VALUE, params![row, version, value.target_digest, value.envelope])?;
        self.execute("UPDATE integration SET value_version = ?2 WHERE row = ?1", params![row, version])?;
        Ok(())
    }

    /// The schema takes along all that belongs to it.
    pub(super) fn delete_integration(&mut self, id: IntegrationId) -> Result<(), StoreError> {
        let row = self.row_of_integration(id)?;
        self.effect = Effect::Destroyed;
        self.execute("DELETE FROM integration WHERE row = ?1", params![row])?;
        Ok(())
    }

    /// The row to write to; one that is not there clashes.
    pub(super) fn row_of_integration(&self, id: IntegrationId) -> Result<i64, StoreError> {
        self.integration_at(id)?.map(|(row, _)| row).ok_or(StoreError::Clash(Clash::Version))
    }

    /// Row and version, where the scope has it.
    pub(super) fn integration_at(&self, id: IntegrationId) -> Result<Option<(i64, i64)>, StoreError> {
        let (organization, workspace) = self.scope_bytes();
        self.statement(LOCATE)?
            .query_row(params![id.as_bytes(), organization, workspace], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(from_sqlite)
    }

    /// The host of the credential's own settings, or else of its integration's.
    pub(super) fn target_host_of(&self, credential: &Credential) -> Result<Option<String>, StoreError> {
        let own = target_host(&credential.settings);
        let Some(id) = credential.integration.filter(|_| own.is_none()) else { return Ok(own) };
        let (organization, workspace) = self.scope_bytes();
        let settings: Option<String> = self
            .statement(
                "SELECT settings FROM integration WHERE id = ?1 AND organization = ?2 AND workspace = ?3",
            )?
            .query_row(params![id.as_bytes(), organization, workspace], |row| row.get(0))
            .optional()
            .map_err(from_sqlite)?;
        Ok(settings.and_then(|text| serde_json::from_str(&text).ok()).as_ref().and_then(target_host))
    }
}

const LOCATE: &str =
    "SELECT row, version FROM integration WHERE id = ?1 AND organization = ?2 AND workspace = ?3";

/// The condition at the end keeps the row of another scope out of reach of its id.
const UPSERT: &str =
    "INSERT INTO integration (id, organization, workspace, version, value_version, kind, name,
        settings, secret_fields, created_by, created_at, modified_by, modified_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
    ON CONFLICT (id) DO UPDATE SET version = ?4, value_version = ?5, kind = ?6, name = ?7, settings = ?8,
        secret_fields = ?9, created_by = ?10, created_at = ?11, modified_by = ?12, modified_at = ?13
    WHERE organization = ?2 AND workspace = ?3";

const DELETE_VALUE: &str = "DELETE FROM integration_value WHERE integration = ?1 AND state = 'current'";

const INSERT_VALUE: &str = "INSERT INTO integration_value
        (integration, value_version, state, target_digest, envelope)
    VALUES (?1, ?2, 'current', ?3, ?4)";
