//! One corrupt record harms only itself.

use strongroom_domain::ids::CredentialId;
use strongroom_store::contract::Fixture;
use strongroom_store::{CredentialFilter, Page, Store, StoreError};

use crate::Folder;

/// Damages the middle one of three by this statement, and answers with the table that its reading names.
async fn damaged(statement: &str) -> (Vec<&'static str>, usize) {
    let folder = Folder::new();
    let mut fixture = Fixture::new(1);
    let store = folder.open();
    let mut ids: Vec<CredentialId> = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(fixture.create(&store, name).await.id);
    }
    store.close().await;
    folder.connect().execute(statement, [ids[1].as_bytes()]).unwrap();
    let store = folder.open();
    let mut tables = Vec::new();
    for id in ids {
        match store.credential(&fixture.scope, id).await {
            Ok(found) => assert!(found.is_some()),
            Err(StoreError::Corrupt(table)) => tables.push(table),
            Err(error) => panic!("{error:?}"),
        }
    }
    let page = Page { limit: 2, after: None };
    let listed = store.credentials(&fixture.scope, &CredentialFilter::default(), page).await.unwrap();
    // It can still be written to, and the others with it.
    fixture.create(&store, "d").await;
    (tables, listed.len())
}

#[tokio::test]
async fn a_damaged_credential_is_left_out_of_lists() {
    for statement in [
        "UPDATE credential SET settings = '{' WHERE id = ?1",
        "UPDATE credential SET health_status = 'well' WHERE id = ?1",
        "UPDATE credential SET version = -1 WHERE id = ?1",
        "UPDATE credential SET name = char(0) WHERE id = ?1",
    ] {
        // A page of two is filled up with the one after it: a short page would mean the end.
        assert_eq!(damaged(statement).await, (vec!["credential"], 2), "{statement}");
    }
}

#[tokio::test]
async fn a_damaged_value_is_not_taken_for_no_value() {
    let row = "(SELECT row FROM credential WHERE id = ?1)";
    for statement in [
        format!("DELETE FROM credential_value WHERE credential = {row}"),
        format!("UPDATE credential_value SET target_digest = x'00' WHERE credential = {row}"),
        format!("UPDATE credential_value SET value_version = 7 WHERE credential = {row}"),
    ] {
        assert_eq!(damaged(&statement).await, (vec!["credential_value"], 2), "{statement}");
    }
}

#[tokio::test]
async fn a_damaged_record_is_left_out_of_the_audit() {
    let folder = Folder::new();
    let mut fixture = Fixture::new(2);
    let store = folder.open();
    for _ in 0..3 {
        let commit = fixture.act();
        store.commit(&fixture.scope, commit).await.unwrap();
    }
    store.close().await;
    folder.connect().execute("UPDATE audit SET body = 'x' WHERE node_seq = 2", []).unwrap();
    let store = folder.open();
    let found = store.audit(&fixture.scope, 0, 10).await.unwrap();
    assert_eq!(found.iter().map(|entry| entry.node_seq).collect::<Vec<_>>(), [1, 3]);
}
