//! Old bytes are gone from the files (REM-01, REM-02, REM-03, REM-06).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use strongroom_domain::credential::Credential;
use strongroom_domain::ids::CredentialId;
use strongroom_store::contract::Fixture;
use strongroom_store::{KeyOwner, KeyRow, RewrappedValue, Store, StoredValue, Write};
use strongroom_store_sqlite::SqliteStore;
use tokio::time::{Instant, sleep};

use crate::Folder;

/// What DESIGN.md promises from the commit on.
const SCRUB_POINT: Duration = Duration::from_secs(5);

/// An envelope that is its marker, over and over: a trace of sixteen bytes is a trace.
fn envelope(marker: [u8; 16], length: usize) -> Vec<u8> {
    marker.into_iter().cycle().take(length).collect()
}

/// Which markers are in any file of the folder, in any place.
fn found(folder: &Path, markers: &BTreeSet<[u8; 16]>) -> usize {
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        // A file may go while we look: what is gone holds nothing.
        let Ok(bytes) = fs::read(entry.unwrap().path()) else { continue };
        for window in bytes.windows(16) {
            if let Some(marker) = <[u8; 16]>::try_from(window).ok().filter(|window| markers.contains(window))
            {
                seen.insert(marker);
            }
        }
    }
    seen.len()
}

/// Waits until none is left, and no longer than promised.
async fn gone(folder: &Path, markers: &BTreeSet<[u8; 16]>) {
    let end = Instant::now() + SCRUB_POINT;
    loop {
        // A look takes seconds itself: what it sees is the state since it began.
        let began = Instant::now();
        let left = found(folder, markers);
        if left == 0 {
            return;
        }
        assert!(began < end, "{left} of {} markers are left", markers.len());
        sleep(Duration::from_millis(100)).await;
    }
}

/// Writes the next value of a credential. Answers with the marker of its envelope and its fingerprint.
async fn replace(
    store: &SqliteStore,
    fixture: &mut Fixture,
    credential: &mut Credential,
    length: usize,
) -> [[u8; 16]; 3] {
    let [marker, fingerprint, account]: [[u8; 16]; 3] = std::array::from_fn(|_| fixture.bytes());
    credential.version += 1;
    credential.value_version += 1;
    let value = StoredValue {
        value_version: credential.value_version,
        target_digest: fixture.bytes(),
        envelope: envelope(marker, length),
        fingerprint: Some(fingerprint),
        account_fingerprint: Some(account),
    };
    let commit = fixture
        .change(credential.id)
        .write(Write::Credential(Box::new(credential.clone())))
        .write(Write::Value(credential.id, value));
    store.commit(&fixture.scope, commit).await.unwrap();
    [marker, fingerprint, account]
}

/// A commit that destroys nothing.
async fn act(store: &SqliteStore, fixture: &mut Fixture) {
    let commit = fixture.act();
    store.commit(&fixture.scope, commit).await.unwrap();
}

async fn delete(store: &SqliteStore, fixture: &mut Fixture, id: CredentialId) {
    let commit = fixture.change(id).write(Write::Delete(id, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
}

#[tokio::test]
async fn rem_01_old_bytes_are_gone_from_every_file() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(1);
    let mut credential = fixture.create(&store, "one").await;
    let mut last = replace(&store, &mut fixture, &mut credential, 160).await;
    for length in [8_192, 160, 100, 160, 8_192, 8_192, 4_000, 16, 20_000, 160] {
        let old = BTreeSet::from(last);
        assert_eq!(found(&folder.path(), &old), 3, "the search finds what is there");
        last = replace(&store, &mut fixture, &mut credential, length).await;
        gone(&folder.path(), &old).await;
    }
    let old = BTreeSet::from(last);
    delete(&store, &mut fixture, credential.id).await;
    gone(&folder.path(), &old).await;
}

/// Pages fill up, split, merge and move their cells about: no copy is left where one has been.
#[tokio::test]
async fn rem_01_moved_cells_leave_no_copies() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(2);
    let (mut credentials, mut current, mut old) = (Vec::new(), Vec::new(), BTreeSet::new());
    for number in 0..60 {
        credentials.push(fixture.create(&store, &format!("number {number}")).await);
        current.push([[0; 16]; 3]);
    }
    for round in 0..1_200_usize {
        let at = round * 7_919 % credentials.len();
        let length = [160, 700, 40, 8_192, 300, 1_500, 90, 2_600][round * 31 % 8];
        old.extend(current[at]);
        current[at] = replace(&store, &mut fixture, &mut credentials[at], length).await;
    }
    old.remove(&[0; 16]);
    gone(&folder.path(), &old).await;
    for (at, credential) in credentials.iter().enumerate().filter(|(at, _)| at % 3 != 0) {
        old.extend(current[at]);
        delete(&store, &mut fixture, credential.id).await;
    }
    gone(&folder.path(), &old).await;
    let kept: BTreeSet<_> = current.iter().step_by(3).flatten().copied().collect();
    assert_eq!(found(&folder.path(), &kept), kept.len(), "what is in force is still there");
}

