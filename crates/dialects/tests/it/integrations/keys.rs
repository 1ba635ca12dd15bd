//! Key rotation reaches the values of integrations, and no value of theirs comes to lie under an old key.

use serde_json::{Value, json};
use strongroom_domain::ids::IntegrationId;
use strongroom_service::Service;
use strongroom_service::rotation::{By, Epochs, KekRotated, Pace, status};
use strongroom_store::Store;

use super::{create, jira, one};
use crate::house::{House, root, text};

fn confidential(secret: &str) -> Value {
    let mut body = jira("https://jira.example");
    body["secrets"] = json!({"client_secret": secret});
    body
}

async fn rotate(house: &House, service: &Service) -> KekRotated {
    let all = house.store.organizations(None, 10).await.unwrap();
    let own = all.into_iter().find(|organization| organization.id == house.a.organization()).unwrap();
    service.rotate_kek(&own, Epochs::Begin, By::Operator, Pace::BRISK, &mut |_| {}).await.unwrap()
}

/// The epochs of the first organization and how many values are on each.
async fn epochs(house: &House) -> Vec<(u32, u64)> {
    let found = status(house.store.as_ref()).await.unwrap();
    let first = found.organizations.iter().find(|found| found.id == house.a.organization()).unwrap();
    first.epochs.iter().map(|epoch| (epoch.epoch, epoch.values)).collect()
}

async fn envelope(house: &House, id: &str) -> Vec<u8> {
    let id: IntegrationId = id.parse().unwrap();
    house.store.integration(&house.a, id).await.unwrap().unwrap().value.envelope
}

#[tokio::test]
async fn cry_10_a_rotation_of_the_kek_reaches_integrations() {
    let house = House::open().await;
    let admin = house.admin().await;
    let id = create(&admin, &confidential("cnry-one")).await;
    let (before, shown) = (envelope(&house, &id).await, admin.get(&one(&id)).await.json());
    let rotated = rotate(&house, &house.service).await;
    assert_eq!((rotated.rewrapped, rotated.destroyed.as_slice()), (1, &[1][..]));
    assert!(rotated.damaged.is_empty() && rotated.kept.is_empty(), "{rotated:?}");
    assert_ne!(envelope(&house, &id).await, before);
    assert_eq!(admin.get(&one(&id)).await.json(), shown, "no version of anything");
    assert_eq!(epochs(&house).await, [(2, 1)]);
    // A merge opens what is stored: under the destroyed key it could not.
    let change = json!({"settings": {"client_id": "c"}});
    let changed = admin.patch(&one(&id), &change).await.expect(200).json();
    assert_eq!(changed["secret_fields"], json!(["client_secret"]));
}

#[tokio::test]
async fn cry_10_no_integration_is_sealed_under_an_old_key() {
    let house = House::open().await;
    let admin = house.admin().await;
    let known = create(&admin, &confidential("cnry-one")).await;
    let (second, router) = house.second(root()).await.unwrap();
    let there = admin.on(&router);
    // Both nodes have opened the keys of the first epoch by now.
    let seen = there.patch(&one(&known), &json!({"settings": {"client_id": "a"}})).await.expect(200);
    assert_eq!(seen.json()["value_version"], 2);
    rotate(&house, &house.service).await;
    let made = there.post(super::INTEGRATIONS, &confidential("cnry-two")).await.expect(201).json();
    there.patch(&one(&known), &json!({"secrets": {"client_secret": "cnry-three"}})).await.expect(200);
    assert_eq!(epochs(&house).await, [(2, 2)], "both under the new one");
    rotate(&house, &second).await;
    for id in [known.as_str(), text(&made, "id")] {
        let change = json!({"settings": {"client_id": "b"}});
        admin.patch(&one(id), &change).await.expect(200);
    }
    assert_eq!(epochs(&house).await, [(3, 2)]);
}
