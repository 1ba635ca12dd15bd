//! One commit's other writes: organization, workspace, tokens, remembered answers.
//!
//! Must never write a row of another scope than the commit's.

use std::time::Duration;

use rusqlite::params;
use strongroom_domain::Timestamp;
use strongroom_domain::identity::Identity;
use strongroom_domain::ids::TokenId;
use strongroom_store::{
    Clash, HostKeyPin, IdempotencyRow, OrganizationRow, StoreError, TokenRow, WorkspaceRow,
};

use super::write::{Applying, is_unique_violation, slug_clash};
use crate::encoding::{json, name_of, signed};
use crate::error::from_sqlite;

/// For how long an answer is remembered (API.md): until then its key is taken.
const REMEMBERED: Duration = Duration::from_hours(24);

impl Applying<'_> {
    /// Of the scope. Its slug is unique among all organizations.
    pub(super) fn organization(&self, row: &OrganizationRow) -> Result<(), StoreError> {
        must_be_ours(row.id == self.scope.organization())?;
        let parameters =
            params![row.id.as_bytes(), row.slug.as_str(), row.name.as_str(), row.created_at.unix_micros()];
        self.statement(UPSERT_ORGANIZATION)?.execute(parameters).map_err(slug_clash)?;
        Ok(())
    }

    /// Of the scope. Its slug is unique in the organization.
    pub(super) fn workspace(&self, row: &WorkspaceRow) -> Result<(), StoreError> {
        must_be_ours(row.id == self.scope.workspace())?;
        let (organization, workspace) = self.scope_bytes();
        let parameters = params![
            organization,
            workspace,
            row.slug.as_str(),
            row.name.as_str(),
            json(&row.settings),
            signed(row.version),
            row.created_at.unix_micros(),
        ];
        self.statement(UPSERT_WORKSPACE)?.execute(parameters).map_err(slug_clash)?;
        Ok(())
    }

    /// With its principal, so that no token stands for nobody.
    pub(super) fn token(&self, row: &TokenRow) -> Result<(), StoreError> {
        must_be_ours(row.scope == *self.scope)?;
        let (organization, workspace) = self.scope_bytes();
        let (kind, name) = (name_of(&row.kind), row.name.as_str());
        let principal = params![row.principal.as_bytes(), organization, workspace, kind, name];
        let principals = self.execute(UPSERT_PRINCIPAL, principal)?;
        let token = params![
            row.id.as_bytes(),
            organization,
            workspace,
            row.principal.as_bytes(),
            kind,
            name,
            name_of(&row.role),
            row.reach.credentials.as_ref().map(json),
            json(&row.networks),
            row.mac,
            row.created_at.unix_micros(),
            row.created_by.as_ref().map(|id| *id.as_bytes()),
            row.expires_at.map(Timestamp::unix_micros),
            row.revoked_at.map(Timestamp::unix_micros),
            row.last_used_at.map(Timestamp::unix_micros),
            row.reach.kinds.as_ref().map(json),
            json(&row.reach.labels),
            json(&row.grants),
            row.previous.map(|previous| previous.mac),
            row.previous.map(|previous| previous.until.unix_micros()),
        ];
        let tokens = self.execute(UPSERT_TOKEN, token)?;
        // Either id may belong to another scope, whose row stays as it is.
        if principals != 1 || tokens != 1 {
            return Err(StoreError::Clash(Clash::Token));
        }
        row.identity.as_ref().map_or(Ok(()), |identity| self.identity(row.id, identity))
    }

    /// Whom a token's statements name. It is said when the token is made, and never changes.
    fn identity(&self, id: TokenId, identity: &Identity) -> Result<(), StoreError> {
        let named = params![id.as_bytes(), identity.issuer, identity.subject.as_str()];
        self.statement(NAME_IDENTITY)?.execute(named).map_err(identity_clash)?;
        Ok(())
    }

    /// Of a token that is not there, or revoked already, nothing changes.
    pub(super) fn revoke_token(&self, id: TokenId, at: Timestamp) -> Result<(), StoreError> {
        let (organization, workspace) = self.scope_bytes();
        self.execute(REVOKE_TOKEN, params![id.as_bytes(), organization, workspace, at.unix_micros()])?;
        Ok(())
    }

    /// The condition at the end keeps another key out; the row of the same key stays as it was.
    pub(super) fn pin_host_key(&self, pin: &HostKeyPin) -> Result<(), StoreError> {
        let (organization, workspace) = self.scope_bytes();
        let by = pin.pinned_by.as_bytes();
        let at = pin.pinned_at.unix_micros();
        let parameters = params![organization, workspace, pin.endpoint, pin.key, by, at];
        let written = self.execute(PIN_HOST_KEY, parameters)?;
        if written == 1 { Ok(()) } else { Err(StoreError::Clash(Clash::HostKey)) }
    }

    /// Of an endpoint without a pin, nothing changes.
    pub(super) fn unpin_host_key(&self, endpoint: &str) -> Result<(), StoreError> {
        let (organization, workspace) = self.scope_bytes();
        self.execute(UNPIN_HOST_KEY, params![organization, workspace, endpoint])?;
        Ok(())
    }

    /// One statement decides between new, old enough to replace, and taken: two requests cannot both win.
    pub(super) fn idempotency(&self, row: &IdempotencyRow) -> Result<(), StoreError> {
        let (organization, workspace) = self.scope_bytes();
        let parameters = params![
            organization,
            workspace,
            row.key.principal.as_bytes(),
            row.key.route,
            row.key.key,
            row.body_mac,
            row.created_at.unix_micros(),
            row.answer,
            row.created_at.minus(REMEMBERED).unix_micros(),
        ];
        let written = self.execute(UPSERT_IDEMPOTENCY, parameters)?;
        if written == 1 { Ok(()) } else { Err(StoreError::Clash(Clash::Idempotency)) }
    }
}

