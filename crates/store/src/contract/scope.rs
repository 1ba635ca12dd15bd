//! Tenants do not meet: no question, write or task reaches out of its scope (TEN-01).

use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::ids::CredentialId;

use super::Fixture;
use super::commit::everything;
use super::filter::ids_only;
use crate::{
    Alias, Clash, CredentialFilter, Expectation, Fingerprint, Housekeeping, KeyOwner, Order, Page, Store,
    StoreError, Stretch, TokenRow, Write,
};

/// One of everything, in the fixture's scope.
struct Furnished {
    credential: Credential,
    fingerprint: [u8; 16],
    token: TokenRow,
}

async fn furnish(store: &dyn Store, fixture: &mut Fixture) -> Furnished {
    let (credential, value) = (super::credential::rich(fixture), fixture.value(3));
    let principal = fixture.principal_id();
    let commit = fixture
        .creation(&credential, &value)
        .write(Write::Workspace(fixture.workspace_row("main")))
        .write(Write::Alias(credential.id, Dialect::Flowise, Alias::Given("alias".to_owned())))
        .write(Write::Hold(fixture.hold(credential.id, "flow", "1")))
        .write(Write::Idempotency(Box::new(fixture.answer(principal, "k"))));
    store.commit(&fixture.scope, commit).await.unwrap();
    super::event::place(store, fixture).await;
    let token = fixture.issue(store, "one").await;
    Furnished { credential, fingerprint: value.fingerprint.unwrap(), token }
}

/// Every question of `outside` about what is inside is answered as if there were nothing.
async fn sees_nothing(store: &dyn Store, inside: &Furnished, outside: &Fixture) {
    let (scope, id, start) = (&outside.scope, inside.credential.id, inside.credential.created_at);
    let page = Page { limit: 100, after: None };
    let only = CredentialFilter { reach: ids_only(Some(vec![id])), ..CredentialFilter::default() };
    let slug = inside.credential.slug.as_ref().unwrap();
    assert_eq!(store.credential(scope, id).await.unwrap(), None);
    assert_eq!(store.credential_with_slug(scope, slug).await.unwrap(), None);
    assert_eq!(store.credentials(scope, &CredentialFilter::default(), page).await.unwrap(), []);
    assert_eq!(store.credentials(scope, &only, page).await.unwrap(), []);
    let print = Fingerprint::Whole(inside.fingerprint);
    assert_eq!(store.credentials_with_fingerprint(scope, print, None).await.unwrap(), []);
    assert_eq!(store.credential_with_alias(scope, Dialect::Flowise, "alias").await.unwrap(), None);
    assert_eq!(store.credentials_matching(scope, &CredentialFilter::default()).await.unwrap(), 0);
    let stretch = Stretch { limit: 100, offset: 0, order: Order::NewestFirst };
    assert_eq!(store.credentials_at(scope, &only, stretch).await.unwrap(), []);
    assert_eq!(store.holds(scope, id, start).await.unwrap(), []);
    assert_eq!(store.holds_of_consumer(scope, &"flow".parse().unwrap(), start).await.unwrap(), []);
    assert_eq!(store.history(scope, id, None, 100).await.unwrap(), []);
    assert_eq!(store.audit(scope, 0, 100).await.unwrap(), []);
    assert_eq!(store.events(scope, 0, 100).await.unwrap(), []);
    assert_eq!(store.workspace(scope).await.unwrap(), None);
    assert_eq!(store.sealed_values(scope, page).await.unwrap(), crate::SealedPage::default());
    assert_eq!(store.tokens(scope, Page { limit: 100, after: None }).await.unwrap(), []);
}

/// In the same organization; what is counted per organization counts all the same.
pub async fn ten_01_no_question_reaches_another_workspace(store: &dyn Store) {
    let mut fixture = Fixture::new(120);
    let inside = furnish(store, &mut fixture).await;
    let neighbour = fixture.other_workspace();
    sees_nothing(store, &inside, &neighbour).await;
    assert_eq!(store.credential_count(&neighbour.scope).await.unwrap(), 1);
    assert_eq!(store.token_count(&neighbour.scope).await.unwrap(), 1);
}