#[tokio::test]
async fn rem_06_a_rewrapped_key_is_gone_in_its_old_form() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(3);
    let mut key = fixture.key(KeyOwner::System, "kek", 1);
    let marker = fixture.bytes();
    for blob in [envelope(marker, 96), fixture.bytes::<60>().to_vec()] {
        key.blob = blob;
        let commit = fixture.act().write(Write::Key(key.clone()));
        store.commit(&fixture.scope, commit).await.unwrap();
    }
    gone(&folder.path(), &BTreeSet::from([marker])).await;
}

/// A wrapping that a rotation has replaced, and a key that it has destroyed.
#[tokio::test]
async fn rem_01_a_rotation_leaves_no_old_wrapping_and_no_old_key() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(8);
    let owner = KeyOwner::Organization(fixture.scope.organization());
    let (mut old, mut writes) = (BTreeSet::new(), Vec::new());
    for length in [222, 300, 4_000, 8_192] {
        let (mut value, marker) = (fixture.value(1), fixture.bytes());
        value.envelope = envelope(marker, length);
        let credential = fixture.credential("one");
        let commit = fixture.creation(&credential, &value);
        store.commit(&fixture.scope, commit).await.unwrap();
        let to = envelope(fixture.bytes(), length);
        let rewrapped =
            RewrappedValue { credential: credential.id, value_version: 1, from: value.envelope, to };
        writes.push(Write::Rewrap(Box::new(rewrapped)));
        old.insert(marker);
    }
    for epoch in [1, 2] {
        let (mut key, marker) = (fixture.key(owner, "kek", epoch), fixture.bytes());
        (key.blob, key.wrapped_by) = (envelope(marker, 98), "root:1".to_owned());
        let commit = fixture.act().write(Write::Key(key.clone()));
        store.commit(&fixture.scope, commit).await.unwrap();
        old.insert(marker);
        writes.push(if epoch == 1 {
            Write::DestroyKey(owner, "kek".to_owned(), epoch)
        } else {
            let (blob, wrapped_by) = (fixture.bytes::<98>().to_vec(), "root:2".to_owned());
            Write::RewrapKeys("root:1".to_owned(), vec![KeyRow { blob, wrapped_by, ..key }])
        });
    }
    assert_eq!(found(&folder.path(), &old), 6, "the search finds what is there");
    for write in writes {
        let commit = fixture.act().write(write);
        store.commit(&fixture.scope, commit).await.unwrap();
    }
    gone(&folder.path(), &old).await;
}

/// A load that never lets the queue run empty puts nothing off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rem_01_also_under_constant_load() {
    let folder = Folder::new();
    let store = std::sync::Arc::new(folder.open());
    let mut fixture = Fixture::new(4);
    let mut credential = fixture.create(&*store, "one").await;
    let load: Vec<_> = (0..8_u64)
        .map(|seed| {
            let (store, mut fixture) = (std::sync::Arc::clone(&store), Fixture::new(100 + seed));
            tokio::spawn(async move {
                loop {
                    let commit = fixture.act();
                    store.commit(&fixture.scope, commit).await.unwrap();
                }
            })
        })
        .collect();
    let old = BTreeSet::from(replace(&store, &mut fixture, &mut credential, 160).await);
    replace(&store, &mut fixture, &mut credential, 160).await;
    gone(&folder.path(), &old).await;
    load.iter().for_each(tokio::task::JoinHandle::abort);
}

