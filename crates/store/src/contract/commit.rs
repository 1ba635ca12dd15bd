//! A commit is whole or not at all, whatever else goes on.

use strongroom_domain::Timestamp;

use super::event::place;
use super::{Fixture, at_once};
use crate::{Clash, CredentialFilter, Expectation, Page, Store, StoreError, Write};

/// Everything that can be seen from inside a scope, as one text to compare.
pub(super) async fn everything(store: &dyn Store, fixture: &Fixture) -> String {
    let scope = &fixture.scope;
    let page = Page { limit: 1_000, after: None };
    let credentials = store.credentials(scope, &CredentialFilter::default(), page).await.unwrap();
    let (mut values, mut holds) = (Vec::new(), Vec::new());
    for credential in &credentials {
        values.push(store.credential(scope, credential.id).await.unwrap());
        holds.extend(store.holds(scope, credential.id, Timestamp::from_unix_micros(0)).await.unwrap());
    }
    let audit = store.audit(scope, 0, 1_000).await.unwrap();
    place(store, fixture).await;
    let events = store.events(scope, 0, 1_000).await.unwrap();
    let tokens = store.tokens(scope, Page { limit: 1_000, after: None }).await.unwrap();
    let workspace = store.workspace(scope).await.unwrap();
    format!("{values:?} {holds:?} {audit:?} {events:?} {tokens:?} {workspace:?}")
}

/// Rows, records and events: a failed expectation leaves none of them.
pub async fn nothing_of_a_refused_commit_is_there(store: &dyn Store) {
    let mut fixture = Fixture::new(1);
    let credential = fixture.create(store, "kept").await;
    let before = everything(store, &fixture).await;
    let (other, value) = (fixture.credential("refused"), fixture.value(1));
    let commit = fixture
        .creation(&other, &value)
        .write(Write::Hold(fixture.hold(credential.id, "flow", "1")))
        .write(Write::Token(Box::new(fixture.token("refused"))))
        .expect(Expectation::Version(credential.id, 2));
    let error = store.commit(&fixture.scope, commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::Version)), "{error:?}");
    assert_eq!(everything(store, &fixture).await, before);
}

/// Rows, records and events: an applied commit leaves all of them.
pub async fn everything_of_a_commit_is_there(store: &dyn Store) {
    let mut fixture = Fixture::new(2);
    let (credential, value) = (fixture.credential("all"), fixture.value(1));
    let hold = fixture.hold(credential.id, "flow", "1");
    let commit = fixture.creation(&credential, &value).write(Write::Hold(hold.clone()));
    let (records, events) = (commit.audit().to_vec(), commit.events().to_vec());
    store.commit(&fixture.scope, commit).await.unwrap();
    let stored = store.credential(&fixture.scope, credential.id).await.unwrap().unwrap();
    assert_eq!((stored.credential, stored.value), (credential.clone(), value));
    assert_eq!(store.holds(&fixture.scope, credential.id, fixture.now).await.unwrap(), [hold]);
    let audit = store.audit(&fixture.scope, 0, 10).await.unwrap();
    assert_eq!(audit.into_iter().map(|entry| entry.record).collect::<Vec<_>>(), records);
    place(store, &fixture).await;
    let told = store.events(&fixture.scope, 0, 10).await.unwrap();
    assert_eq!(told.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), events);
}

/// A clash that only a constraint finds, after other writes went well.
pub async fn a_later_write_that_clashes_undoes_the_earlier_ones(store: &dyn Store) {
    let mut fixture = Fixture::new(3);
    let mut first = fixture.credential("first");
    first.slug = Some("taken".parse().unwrap());
    fixture.store(store, first.clone()).await;
    let before = everything(store, &fixture).await;
    let (mut second, value) = (fixture.credential("second"), fixture.value(1));
    second.slug.clone_from(&first.slug);
    let commit = fixture
        .change(first.id)
        .write(Write::Value(first.id, fixture.value(2)))
        .write(Write::Delete(first.id, fixture.now))
        .write(Write::Credential(Box::new(first.clone())))
        .write(Write::Value(first.id, value))
        .write(Write::Credential(Box::new(second)));
    let error = store.commit(&fixture.scope, commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::Slug)), "{error:?}");
    assert_eq!(everything(store, &fixture).await, before);
}

