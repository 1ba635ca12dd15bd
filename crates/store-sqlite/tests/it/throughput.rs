//! Many commits share a sync.

use std::sync::Arc;

use strongroom_store::contract::Fixture;
use strongroom_store::{Expectation, Store, Write};

use crate::Folder;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_callers_share_syncs() {
    let folder = Folder::new();
    let store = Arc::new(folder.open());
    let mut fixture = Fixture::new(1);
    let credential = fixture.create(&*store, "one").await.id;
    let before = store.status().await.unwrap();
    let scope = fixture.scope;
    let callers: Vec<_> = (0..64)
        .map(|number| {
            let (store, mut fixture) = (Arc::clone(&store), Fixture::new(1_000 + number));
            tokio::spawn(async move {
                for _ in 0..20 {
                    let commit = fixture
                        .change(credential)
                        .expect(Expectation::ValueVersion(credential, 1))
                        .write(Write::Hold(fixture.hold(credential, "flow", &number.to_string())));
                    store.commit(&scope, commit).await.unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let after = store.status().await.unwrap();
    let (commits, syncs) = (after.commits - before.commits, after.syncs - before.syncs);
    assert_eq!(commits, 64 * 20);
    // Twice as many would still be poor; one each is what a store without group commit needs.
    assert!(syncs * 4 < commits, "{syncs} syncs for {commits} commits");
}
