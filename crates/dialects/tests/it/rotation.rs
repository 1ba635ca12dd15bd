//! Keys are exchanged while everything goes on: nothing is lost, nobody is refused, old copies stop to open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use strongroom_domain::Scope;
use strongroom_domain::audit::{AuditAction, AuditOutcome};
use strongroom_domain::ids::CredentialId;
use strongroom_domain::principal::Role;
use strongroom_sealing::{RootKey, SealingError};
use strongroom_service::rotation::{
    By, Epochs, KekRotated, OrganizationStatus, Pace, Progress, RotationError, status,
};
use strongroom_service::{Service, StartError, choose_root};
use strongroom_store::{OrganizationRow, Store};
use strongroom_testkit::seeded;

use crate::client::Client;
use crate::forgetful::ForgetfulStore;
use crate::house::{CREDENTIALS, House, root, text};

const CONSUMER: &str = r#"{"consumer":{"name":"flow","instance":"1"}}"#;

async fn organization(house: &House) -> OrganizationRow {
    let all = house.store.organizations(None, 10).await.unwrap();
    all.into_iter().find(|organization| organization.id == house.a.organization()).unwrap()
}

async fn rotate(house: &House, service: &Service, epochs: Epochs) -> KekRotated {
    let organization = organization(house).await;
    service.rotate_kek(&organization, epochs, By::Operator, Pace::BRISK, &mut |_| {}).await.unwrap()
}

/// The epochs of the first organization and how many values are on each.
async fn epochs(house: &House) -> Vec<(u32, u64)> {
    let found = status(house.store.as_ref()).await.unwrap();
    let is_first = |organization: &&OrganizationStatus| organization.id == house.a.organization();
    let first = found.organizations.iter().find(is_first).unwrap();
    first.epochs.iter().map(|epoch| (epoch.epoch, epoch.values)).collect()
}

fn path(scope: Scope, id: &str) -> String {
    format!("/v1/workspaces/{}/credentials/{id}", scope.workspace())
}

async fn resolve(client: &Client, path: &str) -> Value {
    let consumer: Value = serde_json::from_str(CONSUMER).unwrap();
    client.post(&format!("{path}/resolve"), &consumer).await.expect(200).json()
}

async fn change(client: &Client, path: &str, secret: &str) -> Value {
    client.patch(path, &json!({"secrets": {"token": secret}})).await.expect(200).json()
}

/// Runs what `act` begins until `during` is over.
async fn meanwhile<T>(
    clients: Vec<(Client, String)>,
    act: impl AsyncFn(Client, String, u64) + Clone + 'static,
    during: impl Future<Output = T>,
) -> T {
    let over = Arc::new(AtomicBool::new(false));
    let tasks = tokio::task::LocalSet::new();
    let running: Vec<_> = clients
        .into_iter()
        .map(|(client, path)| {
            let (over, act) = (Arc::clone(&over), act.clone());
            tasks.spawn_local(async move {
                let mut count = 0;
                while !over.load(Ordering::Relaxed) || count < 3 {
                    act(client.clone(), path.clone(), count).await;
                    count += 1;
                }
                count
            })
        })
        .collect();
    tasks
        .run_until(async move {
            let done = during.await;
            over.store(true, Ordering::Relaxed);
            for task in running {
                assert!(task.await.unwrap() >= 3);
            }
            done
        })
        .await
}

