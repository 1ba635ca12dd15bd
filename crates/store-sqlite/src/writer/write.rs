//! One commit's writes: credentials, their values and their holds.
//!
//! Every write looks its target up inside the scope: what lies outside is as good as gone. Must never
//! leave bytes of an old value behind without saying so ([`Effect::Destroyed`]).

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row, params};
use strongroom_domain::consumer::{Consumer, Hold};
use strongroom_domain::credential::{Credential, Owner};
use strongroom_domain::ids::CredentialId;
use strongroom_domain::text::{Description, Slug};
use strongroom_domain::{Scope, Timestamp};
use strongroom_store::{Clash, CredentialFilter, KeyOwner, StoreError, StoredValue, Write};

use super::batch::Effect;
use super::seen::{Located, Seen};
use crate::encoding::{json, name_of, signed};
use crate::error::from_sqlite;

/// A commit on its way in.
pub(super) struct Applying<'a> {
    pub(super) connection: &'a Connection,
    pub(super) scope: &'a Scope,
    pub(super) seen: &'a mut Seen,
    pub(super) effect: Effect,
}

impl<'a> Applying<'a> {
    pub(super) const fn new(connection: &'a Connection, scope: &'a Scope, seen: &'a mut Seen) -> Self {
        Self { connection, scope, seen, effect: Effect::Clean }
    }

    /// What the writes so far left in the files.
    pub(super) const fn effect(&self) -> Effect {
        self.effect
    }

    /// Applies one write.
    pub(super) fn write(&mut self, write: &Write) -> Result<(), StoreError> {
        match write {
            Write::Organization(row) => self.organization(row),
            Write::Workspace(row) => self.workspace(row),
            Write::Credential(credential) => self.credential(credential),
            Write::EraseWorkspace => self.erase_workspace(),
            Write::EraseOrganization(id) => self.erase_organization(*id),
            Write::Alias(id, dialect, alias) => self.alias(*id, *dialect, alias),
            Write::Integration(integration) => self.integration(integration),
            Write::IntegrationAlias(id, dialect, alias) => self.integration_alias(*id, *dialect, alias),
            Write::IntegrationValue(id, value) => self.integration_value(*id, value),
            Write::DeleteIntegration(id) => self.delete_integration(*id),
            Write::Value(id, value) => self.value(*id, value),
            Write::Delete(id, at) => self.delete(*id, *at),
            Write::Hold(hold) => self.hold(hold),
            Write::Release(id, consumer) => self.release(*id, consumer),
            Write::Token(row) => {
                self.seen.forget_token(row.id);
                self.token(row)
            }
            Write::RevokeToken(id, at) => {
                self.seen.forget_token(*id);
                self.revoke_token(*id, *at)
            }
            Write::Key(row) => self.key(row),
            Write::PinHostKey(pin) => self.pin_host_key(pin),
            Write::UnpinHostKey(endpoint) => self.unpin_host_key(endpoint),
            Write::RewrapKeys(from, rows) => self.rewrap_keys(from, rows),
            Write::DestroyKey(owner, purpose, epoch) => self.destroy_key(*owner, purpose, *epoch),
            Write::Rewrap(value) => self.rewrap(value),
            Write::Idempotency(row) => self.idempotency(row),
        }
    }

    /// The credential, where the scope has it.
    pub(super) fn locate(&mut self, id: CredentialId) -> Result<Option<Located>, StoreError> {
        if let Some(located) = self.seen.credential(self.scope, id) {
            return Ok(Some(located));
        }
        let (organization, workspace) = self.scope_bytes();
        let located = self
            .statement(LOCATE)?
            .query_row(params![id.as_bytes(), organization, workspace], |row| {
                Ok(Located { row: row.get(0)?, version: row.get(1)?, value_version: row.get(2)? })
            })
            .optional()
            .map_err(from_sqlite)?;
        if let Some(located) = located {
            self.seen.keep_credential(self.scope, id, located);
        }
        Ok(located)
    }

