//! One commit's keys, and new wrappings: around keys, and around sealed values.
//!
//! A wrapping is replaced whole and its old bytes are zeroed like an old envelope. Must never leave a key
//! under a name that a commit said to leave no key under.

use rusqlite::params;
use strongroom_domain::ids::IntegrationId;
use strongroom_store::{Clash, KeyOwner, KeyRow, RewrappedValue, StoreError};

use super::batch::Effect;
use super::tenant::must_be_ours;
use super::write::{Applying, owner_bytes};
use crate::encoding::signed;

impl Applying<'_> {
    /// Delete and insert: the old wrapping is zeroed like an old envelope.
    pub(super) fn key(&mut self, row: &KeyRow) -> Result<(), StoreError> {
        must_be_ours(match row.owner {
            KeyOwner::System => true,
            KeyOwner::Organization(id) => id == self.scope.organization(),
        })?;
        if self.execute(DELETE_KEY, params![owner_bytes(row.owner), row.purpose, row.epoch])? > 0 {
            self.effect = Effect::Destroyed;
        }
        self.insert_key(row)
    }

    /// All that are under `from`, or none.
    pub(super) fn rewrap_keys(&mut self, from: &str, rows: &[KeyRow]) -> Result<(), StoreError> {
        self.effect = Effect::Destroyed;
        for row in rows {
            let owner = owner_bytes(row.owner);
            let there =
                self.execute(DELETE_KEY_UNDER, params![owner, row.purpose, row.epoch, row.key_id, from])?;
            if there == 0 {
                return Err(StoreError::Clash(Clash::Keys));
            }
            self.insert_key(row)?;
        }
        if self.wraps_anything(from)? { Err(StoreError::Clash(Clash::Keys)) } else { Ok(()) }
    }

    /// A key that is gone already has nothing left to destroy.
    pub(super) fn destroy_key(
        &mut self,
        owner: KeyOwner,
        purpose: &str,
        epoch: u32,
    ) -> Result<(), StoreError> {
        must_be_ours(match owner {
            KeyOwner::System => false,
            KeyOwner::Organization(id) => id == self.scope.organization(),
        })?;
        self.effect = Effect::Destroyed;
        self.execute(DELETE_KEY, params![owner_bytes(owner), purpose, epoch])?;
        Ok(())
    }

    /// In place: an envelope of the same length overwrites the old one, and `secure_delete` zeroes the rest.
    pub(super) fn rewrap(&mut self, value: &RewrappedValue) -> Result<(), StoreError> {
        let (sql, row) = match self.locate(value.credential)? {
            Some(located) => (REWRAP, located.row),
            None => match self.integration_at(IntegrationId::from_bytes(*value.credential.as_bytes()))? {
                Some((row, _)) => (REWRAP_SHARED, row),
                None => return Ok(()),
            },
        };
        let version = signed(value.value_version);
        if self.execute(sql, params![row, version, value.from, value.to])? > 0 {
            self.effect = Effect::Destroyed;
        }
        Ok(())
    }

    /// Whether a key, whosever, is wrapped under the key of this name.
    pub(super) fn wraps_anything(&self, name: &str) -> Result<bool, StoreError> {
        self.any("SELECT EXISTS (SELECT 1 FROM key WHERE wrapped_by = ?1)", params![name])
    }

    fn insert_key(&self, row: &KeyRow) -> Result<(), StoreError> {
        let (owner, at) = (owner_bytes(row.owner), row.created_at.unix_micros());
        let parameters = params![owner, row.purpose, row.epoch, row.key_id, row.wrapped_by, row.blob, at];
        self.execute(INSERT_KEY, parameters)?;
        Ok(())
    }
}

const DELETE_KEY: &str = "DELETE FROM key WHERE owner = ?1 AND purpose = ?2 AND epoch = ?3";

const DELETE_KEY_UNDER: &str = "DELETE FROM key
    WHERE owner = ?1 AND purpose = ?2 AND epoch = ?3 AND key_id = ?4 AND wrapped_by = ?5";

const INSERT_KEY: &str = "INSERT INTO key (owner, purpose, epoch, key_id, wrapped_by, blob, created_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const REWRAP_SHARED: &str = "UPDATE integration_value SET envelope = ?4
    WHERE integration = ?1 AND value_version = ?2 AND envelope = ?3";

const REWRAP: &str = "UPDATE credential_value SET envelope = ?4
    WHERE credential = ?1 AND value_version = ?2 AND envelope = ?3";
