//! The house under test: a founded store with a second workspace and a second organization beside the first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use serde_json::{Value, json};
use strongroom_connectors::Catalogue;
use strongroom_dialects::native;
use strongroom_domain::audit::{Actor, AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::dialect::View;
use strongroom_domain::ids::{
    CredentialId, NodeId, OrganizationId, PrincipalId, RequestId, TokenId, WorkspaceId,
};
use strongroom_domain::policy::WorkspaceSettings;
use strongroom_domain::principal::{Reach, Role};
use strongroom_domain::token::TokenText;
use strongroom_domain::{Clock, Scope, Timestamp};
use strongroom_egress::{Egress, Policy, Resolver, Roots};
use strongroom_sealing::{OrganizationKeys, RootKey, SystemRng, WrappedKey, WrappingKey};
use strongroom_service::{Context, FailureLimits, Limits, NamedIssuer, Parts, Service, StartError, founding};
use strongroom_store::{
    Commit, HostKeyPin, KeyOwner, KeyRow, OrganizationRow, Store, TokenRow, WorkspaceRow, Write,
};
use strongroom_store_sqlite::SqliteStore;
use strongroom_testkit::{MockClock, seeded};
use strongroom_web::{Edge, Observed, Proxies};
use tempfile::TempDir;

use crate::client::Client;

/// A service on a store of its own, and scopes `a` (the founded one), `a2` (another workspace of the same
/// organization) and `b` (another organization).
pub(crate) struct House {
    pub(crate) router: Router,
    pub(crate) service: Arc<Service>,
    pub(crate) clock: MockClock,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) a: Scope,
    pub(crate) a2: Scope,
    pub(crate) b: Scope,
    first: Client,
    tokens: AtomicU64,
    folder: TempDir,
}

/// The credentials of the first workspace, by its slug.
pub(crate) const CREDENTIALS: &str = "/v1/workspaces/default/credentials";

impl House {
    pub(crate) async fn open() -> Self {
        Self::among(Catalogue::built_in(), door_out()).await
    }

    pub(crate) async fn with_limits(limits: Limits) -> Self {
        Self::made_of(Catalogue::built_in(), door_out(), limits).await
    }

    /// With these kinds and this way out.
    pub(crate) async fn among(catalogue: Catalogue, egress: Egress) -> Self {
        Self::made_of(catalogue, egress, Limits::default()).await
    }

    /// Where these issuers' statements count.
    pub(crate) async fn trusting(issuers: Vec<NamedIssuer>) -> Self {
        let public_alone = Egress::new(Policy::default(), &no_roots(), Resolver::System);
        // As strict as need be for a test to reach them.
        let failures = FailureLimits { per_address: 60, per_pair: 10, per_token: 30 };
        let limits = Limits { failures, ..Limits::default() };
        Self::of_parts(Catalogue::built_in(), public_alone, limits, issuers).await
    }

    async fn made_of(catalogue: Catalogue, egress: Egress, limits: Limits) -> Self {
        // Walks fail on purpose, thousands of times from one address.
        let failures = FailureLimits { per_address: 100_000, per_pair: 100_000, per_token: 100_000 };
        Self::of_parts(catalogue, egress, Limits { failures, ..limits }, Vec::new()).await
    }

    async fn of_parts(
        catalogue: Catalogue,
        egress: Egress,
        limits: Limits,
        issuers: Vec<NamedIssuer>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = MockClock::default();
        let now = clock.now();
        let store = Arc::new(
            SqliteStore::open(&folder.path().join("data"), NodeId::make(now, &mut seeded(1))).unwrap(),
        );
        let first = founding::make_token(now);
        founding::found(store.as_ref(), &root(), &first, now).await.unwrap();
        let first = first.reveal();
        let a = first_scope(store.as_ref()).await;
        let a2 = Scope::new(a.organization(), WorkspaceId::make(now, &mut seeded(2)));
        let b = Scope::new(OrganizationId::make(now, &mut seeded(3)), WorkspaceId::make(now, &mut seeded(4)));
        let service = Arc::new(
            Service::open(parts(&store, &clock, catalogue, egress, limits, issuers), root()).await.unwrap(),
        );
        let router = router(Arc::clone(&service), &clock);
        let sequencing = Arc::clone(&service);
        tokio::spawn(async move { sequencing.sequence_events().await });
        let growing = Arc::clone(&service);
        tokio::spawn(async move { growing.grow_audit_trees(drop).await });
        let tokens = AtomicU64::new(0);
        let first = Client::new(&router, Some(first.expose()));
        let house = Self { router, service, clock, store, a, a2, b, first, tokens, folder };
        house.add_workspace(a2, "staging", Vec::new()).await;
        house.add_workspace(b, "default", organization_keys(b.organization(), now)).await;
        house
    }

