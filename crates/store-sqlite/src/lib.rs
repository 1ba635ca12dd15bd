#![doc = include_str!("../README.md")]

mod encoding;
mod error;
mod folder;
mod inspect;
mod ledger;
mod read;
mod readers;
mod room;
mod schema;
mod status;
mod target;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;
use strongroom_domain::consumer::Hold;
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::event::Event;
use strongroom_domain::identity::Identity;
use strongroom_domain::ids::{CredentialId, IntegrationId, NodeId, OrganizationId, TokenId, WorkspaceId};
use strongroom_domain::integration::Integration;
use strongroom_domain::text::{Name, Slug};
use strongroom_domain::{Scope, Timestamp};
use strongroom_store::{
    AuditEntry, Commit, CredentialFilter, EventOrder, EventRange, Fingerprint, HostKeyPin, Housekeeping,
    IdempotencyKey, IdempotencyRow, KeyOwner, KeyRow, Leaf, LeafOrder, Lease, LeaseName, LogHead, LogOwner,
    OrganizationRow, Page, PlacedEvent, Result, SealedPage, SignedHead, Store, StoreError, StoreStatus,
    StoredCredential, StoredIntegration, Stretch, TokenRow, UnloggedRecord, WorkspaceRow,
};

pub use self::error::OpenError;
use self::folder::Folder;
pub use self::inspect::{Inspection, inspect};
pub use self::ledger::{Bounds, ChainRow, Ledger, PlacedLeaf, RecordRow, RowKind};
use self::read::{credential, event, hold, integration, list, log, record, sealed, tenant, token};
use self::readers::Readers;
pub use self::room::Reserve;
use self::status::Counters;
use self::writer::Writer;

/// A store in a folder of its own. See the README of this crate for what it guarantees.
pub struct SqliteStore {
    writer: Writer,
    readers: Arc<Readers>,
    counters: Arc<Counters>,
    node: NodeId,
}

impl SqliteStore {
    /// Opens the store in `folder`, which is made where it is missing, and keeps it until it is closed or
    /// dropped. A new store belongs to `node`; one that is there stays with the node it has.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]: every cause says what to do.
    pub fn open(folder: &Path, node: NodeId) -> std::result::Result<Self, OpenError> {
        Self::open_with(folder, node, Reserve::default())
    }

    /// The same, keeping so much room on the disk.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub fn open_with(folder: &Path, node: NodeId, reserve: Reserve) -> std::result::Result<Self, OpenError> {
        let folder = Folder::take(folder)?;
        let file = folder.database();
        let connection = schema::open_writer(&file)?;
        let node = schema::node_of(&connection, node)?;
        schema::end_leases(&connection)?;
        let readers = Arc::new(Readers::open(&file)?);
        let counters = Arc::new(Counters::default());
        let writer =
            Writer::start(folder, connection, Arc::clone(&readers), (Arc::clone(&counters), reserve))?;
        Ok(Self { writer, readers, counters, node })
    }

    /// The node whose rows these are.
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// For questions that a key answers.
    async fn look_up<T>(&self, question: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.readers.look_up(question).await
    }

    /// For questions whose answer may be long.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.readers.ask(question).await
    }

    /// A little at a time, so that commits come in between.
    async fn forget_events(&self, scope: &Scope, before: Timestamp) -> Result<()> {
        while self.ask(move |connection| event::oldest_is_before(connection, before)).await? {
            self.writer.keep_house(scope, Housekeeping::ForgetEvents(before)).await?;
        }
        Ok(())
    }

    /// The same for records.
    async fn forget_records(&self, scope: &Scope, before: Timestamp) -> Result<()> {
        while self.ask(move |connection| log::oldest_is_before(connection, before)).await? {
            self.writer.keep_house(scope, Housekeeping::ForgetRecords(before)).await?;
        }
        Ok(())
    }
}

impl Drop for SqliteStore {
    /// What was handed in is finished, as in `close`; then the fields let go of the folder.
    fn drop(&mut self) {
        self.readers.abandon();
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, scope: &Scope, commit: Commit) -> Result<()> {
        self.writer.commit(scope, commit).await
    }

    async fn keep_house(&self, scope: &Scope, task: Housekeeping) -> Result<()> {
        match task {
            Housekeeping::ForgetEvents(before) => self.forget_events(scope, before).await,
            Housekeeping::ForgetRecords(before) => self.forget_records(scope, before).await,
            task => self.writer.keep_house(scope, task).await,
        }
    }

    async fn credential(&self, scope: &Scope, id: CredentialId) -> Result<Option<StoredCredential>> {
        self.look_up(|connection| credential::by_id(connection, scope, id)).await
    }

    async fn credential_with_slug(&self, scope: &Scope, slug: &Slug) -> Result<Option<CredentialId>> {
        self.look_up(|connection| credential::by_slug(connection, scope, slug)).await
    }

