//! What was answered is there after a crash; what was not is there whole or not at all (CCR-03).

use std::sync::Arc;

use strongroom_domain::ids::CredentialId;
use strongroom_store::contract::Fixture;
use strongroom_store::contract::event::place;
use strongroom_store::{CredentialFilter, Housekeeping, Page, Store, Write};

use crate::Folder;

#[tokio::test]
async fn ccr_03_a_dropped_store_has_everything_it_answered() {
    let folder = Folder::new();
    let mut fixture = Fixture::new(1);
    let mut ids = Vec::new();
    for round in 0..3 {
        let store = folder.open();
        for number in 0..20 {
            ids.push(fixture.create(&store, &format!("{round} {number}")).await.id);
        }
    }
    assert_eq!(all_of(&folder, &fixture).await, ids);
}

/// The files as they are at the moment of an answer, without any of what closing does.
#[tokio::test]
async fn ccr_03_an_answered_commit_survives_a_crash_right_after_it() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(2);
    let mut ids = Vec::new();
    for number in 0..12 {
        ids.push(fixture.create(&store, &format!("number {number}")).await.id);
        assert_eq!(all_of(&folder.crashed(), &fixture).await, ids);
    }
}

/// A log that ends anywhere: the store is as it was after some answered commit, and each is whole.
#[tokio::test]
async fn ccr_03_a_torn_log_leaves_whole_commits_only() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(3);
    let mut ids = Vec::new();
    for number in 0..10 {
        ids.push(fixture.create(&store, &format!("number {number}")).await.id);
    }
    let whole = std::fs::metadata(folder.path().join("strongroom.db-wal")).unwrap().len();
    for part in 0..16 {
        let torn = folder.crashed();
        let log = std::fs::File::options().write(true).open(torn.path().join("strongroom.db-wal")).unwrap();
        log.set_len(whole * part / 16 + part).unwrap();
        let found = all_of(&torn, &fixture).await;
        assert_eq!(found, ids[..found.len()], "{part} sixteenths of the log");
    }
}

/// Also what needs no sync of its own.
#[tokio::test]
async fn housekeeping_is_not_lost_on_close() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(4);
    let token = fixture.issue(&store, "one").await.id;
    let syncs = store.status().await.unwrap().syncs;
    let now = fixture.tick();
    store.keep_house(&fixture.scope, Housekeeping::TokenUsed(token, now)).await.unwrap();
    assert_eq!(store.status().await.unwrap().syncs, syncs, "it waits for a sync of others");
    store.close().await;
    let store = folder.open();
    assert_eq!(store.token(token).await.unwrap().unwrap().last_used_at, Some(now));
}

#[tokio::test]
async fn a_commit_goes_on_when_its_caller_does_not_wait() {
    let folder = Folder::new();
    let store = Arc::new(folder.open());
    let mut fixture = Fixture::new(5);
    let (credential, value) = (fixture.credential("one"), fixture.value(1));
    let (commit, scope) = (fixture.creation(&credential, &value), fixture.scope);
    // Polled once, which hands it in, and dropped.
    let waiting = store.commit(&scope, commit);
    tokio::select! { biased; _ = waiting => {}, () = std::future::ready(()) => {} }
    // The next commit is behind it in the queue.
    store.commit(&scope, fixture.act()).await.unwrap();
    assert!(store.credential(&scope, credential.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_reopened_store_has_everything() {
    let folder = Folder::new();
    let mut fixture = Fixture::new(6);
    let (credential, value) = (fixture.credential("one"), fixture.value(1));
    let hold = fixture.hold(credential.id, "flow", "1");
    let commit = fixture.creation(&credential, &value).write(Write::Hold(hold.clone()));
    let (scope, now) = (fixture.scope, fixture.now);
    let store = folder.open();
    store.commit(&scope, commit).await.unwrap();
    place(&store, &fixture).await;
    let (audit, events) =
        (store.audit(&scope, 0, 9).await.unwrap(), store.events(&scope, 0, 9).await.unwrap());
    store.close().await;
    let store = folder.open();
    let stored = store.credential(&scope, credential.id).await.unwrap().unwrap();
    assert_eq!((stored.credential, stored.value), (credential.clone(), value));
    assert_eq!(store.holds(&scope, credential.id, now).await.unwrap(), [hold]);
    assert_eq!(store.audit(&scope, 0, 9).await.unwrap(), audit);
    assert_eq!(store.events(&scope, 0, 9).await.unwrap(), events);
}

/// Opens the folder and reads all credentials, each with its value.
async fn all_of(folder: &Folder, fixture: &Fixture) -> Vec<CredentialId> {
    let store = folder.open();
    let page = Page { limit: 1_000, after: None };
    let found = store.credentials(&fixture.scope, &CredentialFilter::default(), page).await.unwrap();
    for credential in &found {
        assert!(store.credential(&fixture.scope, credential.id).await.unwrap().is_some());
    }
    let records = store.audit(&fixture.scope, 0, 1_000).await.unwrap();
    assert_eq!(records.len(), found.len(), "one record per creation");
    found.into_iter().map(|credential| credential.id).collect()
}