#[tokio::test]
async fn cry_10_a_rotation_of_the_kek_while_everything_goes_on() {
    let house = House::open().await;
    let (mut still, mut busy) = (Vec::new(), Vec::new());
    for (number, scope) in [house.a, house.a2].into_iter().cycle().take(40).enumerate() {
        let id = house.credential(scope, &format!("secret {number}")).await;
        let client = house.holder(scope, Role::Admin).await;
        let list = if number % 4 < 2 { &mut still } else { &mut busy };
        list.push((client, path(scope, &id)));
    }
    let stranger = house.credential(house.b, "of another organization").await;
    let mut before = Vec::new();
    for (client, path) in &still {
        before.push((resolve(client, path).await, client.get(path).await.json()));
    }
    let pace = Pace { page: 3, pause: Duration::from_millis(2) };
    let (organization, mut heard) = (organization(&house).await, Vec::new());
    let mut progress = |progress: Progress| heard.push(progress);
    let rotation = house.service.rotate_kek(&organization, Epochs::Begin, By::Operator, pace, &mut progress);
    let rotated = meanwhile(
        busy.clone(),
        async |client: Client, path: String, count: u64| {
            change(&client, &path, &format!("changed {count}")).await;
            let value = resolve(&client, &path).await;
            assert_eq!(value["secrets"]["token"], format!("changed {count}"));
        },
        rotation,
    )
    .await
    .unwrap();

    assert_eq!((rotated.epoch, rotated.destroyed.as_slice(), rotated.kept.len()), (2, &[1][..], 0));
    assert!(rotated.rewrapped >= 20 && rotated.damaged.is_empty(), "{rotated:?}");
    assert_eq!(epochs(&house).await, [(2, 40)], "nothing is under the old epoch, and it is gone");
    for ((client, path), (resolved, shown)) in still.iter().zip(&before) {
        let after = resolve(client, path).await;
        assert_eq!(after["secrets"], resolved["secrets"]);
        assert_eq!(
            (&after["version"], &after["value_version"]),
            (&resolved["version"], &resolved["value_version"])
        );
        assert_eq!(client.get(path).await.json(), *shown, "a rotation shows nowhere");
    }
    let other = house.holder(house.b, Role::Admin).await;
    resolve(&other, &path(house.b, &stranger)).await;

    assert!(heard.windows(2).all(|pair| (pair[0].walk, pair[0].done) < (pair[1].walk, pair[1].done)));
    let last = heard.last().unwrap();
    assert_eq!((last.done, last.total), (40, 40));
    assert_eq!(recorded(&house).await, ["begun 2", "made 2", "rewrapped 2", "destroyed 1", "done 2"]);
}

/// Acts on keys since founding in both workspaces' logs, repeated ones once.
async fn recorded(house: &House) -> Vec<String> {
    let mut found = Vec::new();
    for scope in [house.a, house.a2] {
        for entry in house.store.audit(&scope, 0, 10_000).await.unwrap() {
            let (record, epoch) = (&entry.record, entry.record.notes.get("epoch"));
            let act = match (record.action, record.outcome) {
                (AuditAction::KeyRotate, AuditOutcome::Attempted) => "begun",
                (AuditAction::KeyRotate, AuditOutcome::Succeeded) => "done",
                (AuditAction::KeyMake, _) => "made",
                (AuditAction::KeyRewrap, _) => "rewrapped",
                (AuditAction::KeyDestroy, _) => "destroyed",
                _ => continue,
            };
            let Some(epoch) = epoch else { continue };
            found.push((entry.node_seq, format!("{act} {epoch}")));
        }
    }
    found.sort();
    let mut acts: Vec<String> = found.into_iter().map(|(_, act)| act).collect();
    acts.dedup();
    // The old epoch's end and the rotation's are one commit, whose first record is the rotation's.
    if let [.., done, destroyed] = acts.as_mut_slice() {
        std::mem::swap(done, destroyed);
    }
    acts
}

/// A month later the first change begins an epoch. Of many at once one does, and the others' values are
/// sealed under that one: none of them replaces the key of another.
#[tokio::test]
async fn cry_10_many_changes_at_the_end_of_an_epoch_begin_one_epoch() {
    let house = House::open().await;
    let client = house.admin().await;
    let mut ids = Vec::new();
    for _ in 0..8 {
        ids.push(house.credential(house.a, "old").await);
    }
    house.clock.advance(Duration::from_hours(31 * 24));
    let tasks = ids.iter().map(|id| {
        let (client, path) = (client.clone(), path(house.a, id));
        async move { change(&client, &path, "new").await }
    });
    at_once(tasks).await;
    assert_eq!(epochs(&house).await, [(1, 0), (2, 8)]);
    let (_, router) = house.second(root()).await.unwrap();
    let elsewhere = house.admin().await.on(&router);
    for id in &ids {
        assert_eq!(resolve(&elsewhere, &path(house.a, id)).await["secrets"]["token"], "new");
    }
}

async fn at_once<F: Future + 'static>(futures: impl Iterator<Item = F>) -> Vec<F::Output>
where
    F::Output: 'static,
{
    let tasks = tokio::task::LocalSet::new();
    let running: Vec<_> = futures.map(|future| tasks.spawn_local(future)).collect();
    tasks
        .run_until(async move {
            let mut done = Vec::new();
            for task in running {
                done.push(task.await.unwrap());
            }
            done
        })
        .await
}

