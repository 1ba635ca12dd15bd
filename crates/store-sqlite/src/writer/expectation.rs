//! What must hold before a commit is applied.
//!
//! Owns the questions, and which clash each of them means. Must never write.

use rusqlite::params;
use strongroom_domain::ids::{PrincipalId, TokenId};
use strongroom_store::{Clash, Expectation, KeyOwner, Made, StoreError};

use super::write::{Applying, owner_bytes};
use crate::encoding::{json, signed};
use crate::error::from_sqlite;

impl Applying<'_> {
    /// Answers with the clash where the expectation does not hold. All of them look inside the scope only,
    /// and for a token in its organization.
    pub(super) fn check(&mut self, expectation: &Expectation) -> Result<(), StoreError> {
        let (holds, clash) = match expectation {
            Expectation::Version(id, version) => {
                (self.locate(*id)?.is_some_and(|found| found.version == signed(*version)), Clash::Version)
            }
            Expectation::ValueVersion(id, version) => {
                let holds = self.locate(*id)?.is_some_and(|found| found.value_version == signed(*version));
                (holds, Clash::ValueVersion)
            }
            Expectation::NoHold(id, now) => {
                let row = self.locate(*id)?.map(|found| found.row);
                (!self.any(ANY_HOLD, params![row, now.unix_micros()])?, Clash::Held)
            }
            Expectation::CredentialsBelow(most) => {
                (self.tenant_count(CREDENTIALS)? < signed(*most), Clash::Quota)
            }
            Expectation::MadeBelow(made, most) => (self.made(made, *most)? < signed(*most), Clash::Quota),
            Expectation::TokensBelow(most) => (self.tenant_count(TOKENS)? < signed(*most), Clash::Quota),
            Expectation::TokenLive(id) => {
                let holds = self.is_live(*id)?;
                // A token that is at home elsewhere may be well where the workspace is gone.
                (holds, if !holds && self.lives_elsewhere(*id)? { Clash::Workspace } else { Clash::Token })
            }
            Expectation::TokenSecret(id, mac) => {
                let organization = self.scope_bytes().0;
                (self.any(TOKEN_SECRET, params![id.as_bytes(), organization, mac])?, Clash::Version)
            }
            Expectation::OrganizationThere => {
                let organization = self.scope_bytes().0;
                (self.any(ORGANIZATION, params![organization])?, Clash::Workspace)
            }
            Expectation::IntegrationVersion(id, version) => (
                self.integration_at(*id)?.is_some_and(|(_, found)| found == signed(*version)),
                Clash::Version,
            ),
            Expectation::IntegrationUses(id, count) => {
                let (organization, workspace) = self.scope_bytes();
                let uses = self.count(USES, params![organization, workspace, id.as_bytes()])?;
                (uses == signed(*count), Clash::Uses)
            }
            Expectation::IntegrationsBelow(most) => {
                let (organization, workspace) = self.scope_bytes();
                (self.count(INTEGRATIONS, params![organization, workspace])? < signed(*most), Clash::Quota)
            }
            Expectation::NoHoldAnywhere(now) => {
                let workspace = self.scope_bytes().1;
                (!self.any(ANY_HOLD_ANYWHERE, params![workspace, now.unix_micros()])?, Clash::Held)
            }
            Expectation::WorkspacesBelow(most) => {
                (self.tenant_count(WORKSPACES)? < signed(*most), Clash::Quota)
            }
            Expectation::WorkspaceVersion(version) => {
                let (organization, workspace) = self.scope_bytes();
                let holds = self.any(WORKSPACE, params![organization, workspace, signed(*version)])?;
                (holds, Clash::Workspace)
            }
            Expectation::NoKeys(owner) => (!self.has_keys(*owner)?, Clash::Keys),
            Expectation::NewestEpoch(owner, purpose, epoch) => {
                (self.any(NEWEST, params![owner_bytes(*owner), purpose, epoch])?, Clash::Keys)
            }
            Expectation::KeyUnder(owner, name) => {
                (self.any(KEY_UNDER, params![owner_bytes(*owner), name])?, Clash::Keys)
            }
            Expectation::NoKeyFor(owner, purpose) => {
                (!self.any(KEY_FOR, params![owner_bytes(*owner), purpose])?, Clash::Keys)
            }
            Expectation::NothingUnder(name) => (!self.wraps_anything(name)?, Clash::Keys),
        };
        if holds { Ok(()) } else { Err(StoreError::Clash(clash)) }
    }

    /// How many there are, as far as `most`: a large workspace costs no more than a small one.
    fn made(&self, made: &Made, most: u64) -> Result<i64, StoreError> {
        let (organization, workspace) = self.scope_bytes();
        let by = made.by.as_ref().map(PrincipalId::as_bytes);
        let kinds = (!made.kinds.is_empty()).then(|| json(&made.kinds));
        let sql = match (by, &kinds) {
            (Some(_), _) => MADE_BY,
            (None, Some(_)) => MADE_OF,
            (None, None) => MADE,
        };
        let through = made.through.code();
        self.count(sql, params![organization, workspace, through, signed(most), by, kinds])
    }

    fn is_live(&mut self, token: TokenId) -> Result<bool, StoreError> {
        if self.seen.is_live(self.scope, token) {
            return Ok(true);
        }
        let (organization, workspace) = self.scope_bytes();
        let is_live = self.any(LIVE_TOKEN, params![token.as_bytes(), organization, workspace])?;
        if is_live {
            self.seen.keep_live(self.scope, token);
        }
        Ok(is_live)
    }

    fn lives_elsewhere(&self, token: TokenId) -> Result<bool, StoreError> {
        self.any(LIVE_ANYWHERE, params![token.as_bytes(), self.scope_bytes().0])
    }

    fn has_keys(&self, owner: KeyOwner) -> Result<bool, StoreError> {
        self.any("SELECT EXISTS (SELECT 1 FROM key WHERE owner = ?1)", params![owner_bytes(owner)])
    }

    pub(super) fn any(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(from_sqlite)?;
        statement.query_row(parameters, |row| row.get(0)).map_err(from_sqlite)
    }

    fn tenant_count(&self, sql: &str) -> Result<i64, StoreError> {
        self.count(sql, params![self.scope_bytes().0])
    }

    fn count(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<i64, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(from_sqlite)?;
        statement.query_row(parameters, |row| row.get(0)).map_err(from_sqlite)
    }
}

