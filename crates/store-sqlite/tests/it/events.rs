//! What only the files can show of the order of events: what a crash leaves, what it costs, and a database
//! from before there were positions.

use rusqlite::params;
use strongroom_domain::ids::NodeId;
use strongroom_store::contract::Fixture;
use strongroom_store::contract::event::place;
use strongroom_store::{Housekeeping, LeaseName, Store};

use crate::Folder;

/// A position that was answered was perhaps shown: it stays, and with it what it stands for.
#[tokio::test]
async fn a_position_survives_a_crash_right_after_it_was_given() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(1);
    for number in 0..8 {
        fixture.create(&store, &format!("number {number}")).await;
        place(&store, &fixture).await;
        let crashed = folder.crashed();
        let found = crashed.open().events(&fixture.scope, 0, 100).await.unwrap();
        assert_eq!(found, store.events(&fixture.scope, 0, 100).await.unwrap());
        assert_eq!(found.len(), number + 1);
    }
}

/// A log that ends anywhere: positions are a beginning of what they were, and go on without a gap.
#[tokio::test]
async fn a_torn_log_leaves_positions_without_gaps() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(2);
    for number in 0..10 {
        fixture.create(&store, &format!("number {number}")).await;
        place(&store, &fixture).await;
    }
    let all = store.events(&fixture.scope, 0, 100).await.unwrap();
    let whole = std::fs::metadata(folder.path().join("strongroom.db-wal")).unwrap().len();
    for part in 0..16 {
        let torn = folder.crashed();
        let log = std::fs::File::options().write(true).open(torn.path().join("strongroom.db-wal")).unwrap();
        log.set_len(whole * part / 16 + part).unwrap();
        let store = torn.open();
        place(&store, &fixture).await;
        let found = store.events(&fixture.scope, 0, 100).await.unwrap();
        assert_eq!(found, all[..found.len()], "{part} sixteenths of the log");
        assert_eq!(store.audit(&fixture.scope, 0, 100).await.unwrap().len(), found.len());
    }
}

/// Not one for each event.
#[tokio::test]
async fn a_round_of_positions_costs_one_sync() {
    let folder = Folder::new();
    let store = folder.open();
    let mut fixture = Fixture::new(3);
    for number in 0..50 {
        fixture.create(&store, &format!("number {number}")).await;
    }
    let before = store.status().await.unwrap();
    place(&store, &fixture).await;
    let after = store.status().await.unwrap();
    assert_eq!((after.syncs - before.syncs, after.commits - before.commits), (1, 0));
    assert_eq!(store.events(&fixture.scope, 0, 100).await.unwrap().len(), 50);
}

/// Whoever had it is gone with its process; nobody waits for the lease to end.
#[tokio::test]
async fn a_lease_of_a_crashed_process_is_free() {
    let folder = Folder::new();
    let store = folder.open();
    let fixture = Fixture::new(4);
    let claim = |holder| Housekeeping::Lease {
        name: LeaseName::Sequencer,
        holder: NodeId::from_bytes([holder; 16]),
        now: fixture.now,
        until: fixture.now.plus(std::time::Duration::from_hours(1)),
    };
    store.keep_house(&fixture.scope, claim(1)).await.unwrap();
    // Only a commit or a position makes it durable.
    place(&store, &fixture).await;
    store.close().await;
    let store = folder.open();
    store.keep_house(&fixture.scope, claim(2)).await.unwrap();
    let lease = store.lease(LeaseName::Sequencer).await.unwrap().unwrap();
    assert_eq!((lease.holder, lease.fence), (NodeId::from_bytes([2; 16]), 2));
}

/// Events from before the second migration get their positions like any other.
#[tokio::test]
async fn ccr_12_a_database_of_version_1_is_brought_along() {
    let folder = Folder::new();
    drop(folder.open());
    std::fs::remove_file(folder.path().join("strongroom.db")).unwrap();
    let mut fixture = Fixture::new(5);
    let id = fixture.credential_id();
    let events = [fixture.event(id), fixture.event(id)];
    let connection = folder.connect();
    connection.execute_batch(include_str!("../../migrations/0001_initial.sql")).unwrap();
    connection.execute_batch("PRAGMA application_id = 0x53726e67; PRAGMA user_version = 1").unwrap();
    for (event, node_seq) in events.iter().zip(1..) {
        let (organization, workspace) = (fixture.scope.organization(), fixture.scope.workspace());
        let body = serde_json::to_string(event).unwrap();
        let row =
            params![node_seq, organization.as_bytes(), workspace.as_bytes(), id.as_bytes(), [0_u8; 32], body];
        let sql = "INSERT INTO event (node_seq, organization, workspace, credential, previous, body)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        connection.execute(sql, row).unwrap();
    }
    drop(connection);
    let store = folder.open();
    place(&store, &fixture).await;
    let found = store.events(&fixture.scope, 0, 10).await.unwrap();
    assert_eq!(found.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), events);
}
