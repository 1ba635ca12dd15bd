//! Credentials by the hundred thousand, written straight into a stopped server's store.
//!
//! What it writes is what the server would have written: one credential that the server made is the pattern, and each
//! copy of it has ids, record, event and an envelope of its own, sealed under its organization's own keys. Any of
//! them can be listed and resolved with the token of its workspace. Must never run while a server has the folder.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use strongroom_domain::audit::{Actor, AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::credential::Credential;
use strongroom_domain::event::{Event, EventKind};
use strongroom_domain::ids::{
    CredentialId, NodeId, OrganizationId, PrincipalId, RequestId, TokenId, WorkspaceId,
};
use strongroom_domain::token::TokenText;
use strongroom_domain::{FieldMap, Scope, Secret, Timestamp};
use strongroom_sealing::{OrganizationKeys, RootKey, ValueContext, WrappedKey, WrappingKey};
use strongroom_store::{
    Commit, KeyOwner, KeyRow, OrganizationRow, Store, StoredCredential, StoredValue, TokenRow, WorkspaceRow,
    Write,
};
use strongroom_store_sqlite::SqliteStore;
use tokio::task::JoinSet;

/// Most credentials in one commit.
const BATCH: usize = 100;

/// Commits under way at once.
const CALLERS: usize = 64;

/// How credentials lie in a store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) organizations: usize,
    /// Of each organization.
    pub(crate) workspaces: usize,
    /// Of each workspace.
    pub(crate) credentials: usize,
}

impl Layout {
    pub(crate) const fn total(self) -> usize {
        self.organizations * self.workspaces * self.credentials
    }
}

/// A filled workspace, and the key to it.
#[derive(Debug)]
pub(crate) struct Filled {
    /// Its id.
    pub(crate) workspace: String,
    pub(crate) token: String,
    /// The ids of some of its credentials.
    pub(crate) credentials: Vec<String>,
}

/// Lays credentials out beside `pattern`, which the server of this folder made in its own workspace. Gives the workspaces,
/// each with the ids of its first `named` credentials. `folder` is that of `strongroom dev`.
pub(crate) async fn fill(
    folder: &Path,
    pattern: &str,
    token: &str,
    layout: Layout,
    named: usize,
) -> Result<Vec<Filled>> {
    // An existing store keeps the node it has.
    let store = SqliteStore::open(&folder.join("data"), NodeId::from_bytes([0; 16]))?;
    let pattern = Arc::new(Pattern::read(&store, folder, pattern, token).await?);
    let store: Arc<dyn Store> = Arc::new(store);
    let (mut running, mut filled) = (JoinSet::new(), Vec::new());
    for number in 0..layout.organizations {
        if running.len() >= CALLERS {
            filled.extend(running.join_next().await.context("commits are under way")???);
        }
        let (store, pattern) = (Arc::clone(&store), Arc::clone(&pattern));
        running.spawn(async move { Tenant::new(number, pattern).create(&*store, layout, named).await });
    }
    while let Some(done) = running.join_next().await {
        filled.extend(done??);
    }
    store.close().await;
    Ok(filled)
}

/// What the server itself has written, to be written again with other ids.
struct Pattern {
    root: RootKey,
    organization: OrganizationRow,
    workspace: WorkspaceRow,
    /// Of the first admin: its copies have the same secret part.
    token: TokenRow,
    text: TokenText,
    stored: StoredCredential,
    /// When it was made, and all copies with it: now, since older keys would be renewed while the server is measured.
    made_at: Timestamp,
}

impl Pattern {
    async fn read(store: &SqliteStore, folder: &Path, credential: &str, token: &str) -> Result<Self> {
        let organizations = store.organizations(None, 1).await?;
        let organization = organizations.first().context("the store was founded")?.clone();
        let workspaces = store.workspaces(&organization).await?;
        let workspace = workspaces.first().context("the store was founded")?.clone();
        let scope = Scope::new(organization.id, workspace.id);
        let text = TokenText::parse(token).context("the server's token is one")?;
        let token = store.token(text.id).await?.context("the token is in the store")?;
        let stored = store.credential(&scope, credential.parse()?).await?.context("the pattern was made")?;
        Ok(Self {
            root: RootKey::from_file(folder.join("root.key"))?,
            organization,
            workspace,
            token,
            text,
            made_at: stored.credential.created_at,
            stored,
        })
    }
}

