//! Wrapped keys.

use super::{Fixture, at_once};
use crate::{Clash, Expectation, KeyOwner, Store, StoreError, Write};

/// Oldest epoch first, every byte of them.
pub async fn keys_come_back_by_epoch(store: &dyn Store) {
    let mut fixture = Fixture::new(90);
    let owner = KeyOwner::Organization(fixture.scope.organization());
    let (second, first) = (fixture.key(owner, "kek", 2), fixture.key(owner, "kek", 1));
    let commit = fixture.act().write(Write::Key(second.clone())).write(Write::Key(first.clone()));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(store.keys(owner).await.unwrap(), [first, second]);
}

/// The same key wrapped by another one takes its place.
pub async fn a_key_can_be_rewrapped(store: &dyn Store) {
    let mut fixture = Fixture::new(91);
    let mut key = fixture.key(KeyOwner::System, "token_pepper", 0);
    for blob in [vec![1; 60], vec![2; 90], vec![3; 30]] {
        key.blob = blob;
        let commit = fixture.act().write(Write::Key(key.clone()));
        store.commit(&fixture.scope, commit).await.unwrap();
        assert_eq!(store.keys(KeyOwner::System).await.unwrap(), [key.clone()]);
    }
}

/// The system's and each tenant's; and of two first uses at the same time, one makes the set.
pub async fn owners_do_not_meet(store: &dyn Store) {
    let mut fixture = Fixture::new(92);
    let (mine, scope) = (KeyOwner::Organization(fixture.scope.organization()), fixture.scope);
    let other = KeyOwner::Organization(fixture.other_organization().scope.organization());
    let commits: Vec<_> = (0..8)
        .map(|_| {
            fixture.act().expect(Expectation::NoKeys(mine)).write(Write::Key(fixture.key(mine, "kek", 1)))
        })
        .collect();
    let answers = at_once(commits.into_iter().map(|commit| store.commit(&scope, commit))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let clashed = |answer: &&crate::Result<()>| matches!(answer, Err(StoreError::Clash(Clash::Keys)));
    assert_eq!(answers.iter().filter(clashed).count(), 7);
    assert_eq!(store.keys(mine).await.unwrap().len(), 1);
    assert_eq!(store.keys(KeyOwner::System).await.unwrap(), []);
    assert_eq!(store.keys(other).await.unwrap(), []);
}
