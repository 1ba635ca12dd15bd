//! What needs a hand inside: a reader that does not end, a disk that is full.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use strongroom_domain::audit::{AuditAction, AuditObject};
use strongroom_domain::ids::NodeId;
use strongroom_store::contract::{Fixture, at_once};
use strongroom_store::{Store, StoreError, Write};
use tokio::time::{sleep, timeout};

use crate::error::from_sqlite;
use crate::folder::Folder;
use crate::readers::Readers;
use crate::room::Reserve;
use crate::status::Counters;
use crate::writer::Writer;
use crate::{SqliteStore, schema};

const NODE: NodeId = NodeId::from_bytes([1; 16]);

/// One of our own that never ends is interrupted as soon as a scrub waits for it, and others are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rem_02_a_reader_without_end_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("data"), NODE).unwrap();
    let mut fixture = Fixture::new(1);
    let id = fixture.create(&store, "one").await.id;
    let readers = Arc::clone(&store.readers);
    let endless = tokio::spawn(async move { readers.ask(count_for_ever).await });
    sleep(Duration::from_millis(100)).await;
    let commit = fixture.change(id).write(Write::Value(id, fixture.value(2)));
    store.commit(&fixture.scope, commit).await.unwrap();
    let ended = timeout(Duration::from_secs(5), endless).await.unwrap().unwrap();
    assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
    let scrubbed = async {
        while store.status().await.unwrap().scrub_pending_seconds > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(5), scrubbed).await.unwrap();
    for _ in 0..20 {
        assert!(store.credential(&fixture.scope, id).await.unwrap().is_some());
    }
}

/// Reads a row first, so that it has a snapshot of the file.
fn count_for_ever(connection: &Connection) -> Result<i64, StoreError> {
    let sql =
        "WITH RECURSIVE counter (n) AS (SELECT count(*) FROM credential UNION ALL SELECT n + 1 FROM counter)
        SELECT count(*) FROM counter";
    connection.query_row(sql, [], |row| row.get(0)).map_err(from_sqlite)
}

/// Nothing of a commit that found no room is there, and when there is room again all goes on.
#[tokio::test]
async fn ccr_08_a_full_disk_refuses_and_recovers() {
    let path = tempfile::tempdir().unwrap();
    let folder = Folder::take(&path.path().join("data")).unwrap();
    let (file, counters) = (folder.database(), Arc::new(Counters::default()));
    let connection = schema::open_writer(&file).unwrap();
    connection.execute_batch("PRAGMA max_page_count = 90").unwrap();
    let readers = Arc::new(Readers::open(&file).unwrap());
    let writer = Writer::start(folder, connection, Arc::clone(&readers), (counters, Reserve::NONE)).unwrap();
    let (mut fixture, mut stored) = (Fixture::new(1), Vec::new());
    let scope = fixture.scope;
    let error = loop {
        let (credential, value) = (fixture.credential("one"), fixture.value(1));
        // No room for its second record only, when it has taken positions; and it takes along the
        // small commits that share its transaction.
        let mut large = fixture.record(AuditAction::Change, AuditObject::Credential(credential.id));
        large.notes.insert("large".to_owned(), "x".repeat(20_000));
        let small = (0..8).map(|_| fixture.act()).collect::<Vec<_>>();
        let commits = small.into_iter().chain([fixture.creation(&credential, &value).record(large)]);
        let answers = at_once(commits.map(|commit| writer.commit(&scope, commit))).await;
        if let Some(error) = answers.into_iter().find_map(Result::err) {
            break error;
        }
        stored.push(credential.id);
    };
    assert!(matches!(error, StoreError::Full(_)), "{error:?}");
    let commit = fixture.change(stored[0]).write(Write::Delete(stored[0], fixture.now));
    writer.commit(&fixture.scope, commit).await.unwrap();
    let (credential, value) = (fixture.credential("small"), fixture.value(1));
    let commit = fixture.creation(&credential, &value);
    writer.commit(&fixture.scope, commit).await.unwrap();
    let positions = "SELECT count(*), max(node_seq) FROM (SELECT node_seq FROM audit UNION ALL SELECT node_seq FROM event)";
    let ask = move |connection: &Connection| {
        connection.query_row(positions, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(from_sqlite)
    };
    let (rows, last): (i64, i64) = readers.ask(ask).await.unwrap();
    assert_eq!(rows, last, "no position is missing");
}