    /// What to write to; a credential that is not there clashes.
    fn located(&mut self, id: CredentialId) -> Result<Located, StoreError> {
        self.locate(id)?.ok_or(StoreError::Clash(Clash::Version))
    }

    pub(super) fn row_of(&mut self, id: CredentialId) -> Result<i64, StoreError> {
        self.located(id).map(|located| located.row)
    }

    /// The public part. Labels and search words are rewritten where what they come from is another than before.
    fn credential(&mut self, credential: &Credential) -> Result<(), StoreError> {
        if credential.workspace != self.scope.workspace() {
            return Err(StoreError::Clash(Clash::Workspace));
        }
        let before = self.described(credential.id)?;
        let labels = json(&credential.labels);
        self.seen.forget_credential(self.scope, credential.id);
        if self.upsert(credential, &labels)? == 0 {
            // The id belongs to another scope, whose row stays as it is.
            return Err(StoreError::Clash(Clash::Version));
        }
        let row = match &before {
            Some(before) => before.row,
            None => self.row_of(credential.id)?,
        };
        let (version, value_version) = (signed(credential.version), signed(credential.value_version));
        self.seen.keep_credential(self.scope, credential.id, Located { row, version, value_version });
        if before.as_ref().is_none_or(|before| before.labels != labels) {
            self.labels(row, credential)?;
        }
        if before.is_none_or(|before| before.texts.each_ref().map(Option::as_deref) != texts_of(credential)) {
            self.words(row, credential)?;
        }
        Ok(())
    }