/// Where nothing is destroyed the log keeps its room and is begun anew in it; what stood there is gone with the first
/// value that is destroyed, also behind the end of what is written by then.
#[tokio::test]
async fn rem_01_a_log_that_was_begun_anew_keeps_nothing() {
    const LIMIT: u64 = 8 << 20;
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(9);
    let log = folder.path().join("strongroom.db-wal");
    let length = || fs::metadata(&log).unwrap().len();
    while length() < LIMIT / 2 {
        act(&store, &mut fixture).await;
    }
    let (credential, mut value, marker) = (fixture.credential("one"), fixture.value(1), fixture.bytes());
    value.envelope = envelope(marker, 20_000);
    let commit = fixture.creation(&credential, &value);
    store.commit(&fixture.scope, commit).await.unwrap();
    let mut before = 0;
    while length() > before {
        before = length();
        for _ in 0..100 {
            act(&store, &mut fixture).await;
        }
    }
    assert!(before > LIMIT && before < 4 * LIMIT, "begun anew at {before}");
    let bytes = fs::read(&log).unwrap();
    assert!(bytes.windows(16).any(|window| window == marker), "the old part of the log is still there");
    delete(&store, &mut fixture, credential.id).await;
    gone(&folder.path(), &BTreeSet::from([marker])).await;
    assert!(length() < LIMIT, "{} are left", length());
}

/// A log that outgrew its limit because a reader was in the way: what is destroyed meanwhile goes when the reader does, and
/// so does the room.
#[tokio::test]
async fn rem_02_a_log_that_a_reader_let_grow_is_scrubbed_and_gives_its_room_back() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(10);
    let length = || fs::metadata(folder.path().join("strongroom.db-wal")).unwrap().len();
    let mut credential = fixture.create(&store, "one").await;
    for destroys in [true, false] {
        let old = BTreeSet::from(replace(&store, &mut fixture, &mut credential, 160).await);
        sleep(Duration::from_millis(1_500)).await;
        let reader = folder.connect();
        reader.execute_batch("BEGIN; SELECT count(*) FROM credential").unwrap();
        while length() < 36 << 20 {
            let mut value = fixture.value(1);
            value.envelope = envelope(fixture.bytes(), 40_000);
            let another = fixture.credential("another");
            let commit = fixture.creation(&another, &value);
            store.commit(&fixture.scope, commit).await.unwrap();
        }
        if destroys {
            replace(&store, &mut fixture, &mut credential, 160).await;
            assert!(found(&folder.path(), &old) > 0, "the search finds what is there");
        }
        drop(reader);
        if destroys {
            gone(&folder.path(), &old).await;
        }
        let end = Instant::now() + SCRUB_POINT;
        while length() > 1 << 20 {
            assert!(Instant::now() < end, "{} are left", length());
            act(&store, &mut fixture).await;
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A reader of another program: it cannot be interrupted, so the scrub waits, says so, and comes back.
#[tokio::test]
async fn rem_02_a_reader_puts_the_scrub_off_and_not_for_ever() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(5);
    let mut credential = fixture.create(&store, "one").await;
    let old = BTreeSet::from(replace(&store, &mut fixture, &mut credential, 160).await);
    let reader = folder.connect();
    reader.execute_batch("BEGIN; SELECT count(*) FROM credential").unwrap();
    replace(&store, &mut fixture, &mut credential, 160).await;
    sleep(Duration::from_secs(2)).await;
    assert!(store.status().await.unwrap().scrub_pending_seconds >= 2);
    assert_eq!(found(&folder.path(), &old), 3);
    // Commits go on all the while.
    fixture.create(&store, "two").await;
    drop(reader);
    gone(&folder.path(), &old).await;
    // It is counted as done a moment after the bytes are gone.
    let end = Instant::now() + SCRUB_POINT;
    while store.status().await.unwrap().scrub_pending_seconds > 0 {
        assert!(Instant::now() < end, "the scrub is done and does not show");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn rem_03_a_scrub_that_a_crash_prevented_is_done_at_the_next_start() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(6);
    let mut credential = fixture.create(&store, "one").await;
    let old = BTreeSet::from(replace(&store, &mut fixture, &mut credential, 160).await);
    replace(&store, &mut fixture, &mut credential, 160).await;
    let crashed = folder.crashed();
    assert_eq!(found(&crashed.path(), &old), 3, "the crash came before the scrub");
    let store = crashed.open();
    assert_eq!(found(&crashed.path(), &old), 0, "nothing was written, and yet they are gone");
    assert!(store.credential(&fixture.scope, credential.id).await.unwrap().is_some());
}
