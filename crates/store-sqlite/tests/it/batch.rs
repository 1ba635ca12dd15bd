//! Commits that share a transaction, and what one of them does to the others.

use strongroom_store::contract::{Fixture, at_once};
use strongroom_store::{Clash, Commit, Expectation, Store, StoreError, Write};

use crate::Folder;
use crate::journal::verify;

/// Enough for several of them to share a transaction, whatever the disk.
const NEIGHBOURS: usize = 48;

/// Every third is refused by its second write, when its first has been done.
#[tokio::test]
async fn what_is_refused_half_way_leaves_nothing_and_harms_no_neighbour() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(1);
    let mut taken = fixture.credential("taken");
    taken.slug = Some("taken".parse().unwrap());
    fixture.store(&store, taken.clone()).await;
    let credentials: Vec<_> =
        (0..NEIGHBOURS).map(|number| fixture.credential(&format!("neighbour {number}"))).collect();
    let commits: Vec<Commit> = credentials
        .iter()
        .enumerate()
        .map(|(number, credential)| {
            let value = fixture.value(1);
            let commit = fixture.creation(credential, &value);
            let mut second = fixture.credential("second");
            second.slug.clone_from(&taken.slug);
            if number % 3 == 0 { commit.write(Write::Credential(Box::new(second))) } else { commit }
        })
        .collect();
    let answers = at_once(commits.into_iter().map(|commit| store.commit(&fixture.scope, commit))).await;
    for (number, (credential, answer)) in credentials.iter().zip(answers).enumerate() {
        let is_there = store.credential(&fixture.scope, credential.id).await.unwrap().is_some();
        assert_eq!(is_there, number % 3 != 0, "{number}");
        let as_expected = match answer {
            Err(StoreError::Clash(Clash::Slug)) => number % 3 == 0,
            Ok(()) => number % 3 != 0,
            Err(_) => false,
        };
        assert!(as_expected, "{number}");
    }
    store.close().await;
    // A creation leaves a record and an event.
    assert_eq!(verify(&folder.connect()), Ok(2 + NEIGHBOURS as u64 / 3 * 2 * 2));
}

/// What one commit has looked up is not believed after another has written to it.
#[tokio::test]
async fn what_comes_after_a_revocation_is_refused() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(2);
    let token = fixture.issue(&store, "worker").await.id;
    let mut commits: Vec<Commit> =
        (0..NEIGHBOURS).map(|_| fixture.act().expect(Expectation::TokenLive(token))).collect();
    commits.insert(NEIGHBOURS / 2, fixture.act().write(Write::RevokeToken(token, fixture.now)));
    let answers = at_once(commits.into_iter().map(|commit| store.commit(&fixture.scope, commit))).await;
    for (number, answer) in answers.into_iter().enumerate() {
        let is_refused = matches!(answer, Err(StoreError::Clash(Clash::Token)));
        assert_eq!(is_refused, number > NEIGHBOURS / 2, "{number}");
    }
}

/// Neither is what stood there before another one wrote, was undone or was deleted.
#[tokio::test]
async fn every_commit_sees_what_the_one_before_left() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(3);
    let credential = fixture.create(&store, "one").await;
    let mut commits: Vec<Commit> = (1..=NEIGHBOURS as u64)
        .map(|version| {
            let mut next = credential.clone();
            (next.version, next.value_version) = (version + 1, version + 1);
            let commit = fixture
                .change(next.id)
                .expect(Expectation::Version(next.id, version))
                .expect(Expectation::ValueVersion(next.id, version));
            let value = fixture.value(version + 1);
            commit.write(Write::Credential(Box::new(next.clone()))).write(Write::Value(next.id, value))
        })
        .collect();
    let (id, last) = (credential.id, NEIGHBOURS as u64 + 2);
    let value = fixture.value(last);
    commits.push(fixture.change(id).write(Write::Value(id, value)));
    commits.push(fixture.act().expect(Expectation::ValueVersion(id, last)));
    commits.push(fixture.change(id).write(Write::Delete(id, fixture.now)));
    commits.push(fixture.act().expect(Expectation::Version(id, last - 1)));
    let mut answers = at_once(commits.into_iter().map(|commit| store.commit(&fixture.scope, commit))).await;
    let last = answers.pop().unwrap();
    assert!(matches!(last, Err(StoreError::Clash(Clash::Version))), "{last:?}");
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}
