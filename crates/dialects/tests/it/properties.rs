//! PRP: what a caller may set, and what nobody is shown.

use serde_json::{Value, json};
use strongroom_testkit::Canaries;

use crate::client::JSON;
use crate::house::{CREDENTIALS, House, text};
use crate::samples::ROLES;

const NOT_THEIRS: [&str; 21] = [
    "id",
    "org_id",
    "workspace_id",
    "version",
    "created_at",
    "verified_at",
    "status",
    "fingerprint",
    "ciphertext",
    "kek_version",
    "is_public",
    "shared_with",
    "orgId",
    "workspaceId",
    "createdAt",
    "verifiedAt",
    "kekVersion",
    "isPublic",
    "sharedWith",
    "value_version",
    "secret_fields",
];

#[tokio::test]
async fn prp_01_nobody_sets_what_is_not_theirs() {
    let house = House::open().await;
    let admin = house.admin().await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "x").await);
    let before = admin.get(&path).await.expect(200).json();
    for name in NOT_THEIRS {
        let place = [format!("/{name}")];
        let body = json!({"kind": "generic", "name": "x", name: "cnry"});
        assert_eq!(admin.post(CREDENTIALS, &body).await.expect(422).pointers(), place);
        assert_eq!(admin.patch(&path, &json!({name: null})).await.expect(422).pointers(), place);
        let answer = admin.put(&path, &json!({name: {"a": 1}, "settings": {"a": 1}})).await.expect(422);
        assert_eq!(answer.pointers(), place);
    }
    for name in ["__proto__", "constructor", "$type", "cnry-unknown"] {
        let answer = admin.patch(&path, &json!({name: {"a": 1}})).await.expect(422);
        assert_eq!(answer.pointers(), [""]);
        assert!(!answer.text().contains(name), "{}", answer.text());
    }
    assert_eq!(admin.get(&path).await.expect(200).json(), before);
    assert_eq!(admin.get(CREDENTIALS).await.expect(200).json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn prp_03_no_read_shows_a_secret() {
    let house = House::open().await;
    let secret = Canaries::seeded(1).make_awkward("token");
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, secret.text()).await);
    let admin = house.admin().await;
    admin
        .patch(&path, &json!({"description": "changed", "secrets": {"other": secret.text()}}))
        .await
        .expect(200);
    admin.post(&format!("{path}/resolve"), &json!({"consumer": {"name": "flow"}})).await.expect(200);
    let reads = [
        path.clone(),
        CREDENTIALS.to_owned(),
        format!("{CREDENTIALS}?q=cnry"),
        format!("{CREDENTIALS}?fields=*"),
        format!("{path}?include=secret"),
        format!("{path}/history"),
        format!("{path}/consumers"),
        "/v1/workspaces/default/consumers/flow/credentials".to_owned(),
        "/v1/workspaces/default".to_owned(),
        "/v1/tokens".to_owned(),
        "/v1/kinds".to_owned(),
    ];
    for role in ROLES {
        let holder = house.holder(house.a, role).await;
        for read in &reads {
            let answer = holder.get(read).await;
            assert_eq!(secret.find_in(&answer.bytes), [""; 0], "{role:?} {read}");
        }
    }
    let shown = admin.get(&path).await.expect(200).json();
    assert_eq!(shown["secret_fields"], json!(["token", "other"]));
    assert!(shown.get("secrets").is_none());
    assert_eq!(admin.get(&format!("{CREDENTIALS}?q=cnry")).await.json()["items"], json!([]));
}

#[tokio::test]
async fn prp_05_a_mask_is_never_stored() {
    let house = House::open().await;
    let admin = house.admin().await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "the secret").await);
    let shown = admin.get(&path).await.expect(200).json();
    admin.put(&path, &shown).await.expect(422);
    for mask in ["********", "\u{2022}\u{2022}\u{2022}\u{2022}", "[REDACTED]", "***"] {
        let body = json!({"secrets": {"token": mask}});
        assert_eq!(admin.put(&path, &body).await.expect(422).pointers(), ["/secrets/token"], "{mask}");
        admin.patch(&path, &body).await.expect(422);
    }
    admin.put(&path, &json!({"settings": {"region": "south"}})).await.expect(200);
    assert_eq!(resolved(&house, &path).await["secrets"], json!({"token": "the secret"}));
    admin.patch(&path, &json!({"secrets": {"second": "2"}})).await.expect(200);
    assert_eq!(resolved(&house, &path).await["secrets"], json!({"token": "the secret", "second": "2"}));
    admin.patch(&path, &json!({"secrets": {"second": null}})).await.expect(200);
    assert_eq!(resolved(&house, &path).await["secrets"], json!({"token": "the secret"}));
    admin.put(&path, &json!({"secrets": {"third": "3"}})).await.expect(200);
    let value = resolved(&house, &path).await;
    assert_eq!((&value["settings"], &value["secrets"]), (&json!({}), &json!({"third": "3"})));
}

async fn resolved(house: &House, path: &str) -> Value {
    house.admin().await.post(&format!("{path}/resolve"), &json!({})).await.expect(200).json()
}

#[tokio::test]
async fn prp_11_an_etag_says_nothing_about_content() {
    let house = House::open().await;
    let admin = house.admin().await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "a").await);
    let mut tags = vec![admin.get(&path).await.header("etag").to_owned()];
    for secret in ["b", "a"] {
        let answer = admin.patch(&path, &json!({"secrets": {"token": secret}})).await.expect(200);
        tags.push(answer.header("etag").to_owned());
    }
    assert_eq!(tags, ["\"1\"", "\"2\"", "\"3\""]);
}

#[tokio::test]
async fn ten_06_a_stored_secret_is_tried_nowhere_but_where_it_is_bound() {
    let house = House::open().await;
    let path = format!("{CREDENTIALS}/{}/verify", house.credential(house.a, "x").await);
    let admin = house.admin().await;
    for body in [json!({"settings": {"host": "192.0.2.9"}}), json!({"url": "http://192.0.2.9"}), json!([])] {
        admin.post(&path, &body).await.expect(422);
    }
    let outcome = admin.send("POST", &path, &[], None).await.expect(200).json();
    assert_eq!(text(&outcome, "outcome"), "unsupported");
    admin.send("POST", &format!("{path}?host=192.0.2.9"), JSON, Some(b"{}")).await.expect(422);
}