/// Not even with the right workspace's id: both halves of a scope must fit.
pub async fn ten_01_no_question_reaches_another_organization(store: &dyn Store) {
    let mut fixture = Fixture::new(121);
    let inside = furnish(store, &mut fixture).await;
    let mut stranger = fixture.other_organization();
    for workspace in [stranger.scope.workspace(), fixture.scope.workspace()] {
        stranger.scope = strongroom_domain::Scope::new(stranger.scope.organization(), workspace);
        sees_nothing(store, &inside, &stranger).await;
        assert_eq!(store.credential_count(&stranger.scope).await.unwrap(), 0);
        assert_eq!(store.token_count(&stranger.scope).await.unwrap(), 0);
    }
}

/// From outside there is nothing to expect, to change, to hold or to delete.
pub async fn ten_01_no_write_reaches_another_scope(store: &dyn Store) {
    let mut fixture = Fixture::new(122);
    let inside = furnish(store, &mut fixture).await;
    let before = everything(store, &fixture).await;
    let id: CredentialId = inside.credential.id;
    let consumer = fixture.hold(id, "flow", "1").consumer;
    for mut outside in [fixture.other_workspace(), fixture.other_organization()] {
        let stolen = Credential { workspace: outside.scope.workspace(), ..inside.credential.clone() };
        let token = TokenRow { scope: outside.scope, ..inside.token.clone() };
        for write in [
            Write::Credential(Box::new(stolen)),
            Write::Value(id, outside.value(9)),
            Write::Delete(id, outside.now),
            Write::Hold(outside.hold(id, "flow", "1")),
            Write::Token(Box::new(token)),
        ] {
            let commit = outside.act().write(write.clone());
            assert!(store.commit(&outside.scope, commit).await.is_err(), "{write:?}");
        }
        for expectation in [
            Expectation::Version(id, 7),
            Expectation::ValueVersion(id, 3),
            Expectation::TokenLive(inside.token.id),
            Expectation::WorkspaceVersion(1),
        ] {
            let commit = outside.act().expect(expectation.clone());
            assert!(store.commit(&outside.scope, commit).await.is_err(), "{expectation:?}");
        }
        let harmless = outside
            .act()
            .write(Write::Release(id, consumer.clone()))
            .write(Write::RevokeToken(inside.token.id, outside.now));
        store.commit(&outside.scope, harmless).await.unwrap();
    }
    assert_eq!(everything(store, &fixture).await, before);
}

/// What the tasks that name no workspace do is the same from everywhere.
pub async fn ten_01_no_housekeeping_reaches_another_scope(store: &dyn Store) {
    let mut fixture = Fixture::new(123);
    let inside = furnish(store, &mut fixture).await;
    let before = everything(store, &fixture).await;
    for mut outside in [fixture.other_workspace(), fixture.other_organization()] {
        let health = Housekeeping::Health {
            credential: inside.credential.id,
            value_version: 3,
            health: strongroom_domain::health::Health::unknown(outside.now),
            verification: Box::new(outside.accepted()),
            accepted: None,
            event: Some(outside.event(inside.credential.id)),
        };
        store.keep_house(&outside.scope, health).await.unwrap();
        let used = Housekeeping::TokenUsed(inside.token.id, outside.now);
        store.keep_house(&outside.scope, used).await.unwrap();
    }
    assert_eq!(everything(store, &fixture).await, before);
}

/// A row that says it belongs elsewhere than the commit is a mistake, and refused.
pub async fn rows_of_another_scope_are_refused(store: &dyn Store) {
    let mut fixture = Fixture::new(124);
    let mut outside = fixture.other_organization();
    let foreign = KeyOwner::Organization(outside.scope.organization());
    for write in [
        Write::Organization(outside.organization_row("foreign")),
        Write::Workspace(outside.workspace_row("foreign")),
        Write::Credential(Box::new(outside.credential("foreign"))),
        Write::Token(Box::new(outside.token("foreign"))),
        Write::Key(outside.key(foreign, "kek", 1)),
    ] {
        let commit = fixture.act().write(write.clone());
        let error = store.commit(&fixture.scope, commit).await.unwrap_err();
        assert!(matches!(error, StoreError::Clash(Clash::Workspace)), "{write:?}: {error:?}");
    }
    assert_eq!(store.organizations(None, 1).await.unwrap(), []);
    assert_eq!(store.keys(foreign).await.unwrap(), []);
}