    /// A second node over the same store: it has opened its own keys, and caches for itself.
    pub(crate) async fn second(&self, root: RootKey) -> Result<(Arc<Service>, Router), StartError> {
        let egress = Egress::new(Policy::development(), &no_roots(), Resolver::System);
        let parts =
            parts(&self.store, &self.clock, Catalogue::built_in(), egress, Limits::default(), Vec::new());
        let service = Arc::new(Service::open(parts, root).await?);
        Ok((Arc::clone(&service), router(service, &self.clock)))
    }

    /// A node over a store that hands on to this house's own.
    pub(crate) async fn over(&self, store: Arc<dyn Store>) -> Arc<Service> {
        let (catalogue, egress) = (Catalogue::built_in(), door_out());
        let clock = Arc::new(self.clock.clone());
        let parts = Parts { store, catalogue, egress, clock, limits: Limits::default(), issuers: Vec::new() };
        Arc::new(Service::open(parts, root()).await.unwrap())
    }

    /// The database's file.
    pub(crate) fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("data/strongroom.db")).unwrap()
    }

    /// Nobody.
    pub(crate) fn anonymous(&self) -> Client {
        Client::new(&self.router, None)
    }

    pub(crate) fn with_token(&self, token: &str) -> Client {
        Client::new(&self.router, Some(token))
    }

    /// The first token: admin of the first workspace, owner of its organization and of the installation.
    pub(crate) const fn founder(&self) -> &Client {
        &self.first
    }

    pub(crate) async fn admin(&self) -> Client {
        self.holder(self.a, Role::Admin).await
    }

    /// A caller with a new token of this role in this workspace.
    pub(crate) async fn holder(&self, scope: Scope, role: Role) -> Client {
        self.with_token(&self.token(scope, role, None).await)
    }

    /// What a further table needs to be answered from this house.
    pub(crate) fn edge(&self) -> Arc<Edge> {
        edge(Arc::clone(&self.service), &self.clock)
    }

    /// The same over another node's service.
    pub(crate) fn edge_of(&self, service: Arc<Service>) -> Arc<Edge> {
        edge(service, &self.clock)
    }

    /// The text of a new token of this role in the first workspace.
    pub(crate) async fn text_of_token(&self, role: Role) -> String {
        self.token(self.a, role, None).await
    }

    /// The same in any workspace.
    pub(crate) async fn text_in(&self, scope: Scope, role: Role) -> String {
        self.token(scope, role, None).await
    }

    /// Such a caller inside the service, through a dialect.
    pub(crate) async fn context(&self, role: Role, view: View) -> Context {
        let token = self.token(self.a, role, None).await;
        let principal = self.service.authenticate(&token, None).await.unwrap();
        let request = RequestId::make(self.clock.now(), &mut SystemRng);
        Context { principal, request, trace: None, source: None, view }
    }

    /// A runner that reaches these credentials and no others.
    pub(crate) async fn narrow(&self, scope: Scope, only: &[&str]) -> Client {
        self.with_token(&self.narrow_text(scope, only).await)
    }

    /// The text of its token.
    pub(crate) async fn narrow_text(&self, scope: Scope, only: &[&str]) -> String {
        let only: Vec<CredentialId> = only.iter().map(|id| id.parse().unwrap()).collect();
        self.token(scope, Role::Runner, Some(only)).await
    }

    /// The text of a person's token: some wire formats tell people from programs.
    pub(crate) async fn text_of_user(&self, scope: Scope, role: Role, only: Option<&[&str]>) -> String {
        let only = only.map(|only| only.iter().map(|id| id.parse().unwrap()).collect());
        self.token_like(&new_user("viewer"), scope, role, only).await
    }

    /// Everything that the store keeps on disk, by file.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let files = std::fs::read_dir(self.folder.path().join("data")).unwrap();
        let files = files.map(|file| file.unwrap().path()).filter(|path| path.is_file());
        files.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
    }

    /// A caller whose token was revoked through the API.
    pub(crate) async fn revoked(&self) -> Client {
        let issued = self.admin().await.post("/v1/tokens", &new_token("viewer")).await.expect(201).json();
        let path = format!("/v1/tokens/{}", text(&issued, "id"));
        self.admin().await.delete(&path).await.expect(204);
        self.with_token(text(&issued, "token"))
    }

    /// A new credential without a check; gives its id.
    pub(crate) async fn credential(&self, scope: Scope, secret: &str) -> String {
        let path = format!("/v1/workspaces/{}/credentials", scope.workspace());
        let body = json!({"kind": "generic", "name": "a credential", "settings": {"region": "north"},
            "secrets": {"token": secret}});
        let made = self.holder(scope, Role::Admin).await.post(&path, &body).await.expect(201);
        text(&made.json(), "id").to_owned()
    }

    /// The text of a token in any scope: one is issued through the API in the first workspace, and its row
    /// is written again under another id where it shall count. The MAC covers the secret part alone.
    async fn token(&self, scope: Scope, role: Role, credentials: Option<Vec<CredentialId>>) -> String {
        self.token_like(&new_token("viewer"), scope, role, credentials).await
    }

    async fn token_like(
        &self,
        new: &Value,
        scope: Scope,
        role: Role,
        credentials: Option<Vec<CredentialId>>,
    ) -> String {
        let nth = self.tokens.fetch_add(1, Ordering::Relaxed);
        let issued = self.first.post("/v1/tokens", new).await.expect(201).json();
        let model = TokenText::parse(text(&issued, "token")).unwrap();
        let row = self.store.token(model.id).await.unwrap().unwrap();
        let (now, mut rng) = (self.clock.now(), seeded(100 + nth));
        let (id, principal) = (TokenId::make(now, &mut rng), PrincipalId::make(now, &mut rng));
        let reach = Reach { credentials, ..Reach::default() };
        let row = TokenRow { id, principal, role, scope, reach, ..row };
        let commit = Commit::new(self.record(AuditObject::Token(id))).write(Write::Token(Box::new(row)));
        self.store.commit(&scope, commit).await.unwrap();
        TokenText { id, ..model }.reveal().expose().clone()
    }

    /// Another workspace, with the keys of its organization where that is new.
    async fn add_workspace(&self, scope: Scope, slug: &str, keys: Vec<KeyRow>) {
        let created_at = self.clock.now();
        let mut commit = Commit::new(self.record(AuditObject::Workspace(scope.workspace())));
        if !keys.is_empty() {
            let (id, slug, name) = (scope.organization(), "other".parse().unwrap(), "other".parse().unwrap());
            commit = commit.write(Write::Organization(OrganizationRow { id, slug, name, created_at }));
        }
        commit = commit.write(Write::Workspace(WorkspaceRow {
            id: scope.workspace(),
            slug: slug.parse().unwrap(),
            name: slug.parse().unwrap(),
            settings: WorkspaceSettings::default(),
            version: 1,
            created_at,
        }));
        let commit = keys.into_iter().fold(commit, |commit, key| commit.write(Write::Key(key)));
        self.store.commit(&scope, commit).await.unwrap();
    }

    /// Pins a host key in the first workspace, as a first use does.
    pub(crate) async fn pin(&self, endpoint: &str) {
        self.pin_in(self.a, endpoint).await;
    }

    /// The same in any workspace.
    pub(crate) async fn pin_in(&self, scope: Scope, endpoint: &str) {
        let (pinned_by, pinned_at) = (PrincipalId::from_bytes([1; 16]), self.clock.now());
        let key = format!("ssh-ed25519 SHA256:{}", "A".repeat(43));
        let pin = HostKeyPin { endpoint: endpoint.to_owned(), key, pinned_by, pinned_at };
        let commit = Commit::new(self.record(AuditObject::Workspace(scope.workspace())));
        self.store.commit(&scope, commit.write(Write::PinHostKey(pin))).await.unwrap();
    }

    pub(crate) fn record(&self, object: AuditObject) -> AuditRecord {
        let at = self.clock.now();
        AuditRecord {
            at,
            actor: Actor::System,
            on_behalf_of: None,
            source: None,
            request: RequestId::make(at, &mut SystemRng),
            trace: None,
            action: AuditAction::Workspace,
            object,
            outcome: AuditOutcome::Succeeded,
            version: None,
            value_version: None,
            fields: Vec::new(),
            code: None,
            verification: None,
            notes: std::collections::BTreeMap::new(),
        }
    }
}

