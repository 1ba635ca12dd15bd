//! From the first to the last request about one integration.

use serde_json::{Value, json};
use strongroom_domain::audit::{AuditAction, AuditOutcome};
use strongroom_domain::principal::Role;
use strongroom_store::Store;

use super::{INTEGRATIONS, create, jira, one};
use crate::house::{CREDENTIALS, House, text};

const UNUSED: &str = "int_0192a3b4c5d67e8f9011223344556677";

fn with_client(address: &str) -> Value {
    let mut body = jira(address);
    body["settings"]["client_id"] = json!("our-client");
    body["settings"]["scopes"] = json!(["read:jira-work"]);
    body["secrets"] = json!({"client_secret": "cnry-client-secret"});
    body
}

#[tokio::test]
async fn an_integration_is_made_read_changed_and_deleted() {
    let house = House::open().await;
    let admin = house.admin().await;
    let made = admin.post(INTEGRATIONS, &with_client("https://jira.example")).await.expect(201);
    let body = made.json();
    let path = one(text(&body, "id"));
    let location = format!("/v1/workspaces/{}/integrations/{}", house.a.workspace(), text(&body, "id"));
    assert_eq!((made.header("location"), made.header("etag")), (location.as_str(), "\"1\""));
    assert_eq!((&body["alias"], &body["kind"]), (&json!(1), &json!("jira_data_center")));
    assert_eq!(body["settings"]["scopes"], json!(["read:jira-work"]));
    assert_eq!(body["secret_fields"], json!(["client_secret"]));
    let shown = admin.get(&path).await.expect(200);
    assert_eq!(shown.json(), body);
    admin.send("GET", &path, &[("if-none-match", "\"1\"")], None).await.expect(304);

    let renamed = admin.patch(&path, &json!({"name": "theirs"})).await.expect(200);
    assert_eq!(renamed.header("etag"), "\"2\"");
    let renamed = renamed.json();
    assert_eq!(
        (&renamed["name"], &renamed["version"], &renamed["value_version"]),
        (&json!("theirs"), &json!(2), &json!(1))
    );
    let change = json!({"settings": {"client_id": null}, "secrets": {"client_secret": null}});
    let bare = admin.patch(&path, &change).await.expect(200).json();
    assert_eq!((&bare["secret_fields"], &bare["value_version"]), (&json!([]), &json!(2)));
    assert_eq!(bare["settings"].as_object().unwrap().keys().collect::<Vec<_>>(), ["base_url", "scopes"]);
    assert_eq!((&bare["alias"], &bare["created_at"]), (&json!(1), &body["created_at"]));

    admin.delete(&path).await.expect(204);
    for answer in [admin.get(&path).await, admin.delete(&path).await, admin.get(&one(UNUSED)).await] {
        answer.expect(404);
    }
    let listed = admin.get(INTEGRATIONS).await.expect(200);
    assert_eq!(listed.json()["items"], json!([]));
    let next = admin.post(INTEGRATIONS, &jira("https://jira.example")).await.expect(201).json();
    assert_eq!(next["alias"], 2, "a number is never given twice");
}