/// The other node has opened keys, or cached values, of an epoch that is gone by now.
#[tokio::test]
async fn cry_10_a_node_that_missed_the_rotation_notices() {
    let house = House::open().await;
    let (a, b) = (house.credential(house.a, "one").await, house.credential(house.a, "two").await);
    let (second, router) = house.second(root()).await.unwrap();
    let here = house.admin().await;
    let there = here.on(&router);
    let secret = async |client: &Client, id: &str| {
        resolve(client, &path(house.a, id)).await["secrets"]["token"].as_str().unwrap().to_owned()
    };
    assert_eq!(secret(&there, &a).await, "one");
    rotate(&house, &house.service, Epochs::Begin).await;
    assert_eq!(secret(&there, &a).await, "one", "old keys and an old value");
    assert_eq!(secret(&there, &b).await, "two", "old keys and a new value");
    assert_eq!(secret(&there, &a).await, "one", "new keys and an old value");

    rotate(&house, &house.service, Epochs::Begin).await;
    let made = there.post(CREDENTIALS, &generic("three")).await.expect(201).json();
    assert_eq!(epochs(&house).await, [(3, 3)], "sealed again, under the newest epoch");
    assert_eq!(secret(&here, text(&made, "id")).await, "three");
    rotate(&house, &house.service, Epochs::Begin).await;
    let changed = change(&there, &path(house.a, &b), "four").await;
    assert_eq!(changed["value_version"], 2, "{changed}");
    assert_eq!(secret(&here, &b).await, "four");
    // And it begins the next one on top of what is there.
    assert_eq!(rotate(&house, &second, Epochs::Begin).await.epoch, 5);
}

fn generic(secret: &str) -> Value {
    json!({"kind": "generic", "name": "a credential", "settings": {}, "secrets": {"token": secret}})
}

/// Whoever stops a rotation, at whatever page, loses nothing; the next call goes on without a new epoch.
#[tokio::test]
async fn cry_10_an_interrupted_rotation_goes_on() {
    let house = House::open().await;
    let client = house.admin().await;
    let mut ids = Vec::new();
    for number in 0..9 {
        ids.push(house.credential(house.a, &format!("secret {number}")).await);
    }
    let organization = organization(&house).await;
    for pages in 1..4 {
        let pace = Pace { page: 2, pause: Duration::from_millis(1) };
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (mut stop, mut left) = (Some(stop), pages);
        let mut progress = |_| {
            left -= 1;
            if left == 0 {
                stop.take().unwrap().send(()).unwrap();
            }
        };
        let epochs = if pages == 1 { Epochs::Begin } else { Epochs::Resume };
        let rotation = house.service.rotate_kek(&organization, epochs, By::Server, pace, &mut progress);
        tokio::select! {
            biased;
            _ = stopped => {}
            rotated = rotation => panic!("not interrupted: {rotated:?}"),
        }
        let (_, router) = house.second(root()).await.unwrap();
        for (number, id) in ids.iter().enumerate() {
            for client in [&client, &client.on(&router)] {
                let found = resolve(client, &path(house.a, id)).await;
                assert_eq!(found["secrets"]["token"], format!("secret {number}"));
            }
        }
    }
    // A workspace without credentials is a page too, and the walk may begin with it.
    let left = match epochs(&house).await[..] {
        [(1, left), (2, done)] if left + done == 9 && [4, 6].contains(&done) => left,
        ref other => panic!("no page was lost and none is left out: {other:?}"),
    };
    let rotated = rotate(&house, &house.service, Epochs::Resume).await;
    assert_eq!((rotated.epoch, rotated.rewrapped, rotated.destroyed), (2, left, vec![1]));
    assert_eq!(epochs(&house).await, [(2, 9)]);
    assert_eq!(rotate(&house, &house.service, Epochs::Resume).await.rewrapped, 0);
    // An epoch that has not served its time is not followed by another on the server's own account.
    assert_eq!(rotate(&house, &house.service, Epochs::BeginIfDue).await.epoch, 2);
    house.clock.advance(Duration::from_hours(31 * 24));
    assert_eq!(rotate(&house, &house.service, Epochs::BeginIfDue).await.destroyed, [2]);
    assert_eq!(epochs(&house).await, [(3, 9)]);
}

