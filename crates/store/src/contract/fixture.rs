//! Rows to store: seeded, so that a case is the same on every run and on every store.
//!
//! Times are whole milliseconds: that is what the text forms inside records keep.

use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use strongroom_domain::audit::{Actor, AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::consumer::{Consumer, Hold};
use strongroom_domain::credential::{Credential, Owner};
use strongroom_domain::dialect::Foreign;
use strongroom_domain::event::{Event, EventKind};
use strongroom_domain::health::Health;
use strongroom_domain::ids::{CredentialId, OrganizationId, PrincipalId, RequestId, TokenId, WorkspaceId};
use strongroom_domain::policy::WorkspaceSettings;
use strongroom_domain::principal::{PrincipalKind, Reach, Role};
use strongroom_domain::verification::{Finding, Verification};
use strongroom_domain::{Scope, Timestamp};

use crate::{
    Commit, IdempotencyKey, IdempotencyRow, KeyOwner, KeyRow, OrganizationRow, Store, StoredValue, TokenRow,
    WorkspaceRow, Write,
};

/// Makes rows of one workspace. Every id is later than the one before.
#[derive(Debug)]
pub struct Fixture {
    rng: ChaCha20Rng,
    /// The workspace its rows belong to.
    pub scope: Scope,
    /// The time of the next row.
    pub now: Timestamp,
}

impl Fixture {
    /// The same seed gives the same rows; two seeds never give the same id.
    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let now = Timestamp::from_unix_micros(1_790_000_000_000_000);
        let scope = Scope::new(OrganizationId::make(now, &mut rng), WorkspaceId::make(now, &mut rng));
        Self { rng, scope, now }
    }

    /// A further workspace of the same organization.
    #[must_use]
    pub fn other_workspace(&mut self) -> Self {
        let mut other = Self::new(self.rng.next_u64());
        other.scope = Scope::new(self.scope.organization(), other.scope.workspace());
        other
    }

    /// A workspace of another organization.
    #[must_use]
    pub fn other_organization(&mut self) -> Self {
        Self::new(self.rng.next_u64())
    }

    /// Moves on, and says what time it is.
    pub fn tick(&mut self) -> Timestamp {
        self.now = self.now.plus(Duration::from_millis(1));
        self.now
    }

    /// An id that nothing has.
    pub fn credential_id(&mut self) -> CredentialId {
        let now = self.tick();
        CredentialId::make(now, &mut self.rng)
    }

    /// An id that nothing has.
    pub fn token_id(&mut self) -> TokenId {
        let now = self.tick();
        TokenId::make(now, &mut self.rng)
    }

    /// An id that nothing has.
    pub fn principal_id(&mut self) -> PrincipalId {
        let now = self.tick();
        PrincipalId::make(now, &mut self.rng)
    }

    /// Bytes that are nowhere else.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// A credential at its first version, with as little as one can have.
    pub fn credential(&mut self, name: &str) -> Credential {
        let (id, by, now) = (self.credential_id(), self.principal_id(), self.now);
        Credential {
            id,
            workspace: self.scope.workspace(),
            kind: "http_bearer".to_owned(),
            method: "token".to_owned(),
            name: name.parse().unwrap(),
            slug: None,
            description: None,
            settings: [("base_url", "https://api.example.com/v1")].into_iter().collect(),
            secret_fields: vec!["token".to_owned()],
            labels: [].into(),
            owner: Owner::Workspace,
            integration: None,
            expires_at: None,
            version: 1,
            value_version: 1,
            health: Health::unknown(now),
            verification: None,
            accepted: None,
            created_by: by,
            created_at: now,
            modified_by: by,
            modified_at: now,
            foreign: Foreign::default(),
        }
    }

    /// A value of 160 bytes with a fingerprint of its own.
    pub fn value(&mut self, value_version: u64) -> StoredValue {
        let (envelope, target_digest) = (self.bytes::<160>().to_vec(), self.bytes());
        let account_fingerprint = Some(self.bytes());
        StoredValue {
            value_version,
            target_digest,
            envelope,
            fingerprint: Some(self.bytes()),
            account_fingerprint,
        }
    }

    /// A record of a success.
    pub fn record(&mut self, action: AuditAction, object: AuditObject) -> AuditRecord {
        let at = self.tick();
        AuditRecord {
            at,
            actor: Actor::Principal {
                id: PrincipalId::make(at, &mut self.rng),
                token: TokenId::make(at, &mut self.rng),
                kind: PrincipalKind::Service,
                name: "suite".parse().unwrap(),
            },
            on_behalf_of: None,
            source: Some([192, 0, 2, 1].into()),
            request: RequestId::make(at, &mut self.rng),
            trace: None,
            action,
            object,
            outcome: AuditOutcome::Succeeded,
            version: None,
            value_version: None,
            fields: vec!["token".to_owned()],
            code: None,
            verification: None,
            notes: [("reason".to_owned(), "a case of the suite".to_owned())].into(),
        }
    }

    /// An event of a change.
    pub fn event(&mut self, credential: CredentialId) -> Event {
        Event { kind: EventKind::Changed, at: self.tick(), credential, version: 2, value_version: 1 }
    }

    /// A commit with its record and nothing else, about this credential.
    pub fn change(&mut self, credential: CredentialId) -> Commit {
        Commit::new(self.record(AuditAction::Change, AuditObject::Credential(credential)))
    }

    /// A commit with its record and nothing else, about the workspace.
    pub fn act(&mut self) -> Commit {
        let workspace = self.scope.workspace();
        Commit::new(self.record(AuditAction::Workspace, AuditObject::Workspace(workspace)))
    }

    /// The commit that creates a credential.
    pub fn creation(&mut self, credential: &Credential, value: &StoredValue) -> Commit {
        Commit::new(self.record(AuditAction::Create, AuditObject::Credential(credential.id)))
            .write(Write::Credential(Box::new(credential.clone())))
            .write(Write::Value(credential.id, value.clone()))
            .event(self.event(credential.id))
    }

    /// Creates a credential of this name.
    pub async fn create(&mut self, store: &dyn Store, name: &str) -> Credential {
        let credential = self.credential(name);
        self.store(store, credential).await
    }

    /// Creates this credential, with a value.
    pub async fn store(&mut self, store: &dyn Store, credential: Credential) -> Credential {
        let value = self.value(credential.value_version);
        let commit = self.creation(&credential, &value);
        store.commit(&self.scope, commit).await.unwrap();
        credential
    }

    /// A hold of an hour, from now on.
    pub fn hold(&mut self, credential: CredentialId, name: &str, instance: &str) -> Hold {
        let (token, granted_at) = (self.token_id(), self.tick());
        Hold {
            credential,
            token,
            consumer: Consumer { name: name.parse().unwrap(), instance: instance.parse().unwrap() },
            value_version: 1,
            granted_at,
            hold_until: granted_at.plus(Duration::from_hours(1)),
        }
    }

    /// A token with as little as one can have.
    pub fn token(&mut self, name: &str) -> TokenRow {
        TokenRow {
            id: self.token_id(),
            principal: self.principal_id(),
            kind: PrincipalKind::Service,
            name: name.parse().unwrap(),
            role: Role::Editor,
            scope: self.scope,
            reach: Reach::default(),
            grants: Vec::new(),
            networks: Vec::new(),
            mac: self.bytes(),
            previous: None,
            identity: None,
            created_at: self.now,
            created_by: None,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        }
    }

    /// Issues a token of this name.
    pub async fn issue(&mut self, store: &dyn Store, name: &str) -> TokenRow {
        let token = self.token(name);
        let commit = self.act().write(Write::Token(Box::new(token.clone())));
        store.commit(&self.scope, commit).await.unwrap();
        token
    }

    /// The organization of this fixture.
    pub fn organization_row(&mut self, slug: &str) -> OrganizationRow {
        let (slug, name) = (slug.parse().unwrap(), "An organization".parse().unwrap());
        OrganizationRow { id: self.scope.organization(), slug, name, created_at: self.now }
    }

    /// The workspace of this fixture, at its first version.
    pub fn workspace_row(&mut self, slug: &str) -> WorkspaceRow {
        WorkspaceRow {
            id: self.scope.workspace(),
            slug: slug.parse().unwrap(),
            name: "A workspace".parse().unwrap(),
            settings: WorkspaceSettings::default(),
            version: 1,
            created_at: self.now,
        }
    }

    /// A wrapped key.
    pub fn key(&mut self, owner: KeyOwner, purpose: &str, epoch: u32) -> KeyRow {
        KeyRow {
            owner,
            purpose: purpose.to_owned(),
            epoch,
            key_id: self.bytes(),
            wrapped_by: "file:0123456789abcdef".to_owned(),
            blob: self.bytes::<96>().to_vec(),
            created_at: self.now,
        }
    }

    /// An answer to remember.
    pub fn answer(&mut self, principal: PrincipalId, key: &str) -> IdempotencyRow {
        let key = IdempotencyKey { principal, route: "POST /credentials".to_owned(), key: key.to_owned() };
        IdempotencyRow { key, body_mac: self.bytes(), answer: "{}".to_owned(), created_at: self.tick() }
    }

    /// A verification that was accepted.
    pub fn accepted(&mut self) -> Verification {
        let finding =
            Finding::accepted("The system let it in.", strongroom_domain::verification::Evidence::default());
        Verification::of(finding, Duration::from_millis(12), self.tick())
    }
}
