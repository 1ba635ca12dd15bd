//! Ids that dialects know things by, and the counters that some of them come from.
//!
//! Must never give the same number twice: the counter only grows, whatever is deleted.

use rusqlite::{OptionalExtension as _, params};
use strongroom_domain::dialect::Dialect;
use strongroom_domain::ids::{CredentialId, IntegrationId};
use strongroom_store::{Alias, Clash, StoreError};

use super::write::{Applying, is_unique_violation};
use crate::encoding::signed;
use crate::error::from_sqlite;

impl Applying<'_> {
    /// Of a credential of the scope, which has none in this dialect yet.
    pub(super) fn alias(
        &mut self,
        id: CredentialId,
        dialect: Dialect,
        alias: &Alias,
    ) -> Result<(), StoreError> {
        let row = self.row_of(id)?;
        self.insert_alias(INSERT_ALIAS, row, dialect, alias)
    }

    /// The same of an integration.
    pub(super) fn integration_alias(
        &self,
        id: IntegrationId,
        dialect: Dialect,
        alias: &Alias,
    ) -> Result<(), StoreError> {
        let row = self.row_of_integration(id)?;
        self.insert_alias(INSERT_INTEGRATION_ALIAS, row, dialect, alias)
    }

    fn insert_alias(&self, sql: &str, row: i64, dialect: Dialect, alias: &Alias) -> Result<(), StoreError> {
        let external = match alias {
            Alias::Given(text) => text.clone(),
            Alias::Counted => self.count_on(dialect)?.to_string(),
        };
        let (_, workspace) = self.scope_bytes();
        let inserted = self.statement(sql)?.execute(params![workspace, dialect.code(), external, row]);
        match inserted {
            Ok(_) => Ok(()),
            Err(error) if is_unique_violation(&error) => Err(StoreError::Clash(Clash::Alias)),
            Err(error) => Err(from_sqlite(error)),
        }
    }

    /// The next number of the dialect in this workspace. One that a caller gave is passed over.
    fn count_on(&self, dialect: Dialect) -> Result<u64, StoreError> {
        let (_, workspace) = self.scope_bytes();
        loop {
            let number: i64 = self
                .statement(COUNT_ON)?
                .query_row(params![workspace, dialect.code()], |row| row.get(0))
                .map_err(from_sqlite)?;
            let number = number.unsigned_abs();
            let taken = params![workspace, dialect.code(), signed(number).to_string()];
            let other: Option<i64> =
                self.statement(TAKEN)?.query_row(taken, |row| row.get(0)).optional().map_err(from_sqlite)?;
            if other.is_none() {
                return Ok(number);
            }
        }
    }
}

const INSERT_ALIAS: &str =
    "INSERT INTO alias (workspace, dialect, external, credential) VALUES (?1, ?2, ?3, ?4)";

const INSERT_INTEGRATION_ALIAS: &str =
    "INSERT INTO alias (workspace, dialect, external, integration) VALUES (?1, ?2, ?3, ?4)";

const COUNT_ON: &str = "INSERT INTO alias_counter (workspace, dialect, next) VALUES (?1, ?2, 2)
    ON CONFLICT (workspace, dialect) DO UPDATE SET next = next + 1 RETURNING next - 1";

const TAKEN: &str = "SELECT 1 FROM alias WHERE workspace = ?1 AND dialect = ?2 AND external = ?3";
