//! A key epoch that has served its time is followed by the next one without anybody asking.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use strongroom_connectors::Catalogue;
use strongroom_domain::Clock;
use strongroom_domain::ids::NodeId;
use strongroom_egress::{Policy, Roots};
use strongroom_sealing::{RootKey, SystemRng};
use strongroom_server::{Composition, Listener, Running, start};
use strongroom_service::rotation::status;
use strongroom_service::{Limits, founding};
use strongroom_store_sqlite::SqliteStore;
use strongroom_testkit::http::Client;
use strongroom_testkit::{MockClock, seeded};
use tokio::time::{sleep, timeout};

use crate::promises::{generic, resolve};

const PATIENCE: Duration = Duration::from_secs(20);

fn root() -> RootKey {
    RootKey::make(&mut seeded(9))
}

async fn server(store: &Arc<SqliteStore>, clock: &MockClock) -> Running {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let parts = Composition {
        store: Arc::clone(store) as _,
        root_key: root(),
        policy: Policy::development(),
        roots: Roots::load(&[]).unwrap(),
        catalogue: Catalogue::built_in(),
        limits: Limits::default(),
        events_kept: Duration::from_hours(1),
        clock: Arc::new(clock.clone()),
        listener,
        mounts: Vec::new(),
        metrics: None,
    };
    start(parts).await.unwrap()
}

async fn epochs(store: &SqliteStore) -> Vec<(u32, u64)> {
    let status = status(store).await.unwrap();
    status.organizations[0].epochs.iter().map(|epoch| (epoch.epoch, epoch.values)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cry_10_a_server_renews_an_epoch_that_has_served_its_time() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), MockClock::default());
    let open = || {
        let node = NodeId::make(clock.now(), &mut SystemRng);
        Arc::new(SqliteStore::open(&folder.path().join("data"), node).unwrap())
    };
    let store = open();
    let token = founding::make_token(clock.now());
    founding::found(store.as_ref(), &root(), &token, clock.now()).await.unwrap();
    let running = server(&store, &clock).await;
    let client = |running: &Running| Client::anonymous(running.address()).with_token(token.reveal().expose());
    let admin = client(&running);
    let path =
        tokio::task::spawn_blocking(move || generic(&admin, &json!({"token": "secret"}))).await.unwrap();
    running.stop().await;

    let store = open();
    clock.advance(Duration::from_hours(29 * 24));
    let running = server(&store, &clock).await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(epochs(&store).await, [(1, 1)], "its time is not over");
    running.stop().await;

    let store = open();
    clock.advance(Duration::from_hours(2 * 24));
    let running = server(&store, &clock).await;
    let renewed = async {
        while epochs(&store).await != [(2, 1)] {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, renewed).await.expect("the old epoch is gone, and all is under the new one");
    let admin = client(&running);
    let found =
        tokio::task::spawn_blocking(move || resolve(&admin, &path).expect(200).value()).await.unwrap();
    assert_eq!(found["secrets"]["token"], "secret");
    running.stop().await;
}