/// Nor is it what the next commits expect, whatever the store remembers between two of them.
pub async fn what_was_undone_is_not_expected(store: &dyn Store) {
    let mut fixture = Fixture::new(15);
    let mut first = fixture.credential("first");
    first.slug = Some("taken".parse().unwrap());
    let first = fixture.store(store, first).await;
    let expecting = |fixture: &mut Fixture, version| {
        fixture
            .act()
            .expect(Expectation::Version(first.id, version))
            .expect(Expectation::ValueVersion(first.id, version))
    };
    let commit = expecting(&mut fixture, 1);
    store.commit(&fixture.scope, commit).await.unwrap();
    let mut next = first.clone();
    (next.version, next.value_version) = (2, 2);
    let mut second = fixture.credential("second");
    second.slug.clone_from(&first.slug);
    let commit = fixture
        .change(first.id)
        .write(Write::Value(first.id, fixture.value(2)))
        .write(Write::Credential(Box::new(next)))
        .write(Write::Credential(Box::new(second.clone())));
    let error = store.commit(&fixture.scope, commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::Slug)), "{error:?}");
    let commit = expecting(&mut fixture, 2);
    let error = store.commit(&fixture.scope, commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::Version)), "{error:?}");
    let commit = expecting(&mut fixture, 1);
    store.commit(&fixture.scope, commit).await.unwrap();
    let hold = fixture.hold(second.id, "flow", "1");
    let commit = fixture.act().write(Write::Hold(hold));
    let error = store.commit(&fixture.scope, commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::Version)), "{error:?}");
    let token = fixture.token("undone");
    let commit =
        fixture.act().write(Write::Token(Box::new(token.clone()))).write(Write::Credential(Box::new(second)));
    let error = store.commit(&fixture.scope, commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::Slug)), "{error:?}");
    let commit = fixture.act().expect(Expectation::TokenLive(token.id));
    let error = store.commit(&fixture.scope, commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::Token)), "{error:?}");
}

/// A slug can move from one credential to another inside one commit, in this order only.
pub async fn writes_are_applied_in_order(store: &dyn Store) {
    let mut fixture = Fixture::new(4);
    let mut first = fixture.credential("first");
    first.slug = Some("moving".parse().unwrap());
    fixture.store(store, first.clone()).await;
    let (mut second, value) = (fixture.credential("second"), fixture.value(1));
    second.slug = first.slug.take();
    let commit = fixture
        .change(first.id)
        .write(Write::Credential(Box::new(first)))
        .write(Write::Credential(Box::new(second.clone())))
        .write(Write::Value(second.id, value));
    store.commit(&fixture.scope, commit).await.unwrap();
    let slug = second.slug.unwrap();
    assert_eq!(store.credential_with_slug(&fixture.scope, &slug).await.unwrap(), Some(second.id));
}

/// Of many changes based on the same version, exactly one is applied, and every other one is told why not.
pub async fn one_of_many_at_once_wins(store: &dyn Store) {
    let mut fixture = Fixture::new(5);
    let credential = fixture.create(store, "wanted").await;
    let scope = fixture.scope;
    let commits: Vec<_> = (0..32)
        .map(|number| {
            let mut changed = credential.clone();
            (changed.version, changed.method) = (2, format!("method {number}"));
            let expected = fixture.change(credential.id).expect(Expectation::Version(credential.id, 1));
            expected.write(Write::Credential(Box::new(changed)))
        })
        .collect();
    let answers = at_once(commits.into_iter().map(|commit| store.commit(&scope, commit))).await;
    let won: Vec<usize> = (0..32).filter(|number| answers[*number].is_ok()).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    let lost = |answer: &&crate::Result<()>| matches!(answer, Err(StoreError::Clash(Clash::Version)));
    assert_eq!(answers.iter().filter(lost).count(), 31);
    let stored = store.credential(&scope, credential.id).await.unwrap().unwrap();
    assert_eq!(stored.credential.method, format!("method {}", won[0]));
    // The creation and the one change.
    assert_eq!(store.history(&scope, credential.id, None, 100).await.unwrap().len(), 2);
}

/// No commit of many is lost, and none is there twice.
pub async fn many_at_once_are_all_there(store: &dyn Store) {
    let mut fixture = Fixture::new(6);
    let scope = fixture.scope;
    let creations: Vec<_> = (0..200)
        .map(|number| {
            let (credential, value) = (fixture.credential(&format!("number {number}")), fixture.value(1));
            fixture.creation(&credential, &value)
        })
        .collect();
    let answers = at_once(creations.into_iter().map(|commit| store.commit(&scope, commit))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(store.credential_count(&scope).await.unwrap(), 200);
    assert_eq!(store.audit(&scope, 0, 1_000).await.unwrap().len(), 200);
    place(store, &fixture).await;
    assert_eq!(store.events(&scope, 0, 1_000).await.unwrap().len(), 200);
}

/// Commits that share a transaction below do not share their fate.
pub async fn a_clash_harms_no_neighbour(store: &dyn Store) {
    let mut fixture = Fixture::new(7);
    let scope = fixture.scope;
    let mut taken = fixture.credential("taken");
    taken.slug = Some("taken".parse().unwrap());
    fixture.store(store, taken.clone()).await;
    let commits: Vec<_> = (0..64)
        .map(|number| {
            let (mut credential, value) = (fixture.credential("neighbour"), fixture.value(1));
            credential.slug = if number % 2 == 0 { None } else { taken.slug.clone() };
            fixture.creation(&credential, &value)
        })
        .collect();
    let answers = at_once(commits.into_iter().map(|commit| store.commit(&scope, commit))).await;
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(answer.is_ok(), number % 2 == 0, "{number}: {answer:?}");
    }
    assert_eq!(store.credential_count(&scope).await.unwrap(), 33);
    assert_eq!(store.audit(&scope, 0, 1_000).await.unwrap().len(), 33);
}