    async fn credentials(
        &self,
        scope: &Scope,
        filter: &CredentialFilter,
        page: Page,
    ) -> Result<Vec<Credential>> {
        let (scope, filter) = (*scope, filter.clone());
        self.ask(move |connection| list::credentials(connection, &scope, &filter, page)).await
    }

    async fn credentials_at(
        &self,
        scope: &Scope,
        filter: &CredentialFilter,
        stretch: Stretch,
    ) -> Result<Vec<Credential>> {
        let (scope, filter) = (*scope, filter.clone());
        self.ask(move |connection| list::credentials_at(connection, &scope, &filter, stretch)).await
    }

    async fn credentials_matching(&self, scope: &Scope, filter: &CredentialFilter) -> Result<u64> {
        let (scope, filter) = (*scope, filter.clone());
        self.ask(move |connection| list::matching(connection, &scope, &filter)).await
    }

    async fn credential_with_alias(
        &self,
        scope: &Scope,
        dialect: Dialect,
        external: &str,
    ) -> Result<Option<CredentialId>> {
        self.look_up(|connection| credential::by_alias(connection, scope, dialect, external)).await
    }

    async fn credentials_with_fingerprint(
        &self,
        scope: &Scope,
        fingerprint: Fingerprint,
        except: Option<CredentialId>,
    ) -> Result<Vec<CredentialId>> {
        let scope = *scope;
        // As many as there are are sorted before ten of them are taken.
        self.ask(move |connection| credential::by_fingerprint(connection, &scope, fingerprint, except)).await
    }

    async fn integration(&self, scope: &Scope, id: IntegrationId) -> Result<Option<StoredIntegration>> {
        self.look_up(|connection| integration::by_id(connection, scope, id)).await
    }

    async fn integration_with_alias(
        &self,
        scope: &Scope,
        dialect: Dialect,
        external: &str,
    ) -> Result<Option<IntegrationId>> {
        self.look_up(|connection| integration::by_alias(connection, scope, dialect, external)).await
    }

    async fn integrations(&self, scope: &Scope, page: Page<IntegrationId>) -> Result<Vec<Integration>> {
        let scope = *scope;
        self.ask(move |connection| integration::all(connection, &scope, page)).await
    }

    async fn verified_integrations(
        &self,
        scope: &Scope,
        filter: &CredentialFilter,
        now: Timestamp,
    ) -> Result<Vec<IntegrationId>> {
        let (scope, filter) = (*scope, filter.clone());
        self.ask(move |connection| list::verified_integrations(connection, &scope, &filter, now)).await
    }

    async fn credential_count(&self, scope: &Scope) -> Result<u64> {
        self.look_up(|connection| list::count(connection, scope)).await
    }

    async fn holds(&self, scope: &Scope, id: CredentialId, now: Timestamp) -> Result<Vec<Hold>> {
        let scope = *scope;
        self.ask(move |connection| hold::of_credential(connection, &scope, id, now)).await
    }

    async fn holds_of_consumer(&self, scope: &Scope, name: &Name, now: Timestamp) -> Result<Vec<Hold>> {
        let (scope, name) = (*scope, name.clone());
        self.ask(move |connection| hold::of_consumer(connection, &scope, &name, now)).await
    }