/// A walk that rewraps is followed by one that looks: what came back behind its back (a row from a backup,
/// put there by hand) is found before its key is gone.
#[tokio::test]
async fn cry_10_an_epoch_is_destroyed_only_when_a_whole_walk_found_nothing_under_it() {
    let house = House::open().await;
    let client = house.admin().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(house.credential(house.a, "secret").await);
    }
    ids.sort();
    let old = envelope(&house, &ids[0]);
    let (organization, mut restored) = (organization(&house).await, false);
    let mut progress = |progress: Progress| {
        if progress.done == 4 && !restored {
            restored = true;
            put_back(&house, &ids[0], &old);
        }
    };
    let pace = Pace { page: 2, pause: Duration::ZERO };
    let rotated = house
        .service
        .rotate_kek(&organization, Epochs::Begin, By::Operator, pace, &mut progress)
        .await
        .unwrap();
    assert!(restored);
    assert_eq!((rotated.rewrapped, rotated.destroyed), (6, vec![1]));
    assert_eq!(resolve(&client, &path(house.a, &ids[0])).await["secrets"]["token"], "secret");
}

/// As an old copy of the database has it.
fn envelope(house: &House, id: &str) -> Vec<u8> {
    let id: CredentialId = id.parse().unwrap();
    let sql =
        "SELECT v.envelope FROM credential_value v JOIN credential c ON c.row = v.credential WHERE c.id = ?1";
    house.database().query_row(sql, [id.as_bytes()], |row| row.get(0)).unwrap()
}

fn put_back(house: &House, id: &str, envelope: &[u8]) {
    let id: CredentialId = id.parse().unwrap();
    let sql = "UPDATE credential_value SET envelope = ?2 WHERE credential = (SELECT row FROM credential WHERE id = ?1)";
    assert_eq!(house.database().execute(sql, (id.as_bytes(), envelope)).unwrap(), 1);
}

/// It is named, left as it is, and keeps its key: mended by hand, it opens again.
#[tokio::test]
async fn cry_10_a_damaged_value_keeps_its_epoch() {
    let house = House::open().await;
    let client = house.admin().await;
    let (bad, good) = (house.credential(house.a, "bad").await, house.credential(house.a, "good").await);
    let id: CredentialId = bad.parse().unwrap();
    let damage = |sql: &str| {
        let changed = house.database().execute(sql, [id.as_bytes()]).unwrap();
        assert_eq!(changed, 1);
    };
    for (harm, cure) in [
        // The binding does not fit; the envelope names its epoch.
        (
            "UPDATE credential_value SET value_version = 7 WHERE credential = (SELECT row FROM credential WHERE id = ?1)",
            "UPDATE credential_value SET value_version = 1 WHERE credential = (SELECT row FROM credential WHERE id = ?1)",
        ),
        // The envelope names nothing.
        (
            "UPDATE credential_value SET envelope = CAST(x'00' || envelope AS BLOB) WHERE credential = (SELECT row FROM credential WHERE id = ?1)",
            "UPDATE credential_value SET envelope = substr(envelope, 2) WHERE credential = (SELECT row FROM credential WHERE id = ?1)",
        ),
        // The row does not decode.
        (
            "UPDATE credential_value SET target_digest = CAST(x'00' || target_digest AS BLOB) WHERE credential = (SELECT row FROM credential WHERE id = ?1)",
            "UPDATE credential_value SET target_digest = substr(target_digest, 2) WHERE credential = (SELECT row FROM credential WHERE id = ?1)",
        ),
    ] {
        let old = epochs(&house).await.last().unwrap().0;
        damage(harm);
        let rotated = rotate(&house, &house.service, Epochs::Begin).await;
        assert_eq!((rotated.kept.as_slice(), rotated.destroyed.len()), (&[old][..], 0), "{harm}");
        assert_eq!(rotated.damaged.iter().map(|one| one.credential).collect::<Vec<_>>(), [id], "{harm}");
        assert_eq!(resolve(&client, &path(house.a, &good)).await["secrets"]["token"], "good");
        damage(cure);
        assert_eq!(resolve(&client, &path(house.a, &bad)).await["secrets"]["token"], "bad", "{harm}");
        assert_eq!(rotate(&house, &house.service, Epochs::Resume).await.destroyed, [old]);
    }
}