#[tokio::test]
async fn pages_follow_each_other() {
    let house = House::open().await;
    let admin = house.admin().await;
    for number in 1..=5 {
        let body = json!({"kind": "linear", "name": format!("n{number}")});
        admin.post(INTEGRATIONS, &body).await.expect(201);
        house.clock.advance(std::time::Duration::from_millis(1));
    }
    let (mut found, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = admin.get(&format!("{INTEGRATIONS}{query}")).await.expect(200).json();
        found.extend(page["items"].as_array().unwrap().iter().map(|item| item["alias"].as_u64().unwrap()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!(found, [1, 2, 3, 4, 5]);
    admin.get(&format!("{INTEGRATIONS}?cursor=x")).await.expect(422);
    admin.get(&format!("{INTEGRATIONS}?limit=201")).await.expect(422);
}

#[tokio::test]
async fn faults_come_all_at_once_and_say_no_value() {
    let house = House::open().await;
    let admin = house.admin().await;
    let pointers = async |body: Value| {
        let answer = admin.post(INTEGRATIONS, &body).await.expect(422);
        assert!(!answer.text().contains("cnry"), "{}", answer.text());
        let mut pointers = answer.pointers();
        pointers.sort();
        pointers
    };
    assert_eq!(pointers(json!({})).await, ["/kind", "/name"]);
    assert_eq!(pointers(json!({"kind": "No Kind", "name": "n"})).await, ["/kind"]);
    let odd = json!({"kind": "github", "name": "n", "settings": {"base_url": "ftp://cnry", "cnry-field": 1},
        "secrets": {"cnry-secret": "x"}});
    assert_eq!(pointers(odd).await, ["/secrets", "/settings", "/settings/base_url"]);
    let scopes = json!({"kind": "github", "name": "n", "settings": {"scopes": "all"}});
    assert_eq!(pointers(scopes).await, ["/settings/scopes"]);
    let path = one(&create(&admin, &jira("https://jira.example")).await);
    let other =
        admin.patch(&path, &json!({"kind": "github", "alias": 7, "verify": "sometimes"})).await.expect(422);
    let mut found = other.pointers();
    found.sort();
    assert_eq!(found, ["", "/kind", "/verify"]);
}

#[tokio::test]
async fn cnf_01_no_answer_holds_the_client_secret() {
    let house = House::open().await;
    let admin = house.admin().await;
    let made = admin.post(INTEGRATIONS, &with_client("https://jira.example")).await.expect(201);
    let path = one(text(&made.json(), "id"));
    let change = json!({"secrets": {"client_secret": "cnry-second-secret"}});
    let answers = [
        made,
        admin.get(&path).await.expect(200),
        admin.get(INTEGRATIONS).await.expect(200),
        admin.patch(&path, &change).await.expect(200),
    ];
    for answer in answers {
        assert!(!answer.text().contains("cnry"), "{}", answer.text());
    }
    for record in house.store.audit(&house.a, 0, 10_000).await.unwrap() {
        assert!(!format!("{record:?}").contains("cnry"));
    }
}

#[tokio::test]
async fn what_is_tried_dry_leaves_a_record_and_nothing_else() {
    let house = House::open().await;
    let admin = house.admin().await;
    let dry =
        admin.post(&format!("{INTEGRATIONS}?dry_run=true"), &jira("https://a.example")).await.expect(200);
    assert_eq!(dry.json()["alias"], Value::Null);
    assert_eq!(admin.get(INTEGRATIONS).await.json()["items"], json!([]));
    let path = one(&create(&admin, &jira("https://a.example")).await);
    let before = admin.get(&path).await.json();
    let change = json!({"settings": {"base_url": "https://b.example"}});
    let dry = admin.patch(&format!("{path}?dry_run=true"), &change).await.expect(200);
    assert_eq!((dry.header("etag"), &dry.json()["settings"]["base_url"]), ("", &json!("https://b.example")));
    assert_eq!(admin.get(&path).await.json(), before);
    let record = house.store.audit(&house.a, 0, 10_000).await.unwrap().pop().unwrap().record;
    assert_eq!((record.action, record.outcome), (AuditAction::IntegrationChange, AuditOutcome::Attempted));
}

#[tokio::test]
async fn ccr_01_versions_and_twins_are_honoured() {
    let house = House::open().await;
    let admin = house.admin().await;
    let key = [("idempotency-key", "k-1")];
    let first = admin.json("POST", INTEGRATIONS, &key, &jira("https://a.example")).await.expect(201).json();
    let twin = admin.json("POST", INTEGRATIONS, &key, &jira("https://a.example")).await.expect(201).json();
    assert_eq!(first, twin);
    let path = one(text(&first, "id"));
    let name = |name: &str| json!({"name": name});
    admin.json("PATCH", &path, &[("if-match", "\"9\"")], &name("x")).await.expect(412);
    admin.json("PATCH", &path, &[("if-match", "\"1\"")], &name("second")).await.expect(200);
    let again = [("idempotency-key", "k-2")];
    for _ in 0..2 {
        let changed = admin.json("PATCH", &path, &again, &name("third")).await.expect(200);
        assert_eq!(changed.json()["version"], 3);
    }
    let other = admin.json("PATCH", &path, &again, &name("fourth")).await.expect(409);
    assert_eq!(other.code(), "idempotency_conflict");
    admin.send("DELETE", &path, &[("if-match", "\"2\"")], None).await.expect(412);
    let settings = json!({"settings": {"require_if_match": true}});
    admin.patch("/v1/workspaces/default", &settings).await.expect(200);
    admin.patch(&path, &name("fifth")).await.expect(428);
    let gone = [("idempotency-key", "k-3"), ("if-match", "\"3\"")];
    for _ in 0..2 {
        admin.send("DELETE", &path, &gone, None).await.expect(204);
    }
}

#[tokio::test]
async fn ten_05_an_integration_of_others_lends_nothing() {
    let house = House::open().await;
    let there = house.holder(house.b, Role::Admin).await;
    let theirs = format!("/v1/workspaces/{}/integrations", house.b.workspace());
    let foreign = there.post(&theirs, &jira("https://theirs.example")).await.expect(201).json();
    let admin = house.admin().await;
    for id in [text(&foreign, "id"), UNUSED] {
        admin.get(&one(id)).await.expect(404);
        admin.patch(&one(id), &json!({"name": "mine"})).await.expect(404);
        admin.delete(&one(id)).await.expect(404);
        let body = json!({"kind": "generic", "name": "n", "integration_id": id});
        let answer = admin.post(CREDENTIALS, &body).await.expect(422);
        let expected = json!([{"pointer": "/integration_id", "message": "reference not found"}]);
        assert_eq!(answer.json()["errors"], expected);
    }
}