    /// What is there, where the scope has it.
    fn described(&self, id: CredentialId) -> Result<Option<Described>, StoreError> {
        let (organization, workspace) = self.scope_bytes();
        let described = |row: &Row<'_>| {
            Ok(Described {
                row: row.get(0)?,
                labels: row.get(1)?,
                texts: [row.get(2)?, row.get(3)?, row.get(4)?],
            })
        };
        self.statement(DESCRIBE)?
            .query_row(params![id.as_bytes(), organization, workspace], described)
            .optional()
            .map_err(from_sqlite)
    }

    /// How many rows it wrote: none where the id belongs to another scope.
    fn upsert(&self, credential: &Credential, labels: &str) -> Result<usize, StoreError> {
        let (organization, workspace) = self.scope_bytes();
        let end_user = match &credential.owner {
            Owner::Workspace => None,
            Owner::EndUser { id } => Some(id.as_str()),
        };
        let written = self.statement(UPSERT_CREDENTIAL)?.execute(params![
            credential.id.as_bytes(),
            organization,
            workspace,
            signed(credential.version),
            signed(credential.value_version),
            credential.expires_at.map(Timestamp::unix_micros),
            name_of(&credential.health.status),
            credential.health.reason.as_ref().map(name_of),
            credential.health.since.unix_micros(),
            credential.kind,
            self.target_host_of(credential)?,
            end_user,
            credential.integration.as_ref().map(|id| *id.as_bytes()),
            credential.method,
            credential.name.as_str(),
            credential.slug.as_ref().map(Slug::as_str),
            credential.created_by.as_bytes(),
            credential.created_at.unix_micros(),
            credential.modified_by.as_bytes(),
            credential.modified_at.unix_micros(),
            credential.description.as_ref().map(Description::as_str),
            json(&credential.secret_fields),
            labels,
            credential.verification.as_ref().map(json),
            credential.accepted.as_ref().map(json),
            json(&credential.settings),
            credential.foreign.origin.code(),
            json(&credential.foreign.annotations),
        ]);
        written.map_err(slug_clash)
    }

    fn labels(&self, row: i64, credential: &Credential) -> Result<(), StoreError> {
        self.execute("DELETE FROM credential_label WHERE credential = ?1", params![row])?;
        let workspace = self.scope_bytes().1;
        credential.labels.iter().try_for_each(|(key, value)| {
            let sql =
                "INSERT INTO credential_label (credential, workspace, key, value) VALUES (?1, ?2, ?3, ?4)";
            self.execute(sql, params![row, workspace, key.as_str(), value.as_str()]).map(|_| ())
        })
    }

    /// What search finds, as `CredentialFilter::words_of` cuts it: both sides must cut alike.
    fn words(&self, row: i64, credential: &Credential) -> Result<(), StoreError> {
        self.execute("DELETE FROM credential_word WHERE credential = ?1", params![row])?;
        let workspace = self.scope_bytes().1;
        let texts = texts_of(credential);
        texts.iter().flatten().flat_map(|text| CredentialFilter::words_of(text)).try_for_each(|word| {
            // A word that comes twice is one row.
            let sql =
                "INSERT OR IGNORE INTO credential_word (credential, workspace, word) VALUES (?1, ?2, ?3)";
            self.execute(sql, params![row, workspace, word]).map(|_| ())
        })
    }

    fn value(&mut self, id: CredentialId, value: &StoredValue) -> Result<(), StoreError> {
        let Located { row, value_version, .. } = self.located(id)?;
        self.seen.forget_credential(self.scope, id);
        // Delete and insert, not update: what is deleted is zeroed, whatever its length.
        if self.execute(DELETE_CURRENT_VALUE, params![row])? > 0 {
            self.effect = Effect::Destroyed;
        }
        let version = signed(value.value_version);
        let parameters = params![
            row,
            version,
            value.target_digest,
            value.fingerprint,
            value.envelope,
            value.account_fingerprint
        ];
        self.execute(INSERT_CURRENT_VALUE, parameters)?;
        if value_version != version {
            self.execute("UPDATE credential SET value_version = ?2 WHERE row = ?1", params![row, version])?;
        }
        Ok(())
    }

    /// Leaves a tombstone of metadata: no name, no slug, nothing sealed.
    fn delete(&mut self, id: CredentialId, at: Timestamp) -> Result<(), StoreError> {
        let row = self.row_of(id)?;
        self.seen.forget_credential(self.scope, id);
        self.effect = Effect::Destroyed;
        self.execute(BURY, params![row, at.unix_micros()])?;
        // The schema takes along all that belongs to it.
        self.execute("DELETE FROM credential WHERE row = ?1", params![row])?;
        Ok(())
    }

    /// The last statement of a resolve, and the hottest of all writes.
    fn hold(&mut self, hold: &Hold) -> Result<(), StoreError> {
        let row = self.row_of(hold.credential)?;
        let (_, workspace) = self.scope_bytes();
        let parameters = params![
            row,
            hold.token.as_bytes(),
            hold.consumer.name.as_str(),
            hold.consumer.instance.as_str(),
            workspace,
            signed(hold.value_version),
            hold.granted_at.unix_micros(),
            hold.hold_until.unix_micros(),
        ];
        self.execute(UPSERT_HOLD, parameters)?;
        Ok(())
    }

    /// Of a credential that is gone, nobody has a hold any more.
    fn release(&mut self, id: CredentialId, consumer: &Consumer) -> Result<(), StoreError> {
        let Some(located) = self.locate(id)? else { return Ok(()) };
        let sql = "DELETE FROM consumer WHERE credential = ?1 AND name = ?2 AND instance = ?3";
        self.execute(sql, params![located.row, consumer.name.as_str(), consumer.instance.as_str()])?;
        Ok(())
    }

    /// Organization and workspace, as every statement takes them.
    pub(super) fn scope_bytes(&self) -> ([u8; 16], [u8; 16]) {
        (*self.scope.organization().as_bytes(), *self.scope.workspace().as_bytes())
    }

    /// Compiled once per connection.
    pub(super) fn statement(&self, sql: &str) -> Result<CachedStatement<'a>, StoreError> {
        self.connection.prepare_cached(sql).map_err(from_sqlite)
    }

    /// How many rows it changed.
    pub(super) fn execute(&self, sql: &str, parameters: impl Params) -> Result<usize, StoreError> {
        self.statement(sql)?.execute(parameters).map_err(from_sqlite)
    }
}

