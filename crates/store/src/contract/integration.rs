//! Integrations: their rows and values, the credentials that use them, and what a commit may expect of them.

use std::time::Duration;

use strongroom_domain::audit::{AuditAction, AuditObject};
use strongroom_domain::credential::{Accepted, Credential};
use strongroom_domain::dialect::Dialect;
use strongroom_domain::health::HealthStatus;
use strongroom_domain::ids::{CredentialId, IntegrationId};
use strongroom_domain::integration::{Integration, sealed_as};

use super::Fixture;
use super::filter::ids_only;
use crate::{
    Alias, Clash, Commit, CredentialFilter, Expectation, Page, RewrappedValue, Store, StoreError,
    StoredIntegration, Write,
};

/// One with as much as one can have.
fn rich(fixture: &mut Fixture) -> Integration {
    let (id, by, now) = (fixture.credential_id(), fixture.principal_id(), fixture.now);
    Integration {
        id: IntegrationId::from_bytes(*id.as_bytes()),
        aliases: [].into(),
        workspace: fixture.scope.workspace(),
        kind: "jira_cloud".to_owned(),
        name: "J\u{ef}ra".parse().unwrap(),
        settings: [("base_url", "https://a.example.com"), ("client_id", "c")].into_iter().collect(),
        secret_fields: vec!["client_secret".to_owned()],
        version: 1,
        value_version: 1,
        created_by: by,
        created_at: now,
        modified_by: by,
        modified_at: now,
    }
}

fn act(fixture: &mut Fixture) -> Commit {
    let workspace = fixture.scope.workspace();
    Commit::new(fixture.record(AuditAction::Workspace, AuditObject::Workspace(workspace)))
}

/// Creates it with a value and a counted alias.
async fn store_rich(store: &dyn Store, fixture: &mut Fixture) -> StoredIntegration {
    let (integration, mut value) = (rich(fixture), fixture.value(1));
    (value.fingerprint, value.account_fingerprint) = (None, None);
    let commit = act(fixture)
        .write(Write::Integration(Box::new(integration.clone())))
        .write(Write::IntegrationAlias(integration.id, Dialect::Dx, Alias::Counted))
        .write(Write::IntegrationValue(integration.id, value.clone()));
    store.commit(&fixture.scope, commit).await.unwrap();
    StoredIntegration { integration, value }
}

/// A credential that uses it.
async fn user_of(store: &dyn Store, fixture: &mut Fixture, id: IntegrationId) -> Credential {
    let mut credential = fixture.credential("a user");
    (credential.integration, credential.settings) = (Some(id), [("region", "eu")].into_iter().collect());
    fixture.store(store, credential).await
}

async fn clash(store: &dyn Store, fixture: &Fixture, commit: Commit) -> Option<Clash> {
    match store.commit(&fixture.scope, commit).await {
        Ok(()) => None,
        Err(StoreError::Clash(clash)) => Some(clash),
        Err(error) => panic!("{error:?}"),
    }
}

/// As they went, with the number that was counted; both ways.
pub async fn all_fields_come_back(store: &dyn Store) {
    let mut fixture = Fixture::new(300);
    let mut stored = store_rich(store, &mut fixture).await;
    stored.integration.aliases = [(Dialect::Dx, "1".to_owned())].into();
    let (scope, id) = (fixture.scope, stored.integration.id);
    assert_eq!(store.integration(&scope, id).await.unwrap(), Some(stored));
    assert_eq!(store.integration_with_alias(&scope, Dialect::Dx, "1").await.unwrap(), Some(id));
    for (dialect, external) in [(Dialect::Dx, "2"), (Dialect::Zstack, "1")] {
        assert_eq!(store.integration_with_alias(&scope, dialect, external).await.unwrap(), None);
    }
    assert_eq!(store.credential_with_alias(&scope, Dialect::Dx, "1").await.unwrap(), None);
}

/// Row and value alike; the alias stays.
pub async fn a_change_replaces_all_of_it(store: &dyn Store) {
    let mut fixture = Fixture::new(301);
    let before = store_rich(store, &mut fixture).await;
    let (id, by, now) = (before.integration.id, fixture.principal_id(), fixture.tick());
    let after = Integration {
        name: "other".parse().unwrap(),
        settings: strongroom_domain::FieldMap::new(),
        secret_fields: Vec::new(),
        version: 2,
        value_version: 2,
        modified_by: by,
        modified_at: now,
        aliases: [(Dialect::Dx, "1".to_owned())].into(),
        ..before.integration
    };
    let mut value = fixture.value(2);
    (value.fingerprint, value.account_fingerprint) = (None, None);
    let commit = act(&mut fixture)
        .write(Write::Integration(Box::new(after.clone())))
        .write(Write::IntegrationValue(id, value.clone()));
    store.commit(&fixture.scope, commit).await.unwrap();
    let found = store.integration(&fixture.scope, id).await.unwrap();
    assert_eq!(found, Some(StoredIntegration { integration: after, value }));
}