/// A row of an old copy, back in its place: its version is right and its key is gone.
#[tokio::test]
async fn cry_11_what_lay_under_a_destroyed_epoch_opens_no_more() {
    let house = House::open().await;
    let client = house.admin().await;
    let (one, other) = (house.credential(house.a, "one").await, house.credential(house.a, "other").await);
    let old = envelope(&house, &one);
    rotate(&house, &house.service, Epochs::Begin).await;
    put_back(&house, &one, &old);
    let consumer: Value = serde_json::from_str(CONSUMER).unwrap();
    let answer = client.post(&format!("{}/resolve", path(house.a, &one)), &consumer).await;
    assert_eq!((answer.status, text(&answer.json(), "code")), (500, "integrity_error"));
    assert_eq!(resolve(&client, &path(house.a, &other)).await["secrets"]["token"], "other");
}

/// The fingerprint key outlives the KEKs that wrap it.
#[tokio::test]
async fn cry_16_duplicates_are_found_across_a_rotation() {
    let house = House::open().await;
    let client = house.admin().await;
    let settings = json!({"settings": {"duplicates": "refuse"}});
    client.patch("/v1/workspaces/default", &settings).await.expect(200);
    let database = |password: &str| {
        json!({"kind": "postgresql", "name": "db", "verify": "skip", "secrets": {"password": password},
            "settings": {"host": "db.example.com", "database": "app", "username": "app"}})
    };
    let made = client.post(CREDENTIALS, &database("one")).await.expect(201).json();
    rotate(&house, &house.service, Epochs::Begin).await;
    let (_, router) = house.second(root()).await.unwrap();
    let refused = client.on(&router).post(CREDENTIALS, &database("one")).await;
    assert_eq!((refused.status, text(&refused.json(), "code")), (409, "duplicate_secrets"), "{made}");
    client.post(CREDENTIALS, &database("two")).await.expect(201);
}

#[tokio::test]
async fn cry_09_a_rotation_of_the_root_key_while_everything_goes_on() {
    let house = House::open().await;
    let mut busy = Vec::new();
    for scope in [house.a, house.a2, house.b] {
        let id = house.credential(scope, "secret").await;
        busy.push((house.holder(scope, Role::Admin).await, path(scope, &id)));
    }
    // One whose epoch nobody has: each resolve of it has the keys loaded again.
    let astray = house.credential(house.a, "astray").await;
    let mut envelope = envelope(&house, &astray);
    envelope[6..26].fill(0xff);
    put_back(&house, &astray, &envelope);
    // A rename lets go of what is cached.
    rename(&house, &astray).await;
    let before = rows_without_keys(&house);
    let new = || RootKey::make(&mut seeded(77));
    let rotated = house.service.rotate_root(new(), By::Operator).await.unwrap();
    assert_eq!((rotated.from, rotated.to, rotated.keys), (root().id(), new().id(), 6));
    assert_eq!(rows_without_keys(&house), before, "no value was touched");

    // Keys that were not opened yet are opened under the new one; epochs begin under it.
    let organization = organization(&house).await;
    let both = async {
        for seed in 78..98 {
            let next = RootKey::make(&mut seeded(seed));
            house.service.rotate_root(next, By::Operator).await.unwrap();
            if seed % 3 == 0 {
                rotate(&house, &house.service, Epochs::Begin).await;
            }
        }
        house.service.rotate_root(new(), By::Operator).await.unwrap();
    };
    let many = std::iter::repeat_n((house.admin().await, path(house.a, &astray)), 4);
    let restless = astray.clone();
    meanwhile(
        busy.iter().cloned().chain(many).collect(),
        async move |client: Client, path: String, count: u64| {
            if path.ends_with(&restless) {
                let consumer: Value = serde_json::from_str(CONSUMER).unwrap();
                client.post(&format!("{path}/resolve"), &consumer).await.expect(500);
                return;
            }
            change(&client, &path, &format!("changed {count}")).await;
            assert_eq!(resolve(&client, &path).await["secrets"]["token"], format!("changed {count}"));
        },
        both,
    )
    .await;
    let refused = house.second(root()).await.err().unwrap();
    let wanted = SealingError::OtherRootKey { wanted: new().id(), given: root().id() };
    assert!(matches!(refused, StartError::Keys(error) if error == wanted), "{refused:?}");
    let (second, router) = house.second(new()).await.unwrap();
    for (client, path) in &busy {
        resolve(&client.on(&router), path).await;
    }
    assert_eq!(second.rotate_root(new(), By::Operator).await.unwrap().keys, 0, "it is in force already");
    second.rotate_kek(&organization, Epochs::Begin, By::Operator, Pace::BRISK, &mut |_| {}).await.unwrap();
}