/// Another live row has it, in whichever scope.
fn identity_clash(error: rusqlite::Error) -> StoreError {
    if is_unique_violation(&error) { StoreError::Clash(Clash::Identity) } else { from_sqlite(error) }
}

/// A row that names another scope than the commit's is a mistake of the caller's, and not applied.
pub(super) const fn must_be_ours(ours: bool) -> Result<(), StoreError> {
    if ours { Ok(()) } else { Err(StoreError::Clash(Clash::Workspace)) }
}

const UPSERT_ORGANIZATION: &str =
    "INSERT INTO organization (id, slug, name, created_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (id) DO UPDATE SET slug = ?2, name = ?3, created_at = ?4";

const UPSERT_WORKSPACE: &str =
    "INSERT INTO workspace (organization, id, slug, name, settings, version, created_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (organization, id) DO UPDATE SET slug = ?3, name = ?4, settings = ?5, version = ?6,
        created_at = ?7";

const UPSERT_PRINCIPAL: &str = "INSERT INTO principal (id, organization, workspace, kind, name)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (id) DO UPDATE SET kind = ?4, name = ?5 WHERE organization = ?2 AND workspace = ?3";

const UPSERT_TOKEN: &str = "INSERT INTO token (id, organization, workspace, principal, kind, name, role,
        credentials, networks, mac, created_at, created_by, expires_at, revoked_at, last_used_at, kinds, labels,
        grants, previous_mac, previous_until)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
    ON CONFLICT (id) DO UPDATE SET principal = ?4, kind = ?5, name = ?6, role = ?7, credentials = ?8,
        networks = ?9, mac = ?10, created_at = ?11, created_by = ?12, expires_at = ?13, revoked_at = ?14,
        last_used_at = ?15, kinds = ?16, labels = ?17, grants = ?18, previous_mac = ?19, previous_until = ?20
    WHERE organization = ?2 AND workspace = ?3";

const NAME_IDENTITY: &str = "UPDATE token SET issuer = ?2, subject = ?3 WHERE id = ?1";

/// The time of the first revocation stays.
const REVOKE_TOKEN: &str = "UPDATE token SET revoked_at = ?4
    WHERE id = ?1 AND organization = ?2 AND workspace = ?3 AND revoked_at IS NULL";

/// Setting a column to itself counts as written and changes nothing.
const PIN_HOST_KEY: &str =
    "INSERT INTO host_key_pin (organization, workspace, endpoint, key, pinned_by, pinned_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (organization, workspace, endpoint) DO UPDATE SET key = key WHERE key = ?4";

const UNPIN_HOST_KEY: &str =
    "DELETE FROM host_key_pin WHERE organization = ?1 AND workspace = ?2 AND endpoint = ?3";

const UPSERT_IDEMPOTENCY: &str = "INSERT INTO idempotency
        (organization, workspace, principal, route, key, body_mac, created_at, answer)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (organization, workspace, principal, route, key)
    DO UPDATE SET body_mac = ?6, created_at = ?7, answer = ?8 WHERE created_at <= ?9";
