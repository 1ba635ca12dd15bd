//! What an integration says lies under its credentials: where their checks go, and what a change of it does.

use serde_json::{Value, json};
use strongroom_domain::audit::{AuditAction, AuditOutcome};
use strongroom_domain::principal::Role;
use strongroom_store::Store;

use super::{INTEGRATIONS, create, jira, one, token_of};
use crate::client::{Answer, Client};
use crate::house::{CREDENTIALS, House, text};
use crate::site::{Site, Sites};

/// A house with two sites, an integration of the first, and a credential that uses it.
struct Stage {
    house: House,
    admin: Client,
    first: Site,
    second: Site,
    integration: String,
    credential: String,
}

/// The account of a Jira is told with its address, so that another address is another account.
fn meant() -> Value {
    json!({"rebind": true, "accept_account_change": true})
}

const TOKEN: &str = "cnry-token-one";
const BEARER: &str = "Bearer cnry-token-one";

impl Stage {
    async fn set() -> Self {
        let sites = Sites::new();
        let (house, first, second) = (sites.house().await, sites.open().await, sites.open().await);
        let admin = house.admin().await;
        first.knows(BEARER, "automation");
        let integration = create(&admin, &jira(&first.address())).await;
        let made = admin.post(CREDENTIALS, &token_of(&integration, TOKEN)).await.expect(201).json();
        let credential = format!("{CREDENTIALS}/{}", text(&made, "id"));
        Self { house, admin, first, second, integration: one(&integration), credential }
    }

    async fn shown(&self) -> (Value, Value) {
        let of = async |path: &str| self.admin.get(path).await.expect(200).json();
        (of(&self.integration).await, of(&self.credential).await)
    }