/// A credential's row, and what its labels and search words were made from.
struct Described {
    row: i64,
    labels: String,
    texts: [Option<String>; 3],
}

/// What search finds: name, slug and description.
fn texts_of(credential: &Credential) -> [Option<&str>; 3] {
    let (slug, description) = (credential.slug.as_ref(), credential.description.as_ref());
    [Some(credential.name.as_str()), slug.map(Slug::as_str), description.map(Description::as_str)]
}

/// The slug is the only thing in these statements that can be taken.
pub(super) fn slug_clash(error: rusqlite::Error) -> StoreError {
    let unique = error.sqlite_extended_error_code() == Some(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE);
    if unique { StoreError::Clash(Clash::Slug) } else { from_sqlite(error) }
}

/// Whether a row was refused because its key is there already.
pub(super) fn is_unique_violation(error: &rusqlite::Error) -> bool {
    let codes = [rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE, rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY];
    error.sqlite_extended_error_code().is_some_and(|code| codes.contains(&code))
}

/// Whose keys, as a column: nothing for the system.
pub(crate) fn owner_bytes(owner: KeyOwner) -> Vec<u8> {
    match owner {
        KeyOwner::System => Vec::new(),
        KeyOwner::Organization(id) => id.as_bytes().to_vec(),
    }
}

/// One look-up serves expectations and writes alike.
const LOCATE: &str = "SELECT row, version, value_version FROM credential
    WHERE id = ?1 AND organization = ?2 AND workspace = ?3";

const DESCRIBE: &str = "SELECT row, labels, name, slug, description FROM credential
    WHERE id = ?1 AND organization = ?2 AND workspace = ?3";

/// The condition at the end keeps the row of another scope out of reach of its id.
/// What verifications showed belongs to the value: while that stays, so do they, because one may have ended
/// since the row was read.
const UPSERT_CREDENTIAL: &str = "INSERT INTO credential (id, organization, workspace, version, value_version,
        expires_at, health_status, health_reason, health_since, kind, target_host, end_user, integration,
        method, name, slug, created_by, created_at, modified_by, modified_at, description, secret_fields,
        labels, verification, accepted, settings, origin, annotations)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
        ?22, ?23, ?24, ?25, ?26, ?27, ?28)
    ON CONFLICT (id) DO UPDATE SET version = ?4, value_version = ?5, expires_at = ?6,
        health_status = iif(value_version = ?5, health_status, ?7),
        health_reason = iif(value_version = ?5, health_reason, ?8),
        health_since = iif(value_version = ?5, health_since, ?9),
        verification = iif(value_version = ?5, verification, ?24),
        accepted = iif(value_version = ?5, accepted, ?25),
        kind = ?10, target_host = ?11, end_user = ?12, integration = ?13, method = ?14, name = ?15,
        slug = ?16, created_by = ?17, created_at = ?18, modified_by = ?19, modified_at = ?20,
        description = ?21, secret_fields = ?22, labels = ?23, settings = ?26, annotations = ?28
    WHERE organization = ?2 AND workspace = ?3";

const DELETE_CURRENT_VALUE: &str = "DELETE FROM credential_value WHERE credential = ?1 AND state = 'current'";

const INSERT_CURRENT_VALUE: &str = "INSERT INTO credential_value
        (credential, value_version, state, target_digest, fingerprint, envelope, account_fingerprint)
    VALUES (?1, ?2, 'current', ?3, ?4, ?5, ?6)";

const BURY: &str =
    "INSERT OR REPLACE INTO tombstone (id, organization, workspace, kind, created_at, deleted_at)
    SELECT id, organization, workspace, kind, created_at, ?2 FROM credential WHERE row = ?1";

const UPSERT_HOLD: &str = "INSERT INTO consumer
        (credential, token, name, instance, workspace, value_version, granted_at, hold_until)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (credential, token, name, instance)
    DO UPDATE SET value_version = ?6, granted_at = ?7, hold_until = ?8";
