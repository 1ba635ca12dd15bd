//! Who may open a folder, and when.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use strongroom_store::contract::Fixture;
use strongroom_store::{Housekeeping, Store, StoreError, Write};
use strongroom_store_sqlite::{OpenError, Reserve, SqliteStore};

use crate::{Folder, node};

#[tokio::test]
async fn one_folder_has_one_store() {
    let folder = Folder::new();
    let store = folder.open();
    let second = SqliteStore::open(&folder.path(), node(1)).map(|_| ()).unwrap_err();
    assert!(matches!(&second, OpenError::InUse { lock } if lock.ends_with("lock")), "{second:?}");
    assert!(second.to_string().contains("Stop that process"), "{second}");
    store.close().await;
    folder.open();
}

#[tokio::test]
async fn a_dropped_store_lets_go_of_its_folder() {
    let folder = Folder::new();
    for _ in 0..3 {
        drop(folder.open());
    }
}

#[tokio::test]
async fn another_process_keeps_us_out() {
    let folder = Folder::new();
    drop(folder.open());
    let lock = folder.path().join("lock");
    let mut other = std::process::Command::new("flock")
        .args([lock.as_os_str(), "cat".as_ref()])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // It echoes only once it has the lock.
    let (mut stdin, mut stdout) = (other.stdin.take().unwrap(), other.stdout.take().unwrap());
    std::io::Write::write_all(&mut stdin, b"x").unwrap();
    std::io::Read::read_exact(&mut stdout, &mut [0]).unwrap();
    let refused = SqliteStore::open(&folder.path(), node(1)).map(|_| ()).unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused:?}");
    drop(stdin);
    other.wait().unwrap();
    folder.open();
}

#[tokio::test]
async fn a_folder_that_lets_others_in_is_refused() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o750)).unwrap();
    let refused = SqliteStore::open(&folder.path(), node(0)).map(|_| ()).unwrap_err();
    assert!(matches!(refused, OpenError::TooOpen { mode: 0o750, .. }), "{refused:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was written");
}

#[tokio::test]
async fn ccr_12_a_newer_schema_is_refused_and_left_alone() {
    let folder = Folder::new();
    drop(folder.open());
    folder.connect().execute_batch("PRAGMA user_version = 999").unwrap();
    let before = fs::read(folder.path().join("strongroom.db")).unwrap();
    let refused = SqliteStore::open(&folder.path(), node(0)).map(|_| ()).unwrap_err();
    assert!(matches!(refused, OpenError::NewerSchema { found: 999, .. }), "{refused:?}");
    assert_eq!(fs::read(folder.path().join("strongroom.db")).unwrap(), before);
}

#[tokio::test]
async fn ccr_12_a_migration_that_did_not_end_is_done_again() {
    let folder = Folder::new();
    drop(folder.open());
    fs::remove_file(folder.path().join("strongroom.db")).unwrap();
    // A crash right after the first setting: a database without tables, application or version.
    folder.connect().execute_batch("PRAGMA journal_mode = WAL").unwrap();
    let store = folder.open();
    Fixture::new(1).create(&store, "one").await;
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let folder = Folder::new();
    drop(folder.open());
    fs::remove_file(folder.path().join("strongroom.db")).unwrap();
    folder.connect().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let refused = SqliteStore::open(&folder.path(), node(0)).map(|_| ()).unwrap_err();
    assert!(matches!(refused, OpenError::NotOurs { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_store_stays_with_its_node() {
    let folder = Folder::new();
    assert_eq!(SqliteStore::open(&folder.path(), node(1)).unwrap().node(), node(1));
    assert_eq!(SqliteStore::open(&folder.path(), node(2)).unwrap().node(), node(1));
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(1);
    store.close().await;
    store.close().await;
    let (commit, id) = (fixture.act(), fixture.credential_id());
    assert!(matches!(store.commit(&fixture.scope, commit).await, Err(StoreError::Closed)));
    assert!(matches!(store.credential(&fixture.scope, id).await, Err(StoreError::Closed)));
    assert!(matches!(store.status().await, Err(StoreError::Closed)));
}

/// In a folder of any name, at rest and in use, and it leaves nothing behind.
#[tokio::test]
async fn a_look_from_outside_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a b%20c#d?é");
    assert_eq!(strongroom_store_sqlite::inspect(&data).unwrap(), None);
    let store = SqliteStore::open(&data, node(0)).unwrap();
    let in_use = strongroom_store_sqlite::inspect(&data).unwrap().unwrap();
    store.close().await;
    let names =
        || std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    let before = names();
    let found = strongroom_store_sqlite::inspect(&data).unwrap().unwrap();
    assert_eq!(
        (found.schema, found.faults.as_deref(), found.schema),
        (found.known, Some(&[][..]), in_use.schema)
    );
    assert_eq!(names(), before);
}

/// With little room left, what takes away and what gives out goes on, and changes do not; with none, nothing that leaves
/// a record does. Reads always go on.
#[tokio::test]
async fn log_06_changes_are_refused_before_reads() {
    let (folder, mut fixture) = (Folder::new(), Fixture::new(1));
    let open = |reserve| SqliteStore::open_with(&folder.path(), node(1), reserve).unwrap();
    let store = open(Reserve::NONE);
    let kept = fixture.create(&store, "kept").await.id;
    let gone = fixture.create(&store, "gone").await.id;
    assert!(store.status().await.unwrap().free_bytes > 0);
    store.close().await;
    for (reserve, has_little) in
        [(Reserve { changes: u64::MAX, all: 0 }, true), (Reserve { changes: u64::MAX, all: u64::MAX }, false)]
    {
        let store = open(reserve);
        let (credential, value) = (fixture.credential("new"), fixture.value(1));
        let creation = fixture.creation(&credential, &value);
        let refused = store.commit(&fixture.scope, creation).await;
        assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
        assert!(store.credential(&fixture.scope, credential.id).await.unwrap().is_none());
        let hold = fixture.hold(kept, "flow", "one");
        let resolve = fixture.act().write(Write::Hold(hold));
        let delete = fixture.change(gone).write(Write::Delete(gone, fixture.now));
        for commit in [fixture.act(), resolve, delete] {
            let outcome = store.commit(&fixture.scope, commit).await;
            assert_eq!(outcome.is_ok(), has_little, "{outcome:?}");
        }
        assert!(store.credential(&fixture.scope, kept).await.unwrap().is_some());
        let forget = Housekeeping::ForgetHolds(fixture.now);
        store.keep_house(&fixture.scope, forget).await.unwrap();
        store.close().await;
    }
}