/// The body that issues a token of a role.
pub(crate) fn new_token(role: &str) -> Value {
    json!({"name": "issued", "kind": "service", "role": role, "workspace": "default"})
}

/// The same for a person.
pub(crate) fn new_user(role: &str) -> Value {
    json!({"name": "issued", "kind": "user", "role": role, "workspace": "default"})
}

/// A text of an answer.
#[track_caller]
pub(crate) fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_else(|| panic!("no text `{name}` in {answer}"))
}

/// The same key at each call: the store is founded under it and the service opens it.
pub(crate) fn root() -> RootKey {
    RootKey::make(&mut seeded(9))
}

fn parts(
    store: &Arc<SqliteStore>,
    clock: &MockClock,
    catalogue: Catalogue,
    egress: Egress,
    limits: Limits,
    issuers: Vec<NamedIssuer>,
) -> Parts {
    let store: Arc<dyn Store> = Arc::clone(store) as _;
    Parts { store, catalogue, egress, clock: Arc::new(clock.clone()), limits, issuers }
}

fn door_out() -> Egress {
    Egress::new(Policy::development(), &no_roots(), Resolver::System)
}

fn no_roots() -> Roots {
    Roots::load(&[]).unwrap()
}

fn router(service: Arc<Service>, clock: &MockClock) -> Router {
    native::table().router(&edge(service, clock))
}

