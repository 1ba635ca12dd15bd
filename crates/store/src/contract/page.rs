//! Paging: everything once, nothing twice, in the order of ids.

use strongroom_domain::ids::{CredentialId, TokenId};

use super::Fixture;
use super::filter::ids_only;
use crate::{CredentialFilter, Order, Page, Store, Stretch, Write};

/// Whatever the size of the pages, and with changes and deletions in between.
pub async fn every_credential_exactly_once(store: &dyn Store) {
    let mut fixture = Fixture::new(100);
    let mut ids = Vec::new();
    for number in 0..23 {
        ids.push(fixture.create(store, &format!("number {number}")).await.id);
    }
    for limit in [1, 2, 5, 22, 23, 24] {
        assert_eq!(pages(store, &fixture, limit).await, ids, "pages of {limit}");
    }
    let gone = ids.remove(11);
    let commit = fixture.change(gone).write(Write::Delete(gone, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(pages(store, &fixture, 4).await, ids);
    // A page can begin after an id that is gone.
    let page = Page { limit: 1, after: Some(gone) };
    let next = store.credentials(&fixture.scope, &CredentialFilter::default(), page).await.unwrap();
    assert_eq!(next[0].id, ids[11]);
}

/// Any stretch of the list, forwards and backwards, and how long the list is.
pub async fn by_position_in_either_order(store: &dyn Store) {
    let mut fixture = Fixture::new(102);
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(fixture.create(store, &format!("number {number}")).await.id);
    }
    let filter = CredentialFilter { reach: ids_only(Some(ids[..4].to_vec())), ..CredentialFilter::default() };
    assert_eq!(store.credentials_matching(&fixture.scope, &filter).await.unwrap(), 4);
    for (limit, offset) in [(4, 0), (2, 0), (2, 1), (9, 3), (1, 4), (1, usize::MAX)] {
        for (order, mut expected) in [
            (Order::OldestFirst, ids[..4].to_vec()),
            (Order::NewestFirst, { ids[..4].iter().rev().copied().collect() }),
        ] {
            expected = expected.into_iter().skip(offset).take(limit).collect();
            let stretch = Stretch { limit, offset, order };
            let found = store.credentials_at(&fixture.scope, &filter, stretch).await.unwrap();
            let found: Vec<_> = found.iter().map(|credential| credential.id).collect();
            assert_eq!(found, expected, "{stretch:?}");
        }
    }
}

async fn pages(store: &dyn Store, fixture: &Fixture, limit: usize) -> Vec<CredentialId> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = Page { limit, after };
        let found = store.credentials(&fixture.scope, &CredentialFilter::default(), page).await.unwrap();
        assert!(found.len() <= limit);
        all.extend(found.iter().map(|credential| credential.id));
        match found.last() {
            Some(last) => after = Some(last.id),
            None => return all,
        }
    }
}

/// Oldest first.
pub async fn every_token_exactly_once(store: &dyn Store) {
    let mut fixture = Fixture::new(101);
    let mut ids: Vec<TokenId> = Vec::new();
    for number in 0..7 {
        ids.push(fixture.issue(store, &format!("number {number}")).await.id);
    }
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let found = store.tokens(&fixture.scope, Page { limit: 3, after }).await.unwrap();
        all.extend(found.iter().map(|token| token.id));
        match found.last() {
            Some(last) => after = Some(last.id),
            None => break,
        }
    }
    assert_eq!(all, ids);
}

/// Also when it is nothing.
pub async fn a_limit_is_kept(store: &dyn Store) {
    let mut fixture = Fixture::new(102);
    let id = fixture.create(store, "one").await.id;
    fixture.issue(store, "one").await;
    let scope = &fixture.scope;
    let nothing = Page { limit: 0, after: None };
    assert_eq!(store.credentials(scope, &CredentialFilter::default(), nothing).await.unwrap(), []);
    assert_eq!(store.tokens(scope, Page { limit: 0, after: None }).await.unwrap(), []);
    assert_eq!(store.audit(scope, 0, 0).await.unwrap(), []);
    assert_eq!(store.history(scope, id, None, 0).await.unwrap(), []);
    assert_eq!(store.events(scope, 0, 0).await.unwrap(), []);
}
