//! The chain of records and events, checked by other means than those that made it.

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::Connection;
use strongroom_store::contract::Fixture;
use strongroom_store::{Expectation, Store};

use crate::Folder;

/// Walks the chain as the README describes it. Answers with how many rows it has, or where it breaks.
pub(crate) fn verify(connection: &Connection) -> Result<u64, u64> {
    let sql = "SELECT node_seq, 'A' AS tag, organization, workspace, previous, body FROM audit
        UNION ALL SELECT node_seq, 'E', organization, workspace, previous, body FROM event ORDER BY node_seq";
    let mut statement = connection.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    let (mut expected, mut count) = (vec![0_u8; 32], 0);
    while let Some(row) = rows.next().unwrap() {
        let position: i64 = row.get(0).unwrap();
        let previous: Vec<u8> = row.get(4).unwrap();
        count += 1;
        if position.unsigned_abs() != count || previous != expected {
            return Err(count);
        }
        let tag: String = row.get(1).unwrap();
        let (organization, workspace): (Vec<u8>, Vec<u8>) = (row.get(2).unwrap(), row.get(3).unwrap());
        let body: String = row.get(5).unwrap();
        let parts = [
            &previous[..],
            &position.to_be_bytes(),
            tag.as_bytes(),
            &organization,
            &workspace,
            body.as_bytes(),
        ];
        expected = digest(&SHA256, &parts.concat()).as_ref().to_vec();
    }
    Ok(count)
}

/// Over refused commits, and over restarts after a record as well as after an event.
#[tokio::test]
async fn the_chain_of_audit_and_event_rows_verifies() {
    let folder = Folder::new();
    let mut fixture = Fixture::new(1);
    for round in 0..3 {
        let store = folder.open();
        let credential = fixture.create(&store, &format!("round {round}")).await;
        let late =
            fixture.act().event(fixture.event(credential.id)).expect(Expectation::Version(credential.id, 9));
        store.commit(&fixture.scope, late).await.unwrap_err();
        if round == 1 {
            let commit = fixture.act();
            store.commit(&fixture.scope, commit).await.unwrap();
        }
        store.close().await;
    }
    assert_eq!(verify(&folder.connect()), Ok(7));
}

#[tokio::test]
async fn a_changed_row_breaks_the_chain() {
    for (statement, at) in [
        ("UPDATE audit SET body = replace(body, 'suite', 'other') WHERE node_seq = 3", 4),
        ("UPDATE audit SET workspace = zeroblob(16) WHERE node_seq = 3", 4),
        ("DELETE FROM event WHERE node_seq = 2", 2),
        ("UPDATE event SET previous = zeroblob(32) WHERE node_seq = 4", 4),
    ] {
        let folder = Folder::new();
        let mut fixture = Fixture::new(2);
        let store = folder.open();
        for name in ["a", "b", "c"] {
            fixture.create(&store, name).await;
        }
        store.close().await;
        let connection = folder.connect();
        assert_eq!(verify(&connection), Ok(6));
        assert_eq!(connection.execute(statement, []).unwrap(), 1);
        assert_eq!(verify(&connection), Err(at), "{statement}");
    }
}