    async fn history(
        &self,
        scope: &Scope,
        id: CredentialId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>> {
        let (scope, node) = (*scope, self.node);
        self.ask(move |connection| record::history(connection, &scope, node, (id, before), limit)).await
    }

    async fn audit(&self, scope: &Scope, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        let (scope, node) = (*scope, self.node);
        let (mut found, mut from) = (Vec::new(), Some(after));
        while let Some(after) = from
            && found.len() < limit
        {
            let wanted = limit - found.len();
            let ask = move |connection: &Connection| record::audit(connection, &scope, node, after, wanted);
            let stretch = self.ask(ask).await?;
            found.extend(stretch.entries);
            from = stretch.next;
        }
        Ok(found)
    }

    async fn log_order(&self) -> Result<u64> {
        self.look_up(log::order).await
    }

    async fn unlogged_count(&self, most: u64) -> Result<u64> {
        self.ask(move |connection| log::unlogged_count(connection, most)).await
    }

    async fn unlogged(&self, limit: usize) -> Result<Vec<UnloggedRecord>> {
        let node = self.node;
        self.ask(move |connection| log::unlogged(connection, node, limit)).await
    }

    async fn log_head(&self, owner: LogOwner) -> Result<Option<LogHead>> {
        self.look_up(move |connection| log::head(connection, owner)).await
    }

    async fn signed_head(&self, owner: LogOwner) -> Result<Option<SignedHead>> {
        self.look_up(move |connection| log::signed_head(connection, owner)).await
    }

    async fn unsigned_heads(
        &self,
        after: Option<OrganizationId>,
        limit: usize,
    ) -> Result<Vec<(OrganizationId, LogHead)>> {
        self.ask(move |connection| log::unsigned(connection, after, limit)).await
    }

    async fn leaves(&self, scope: &Scope, order: LeafOrder, from: u64, limit: usize) -> Result<Vec<Leaf>> {
        let (scope, node) = (*scope, self.node);
        self.ask(move |connection| log::leaves(connection, &scope, node, (order, from), limit)).await
    }

    async fn log_tile(&self, scope: &Scope, level: u8, number: u64) -> Result<Option<Vec<[u8; 32]>>> {
        let scope = *scope;
        self.ask(move |connection| log::tile(connection, &scope, level, number)).await
    }

    async fn system_log(&self, from: u64, limit: usize) -> Result<Vec<String>> {
        self.ask(move |connection| log::system(connection, from, limit)).await
    }

    async fn events(&self, scope: &Scope, after: u64, limit: usize) -> Result<Vec<(u64, Event)>> {
        let scope = *scope;
        self.ask(move |connection| event::of_workspace(connection, &scope, after, limit)).await
    }

    async fn event_range(&self, scope: &Scope) -> Result<EventRange> {
        let scope = *scope;
        self.ask(move |connection| event::range(connection, &scope)).await
    }

    async fn placed_events(&self, after: u64, limit: usize) -> Result<Vec<PlacedEvent>> {
        self.ask(move |connection| event::placed(connection, after, limit)).await
    }

    async fn event_order(&self) -> Result<EventOrder> {
        self.look_up(event::order).await
    }

    async fn lease(&self, name: LeaseName) -> Result<Option<Lease>> {
        self.look_up(move |connection| event::lease(connection, name)).await
    }

    async fn workspace(&self, scope: &Scope) -> Result<Option<WorkspaceRow>> {
        self.look_up(|connection| tenant::workspace(connection, scope)).await
    }

    async fn workspace_with_slug(
        &self,
        organization: OrganizationId,
        slug: &Slug,
    ) -> Result<Option<WorkspaceId>> {
        self.look_up(|connection| tenant::workspace_with_slug(connection, organization, slug)).await
    }

    async fn token(&self, id: TokenId) -> Result<Option<TokenRow>> {
        self.look_up(move |connection| token::by_id(connection, id)).await
    }

    async fn token_of_identity(&self, identity: &Identity) -> Result<Option<TokenRow>> {
        self.look_up(|connection| token::by_identity(connection, identity)).await
    }

    async fn tokens(&self, scope: &Scope, page: Page<TokenId>) -> Result<Vec<TokenRow>> {
        let scope = *scope;
        self.ask(move |connection| token::live(connection, &scope, page)).await
    }

    async fn token_count(&self, scope: &Scope) -> Result<u64> {
        let scope = *scope;
        self.ask(move |connection| token::count(connection, &scope)).await
    }

    async fn keys(&self, owner: KeyOwner) -> Result<Vec<KeyRow>> {
        self.look_up(move |connection| tenant::keys(connection, owner)).await
    }

    async fn sealed_values(&self, scope: &Scope, page: Page) -> Result<SealedPage> {
        let scope = *scope;
        self.ask(move |connection| sealed::page(connection, &scope, page)).await
    }

    async fn idempotency(
        &self,
        scope: &Scope,
        key: &IdempotencyKey,
        since: Timestamp,
    ) -> Result<Option<IdempotencyRow>> {
        self.look_up(|connection| tenant::idempotency(connection, scope, key, since)).await
    }

    async fn host_key_pin(&self, scope: &Scope, endpoint: &str) -> Result<Option<HostKeyPin>> {
        self.look_up(|connection| tenant::host_key_pin(connection, scope, endpoint)).await
    }

    async fn host_key_pins(
        &self,
        scope: &Scope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<HostKeyPin>> {
        let (scope, after) = (*scope, after.map(str::to_owned));
        self.ask(move |connection| tenant::host_key_pins(connection, &scope, after.as_deref(), limit)).await
    }

    async fn organization(&self, id: OrganizationId) -> Result<Option<OrganizationRow>> {
        self.look_up(move |connection| tenant::organization(connection, id)).await
    }

    async fn organizations(
        &self,
        after: Option<OrganizationId>,
        limit: usize,
    ) -> Result<Vec<OrganizationRow>> {
        self.ask(move |connection| tenant::organizations(connection, after, limit)).await
    }

    async fn organizations_with_old_keys(
        &self,
        purpose: &str,
        made_by: Timestamp,
        after: Option<OrganizationId>,
        limit: usize,
    ) -> Result<Vec<OrganizationId>> {
        let purpose = purpose.to_owned();
        self.ask(move |connection| tenant::with_old_keys(connection, &purpose, made_by, after, limit)).await
    }

    async fn workspaces(&self, organization: &OrganizationRow) -> Result<Vec<WorkspaceRow>> {
        let organization = organization.id;
        self.ask(move |connection| tenant::workspaces(connection, organization)).await
    }

    async fn status(&self) -> Result<StoreStatus> {
        if self.writer.is_open() { Ok(self.counters.status()) } else { Err(StoreError::Closed) }
    }

    /// Readers first: the last connection to go is the writer's, which empties and removes the log.
    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