    async fn moves(&self, more: &Value) -> Answer {
        let mut body = json!({"settings": {"base_url": self.second.address()}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.admin.patch(&self.integration, &body).await
    }

    async fn settings_in_force(&self) -> Value {
        let consumer = json!({"consumer": {"name": "flow", "instance": "one"}});
        let resolved = self.admin.post(&format!("{}/resolve", self.credential), &consumer).await.expect(200);
        assert_eq!(resolved.json()["secrets"], json!({"token": TOKEN}));
        resolved.json()["settings"].clone()
    }
}

#[tokio::test]
async fn a_credential_has_the_settings_of_its_integration_without_stating_them() {
    let stage = Stage::set().await;
    let (integration, credential) = stage.shown().await;
    assert_eq!((&credential["settings"], &credential["aliases"]), (&json!({}), &json!({"dx": "2"})));
    assert_eq!((&credential["health"]["status"], stage.first.asked()), (&json!("healthy"), 1));
    assert_eq!(credential["integration_id"], integration["id"]);
    assert_eq!(stage.settings_in_force().await, json!({"base_url": stage.first.address()}));
    let listed = format!("{CREDENTIALS}?integration={}", text(&integration, "id"));
    assert_eq!(stage.admin.get(&listed).await.expect(200).json()["items"][0]["id"], credential["id"]);
}

#[tokio::test]
async fn bnd_01_a_changed_address_takes_secrets_along_only_by_rebind() {
    let stage = Stage::set().await;
    stage.second.knows(BEARER, "automation");
    let before = stage.shown().await;
    let refused = stage.moves(&json!({})).await.expect(422);
    assert_eq!(
        (refused.code().as_str(), refused.pointers()),
        ("secrets_required", vec!["/settings".to_owned()])
    );
    let editor = stage.house.holder(stage.house.a, Role::Editor).await;
    let body = json!({"settings": {"base_url": stage.second.address()}, "rebind": true, "accept_account_change": true});
    editor.patch(&stage.integration, &body).await.expect(403);
    assert_eq!(
        (stage.shown().await, stage.second.asked()),
        (before.clone(), 0),
        "no token left for the other place"
    );

    let other = stage.moves(&json!({"rebind": true})).await.expect(409);
    assert_eq!((other.code().as_str(), stage.shown().await), ("account_changed", before));
    let moved = stage.moves(&meant()).await.expect(200).json();
    assert_eq!((&moved["version"], stage.second.asked()), (&json!(2), 2));
    let (_, credential) = stage.shown().await;
    assert_eq!((&credential["version"], &credential["value_version"]), (&json!(2), &json!(2)));
    assert_eq!(stage.settings_in_force().await, json!({"base_url": stage.second.address()}));
    let records = stage.house.store.audit(&stage.house.a, 0, 10_000).await.unwrap();
    let carried = records
        .iter()
        .map(|row| &row.record)
        .find(|record| record.action == AuditAction::Change && record.outcome == AuditOutcome::Succeeded);
    let carried = carried.expect("the change of the credential is on record");
    assert_eq!(carried.fields, ["integration"]);
    assert!(carried.notes.contains_key("rebind") && carried.notes.contains_key("payload_sha256"));
}

#[tokio::test]
async fn what_the_new_place_refuses_changes_nothing() {
    let stage = Stage::set().await;
    let before = stage.shown().await;
    let refused = stage.moves(&meant()).await.expect(422);
    assert_eq!((refused.code().as_str(), stage.second.asked()), ("verification_rejected", 1));
    assert!(!refused.text().contains("cnry"), "{}", refused.text());
    let nobody = json!({"settings": {"base_url": "https://localhost:9"}, "rebind": true});
    let outage = stage.admin.patch(&stage.integration, &nobody).await.expect(422);
    assert_eq!(outage.code(), "verification_unreachable");
    assert_eq!(stage.shown().await, before);
    assert_eq!(stage.settings_in_force().await, json!({"base_url": stage.first.address()}));
}

#[tokio::test]
async fn of_several_credentials_all_move_or_none() {
    let stage = Stage::set().await;
    stage.first.knows("Bearer cnry-token-two", "other");
    stage.second.knows(BEARER, "automation");
    let integration = stage.shown().await.0;
    let other = token_of(text(&integration, "id"), "cnry-token-two");
    let made = stage.admin.post(CREDENTIALS, &other).await.expect(201).json();
    let before = stage.shown().await;
    stage.moves(&meant()).await.expect(422);
    assert_eq!(stage.shown().await, before, "one of two was refused");
    stage.second.knows("Bearer cnry-token-two", "other");
    stage.moves(&meant()).await.expect(200);
    let moved = stage.admin.get(&format!("{CREDENTIALS}/{}", text(&made, "id"))).await.expect(200).json();
    assert_eq!((&moved["version"], &stage.shown().await.1["version"]), (&json!(2), &json!(2)));
}

#[tokio::test]
async fn what_nobody_takes_over_touches_no_credential() {
    let stage = Stage::set().await;
    let before = stage.shown().await.1;
    let change =
        json!({"name": "renamed", "settings": {"client_id": "c"}, "secrets": {"client_secret": "cnry"}});
    stage.admin.patch(&stage.integration, &change).await.expect(200);
    assert_eq!((stage.shown().await.1, stage.first.asked()), (before, 1));
}

#[tokio::test]
async fn a_setting_of_the_credentials_own_wins_and_stays() {
    let stage = Stage::set().await;
    stage.second.knows("Bearer cnry-token-own", "automation");
    let own = json!({"settings": {"base_url": stage.second.address()}, "secrets": {"token": "cnry-token-own"}, "accept_account_change": true});
    stage.admin.patch(&stage.credential, &own).await.expect(200);
    let before = stage.shown().await.1;
    let elsewhere = json!({"settings": {"base_url": "https://localhost:9"}});
    stage.admin.patch(&stage.integration, &elsewhere).await.expect(200);
    assert_eq!(stage.shown().await.1, before);
}

#[tokio::test]
async fn an_integration_in_use_is_not_deleted() {
    let stage = Stage::set().await;
    let refused = stage.admin.delete(&stage.integration).await.expect(409);
    assert_eq!(refused.code(), "in_use");
    assert!(
        refused.json()["detail"].as_str().unwrap().contains("use this integration: 1"),
        "{}",
        refused.text()
    );
    stage.admin.get(&stage.integration).await.expect(200);
    stage.admin.delete(&stage.credential).await.expect(204);
    stage.admin.delete(&stage.integration).await.expect(204);
}

#[tokio::test]
async fn leaving_an_integration_is_a_change_of_target() {
    let stage = Stage::set().await;
    let leave = json!({"integration_id": null, "settings": {"base_url": stage.second.address()}});
    let refused = stage.admin.patch(&stage.credential, &leave).await.expect(422);
    assert_eq!(refused.code(), "secrets_required");
    let stay = json!({"integration_id": null, "settings": {"base_url": stage.first.address()}});
    let changed = stage.admin.patch(&stage.credential, &stay).await.expect(200).json();
    assert_eq!((&changed["integration_id"], &changed["aliases"]), (&Value::Null, &json!({"dx": "2"})));
    stage.admin.delete(&stage.integration).await.expect(204);
}

#[tokio::test]
async fn ccr_03_changes_at_once_lose_nothing() {
    let stage = Stage::set().await;
    let fields = ["client_id", "scopes"];
    let values = [json!("c"), json!(["read"])];
    let change = async |nth: usize| {
        let body = json!({"settings": {fields[nth]: values[nth]}});
        stage.admin.patch(&stage.integration, &body).await.expect(200);
    };
    tokio::join!(change(0), change(1));
    let integration = stage.shown().await.0;
    assert_eq!(integration["version"], 3);
    let listed = stage.admin.get(INTEGRATIONS).await.expect(200).json();
    assert_eq!(listed["items"][0], integration);
    for (field, value) in fields.iter().zip(values) {
        assert_eq!(integration["settings"][field], value);
    }
}
