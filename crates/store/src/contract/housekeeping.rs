//! Housekeeping: done where its object is, nothing where it is not.

use std::time::Duration;

use strongroom_domain::credential::{Accepted, Credential};
use strongroom_domain::health::{Health, HealthStatus};

use super::Fixture;
use super::commit::everything;
use crate::{Expectation, Housekeeping, Store, Write};

/// Healthy, as of now.
fn healthy(fixture: &mut Fixture, credential: &Credential, value_version: u64) -> Housekeeping {
    let verification = Box::new(fixture.accepted());
    let health = Health { status: HealthStatus::Healthy, reason: None, since: fixture.now };
    let accepted = Some(Accepted { account: Some("me".to_owned()), scopes: None });
    Housekeeping::Health {
        credential: credential.id,
        value_version,
        health,
        verification,
        accepted,
        event: None,
    }
}

/// Health, verification and what was accepted; no version moves.
pub async fn health_of_the_current_value(store: &dyn Store) {
    let mut fixture = Fixture::new(70);
    let mut credential = fixture.create(store, "one").await;
    let task = healthy(&mut fixture, &credential, 1);
    store.keep_house(&fixture.scope, task.clone()).await.unwrap();
    let Housekeeping::Health { health, verification, accepted, .. } = task else { unreachable!() };
    (credential.health, credential.verification, credential.accepted) =
        (health, Some(*verification), accepted);
    assert_eq!(
        store.credential(&fixture.scope, credential.id).await.unwrap().unwrap().credential,
        credential
    );
}

/// A change of metadata that was read before a check ended takes nothing of what it showed back.
pub async fn a_rename_does_not_undo_a_check(store: &dyn Store) {
    let mut fixture = Fixture::new(76);
    let read_before = fixture.create(store, "one").await;
    let task = healthy(&mut fixture, &read_before, 1);
    store.keep_house(&fixture.scope, task).await.unwrap();
    let mut renamed = read_before.clone();
    renamed.name = "renamed".parse().unwrap();
    renamed.version += 1;
    let commit = fixture.change(renamed.id).write(Write::Credential(Box::new(renamed.clone())));
    store.commit(&fixture.scope, commit).await.unwrap();
    let after = store.credential(&fixture.scope, renamed.id).await.unwrap().unwrap().credential;
    assert_eq!(after.name, renamed.name);
    assert_eq!(after.health.status, HealthStatus::Healthy);
    assert!(after.accepted.is_some() && after.verification.is_some());
}

/// A check that began before a change says nothing about what came after it.
pub async fn ccr_05_health_of_an_older_value_is_dropped(store: &dyn Store) {
    let mut fixture = Fixture::new(71);
    let credential = fixture.create(store, "one").await;
    let late = healthy(&mut fixture, &credential, 1);
    let commit = fixture.change(credential.id).write(Write::Value(credential.id, fixture.value(2)));
    store.commit(&fixture.scope, commit).await.unwrap();
    let before = everything(store, &fixture).await;
    store.keep_house(&fixture.scope, late).await.unwrap();
    assert_eq!(everything(store, &fixture).await, before);
}

/// Nor a token.
pub async fn ccr_07_nothing_is_resurrected(store: &dyn Store) {
    let mut fixture = Fixture::new(72);
    let credential = fixture.create(store, "one").await;
    let late = healthy(&mut fixture, &credential, 1);
    let commit = fixture.change(credential.id).write(Write::Delete(credential.id, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
    store.keep_house(&fixture.scope, late).await.unwrap();
    assert_eq!(store.credential(&fixture.scope, credential.id).await.unwrap(), None);
    assert_eq!(store.credential_count(&fixture.scope).await.unwrap(), 0);
    let token = fixture.token_id();
    store.keep_house(&fixture.scope, Housekeeping::TokenUsed(token, fixture.now)).await.unwrap();
    assert_eq!(store.token(token).await.unwrap(), None);
}

/// A later verification that shows no account does not take away what an earlier one showed.
pub async fn an_accepted_account_is_kept(store: &dyn Store) {
    let mut fixture = Fixture::new(73);
    let credential = fixture.create(store, "one").await;
    let first = healthy(&mut fixture, &credential, 1);
    store.keep_house(&fixture.scope, first.clone()).await.unwrap();
    let Housekeeping::Health { credential: id, value_version, health, verification, accepted, event } = first
    else {
        unreachable!()
    };
    let second =
        Housekeeping::Health { credential: id, value_version, health, verification, accepted: None, event };
    store.keep_house(&fixture.scope, second).await.unwrap();
    assert_eq!(store.credential(&fixture.scope, id).await.unwrap().unwrap().credential.accepted, accepted);
}

/// Uses arrive in any order.
pub async fn last_use_never_goes_back(store: &dyn Store) {
    let mut fixture = Fixture::new(74);
    let token = fixture.issue(store, "one").await.id;
    let (early, late) = (fixture.tick(), fixture.tick());
    for at in [late, early] {
        store.keep_house(&fixture.scope, Housekeeping::TokenUsed(token, at)).await.unwrap();
        assert_eq!(store.token(token).await.unwrap().unwrap().last_used_at, Some(late));
    }
}

/// Those that ended before the time given, in every workspace; live ones stay.
pub async fn ended_holds_are_forgotten(store: &dyn Store) {
    let mut fixture = Fixture::new(75);
    let mut elsewhere = fixture.other_workspace();
    let mut holds = Vec::new();
    for fixture in [&mut fixture, &mut elsewhere] {
        let id = fixture.create(store, "one").await.id;
        let hold = fixture.hold(id, "flow", "1");
        let commit = fixture.change(id).write(Write::Hold(hold.clone()));
        store.commit(&fixture.scope, commit).await.unwrap();
        holds.push(hold);
    }
    let end = holds[0].hold_until.max(holds[1].hold_until);
    let before = holds[0].hold_until.min(holds[1].hold_until);
    store.keep_house(&fixture.scope, Housekeeping::ForgetHolds(before)).await.unwrap();
    let start = fixture.now.minus(Duration::from_mins(1));
    let elsewhere_scope = elsewhere.scope;
    assert_eq!(store.holds(&fixture.scope, holds[0].credential, start).await.unwrap().len(), 1);
    assert_eq!(store.holds(&elsewhere_scope, holds[1].credential, start).await.unwrap().len(), 1);
    let after = end.plus(Duration::from_micros(1));
    store.keep_house(&fixture.scope, Housekeeping::ForgetHolds(after)).await.unwrap();
    assert_eq!(store.holds(&fixture.scope, holds[0].credential, start).await.unwrap(), []);
    assert_eq!(store.holds(&elsewhere_scope, holds[1].credential, start).await.unwrap(), []);
    let commit = fixture.act().expect(Expectation::NoHold(holds[0].credential, start));
    store.commit(&fixture.scope, commit).await.unwrap();
}
