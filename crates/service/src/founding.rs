//! The first start over an empty store: keys, the first organization and workspace, and one token, in one commit.

use strongroom_domain::audit::{Actor, AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::ids::{OrganizationId, PrincipalId, RequestId, TokenId, WorkspaceId};
use strongroom_domain::policy::WorkspaceSettings;
use strongroom_domain::principal::{Grant, Place, PrincipalKind, Reach, Role};
use strongroom_domain::text::{Name, Slug};
use strongroom_domain::token::TokenText;
use strongroom_domain::{Scope, Timestamp};
use strongroom_sealing::{RootKey, SystemKeys, SystemRng};
use strongroom_store::{Commit, KeyOwner, OrganizationRow, Store, StoreError, TokenRow, WorkspaceRow, Write};

use crate::keys;

/// Whether the store holds anything yet.
///
/// # Errors
///
/// Those of the store.
pub async fn is_founded(store: &dyn Store) -> Result<bool, StoreError> {
    Ok(!store.keys(KeyOwner::System).await?.is_empty() || !store.organizations(None, 1).await?.is_empty())
}

/// The token that a store is to be founded with. Its caller writes it down first: what founding keeps of
/// it opens nothing.
pub fn make_token(now: Timestamp) -> TokenText {
    TokenText::make(PrincipalKind::User, TokenId::make(now, &mut SystemRng), &mut SystemRng)
}

/// Founds an empty store under this root key: organization and workspace `default`, and a user there with
/// the role admin, who holds `token`.
///
/// # Errors
///
/// A clash where the store was founded meanwhile; otherwise those of the store. Nothing is there then.
pub async fn found(
    store: &dyn Store,
    root: &RootKey,
    token: &TokenText,
    now: Timestamp,
) -> Result<(), StoreError> {
    let scope = Scope::new(OrganizationId::make(now, &mut SystemRng), WorkspaceId::make(now, &mut SystemRng));
    let (system, key_writes, absent) = keys::make(root, scope.organization(), now);
    let mut commit =
        Commit::new(record(AuditAction::KeyMake, AuditObject::Workspace(scope.workspace()), now))
            .record(record(AuditAction::Workspace, AuditObject::Workspace(scope.workspace()), now))
            .record(record(AuditAction::TokenIssue, AuditObject::Token(token.id), now))
            .write(Write::Organization(first_organization(&scope, now)))
            .write(Write::Workspace(first_workspace(&scope, now)))
            .write(Write::Token(Box::new(first_token(&system, token, scope, now))));
    commit = absent.into_iter().fold(commit, Commit::expect);
    commit = key_writes.into_iter().fold(commit, Commit::write);
    store.commit(&scope, commit).await
}

fn default_slug() -> Slug {
    "default".parse().expect("the word is a valid slug")
}

fn name(text: &str) -> Name {
    text.parse().expect("the word is a valid name")
}

fn first_organization(scope: &Scope, now: Timestamp) -> OrganizationRow {
    OrganizationRow { id: scope.organization(), slug: default_slug(), name: name("default"), created_at: now }
}

fn first_workspace(scope: &Scope, now: Timestamp) -> WorkspaceRow {
    WorkspaceRow {
        id: scope.workspace(),
        slug: default_slug(),
        name: name("default"),
        settings: WorkspaceSettings::default(),
        version: 1,
        created_at: now,
    }
}

fn first_token(system: &SystemKeys, token: &TokenText, scope: Scope, now: Timestamp) -> TokenRow {
    TokenRow {
        id: token.id,
        principal: PrincipalId::make(now, &mut SystemRng),
        kind: token.kind,
        name: name("first admin"),
        role: Role::Admin,
        scope,
        reach: Reach::default(),
        grants: vec![owner_of(Place::Organization), owner_of(Place::Installation)],
        networks: Vec::new(),
        // EXPOSE: only the keyed MAC of the token is stored.
        mac: system.token_mac(token.secret.expose().as_bytes()),
        previous: None,
        identity: None,
        created_at: now,
        created_by: None,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

/// Whoever founds an installation makes its organizations and workspaces, until others can.
fn owner_of(place: Place) -> Grant {
    Grant { place, role: Role::Owner, reach: Reach::default() }
}

fn record(action: AuditAction, object: AuditObject, at: Timestamp) -> AuditRecord {
    AuditRecord {
        at,
        actor: Actor::System,
        on_behalf_of: None,
        source: None,
        request: RequestId::make(at, &mut SystemRng),
        trace: None,
        action,
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
