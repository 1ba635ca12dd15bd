//! Holds: what consumers have, and until when.

use std::slice;
use std::time::Duration;

use strongroom_domain::consumer::Hold;

use super::Fixture;
use crate::{Clash, Store, StoreError, Write};

async fn grant(store: &dyn Store, fixture: &mut Fixture, hold: &Hold) {
    let commit = fixture.change(hold.credential).write(Write::Hold(hold.clone()));
    store.commit(&fixture.scope, commit).await.unwrap();
}

/// To the microsecond; an ended hold is not shown.
pub async fn live_until_its_end(store: &dyn Store) {
    let mut fixture = Fixture::new(60);
    let id = fixture.create(store, "one").await.id;
    let hold = fixture.hold(id, "flow", "1");
    grant(store, &mut fixture, &hold).await;
    let just_before = hold.hold_until.minus(Duration::from_micros(1));
    assert_eq!(store.holds(&fixture.scope, id, just_before).await.unwrap(), slice::from_ref(&hold));
    assert_eq!(store.holds(&fixture.scope, id, hold.hold_until).await.unwrap(), []);
    let name = &hold.consumer.name;
    assert_eq!(
        store.holds_of_consumer(&fixture.scope, name, just_before).await.unwrap(),
        slice::from_ref(&hold)
    );
    assert_eq!(store.holds_of_consumer(&fixture.scope, name, hold.hold_until).await.unwrap(), []);
}

/// The same consumer through the same token has one hold: on what it was given last.
pub async fn renewed_not_doubled(store: &dyn Store) {
    let mut fixture = Fixture::new(61);
    let id = fixture.create(store, "one").await.id;
    let first = fixture.hold(id, "flow", "1");
    grant(store, &mut fixture, &first).await;
    let later = fixture.tick();
    let renewed =
        Hold { value_version: 2, granted_at: later, hold_until: later.plus(Duration::from_mins(1)), ..first };
    grant(store, &mut fixture, &renewed).await;
    assert_eq!(store.holds(&fixture.scope, id, later).await.unwrap(), [renewed]);
}

/// Each is a hold of its own; they come by name, then instance.
pub async fn one_per_token_and_instance(store: &dyn Store) {
    let mut fixture = Fixture::new(62);
    let id = fixture.create(store, "one").await.id;
    let (b2, a9, b1) = (fixture.hold(id, "b", "2"), fixture.hold(id, "a", "9"), fixture.hold(id, "b", "1"));
    let again = Hold { token: fixture.token_id(), ..b1.clone() };
    for hold in [&b2, &a9, &b1, &again] {
        grant(store, &mut fixture, hold).await;
    }
    // The two of `b1` differ in their token, which is later for the second one.
    assert_eq!(store.holds(&fixture.scope, id, fixture.now).await.unwrap(), [a9, b1, again, b2]);
}

/// A consumer gives back what it has, whichever tokens it used; others keep theirs.
pub async fn released_for_every_token(store: &dyn Store) {
    let mut fixture = Fixture::new(63);
    let (id, other) = (fixture.create(store, "one").await.id, fixture.create(store, "two").await.id);
    let hold = fixture.hold(id, "flow", "1");
    let again = Hold { token: fixture.token_id(), ..hold.clone() };
    let (neighbour, elsewhere) = (fixture.hold(id, "flow", "2"), Hold { credential: other, ..hold.clone() });
    for hold in [&hold, &again, &neighbour, &elsewhere] {
        grant(store, &mut fixture, hold).await;
    }
    let commit = fixture.change(id).write(Write::Release(id, hold.consumer.clone()));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(store.holds(&fixture.scope, id, fixture.now).await.unwrap(), [neighbour]);
    assert_eq!(store.holds(&fixture.scope, other, fixture.now).await.unwrap(), [elsewhere]);
    // A second release finds nothing to do.
    let commit = fixture.change(id).write(Write::Release(id, hold.consumer));
    store.commit(&fixture.scope, commit).await.unwrap();
}

/// By credential; another name is another consumer.
pub async fn of_a_consumer_across_credentials(store: &dyn Store) {
    let mut fixture = Fixture::new(64);
    let (first, second) = (fixture.create(store, "one").await.id, fixture.create(store, "two").await.id);
    let holds = [
        fixture.hold(second, "flow", "1"),
        fixture.hold(first, "flow", "2"),
        fixture.hold(first, "flows", "1"),
    ];
    for hold in &holds {
        grant(store, &mut fixture, hold).await;
    }
    let found = store.holds_of_consumer(&fixture.scope, &holds[0].consumer.name, fixture.now).await.unwrap();
    assert_eq!(found, [holds[1].clone(), holds[0].clone()]);
}

/// Nobody can hold what is not there.
pub async fn needs_its_credential(store: &dyn Store) {
    let mut fixture = Fixture::new(65);
    let missing = fixture.credential_id();
    let commit = fixture.change(missing).write(Write::Hold(fixture.hold(missing, "flow", "1")));
    let error = store.commit(&fixture.scope, commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::Version)), "{error:?}");
}