/// One organization, and what its ids are made from.
struct Tenant {
    pattern: Arc<Pattern>,
    number: usize,
    organization: OrganizationId,
    rng: ChaCha20Rng,
}

/// One of its workspaces.
struct Place {
    scope: Scope,
    token: TokenId,
    /// Counted in its organization.
    number: usize,
}

impl Tenant {
    /// Equal for equal numbers and times, but for what is sealed.
    fn new(number: usize, pattern: Arc<Pattern>) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(number as u64);
        let organization = OrganizationId::make(pattern.made_at, &mut rng);
        Self { pattern, number, organization, rng }
    }

    async fn create(mut self, store: &dyn Store, layout: Layout, named: usize) -> Result<Vec<Filled>> {
        let (keys, rows) = OrganizationKeys::make(
            &self.pattern.root,
            self.organization,
            self.pattern.made_at,
            &mut self.rng,
        );
        let places: Vec<Place> = (0..layout.workspaces).map(|number| self.place(number)).collect();
        for place in &places {
            store.commit(&place.scope, self.founding(place, &rows)?).await?;
        }
        let mut filled = Vec::new();
        for place in &places {
            let mut ids = Vec::new();
            for from in (0..layout.credentials).step_by(BATCH) {
                let (commit, made) = self.batch(&keys, place, from..layout.credentials.min(from + BATCH))?;
                store.commit(&place.scope, commit).await?;
                ids.extend(made);
            }
            filled.push(self.filled(place, ids.into_iter().take(named)));
        }
        Ok(filled)
    }

    fn place(&mut self, number: usize) -> Place {
        let workspace = WorkspaceId::make(self.pattern.made_at, &mut self.rng);
        let token = TokenId::make(self.pattern.made_at, &mut self.rng);
        Place { scope: Scope::new(self.organization, workspace), token, number }
    }

    /// A workspace with a token; with the first one its organization and the keys of that.
    fn founding(&mut self, place: &Place, keys: &[WrappedKey]) -> Result<Commit> {
        let id = place.scope.workspace();
        let mut commit = Commit::new(self.record(AuditAction::Workspace, AuditObject::Workspace(id)));
        if place.number == 0 {
            commit = commit.write(Write::Organization(self.organization_row()?));
        }
        let slug = format!("workspace-{}", place.number).parse()?;
        let workspace = WorkspaceRow { id, slug, ..self.pattern.workspace.clone() };
        let token = TokenRow {
            id: place.token,
            principal: PrincipalId::make(self.pattern.made_at, &mut self.rng),
            scope: place.scope,
            last_used_at: None,
            ..self.pattern.token.clone()
        };
        commit = commit.write(Write::Workspace(workspace)).write(Write::Token(Box::new(token)));
        let keys = if place.number == 0 { keys } else { &[] };
        Ok(keys.iter().fold(commit, |commit, key| commit.write(Write::Key(row(key, self.organization)))))
    }

    fn organization_row(&self) -> Result<OrganizationRow> {
        let (slug, name) = (format!("seeded-{}", self.number), format!("Seeded {}", self.number));
        let (slug, name) = (slug.parse()?, name.parse()?);
        Ok(OrganizationRow { id: self.organization, slug, name, ..self.pattern.organization.clone() })
    }

    /// Some credentials in one commit, and their ids.
    fn batch(
        &mut self,
        keys: &OrganizationKeys,
        place: &Place,
        numbers: std::ops::Range<usize>,
    ) -> Result<(Commit, Vec<CredentialId>)> {
        let (mut commit, mut ids) = (None, Vec::new());
        for number in numbers {
            let credential = self.credential(place, number)?;
            let value = self.value(keys, place, &credential)?;
            ids.push(credential.id);
            commit = Some(self.creation(commit, credential, value));
        }
        Ok((commit.context("a batch has credentials")?, ids))
    }

    /// Adds a credential to a commit, or begins one with it.
    fn creation(&mut self, commit: Option<Commit>, credential: Credential, value: StoredValue) -> Commit {
        let id = credential.id;
        let record = self.record(AuditAction::Create, AuditObject::Credential(id));
        let event = Event {
            kind: EventKind::Created,
            at: self.pattern.made_at,
            credential: id,
            version: 1,
            value_version: 1,
        };
        match commit {
            None => Commit::new(record),
            Some(commit) => commit.record(record),
        }
        .write(Write::Credential(Box::new(credential)))
        .write(Write::Value(id, value))
        .event(event)
    }

    fn credential(&mut self, place: &Place, number: usize) -> Result<Credential> {
        let by = PrincipalId::make(self.pattern.made_at, &mut self.rng);
        Ok(Credential {
            id: CredentialId::make(self.pattern.made_at, &mut self.rng),
            workspace: place.scope.workspace(),
            name: format!("seeded {number}").parse()?,
            created_by: by,
            created_at: self.pattern.made_at,
            modified_by: by,
            modified_at: self.pattern.made_at,
            ..self.pattern.stored.credential.clone()
        })
    }

    fn value(
        &mut self,
        keys: &OrganizationKeys,
        place: &Place,
        credential: &Credential,
    ) -> Result<StoredValue> {
        let target_digest = self.pattern.stored.value.target_digest;
        let context = ValueContext {
            organization: place.scope.organization(),
            workspace: place.scope.workspace(),
            credential: credential.id,
            value_version: credential.value_version,
            kind: &credential.kind,
            target_digest,
        };
        let text = format!("canary-{:016}-bench", self.rng.next_u32());
        let secrets: FieldMap = [("api_key", text)].into_iter().collect();
        let envelope = keys.seal(&context, &Secret::new(secrets), &mut self.rng)?.into_bytes();
        let fingerprint = Some(self.bytes());
        Ok(StoredValue { envelope, fingerprint, ..self.pattern.stored.value.clone() })
    }

    fn filled(&self, place: &Place, ids: impl Iterator<Item = CredentialId>) -> Filled {
        let text = TokenText { id: place.token, ..self.pattern.text.clone() };
        Filled {
            workspace: place.scope.workspace().to_string(),
            // EXPOSE: the bench is its holder.
            token: text.reveal().expose().clone(),
            credentials: ids.map(|id| id.to_string()).collect(),
        }
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    fn record(&mut self, action: AuditAction, object: AuditObject) -> AuditRecord {
        AuditRecord {
            at: self.pattern.made_at,
            actor: Actor::System,
            on_behalf_of: None,
            source: None,
            request: RequestId::make(self.pattern.made_at, &mut self.rng),
            trace: None,
            action,
            object,
            outcome: AuditOutcome::Succeeded,
            version: Some(1),
            value_version: Some(1),
            fields: vec!["base_url".to_owned(), "region".to_owned(), "api_key".to_owned()],
            code: None,
            verification: None,
            notes: std::collections::BTreeMap::new(),
        }
    }
}

/// A wrapped key as the service stores it (`service::keys`).
fn row(key: &WrappedKey, organization: OrganizationId) -> KeyRow {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let wrapped_by = match key.wrapped_by {
        WrappingKey::Root(id) => format!("root:{}", hex(id.as_bytes())),
        WrappingKey::Kek { id, epoch } => format!("kek:{}:{epoch}", hex(id.as_bytes())),
    };
    KeyRow {
        owner: KeyOwner::Organization(organization),
        purpose: key.purpose.code().to_owned(),
        epoch: key.epoch,
        key_id: *key.key_id.as_bytes(),
        wrapped_by,
        blob: key.blob.clone(),
        created_at: key.created_at,
    }
}
