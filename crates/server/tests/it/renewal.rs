//! A key epoch that has served its time is followed by the next one without anybody asking.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use strongroom_connectors::Catalogue;
use strongroom_domain::audit::{Actor, AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::ids::{NodeId, OrganizationId, RequestId, WorkspaceId};
use strongroom_domain::{Clock, Scope, Timestamp};
use strongroom_egress::{Policy, Roots};
use strongroom_sealing::{OrganizationKeys, RootKey, SystemRng, WrappedKey, WrappingKey};
use strongroom_server::{AuditKeeping, Composition, Listener, People, Running, start};
use strongroom_service::rotation::status;
use strongroom_service::{Limits, founding};
use strongroom_store::{Commit, KeyOwner, KeyRow, OrganizationRow, Store, WorkspaceRow, Write};
use strongroom_store_sqlite::SqliteStore;
use strongroom_testkit::http::Client;
use strongroom_testkit::{MockClock, seeded};
use tokio::time::{sleep, timeout};

use crate::process::{Server, run, strongroom};
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
        people: People::default(),
        audit: AuditKeeping::default(),
    };
    start(parts).await.unwrap()
}

async fn epochs(store: &SqliteStore, organization: usize) -> Vec<(u32, u64)> {
    let status = status(store).await.unwrap();
    status.organizations[organization].epochs.iter().map(|epoch| (epoch.epoch, epoch.values)).collect()
}

/// Waits for what a round of renewal comes to.
async fn until(store: &SqliteStore, organization: usize, wanted: &[(u32, u64)]) {
    let reached = async {
        while epochs(store, organization).await != wanted {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, reached).await.expect("the old epoch is gone, and all is under the new one");
}

/// Another one after the first, with keys of this age and no value.
async fn add_organization(store: &SqliteStore, root: &RootKey, made_at: Timestamp) {
    let first = store.organizations(None, 10).await.unwrap().remove(0);
    let workspace = store.workspaces(&first).await.unwrap().remove(0);
    let last = OrganizationId::from_bytes([0xff; 16]);
    let scope = Scope::new(last, WorkspaceId::from_bytes([0xff; 16]));
    let (_, keys) = OrganizationKeys::make(root, last, made_at, &mut seeded(5));
    let other = OrganizationRow { id: last, slug: "other".parse().unwrap(), ..first };
    let commit = Commit::new(record(&scope, made_at)).write(Write::Organization(other));
    let commit = commit.write(Write::Workspace(WorkspaceRow { id: scope.workspace(), ..workspace }));
    let commit = keys.iter().map(key_row).fold(commit, |commit, key| commit.write(Write::Key(key)));
    store.commit(&scope, commit).await.unwrap();
    assert_eq!(
        store.organizations(None, 10).await.unwrap()[1].id,
        last,
        "a round comes to it after the first"
    );
}

/// What is damaged in one organization is no reason to leave the keys of the others in force for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cry_10_one_damaged_organization_stops_the_renewal_of_no_other() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), MockClock::default());
    let data = folder.path().join("data");
    let store = Arc::new(SqliteStore::open(&data, NodeId::make(clock.now(), &mut SystemRng)).unwrap());
    let token = founding::make_token(clock.now());
    founding::found(store.as_ref(), &root(), &token, clock.now()).await.unwrap();
    add_organization(store.as_ref(), &root(), clock.now()).await;
    damage_the_first(&store, &data).await;
    clock.advance(Duration::from_hours(31 * 24));
    let running = server(&store, &clock).await;
    until(&store, 1, &[(2, 0)]).await;
    assert_eq!(epochs(&store, 0).await.len(), 1, "nothing of the damaged one was touched");
    running.stop().await;
}

/// The same for an operator's order, which names the one that it failed with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cry_10_one_damaged_organization_stops_the_rotation_of_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (dev, data) = (folder.path().join("dev"), folder.path().join("dev/data"));
    tokio::task::block_in_place(|| Server::dev(&dev).0.stop());
    let store = SqliteStore::open(&data, NodeId::from_bytes([1; 16])).unwrap();
    let root = RootKey::from_file(dev.join("root.key")).unwrap();
    add_organization(&store, &root, MockClock::default().now()).await;
    damage_the_first(&store, &data).await;
    store.close().await;
    let command = strongroom(&["keys", "rotate", "--kek", "--data", dev.to_str().unwrap(), "-o", "json"]);
    let output = tokio::task::block_in_place(|| run(command));
    let done: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let done = &done["organizations"];
    assert!(done[0]["error"]["cause"].is_string() && done[1]["destroyed"] == json!([1]), "{done}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the keys of 1 of 2 organization(s) were not rotated"), "{said}");
}

/// The keys of the first organization open no more.
async fn damage_the_first(store: &SqliteStore, data: &Path) {
    let first = store.organizations(None, 10).await.unwrap()[0].id;
    let database = rusqlite::Connection::open(data.join("strongroom.db")).unwrap();
    let damage = "UPDATE key SET blob = zeroblob(length(blob)) WHERE owner = ?";
    assert!(database.execute(damage, [first.as_bytes()]).unwrap() > 0);
}

/// As the service writes them.
fn key_row(key: &WrappedKey) -> KeyRow {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let wrapped_by = match key.wrapped_by {
        WrappingKey::Root(id) => format!("root:{}", hex(id.as_bytes())),
        WrappingKey::Kek { id, epoch } => format!("kek:{}:{epoch}", hex(id.as_bytes())),
    };
    KeyRow {
        owner: key.organization.map_or(KeyOwner::System, KeyOwner::Organization),
        purpose: key.purpose.code().to_owned(),
        epoch: key.epoch,
        key_id: *key.key_id.as_bytes(),
        wrapped_by,
        blob: key.blob.clone(),
        created_at: key.created_at,
    }
}

fn record(scope: &Scope, at: Timestamp) -> AuditRecord {
    AuditRecord {
        at,
        actor: Actor::System,
        on_behalf_of: None,
        source: None,
        request: RequestId::make(at, &mut SystemRng),
        trace: None,
        action: AuditAction::Workspace,
        object: AuditObject::Workspace(scope.workspace()),
        outcome: AuditOutcome::Succeeded,
        version: None,
        value_version: None,
        fields: Vec::new(),
        code: None,
        verification: None,
        notes: BTreeMap::new(),
    }
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
    add_organization(store.as_ref(), &root(), clock.now().minus(Duration::from_hours(10 * 24))).await;
    let running = server(&store, &clock).await;
    let client = |running: &Running| Client::anonymous(running.address()).with_token(token.reveal().expose());
    let admin = client(&running);
    let path =
        tokio::task::spawn_blocking(move || generic(&admin, &json!({"token": "secret"}))).await.unwrap();
    running.stop().await;

    let store = open();
    clock.advance(Duration::from_hours(29 * 24));
    let running = server(&store, &clock).await;
    // The other organization comes after this one in each round, and its time is over.
    until(&store, 1, &[(2, 0)]).await;
    assert_eq!(epochs(&store, 0).await, [(1, 1)], "its time is not over");
    running.stop().await;

    let store = open();
    clock.advance(Duration::from_hours(2 * 24));
    let running = server(&store, &clock).await;
    until(&store, 0, &[(2, 1)]).await;
    let admin = client(&running);
    let found =
        tokio::task::spawn_blocking(move || resolve(&admin, &path).expect(200).value()).await.unwrap();
    assert_eq!(found["secrets"]["token"], "secret");
    running.stop().await;
}