/// Of a credential that is not there, nobody has a hold.
const ANY_HOLD: &str = "SELECT EXISTS (SELECT 1 FROM consumer WHERE credential = ?1 AND hold_until > ?2)";

const ANY_HOLD_ANYWHERE: &str =
    "SELECT EXISTS (SELECT 1 FROM consumer WHERE workspace = ?1 AND hold_until > ?2)";

const WORKSPACES: &str = "SELECT count(*) FROM workspace WHERE organization = ?1";

const LIVE_ANYWHERE: &str = "SELECT EXISTS (SELECT 1 FROM token
    WHERE id = ?1 AND organization = ?2 AND revoked_at IS NULL)";

const TOKEN_SECRET: &str = "SELECT EXISTS (SELECT 1 FROM token
    WHERE id = ?1 AND organization = ?2 AND mac = ?3)";

const ORGANIZATION: &str = "SELECT EXISTS (SELECT 1 FROM organization WHERE id = ?1)";

const LIVE_TOKEN: &str = "SELECT EXISTS (SELECT 1 FROM token
    WHERE id = ?1 AND organization = ?2 AND revoked_at IS NULL
        AND (workspace = ?3 OR EXISTS (SELECT 1 FROM workspace WHERE organization = ?2 AND id = ?3)))";

const WORKSPACE: &str =
    "SELECT EXISTS (SELECT 1 FROM workspace WHERE organization = ?1 AND id = ?2 AND version = ?3)";

/// Of an owner without such keys, none is the newest: `max` of nothing equals nothing.
const NEWEST: &str = "SELECT coalesce(max(epoch) = ?3, 0) FROM key WHERE owner = ?1 AND purpose = ?2";

const KEY_UNDER: &str = "SELECT EXISTS (SELECT 1 FROM key WHERE owner = ?1 AND wrapped_by = ?2)";

const KEY_FOR: &str = "SELECT EXISTS (SELECT 1 FROM key WHERE owner = ?1 AND purpose = ?2)";

/// Always one row, for organizations too that have none yet.
const CREDENTIALS: &str = "SELECT coalesce(max(credentials), 0) FROM tally WHERE organization = ?1";

/// Each by its own index: `origin <> 'native'` stands here because the indexes have it.
const MADE: &str = "SELECT count(*) FROM (SELECT 1 FROM credential
    WHERE organization = ?1 AND workspace = ?2 AND origin = ?3 AND origin <> 'native'
        AND coalesce(?5, ?6) IS NULL LIMIT ?4)";

const MADE_BY: &str = "SELECT count(*) FROM (SELECT 1 FROM credential
    WHERE organization = ?1 AND workspace = ?2 AND origin = ?3 AND origin <> 'native' AND created_by = ?5
        AND (?6 IS NULL OR kind IN (SELECT value FROM json_each(?6))) LIMIT ?4)";

const MADE_OF: &str = "SELECT count(*) FROM (SELECT 1 FROM credential
    WHERE organization = ?1 AND workspace = ?2 AND origin = ?3 AND origin <> 'native' AND ?5 IS NULL
        AND kind IN (SELECT value FROM json_each(?6)) LIMIT ?4)";

const USES: &str =
    "SELECT count(*) FROM credential WHERE organization = ?1 AND workspace = ?2 AND integration = ?3";

const INTEGRATIONS: &str = "SELECT count(*) FROM integration WHERE organization = ?1 AND workspace = ?2";

const TOKENS: &str = "SELECT count(*) FROM token WHERE organization = ?1 AND revoked_at IS NULL";
