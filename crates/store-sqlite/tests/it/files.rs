//! What lies in the folder, and who can read it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use strongroom_store::Store;
use strongroom_store::contract::Fixture;

use crate::Folder;

#[tokio::test]
async fn the_folder_and_everything_in_it_are_private() {
    let folder = Folder::new();
    let store = folder.open();
    Fixture::new(1).create(&store, "one").await;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&folder.path()), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(mode(&entry.path()), 0o600, "{:?}", entry.file_name());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["lock", "strongroom.db", "strongroom.db-shm", "strongroom.db-wal"]);
}

#[tokio::test]
async fn a_closed_store_leaves_no_log() {
    let folder = Folder::new();
    let store = folder.open();
    Fixture::new(1).create(&store, "one").await;
    store.close().await;
    assert!(!folder.path().join("strongroom.db-wal").exists());
}