/// In one moment with the credential; one without has none.
pub async fn a_credential_comes_with_what_it_shares(store: &dyn Store) {
    let mut fixture = Fixture::new(302);
    let integration = store_rich(store, &mut fixture).await.integration;
    let user = user_of(store, &mut fixture, integration.id).await;
    let lone = fixture.create(store, "lone").await;
    let shared = |stored: Option<crate::StoredCredential>| stored.unwrap().shared;
    let found = shared(store.credential(&fixture.scope, user.id).await.unwrap());
    assert_eq!(found, Some(integration.shared()));
    assert_eq!(shared(store.credential(&fixture.scope, lone.id).await.unwrap()), None);
    let filter = CredentialFilter {
        target_host: Some("a.example.com".to_owned()),
        integration: Some(integration.id),
        ..CredentialFilter::default()
    };
    let page = Page { limit: 10, after: None };
    let found = store.credentials(&fixture.scope, &filter, page).await.unwrap();
    assert_eq!(found.iter().map(|credential| credential.id).collect::<Vec<_>>(), [user.id]);
}

/// One credential that was accepted, is healthy and has not expired is enough; and it must match.
pub async fn those_with_a_credential_that_works(store: &dyn Store) {
    let mut fixture = Fixture::new(306);
    let (one, other) = (store_rich(store, &mut fixture).await, store_rich(store, &mut fixture).await);
    let (one, other) = (one.integration.id, other.integration.id);
    let (now, later) = (fixture.now, fixture.now.plus(Duration::from_hours(1)));
    let accepted = Some(Accepted::default());
    // Accepted once and failing now; healthy by what somebody reported; another's.
    for (integration, status, accepted) in [
        (one, HealthStatus::Failing, accepted.clone()),
        (one, HealthStatus::Healthy, None),
        (other, HealthStatus::Unknown, accepted.clone()),
    ] {
        let mut credential = fixture.credential("a user");
        (credential.integration, credential.health.status) = (Some(integration), status);
        credential.accepted = accepted;
        fixture.store(store, credential).await;
    }
    let scope = fixture.scope;
    let working =
        async |filter: CredentialFilter, at| store.verified_integrations(&scope, &filter, at).await.unwrap();
    assert_eq!(working(CredentialFilter::default(), now).await, []);
    let mut works = fixture.credential("works");
    (works.integration, works.health.status) = (Some(one), HealthStatus::Healthy);
    (works.accepted, works.expires_at) = (accepted, Some(later));
    let works = fixture.store(store, works).await.id;
    assert_eq!(working(CredentialFilter::default(), now).await, [one]);
    assert_eq!(working(CredentialFilter::default(), later).await, [], "what has expired proves nothing");
    let only = |only: &[CredentialId]| CredentialFilter {
        reach: ids_only(Some(only.to_vec())),
        ..CredentialFilter::default()
    };
    assert_eq!((working(only(&[works]), now).await, working(only(&[]), now).await), (vec![one], vec![]));
    let of = |integration| CredentialFilter { integration: Some(integration), ..CredentialFilter::default() };
    assert_eq!((working(of(one), now).await, working(of(other), now).await), (vec![one], vec![]));
    let foreign = Fixture::new(307).scope;
    let all = CredentialFilter::default();
    assert_eq!(store.verified_integrations(&foreign, &all, now).await.unwrap(), []);
}

/// Every one exactly once.
pub async fn all_of_a_workspace_page(store: &dyn Store) {
    let mut fixture = Fixture::new(303);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(store_rich(store, &mut fixture).await.integration.id);
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.integrations(&fixture.scope, Page { limit: 2, after }).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        found.extend(page.iter().map(|integration| integration.id));
    }
    assert_eq!(found, ids);
}

/// Value, alias and row; its number is never given again, nor one of a credential.
pub async fn deletion_takes_everything_along(store: &dyn Store) {
    let mut fixture = Fixture::new(304);
    let gone = store_rich(store, &mut fixture).await.integration.id;
    let deletion = act(&mut fixture).write(Write::DeleteIntegration(gone));
    store.commit(&fixture.scope, deletion.clone()).await.unwrap();
    assert_eq!(store.integration(&fixture.scope, gone).await.unwrap(), None);
    assert_eq!(store.integration_with_alias(&fixture.scope, Dialect::Dx, "1").await.unwrap(), None);
    assert_eq!(clash(store, &fixture, deletion).await, Some(Clash::Version));
    let credential = fixture.create(store, "one").await.id;
    let commit = fixture.change(credential).write(Write::Alias(credential, Dialect::Dx, Alias::Counted));
    store.commit(&fixture.scope, commit).await.unwrap();
    let next = store_rich(store, &mut fixture).await.integration.id;
    assert_eq!(store.integration_with_alias(&fixture.scope, Dialect::Dx, "3").await.unwrap(), Some(next));
    let second = act(&mut fixture).write(Write::IntegrationAlias(next, Dialect::Dx, Alias::Counted));
    assert_eq!(clash(store, &fixture, second).await, Some(Clash::Alias));
}

