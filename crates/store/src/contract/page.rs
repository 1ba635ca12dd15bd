//! Paging: everything once, nothing twice, in the order of ids.

use strongroom_domain::ids::{CredentialId, TokenId};

use super::Fixture;
use crate::{CredentialFilter, Page, Store, Write};

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
