//! Wrapped keys.

use std::time::Duration;

use strongroom_domain::Timestamp;

use super::{Fixture, at_once};
use crate::{Clash, Expectation, KeyOwner, KeyRow, Store, StoreError, Write};

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

/// Of several epochs, or none of them young enough; of that purpose alone, and never the system.
pub async fn organizations_with_old_keys_are_found(store: &dyn Store) {
    let mut fixture = Fixture::new(95);
    let young = fixture.now;
    let mut tenants: Vec<_> = (0..4).map(|_| fixture.other_organization()).collect();
    tenants.sort_by_key(|tenant| tenant.scope.organization());
    let made_by = young.minus(Duration::from_hours(1));
    let epochs: [&[(u32, Timestamp)]; 4] = [
        &[(1, young)],
        &[(1, made_by)],
        &[(1, made_by), (2, young)],
        &[(3, made_by.plus(Duration::from_micros(1)))],
    ];
    for (tenant, epochs) in tenants.iter_mut().zip(epochs) {
        let owner = KeyOwner::Organization(tenant.scope.organization());
        let other = KeyRow { created_at: made_by, ..tenant.key(owner, "fingerprint", 0) };
        let mut commit = tenant.act().write(Write::Key(other));
        for (epoch, created_at) in epochs {
            commit = commit
                .write(Write::Key(KeyRow { created_at: *created_at, ..tenant.key(owner, "kek", *epoch) }));
        }
        store.commit(&tenant.scope, commit).await.unwrap();
    }
    let system = KeyRow { created_at: made_by, ..fixture.key(KeyOwner::System, "kek", 1) };
    let commit = fixture.act().write(Write::Key(system));
    store.commit(&fixture.scope, commit).await.unwrap();
    let due = [1, 2].map(|tenant: usize| tenants[tenant].scope.organization());
    let found = |after, limit| store.organizations_with_old_keys("kek", made_by, after, limit);
    assert_eq!(found(None, 10).await.unwrap(), due);
    assert_eq!(found(None, 1).await.unwrap(), due[..1]);
    assert_eq!(found(Some(due[0]), 10).await.unwrap(), due[1..]);
    assert_eq!(found(Some(due[1]), 10).await.unwrap(), []);
}