async fn rename(house: &House, id: &str) {
    house.admin().await.patch(&path(house.a, id), &json!({"name": "renamed"})).await.expect(200);
}

/// Two nodes, one of which rotates: the other's next key is refused and read again.
#[tokio::test]
async fn cry_09_a_node_that_missed_the_rotation_begins_no_epoch_under_the_old_key() {
    let house = House::open().await;
    let id = house.credential(house.a, "secret").await;
    let (second, router) = house.second(root()).await.unwrap();
    let there = house.admin().await.on(&router);
    resolve(&there, &path(house.a, &id)).await;
    let new = || RootKey::make(&mut seeded(77));
    house.service.rotate_root(new(), By::Operator).await.unwrap();
    let organization = organization(&house).await;
    let begun = second.rotate_kek(&organization, Epochs::Begin, By::Server, Pace::BRISK, &mut |_| {}).await;
    assert!(begun.is_err(), "it has the old root key only: {begun:?}");
    // With the keys it has at hand it would begin one at its next change.
    house.clock.advance(Duration::from_hours(31 * 24));
    let change = there.patch(&path(house.a, &id), &json!({"secrets": {"token": "new"}})).await;
    assert_eq!(change.status, 500, "{}", change.json());
    let again = second.rotate_root(RootKey::make(&mut seeded(5)), By::Operator).await;
    assert!(again.is_err(), "nor does it put a third key in force: {again:?}");
    assert_eq!(epochs(&house).await, [(1, 1)]);
    let (_, router) = house.second(new()).await.unwrap();
    resolve(&house.admin().await.on(&router), &path(house.a, &id)).await;
}

/// After a rotation that was cut off somewhere, the one of both that fits is the one to start with.
#[tokio::test]
async fn cry_09_of_two_root_keys_the_one_in_force_is_chosen() {
    let house = House::open().await;
    let new = || RootKey::make(&mut seeded(77));
    let chosen = async |first, other| choose_root(house.store.as_ref(), first, [other]).await.unwrap().id();
    assert_eq!(chosen(root(), new()).await, root().id());
    assert_eq!(chosen(new(), root()).await, root().id());
    house.service.rotate_root(new(), By::Operator).await.unwrap();
    assert_eq!(chosen(root(), new()).await, new().id());
    let third = RootKey::make(&mut seeded(5));
    let id = third.id();
    assert_eq!(chosen(third, root()).await, id, "where none fits, the first is refused by name");
}

/// Where the disk does not tell whether the commit is there, the rows do; where they cannot be read either, nobody
/// is told that the old key is in force.
#[tokio::test]
async fn cry_09_an_outcome_that_was_not_told_is_looked_up_and_never_guessed() {
    let house = House::open().await;
    let store = ForgetfulStore::over(&house.store);
    let service = house.over(Arc::clone(&store) as _).await;
    store.loses_answers.store(true, Ordering::Relaxed);
    let new = || RootKey::make(&mut seeded(77));
    let rotated = service.rotate_root(new(), By::Operator).await.unwrap();
    assert_eq!((rotated.from, rotated.to, rotated.keys), (root().id(), new().id(), 6));

    store.then_hides_keys.store(true, Ordering::Relaxed);
    let third = || RootKey::make(&mut seeded(78));
    for _ in 0..2 {
        let unknown = service.rotate_root(third(), By::Operator).await;
        assert!(matches!(unknown, Err(RotationError::RootUnknown(id)) if id == third().id()), "{unknown:?}");
    }
    store.keys_are_hidden.store(false, Ordering::Relaxed);
    let settled = service.rotate_root(third(), By::Operator).await.unwrap();
    assert_eq!((settled.from, settled.to, settled.keys), (third().id(), third().id(), 0));
    assert!(house.second(third()).await.is_ok(), "it was in force all the time");
}

/// Every row that a rotation of the root key has nothing to do with.
fn rows_without_keys(house: &House) -> Vec<Vec<u8>> {
    let database = house.database();
    let mut statement =
        database.prepare("SELECT envelope FROM credential_value ORDER BY credential").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}