fn edge(service: Arc<Service>, clock: &MockClock) -> Arc<Edge> {
    let make_request_id = Box::new(|now| RequestId::make(now, &mut SystemRng));
    let (clock, observe) = (Arc::new(clock.clone()), Box::new(|_: &Observed| {}));
    Arc::new(Edge { service, clock, make_request_id, proxies: Proxies::default(), observe })
}

async fn first_scope(store: &dyn Store) -> Scope {
    let organization = store.organizations(None, 1).await.unwrap().remove(0);
    let workspaces = store.workspaces(&organization).await.unwrap();
    Scope::new(organization.id, workspaces[0].id)
}

fn organization_keys(organization: OrganizationId, now: Timestamp) -> Vec<KeyRow> {
    let (_, keys) = OrganizationKeys::make(&root(), organization, now, &mut seeded(5));
    keys.iter().map(key_row).collect()
}

/// As the service writes them.
fn key_row(key: &WrappedKey) -> KeyRow {
    let wrapped_by = match key.wrapped_by {
        WrappingKey::Root(id) => format!("root:{}", hex(id.as_bytes())),
        WrappingKey::Kek { id, epoch } => format!("kek:{}:{epoch}", hex(id.as_bytes())),
    };
    KeyRow {
        owner: key.organization.map_or(KeyOwner::System, KeyOwner::Organization),
        purpose: key.purpose.code().to_owned(),
        epoch: key.epoch,
        key_id: *key.key_id.as_bytes(),
        wrapped_by,
        blob: key.blob.clone(),
        created_at: key.created_at,
    }
}

fn hex(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.map(|half| char::from(b"0123456789abcdef"[usize::from(half)])).collect()
}