/// Its version, who uses it, how many there are: kept and broken.
pub async fn expectations(store: &dyn Store) {
    let mut fixture = Fixture::new(305);
    let id = store_rich(store, &mut fixture).await.integration.id;
    user_of(store, &mut fixture, id).await;
    let missing = rich(&mut fixture).id;
    for (expectation, expected) in [
        (Expectation::IntegrationVersion(id, 1), None),
        (Expectation::IntegrationVersion(id, 2), Some(Clash::Version)),
        (Expectation::IntegrationVersion(missing, 1), Some(Clash::Version)),
        (Expectation::IntegrationUses(id, 1), None),
        (Expectation::IntegrationUses(id, 0), Some(Clash::Uses)),
        (Expectation::IntegrationUses(missing, 0), None),
        (Expectation::IntegrationsBelow(2), None),
        (Expectation::IntegrationsBelow(1), Some(Clash::Quota)),
    ] {
        let commit = act(&mut fixture).expect(expectation.clone());
        assert_eq!(clash(store, &fixture, commit).await, expected, "{expectation:?}");
    }
}

/// No question, write or expectation of one scope reaches an integration of another.
pub async fn ten_01_scopes_do_not_meet(store: &dyn Store) {
    let mut fixture = Fixture::new(306);
    let stored = store_rich(store, &mut fixture).await;
    let id = stored.integration.id;
    for mut outside in [fixture.other_workspace(), fixture.other_organization()] {
        let scope = outside.scope;
        assert_eq!(store.integration(&scope, id).await.unwrap(), None);
        assert_eq!(store.integration_with_alias(&scope, Dialect::Dx, "1").await.unwrap(), None);
        assert_eq!(store.integrations(&scope, Page { limit: 9, after: None }).await.unwrap(), []);
        let user = user_of(store, &mut outside, id).await;
        assert_eq!(store.credential(&scope, user.id).await.unwrap().unwrap().shared, None);
        let workspace = scope.workspace();
        let mine = Integration { workspace, version: 2, ..stored.integration.clone() };
        for write in [
            Write::Integration(Box::new(mine)),
            Write::IntegrationAlias(id, Dialect::Zstack, Alias::Counted),
            Write::IntegrationValue(id, outside.value(2)),
            Write::DeleteIntegration(id),
        ] {
            let commit = act(&mut outside).write(write.clone());
            assert_eq!(clash(store, &outside, commit).await, Some(Clash::Version), "{write:?}");
        }
        let commit = act(&mut outside).expect(Expectation::IntegrationVersion(id, 1));
        assert_eq!(clash(store, &outside, commit).await, Some(Clash::Version));
    }
    let commit = act(&mut fixture).expect(Expectation::IntegrationUses(id, 0));
    assert_eq!(clash(store, &fixture, commit).await, None, "a user of another scope is none of ours");
}

/// A sweep destroys the key of everything that its walk does not show.
pub async fn walked_and_rewrapped_like_credentials(store: &dyn Store) {
    let mut fixture = Fixture::new(307);
    let first = fixture.create(store, "first").await.id;
    let stored = store_rich(store, &mut fixture).await;
    let (holder, kind) = sealed_as(stored.integration.id, &stored.integration.kind);
    let last = fixture.create(store, "last").await.id;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.sealed_values(&fixture.scope, Page { limit: 1, after }).await.unwrap();
        seen.extend(page.values);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.iter().map(|value| value.credential).collect::<Vec<_>>(), [first, holder, last]);
    assert_eq!((&seen[1].kind, &seen[1].envelope), (&kind, &stored.value.envelope));
    assert_eq!(seen[1].target_digest, stored.value.target_digest);
    let to = fixture.bytes::<160>().to_vec();
    let from = stored.value.envelope.clone();
    let value = RewrappedValue { credential: holder, value_version: 1, from, to: to.clone() };
    let commit = act(&mut fixture).write(Write::Rewrap(Box::new(value.clone())));
    store.commit(&fixture.scope, commit).await.unwrap();
    // What is not there any more is left out.
    let again = act(&mut fixture).write(Write::Rewrap(Box::new(value)));
    store.commit(&fixture.scope, again).await.unwrap();
    let found = store.integration(&fixture.scope, stored.integration.id).await.unwrap().unwrap();
    assert_eq!((found.value.envelope, found.integration.version), (to, 1));
}
