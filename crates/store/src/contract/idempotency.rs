//! Remembered answers: one per key and day.

use std::time::Duration;

use super::Fixture;
use crate::{Clash, Housekeeping, IdempotencyKey, IdempotencyRow, Store, StoreError, Write};

async fn remember(store: &dyn Store, fixture: &mut Fixture, row: &IdempotencyRow) -> crate::Result<()> {
    let commit = fixture.act().write(Write::Idempotency(Box::new(row.clone())));
    store.commit(&fixture.scope, commit).await
}

/// Until it is too old for the one who asks.
pub async fn an_answer_is_remembered(store: &dyn Store) {
    let mut fixture = Fixture::new(80);
    let principal = fixture.principal_id();
    let row = fixture.answer(principal, "k");
    remember(store, &mut fixture, &row).await.unwrap();
    let at = row.created_at;
    let found = store.idempotency(&fixture.scope, &row.key, at).await.unwrap();
    assert_eq!(found, Some(row.clone()));
    let later = at.plus(Duration::from_micros(1));
    assert_eq!(store.idempotency(&fixture.scope, &row.key, later).await.unwrap(), None);
}

/// And takes the rest of its commit with it: the second of two equal requests changes nothing.
pub async fn ccr_02_a_second_answer_clashes(store: &dyn Store) {
    let mut fixture = Fixture::new(81);
    let principal = fixture.principal_id();
    let (first, mut second) = (fixture.answer(principal, "k"), fixture.answer(principal, "k"));
    second.created_at = first.created_at.plus(Duration::from_hours(23));
    remember(store, &mut fixture, &first).await.unwrap();
    let (credential, value) = (fixture.credential("twice"), fixture.value(1));
    let commit = fixture.creation(&credential, &value).write(Write::Idempotency(Box::new(second)));
    let error = store.commit(&fixture.scope, commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::Idempotency)), "{error:?}");
    assert_eq!(store.credential(&fixture.scope, credential.id).await.unwrap(), None);
    let found = store.idempotency(&fixture.scope, &first.key, first.created_at).await.unwrap();
    assert_eq!(found, Some(first));
}

/// A day later the key is free.
pub async fn an_old_answer_makes_room(store: &dyn Store) {
    let mut fixture = Fixture::new(82);
    let principal = fixture.principal_id();
    let (first, mut second) = (fixture.answer(principal, "k"), fixture.answer(principal, "k"));
    second.created_at = first.created_at.plus(Duration::from_hours(24));
    remember(store, &mut fixture, &first).await.unwrap();
    remember(store, &mut fixture, &second).await.unwrap();
    let found = store.idempotency(&fixture.scope, &first.key, first.created_at).await.unwrap();
    assert_eq!(found, Some(second));
}

/// Another principal, route, key or workspace is another request.
pub async fn keys_of_others_do_not_meet(store: &dyn Store) {
    let mut fixture = Fixture::new(83);
    let (principal, other) = (fixture.principal_id(), fixture.principal_id());
    let row = fixture.answer(principal, "k");
    remember(store, &mut fixture, &row).await.unwrap();
    for key in [
        IdempotencyKey { principal: other, ..row.key.clone() },
        IdempotencyKey { route: "DELETE /credentials".to_owned(), ..row.key.clone() },
        IdempotencyKey { key: "K".to_owned(), ..row.key.clone() },
    ] {
        assert_eq!(store.idempotency(&fixture.scope, &key, row.created_at).await.unwrap(), None, "{key:?}");
        remember(store, &mut fixture, &IdempotencyRow { key, ..row.clone() }).await.unwrap();
    }
    for mut elsewhere in [fixture.other_workspace(), fixture.other_organization()] {
        assert_eq!(store.idempotency(&elsewhere.scope, &row.key, row.created_at).await.unwrap(), None);
        remember(store, &mut elsewhere, &row).await.unwrap();
    }
}

/// Those made before the time given, in every workspace.
pub async fn answers_are_forgotten(store: &dyn Store) {
    let mut fixture = Fixture::new(84);
    let principal = fixture.principal_id();
    let (old, new) = (fixture.answer(principal, "old"), fixture.answer(principal, "new"));
    let mut elsewhere = fixture.other_workspace();
    remember(store, &mut fixture, &old).await.unwrap();
    remember(store, &mut fixture, &new).await.unwrap();
    remember(store, &mut elsewhere, &old).await.unwrap();
    store.keep_house(&fixture.scope, Housekeeping::ForgetIdempotency(new.created_at)).await.unwrap();
    let since = old.created_at;
    assert_eq!(store.idempotency(&fixture.scope, &old.key, since).await.unwrap(), None);
    assert_eq!(store.idempotency(&elsewhere.scope, &old.key, since).await.unwrap(), None);
    assert_eq!(store.idempotency(&fixture.scope, &new.key, since).await.unwrap(), Some(new));
}
