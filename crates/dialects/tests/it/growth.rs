//! The audit trees of more tenants than one write takes, with two growers that take turns.

use std::time::Duration;

use strongroom_sealing::log::Tree;
use strongroom_store::contract::Fixture;
use strongroom_store::{LogOwner, Store};
use tokio::time::{sleep, timeout};

use crate::house::House;

/// More than twice as many as grow, or are signed, in one write.
const TENANTS: usize = 130;
const PATIENCE: Duration = Duration::from_secs(20);

async fn act_in_all(store: &dyn Store, tenants: &mut [Fixture], times: usize) {
    for _ in 0..times {
        for tenant in &mut *tenants {
            let act = tenant.act();
            store.commit(&tenant.scope, act).await.unwrap();
        }
    }
}

async fn until_all_have_leaves(store: &dyn Store) {
    let waiting = async {
        while store.unlogged_count(1).await.unwrap() > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("every record gets its leaf");
}

/// Between two rounds of one grower, which every house has, another one grows its trees: what the first has at hand is not
/// what is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_05_many_trees_grow_whoever_lets_them() {
    let house = House::open().await;
    let (store, service) = (house.store.as_ref(), &house.service);
    let mut fixture = Fixture::new(700);
    let mut tenants: Vec<Fixture> = (0..TENANTS).map(|_| fixture.other_organization()).collect();
    act_in_all(store, &mut tenants, 1).await;
    until_all_have_leaves(store).await;
    act_in_all(store, &mut tenants, 2).await;
    service.grow_audit_trees_now(drop).await.unwrap();
    act_in_all(store, &mut tenants, 3).await;
    until_all_have_leaves(store).await;
    service.end_streams();
    act_in_all(store, &mut tenants, 1).await;
    let mut told = Vec::new();
    service.grow_audit_trees_now(|heads| told.extend(heads.organizations)).await.unwrap();
    // The first one may have been a moment faster with some of them.
    act_in_all(store, &mut tenants, 1).await;
    told.clear();
    service.grow_audit_trees_now(|heads| told.extend(heads.organizations)).await.unwrap();
    assert_eq!(store.unsigned_heads(None, 10).await.unwrap(), [], "what has grown is signed in the end");
    assert_eq!(told.len(), TENANTS, "each is told of once");
    for tenant in &tenants {
        let organization = tenant.scope.organization();
        let head = store.log_head(LogOwner::Organization(organization)).await.unwrap().unwrap();
        let mut tree = Tree::default();
        for (_, hash) in service.audit_leaves(organization, 0, 100).await.unwrap() {
            tree.append(hash);
        }
        assert_eq!((head.size, tree.size()), (8, 8));
        assert_eq!(*tree.root().as_bytes(), head.root);
        let signed = store.signed_head(LogOwner::Organization(organization)).await.unwrap().unwrap();
        assert_eq!(signed.size, 8);
        assert!(told.contains(&(organization, signed)), "whoever keeps heads elsewhere has heard of it");
    }
}

/// Whoever writes the database gets no signature under a root of his own.
#[tokio::test]
async fn log_05_a_bent_root_is_not_signed() {
    let house = House::open().await;
    let (store, service) = (house.store.as_ref(), &house.service);
    service.end_streams();
    let mut fixture = Fixture::new(701);
    let mut tenants = [fixture.other_organization(), fixture.other_organization()];
    act_in_all(store, &mut tenants, 1).await;
    service.grow_audit_trees_now(drop).await.unwrap();
    act_in_all(store, &mut tenants, 1).await;
    let [bent, other] = tenants.map(|tenant| tenant.scope.organization());
    let sql = "UPDATE audit_tree SET root = zeroblob(32) WHERE owner = ?1";
    let signed_before = store.signed_head(LogOwner::Organization(bent)).await.unwrap();
    assert_eq!(house.database().execute(sql, [bent.as_bytes()]).unwrap(), 1);
    // As if it had not been signed yet.
    let forgotten = "UPDATE audit_signed_head SET size = 0 WHERE owner = ?1";
    house.database().execute(forgotten, [bent.as_bytes()]).unwrap();
    service.grow_audit_trees_now(drop).await.unwrap();
    let note = |head: Option<strongroom_store::SignedHead>| head.map(|head| head.note);
    assert_eq!(note(store.signed_head(LogOwner::Organization(bent)).await.unwrap()), note(signed_before));
    let signed = store.signed_head(LogOwner::Organization(other)).await.unwrap();
    assert_eq!(signed.map(|head| head.size), Some(2), "the others go on");
}
