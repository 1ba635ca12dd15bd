//! Credentials by the hundred thousand, written straight into a stopped server's store.
//!
//! What it writes is what the server would have written (rows, record, event for each), but for the
//! envelopes: those are random bytes of a real one's length, so nobody can resolve these credentials. Must
//! never run while a server has the folder.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use strongroom_domain::audit::{Actor, AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::credential::{Credential, Owner};
use strongroom_domain::dialect::Foreign;
use strongroom_domain::event::{Event, EventKind};
use strongroom_domain::health::Health;
use strongroom_domain::ids::{CredentialId, NodeId, OrganizationId, PrincipalId, RequestId, WorkspaceId};
use strongroom_domain::policy::WorkspaceSettings;
use strongroom_domain::{Scope, Timestamp};
use strongroom_store::{Commit, OrganizationRow, Store, StoredValue, WorkspaceRow, Write};
use strongroom_store_sqlite::SqliteStore;
use tokio::task::JoinSet;

/// A sealed secret of two dozen bytes.
const ENVELOPE: usize = 232;

/// Most credentials in one commit.
const BATCH: usize = 100;

/// Commits under way at once.
const CALLERS: usize = 64;

/// The time at which all of them were made; before now, so that they are listed first.
const MADE_AT: Timestamp = Timestamp::from_unix_micros(1_780_000_000_000_000);

/// Writes `each` credentials into the workspace that the server's token is for, and as many into a
/// workspace of each of the other `organizations - 1`. `folder` is that of `strongroom dev`.
pub(crate) async fn fill(folder: &Path, organizations: usize, each: usize) -> Result<()> {
    // An existing store keeps the node it has.
    let store = SqliteStore::open(&folder.join("data"), NodeId::from_bytes([0; 16]))?;
    let store: Arc<dyn Store> = Arc::new(store);
    let first = Tenant { scope: founded(&*store).await?, rng: ChaCha20Rng::seed_from_u64(0) };
    first.fill(&*store, each).await?;
    let mut running = JoinSet::new();
    for number in 1..organizations {
        if running.len() >= CALLERS {
            running.join_next().await.context("commits are under way")???;
        }
        let store = Arc::clone(&store);
        running.spawn(async move { Tenant::new(number).create(&*store, number, each).await });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    store.close().await;
    Ok(())
}

/// The workspace of the first start.
async fn founded(store: &dyn Store) -> Result<Scope> {
    let organizations = store.organizations().await?;
    let organization = organizations.first().context("the store was founded")?;
    let workspaces = store.workspaces(organization).await?;
    let workspace = workspaces.first().context("the store was founded")?;
    Ok(Scope::new(organization.id, workspace.id))
}

/// One organization with one workspace, and what its ids are made from.
struct Tenant {
    scope: Scope,
    rng: ChaCha20Rng,
}

impl Tenant {
    /// Equal for equal numbers.
    fn new(number: usize) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(number as u64);
        let (organization, workspace) =
            (OrganizationId::make(MADE_AT, &mut rng), WorkspaceId::make(MADE_AT, &mut rng));
        Self { scope: Scope::new(organization, workspace), rng }
    }

    async fn create(mut self, store: &dyn Store, number: usize, credentials: usize) -> Result<()> {
        let commit =
            Commit::new(self.record(AuditAction::Workspace, AuditObject::Workspace(self.scope.workspace())))
                .write(Write::Organization(self.organization(number)?))
                .write(Write::Workspace(self.workspace()?));
        store.commit(&self.scope, commit).await?;
        self.fill(store, credentials).await
    }

    async fn fill(mut self, store: &dyn Store, credentials: usize) -> Result<()> {
        for first in (0..credentials).step_by(BATCH) {
            let commit = self.batch(first..credentials.min(first + BATCH))?;
            store.commit(&self.scope, commit).await?;
        }
        Ok(())
    }

    fn batch(&mut self, numbers: std::ops::Range<usize>) -> Result<Commit> {
        let first = self.credential(numbers.start)?;
        let mut commit = self.creation(None, first);
        for number in numbers.skip(1) {
            let credential = self.credential(number)?;
            commit = self.creation(Some(commit), credential);
        }
        Ok(commit)
    }

    /// Adds a credential to a commit, or begins one with it.
    fn creation(&mut self, commit: Option<Commit>, credential: Credential) -> Commit {
        let id = credential.id;
        let record = self.record(AuditAction::Create, AuditObject::Credential(id));
        let event =
            Event { kind: EventKind::Created, at: MADE_AT, credential: id, version: 1, value_version: 1 };
        match commit {
            None => Commit::new(record),
            Some(commit) => commit.record(record),
        }
        .write(Write::Credential(Box::new(credential)))
        .write(Write::Value(id, self.value()))
        .event(event)
    }

    fn credential(&mut self, number: usize) -> Result<Credential> {
        let by = PrincipalId::make(MADE_AT, &mut self.rng);
        Ok(Credential {
            id: CredentialId::make(MADE_AT, &mut self.rng),
            workspace: self.scope.workspace(),
            kind: "generic".to_owned(),
            method: "fields".to_owned(),
            name: format!("seeded {number}").parse()?,
            slug: None,
            description: None,
            settings: [("base_url", "https://api.example.com/v1"), ("region", "north")].into_iter().collect(),
            secret_fields: vec!["api_key".to_owned()],
            labels: [("team".parse()?, "data".parse()?)].into(),
            owner: Owner::Workspace,
            integration: None,
            expires_at: None,
            version: 1,
            value_version: 1,
            health: Health::unknown(MADE_AT),
            verification: None,
            accepted: None,
            created_by: by,
            created_at: MADE_AT,
            modified_by: by,
            modified_at: MADE_AT,
            foreign: Foreign::default(),
        })
    }

    fn value(&mut self) -> StoredValue {
        let envelope = self.bytes::<ENVELOPE>().to_vec();
        StoredValue {
            value_version: 1,
            target_digest: self.bytes(),
            envelope,
            fingerprint: Some(self.bytes()),
            account_fingerprint: Some(self.bytes()),
        }
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    fn organization(&self, number: usize) -> Result<OrganizationRow> {
        let (slug, name) = (format!("seeded-{number}").parse()?, format!("Seeded {number}").parse()?);
        Ok(OrganizationRow { id: self.scope.organization(), slug, name, created_at: MADE_AT })
    }

    fn workspace(&self) -> Result<WorkspaceRow> {
        Ok(WorkspaceRow {
            id: self.scope.workspace(),
            slug: "default".parse()?,
            name: "default".parse()?,
            settings: WorkspaceSettings::default(),
            version: 1,
            created_at: MADE_AT,
        })
    }

    fn record(&mut self, action: AuditAction, object: AuditObject) -> AuditRecord {
        AuditRecord {
            at: MADE_AT,
            actor: Actor::System,
            on_behalf_of: None,
            source: None,
            request: RequestId::make(MADE_AT, &mut self.rng),
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
