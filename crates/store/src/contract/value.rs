//! Values: replaced, found by fingerprint, destroyed.

use super::Fixture;
use crate::{Clash, CredentialFilter, Expectation, Fingerprint, Page, Store, StoreError, Write};

/// There is one current value, the last one.
pub async fn replaces_the_one_before(store: &dyn Store) {
    let mut fixture = Fixture::new(30);
    let mut credential = fixture.create(store, "one").await;
    for version in 2..=4 {
        (credential.version, credential.value_version) = (version, version);
        let value = fixture.value(version);
        let commit = fixture
            .change(credential.id)
            .write(Write::Credential(Box::new(credential.clone())))
            .write(Write::Value(credential.id, value.clone()));
        store.commit(&fixture.scope, commit).await.unwrap();
        let stored = store.credential(&fixture.scope, credential.id).await.unwrap().unwrap();
        assert_eq!((stored.credential, stored.value), (credential.clone(), value));
    }
}

/// A new value alone moves `value_version` and nothing else.
pub async fn keeps_the_rest_of_the_credential(store: &dyn Store) {
    let mut fixture = Fixture::new(31);
    let mut credential = super::credential::rich(&mut fixture);
    fixture.store(store, credential.clone()).await;
    let commit = fixture.change(credential.id).write(Write::Value(credential.id, fixture.value(4)));
    store.commit(&fixture.scope, commit).await.unwrap();
    credential.value_version = 4;
    assert_eq!(
        store.credential(&fixture.scope, credential.id).await.unwrap().unwrap().credential,
        credential
    );
}

/// A value belongs to a credential that is there.
pub async fn of_no_credential_is_refused(store: &dyn Store) {
    let mut fixture = Fixture::new(32);
    let missing = fixture.credential_id();
    let commit = fixture.change(missing).write(Write::Value(missing, fixture.value(1)));
    let error = store.commit(&fixture.scope, commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::Version)), "{error:?}");
    assert_eq!(store.audit(&fixture.scope, 0, 10).await.unwrap(), []);
}

/// By that of the current value only, oldest first, at most ten, without the one asked from.
pub async fn found_by_its_fingerprint(store: &dyn Store) {
    let mut fixture = Fixture::new(33);
    let (print, mut ids) = (fixture.bytes::<16>(), Vec::new());
    for number in 0..12 {
        let (credential, mut value) = (fixture.credential(&format!("twin {number}")), fixture.value(1));
        value.fingerprint = Some(print);
        let commit = fixture.creation(&credential, &value);
        store.commit(&fixture.scope, commit).await.unwrap();
        ids.push(credential.id);
    }
    let none = fixture.credential("without");
    let mut value = fixture.value(1);
    value.fingerprint = None;
    let commit = fixture.creation(&none, &value);
    store.commit(&fixture.scope, commit).await.unwrap();
    let scope = &fixture.scope.clone();
    assert_eq!(
        store.credentials_with_fingerprint(scope, Fingerprint::Whole(print), None).await.unwrap(),
        ids[..10]
    );
    assert_eq!(
        store.credentials_with_fingerprint(scope, Fingerprint::Whole(print), Some(ids[0])).await.unwrap(),
        ids[1..11]
    );
    for id in &ids[1..] {
        let commit = fixture.change(*id).write(Write::Value(*id, fixture.value(2)));
        store.commit(scope, commit).await.unwrap();
    }
    assert_eq!(
        store.credentials_with_fingerprint(scope, Fingerprint::Whole(print), None).await.unwrap(),
        ids[..1]
    );
    assert_eq!(
        store.credentials_with_fingerprint(scope, Fingerprint::Whole(print), Some(ids[0])).await.unwrap(),
        []
    );
}

/// One and the same text under both names is two things.
pub async fn the_two_fingerprints_do_not_meet(store: &dyn Store) {
    let mut fixture = Fixture::new(79);
    let (credential, mut value) = (fixture.credential("one"), fixture.value(1));
    (value.fingerprint, value.account_fingerprint) = (Some([1; 16]), Some([2; 16]));
    let commit = fixture.creation(&credential, &value);
    store.commit(&fixture.scope, commit).await.unwrap();
    let find = |print| store.credentials_with_fingerprint(&fixture.scope, print, None);
    assert_eq!(find(Fingerprint::Whole([1; 16])).await.unwrap(), [credential.id]);
    assert_eq!(find(Fingerprint::Account([2; 16])).await.unwrap(), [credential.id]);
    assert_eq!(find(Fingerprint::Account([1; 16])).await.unwrap(), []);
    assert_eq!(find(Fingerprint::Whole([2; 16])).await.unwrap(), []);
}

/// Value, fingerprint, holds, labels, words, slug: no question finds any of it again.
pub async fn deletion_takes_everything_along(store: &dyn Store) {
    let mut fixture = Fixture::new(34);
    let (credential, value) = (super::credential::rich(&mut fixture), fixture.value(3));
    let hold = fixture.hold(credential.id, "flow", "1");
    let commit = fixture.creation(&credential, &value).write(Write::Hold(hold.clone()));
    let scope = fixture.scope;
    store.commit(&scope, commit).await.unwrap();
    let commit = fixture
        .change(credential.id)
        .expect(Expectation::Version(credential.id, 7))
        .write(Write::Delete(credential.id, fixture.now));
    store.commit(&scope, commit).await.unwrap();
    assert_eq!(store.credential(&scope, credential.id).await.unwrap(), None);
    assert_eq!(store.credential_with_slug(&scope, credential.slug.as_ref().unwrap()).await.unwrap(), None);
    let print = value.fingerprint.unwrap();
    assert_eq!(
        store.credentials_with_fingerprint(&scope, Fingerprint::Whole(print), None).await.unwrap(),
        []
    );
    assert_eq!(store.holds(&scope, credential.id, hold.granted_at).await.unwrap(), []);
    assert_eq!(store.holds_of_consumer(&scope, &hold.consumer.name, hold.granted_at).await.unwrap(), []);
    let page = Page { limit: 10, after: None };
    assert_eq!(store.credentials(&scope, &CredentialFilter::default(), page).await.unwrap(), []);
    let filter = CredentialFilter { words: vec!["several".to_owned()], ..CredentialFilter::default() };
    assert_eq!(store.credentials(&scope, &filter, page).await.unwrap(), []);
}

/// Gone is gone: a second deletion comes too late.
pub async fn a_deleted_one_cannot_be_deleted(store: &dyn Store) {
    let mut fixture = Fixture::new(35);
    let id = fixture.create(store, "one").await.id;
    let commit = fixture.change(id).write(Write::Delete(id, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
    let commit = fixture.change(id).write(Write::Delete(id, fixture.now));
    let error = store.commit(&fixture.scope, commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::Version)), "{error:?}");
}
