//! Ids that dialects know credentials by: given or counted, unique in their workspace and dialect.

use strongroom_domain::Scope;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::ids::CredentialId;

use super::Fixture;
use crate::{Alias, Clash, CredentialFilter, Order, Page, Store, StoreError, Stretch, Write};

fn given(text: &str) -> Alias {
    Alias::Given(text.to_owned())
}

/// Makes a credential with an alias in one commit, as the service does.
async fn create(
    store: &dyn Store,
    fixture: &mut Fixture,
    (dialect, alias): (Dialect, Alias),
) -> Result<CredentialId, StoreError> {
    let credential = fixture.credential("aliased");
    let value = fixture.value(1);
    let commit = fixture.creation(&credential, &value).write(Write::Alias(credential.id, dialect, alias));
    store.commit(&fixture.scope, commit).await.map(|()| credential.id)
}

/// The alias of this dialect, as the credential shows it.
async fn shown(store: &dyn Store, scope: &Scope, id: CredentialId, dialect: Dialect) -> Option<String> {
    let stored = store.credential(scope, id).await.unwrap().unwrap();
    stored.credential.foreign.aliases.get(&dialect).cloned()
}

/// By the alias, with the credential, and in lists.
pub async fn is_found_and_shown(store: &dyn Store) {
    let mut fixture = Fixture::new(130);
    let odd = "no uuid, \u{fc}ber ' OR 1=1";
    let id = create(store, &mut fixture, (Dialect::Flowise, given(odd))).await.unwrap();
    let commit = fixture.change(id).write(Write::Alias(id, Dialect::Dx, Alias::Counted));
    store.commit(&fixture.scope, commit).await.unwrap();
    let scope = &fixture.scope;
    let find = |dialect, text: &'static str| store.credential_with_alias(scope, dialect, text);
    assert_eq!(find(Dialect::Flowise, odd).await.unwrap(), Some(id));
    assert_eq!(find(Dialect::Dx, "1").await.unwrap(), Some(id));
    assert_eq!(find(Dialect::Flowise, "1").await.unwrap(), None, "of another dialect");
    let stored = store.credential(scope, id).await.unwrap().unwrap().credential;
    let expected = [(Dialect::Flowise, odd.to_owned()), (Dialect::Dx, "1".to_owned())];
    assert_eq!(stored.foreign.aliases, expected.into());
    let filter = CredentialFilter::default();
    let paged = store.credentials(scope, &filter, Page { limit: 9, after: None }).await.unwrap();
    let stretch = Stretch { limit: 9, offset: 0, order: Order::OldestFirst };
    assert_eq!(paged, std::slice::from_ref(&stored));
    assert_eq!(store.credentials_at(scope, &filter, stretch).await.unwrap(), [stored]);
}

/// Nothing of the refused commit is there; in another dialect or workspace the text is free.
pub async fn a_taken_one_clashes(store: &dyn Store) {
    let mut fixture = Fixture::new(131);
    let first = create(store, &mut fixture, (Dialect::Flowise, given("x"))).await.unwrap();
    let second = create(store, &mut fixture, (Dialect::Flowise, given("x"))).await;
    assert!(matches!(second, Err(StoreError::Clash(Clash::Alias))), "{second:?}");
    assert_eq!(store.credential_count(&fixture.scope).await.unwrap(), 1);
    let again = fixture.change(first).write(Write::Alias(first, Dialect::Flowise, given("y")));
    let again = store.commit(&fixture.scope, again).await;
    assert!(matches!(again, Err(StoreError::Clash(Clash::Alias))), "one per dialect: {again:?}");
    create(store, &mut fixture, (Dialect::Superai, given("x"))).await.unwrap();
    let mut neighbour = fixture.other_workspace();
    let there = create(store, &mut neighbour, (Dialect::Flowise, given("x"))).await.unwrap();
    let find = |scope: Scope| async move {
        store.credential_with_alias(&scope, Dialect::Flowise, "x").await.unwrap()
    };
    assert_eq!((find(fixture.scope).await, find(neighbour.scope).await), (Some(first), Some(there)));
}

/// From 1, per workspace and dialect, and never twice.
pub async fn numbers_are_never_used_again(store: &dyn Store) {
    let mut fixture = Fixture::new(132);
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let id = create(store, &mut fixture, (Dialect::Dx, Alias::Counted)).await.unwrap();
        numbers.push(shown(store, &fixture.scope, id, Dialect::Dx).await.unwrap());
        let commit = fixture.change(id).write(Write::Delete(id, fixture.now));
        store.commit(&fixture.scope, commit).await.unwrap();
    }
    create(store, &mut fixture, (Dialect::Dx, given("3"))).await.unwrap();
    let id = create(store, &mut fixture, (Dialect::Dx, Alias::Counted)).await.unwrap();
    numbers.push(shown(store, &fixture.scope, id, Dialect::Dx).await.unwrap());
    assert_eq!(numbers, ["1", "2", "4"], "one that a caller took is passed over");
    let mut neighbour = fixture.other_workspace();
    let id = create(store, &mut neighbour, (Dialect::Dx, Alias::Counted)).await.unwrap();
    assert_eq!(shown(store, &neighbour.scope, id, Dialect::Dx).await.as_deref(), Some("1"));
}

/// A change of the credential leaves it; deletion takes it along and makes the text free.
pub async fn it_goes_with_its_credential(store: &dyn Store) {
    let mut fixture = Fixture::new(133);
    let id = create(store, &mut fixture, (Dialect::Flowise, given("x"))).await.unwrap();
    let mut credential = store.credential(&fixture.scope, id).await.unwrap().unwrap().credential;
    credential.version += 1;
    credential.foreign.aliases.clear();
    let commit = fixture.change(id).write(Write::Credential(Box::new(credential)));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(shown(store, &fixture.scope, id, Dialect::Flowise).await.as_deref(), Some("x"));
    let commit = fixture.change(id).write(Write::Delete(id, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
    let found = store.credential_with_alias(&fixture.scope, Dialect::Flowise, "x").await.unwrap();
    assert_eq!(found, None);
    create(store, &mut fixture, (Dialect::Flowise, given("x"))).await.unwrap();
}

/// Of a credential that the scope does not have.
pub async fn ten_01_of_another_scope_is_refused(store: &dyn Store) {
    let mut fixture = Fixture::new(134);
    let id = fixture.create(store, "inside").await.id;
    for mut outside in [fixture.other_workspace(), fixture.other_organization()] {
        let commit = outside.act().write(Write::Alias(id, Dialect::Flowise, given("x")));
        let refused = store.commit(&outside.scope, commit).await;
        assert!(matches!(refused, Err(StoreError::Clash(Clash::Version))), "{refused:?}");
        assert_eq!(shown(store, &fixture.scope, id, Dialect::Flowise).await, None);
    }
}
