//! Deleting with its options, and what a preview tells of it.

use std::time::Duration;

use serde_json::{Value, json};
use strongroom_domain::principal::Role;

use super::world::{CREDENTIALS, World, draft, made, native, refused};
use crate::client::Client;

async fn preview(client: &Client, path: &str, options: Value) -> Value {
    client.post(&format!("{path}/previewDelete"), &json!({"options": options})).await.expect(200).json()
}

#[tokio::test]
async fn a_preview_without_holds_is_the_documented_object() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    let expected = json!({"blockers": [], "cascadeResources": [], "orphanResources": [], "finalizers": [],
        "availablePolicies": ["Restrict", "Foreground", "Background", "Orphan"], "softDeleteRecoverable": false});
    assert_eq!(preview(&client, &path, json!({})).await, expected);
    let bare = client.send("POST", &format!("{path}/previewDelete"), &[], None).await.expect(200);
    assert_eq!(bare.json(), expected);
    assert_eq!(bare.text(), expected.to_string(), "in the order of the contract");
    client.get(&path).await.expect(200);
}

#[tokio::test]
async fn blockers_are_the_holds_that_real_resolves_made() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    world.hold(&path, "flow-1", 60).await;
    world.hold(&path, "flow-2", 600).await;
    let shown = preview(&client, &path, json!({"propagationPolicy": "Restrict"})).await;
    let names = |shown: &Value, list: &str| -> Vec<Value> {
        shown[list].as_array().unwrap().iter().map(|one| one["resourceName"].clone()).collect()
    };
    assert_eq!(names(&shown, "blockers"), ["flow-1/w", "flow-2/w"]);
    assert_eq!(names(&shown, "orphanResources"), [""; 0]);
    let first = shown["blockers"][0].as_object().unwrap();
    assert_eq!(
        first.keys().collect::<Vec<_>>(),
        ["resourceType", "resourceUuid", "resourceName", "relation", "suggestion", "hard"]
    );
    assert_eq!((&first["resourceType"], &first["hard"]), (&json!("CredentialConsumer"), &json!(true)));

    let details =
        refused(&client.delete(&format!("{path}?options.propagationPolicy=Restrict")).await, 409, "SYS.1004");
    assert!(details.contains("flow-1/w until ") && details.contains("flow-2/w until "), "{details}");

    world.house.clock.advance(Duration::from_secs(61));
    let shown = preview(&client, &path, json!({"propagationPolicy": "Restrict"})).await;
    assert_eq!(names(&shown, "blockers"), ["flow-2/w"], "an expired hold blocks nothing");
    let admin = world.house.admin().await;
    admin.delete(&format!("{}/consumers/flow-2/w", native(&path))).await.expect(204);
    assert_eq!(
        preview(&client, &path, json!({"propagationPolicy": "Restrict"})).await["blockers"],
        json!([])
    );
    client.delete(&format!("{path}?options.propagationPolicy=Restrict")).await.expect(200);
}

#[tokio::test]
async fn only_restrict_asks_about_holds() {
    let world = World::open().await;
    let client = world.admin().await;
    for policy in ["", "Foreground", "Background", "Orphan"] {
        let path = made(&client, &draft("n", "v")).await;
        world.hold(&path, "flow", 600).await;
        let shown = preview(&client, &path, json!({"propagationPolicy": policy})).await;
        assert_eq!(
            (&shown["blockers"][0]["hard"], &shown["orphanResources"][0]["resourceName"]),
            (&json!(false), &json!("flow/w"))
        );
        let query = format!("{path}?options.propagationPolicy={policy}");
        assert_eq!(client.delete(&query).await.expect(200).json(), json!({}));
        client.get(&path).await.expect(404);
    }
}

#[tokio::test]
async fn force_is_denied_to_everybody_and_on_record() {
    let world = World::open().await;
    let path = made(&world.admin().await, &draft("n", "v")).await;
    for role in [Role::Admin, Role::Editor, Role::Viewer] {
        let client = world.client(role).await;
        let details = refused(&client.delete(&format!("{path}?options.force=true")).await, 403, "ID.1002");
        assert!(details.starts_with("PermissionDenied"), "{details}");
        assert_eq!(world.last_notes().await["dialect"], "zstack");
        let body = json!({"options": {"force": true}});
        refused(&client.post(&format!("{path}/previewDelete"), &body).await, 403, "ID.1002");
    }
    let client = world.admin().await;
    client.get(&path).await.expect(200);
    client.delete(&format!("{path}?options.force=false")).await.expect(200);
}

#[tokio::test]
async fn whoever_wants_a_way_back_does_not_lose_it() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    refused(&client.delete(&format!("{path}?options.propagationPolicy=SoftDelete")).await, 501, "SYS.1014");
    let body = json!({"options": {"propagationPolicy": "SoftDelete"}});
    refused(&client.post(&format!("{path}/previewDelete"), &body).await, 501, "SYS.1014");
    client.get(&path).await.expect(200);
}

#[tokio::test]
async fn a_delete_waits_its_grace_before_it_looks_at_holds() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    world.hold(&path, "flow", 600).await;
    let query = format!("{path}?options.propagationPolicy=Restrict&options.gracePeriodSeconds=1");
    refused(&client.delete(&query).await, 409, "SYS.1004");
    let begun = tokio::time::Instant::now();
    let (deleting, admin) = (
        {
            let client = client.clone();
            tokio::spawn(async move { client.delete(&query).await })
        },
        world.house.admin().await,
    );
    client.get(&path).await.expect(200);
    admin.delete(&format!("{}/consumers/flow/w", native(&path))).await.expect(204);
    deleting.await.unwrap().expect(200);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let notes = world.last_notes().await;
    assert_eq!((notes["grace_seconds"].as_str(), notes["propagation_policy"].as_str()), ("1", "Restrict"));
}

#[tokio::test]
async fn nobody_waits_for_what_is_not_theirs_and_a_token_revoked_meanwhile_deletes_nothing() {
    let world = World::open().await;
    let path = made(&world.admin().await, &draft("n", "v")).await;
    let long = "options.gracePeriodSeconds=300";
    refused(&world.admin().await.delete(&format!("{}?{long}", super::world::UNKNOWN)).await, 404, "SYS.1003");
    refused(&world.client(Role::Viewer).await.delete(&format!("{path}?{long}")).await, 403, "ID.1002");
    let native = world.house.admin().await;
    let issued = native.post("/v1/tokens", &crate::house::new_token("editor")).await.expect(201).json();
    let client = Client::new(&world.router, issued["token"].as_str());
    let deleting = {
        let path = path.clone();
        tokio::spawn(async move { client.delete(&format!("{path}?options.gracePeriodSeconds=1")).await })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    native.delete(&format!("/v1/tokens/{}", issued["id"].as_str().unwrap())).await.expect(204);
    refused(&deleting.await.unwrap(), 401, "ID.1001");
    world.admin().await.get(&path).await.expect(200);
}

#[tokio::test]
async fn options_that_are_none_are_refused_and_delete_nothing() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    for query in [
        "options.propagationPolicy=restrict",
        "options.propagationPolicy=cnry",
        "options.force=cnry",
        "options.force=",
        "options.gracePeriodSeconds=-1",
        "options.gracePeriodSeconds=301",
        "options.revokeRemoteCredentials=1",
        "options.propogationPolicy=Restrict",
        "propagationPolicy=Restrict",
        "operator=a%0Ab",
        "options.propagationPolicy=Restrict&options.propagationPolicy=Orphan",
    ] {
        let details = refused(&client.delete(&format!("{path}?{query}")).await, 400, "SYS.1007");
        assert!(!details.contains("cnry"), "{details}");
    }
    for options in [
        json!("Restrict"),
        json!({"propagationPolicy": "restrict"}),
        json!({"force": "true"}),
        json!({"gracePeriodSeconds": -1}),
        json!({"gracePeriodSeconds": 301}),
        json!({"revokeRemoteCredentials": 1}),
    ] {
        let body = json!({"options": options});
        refused(&client.post(&format!("{path}/previewDelete"), &body).await, 400, "SYS.1007");
    }
    for options in [json!(null), json!({"propagationPolicy": null, "force": null, "other": 1})] {
        client.post(&format!("{path}/previewDelete"), &json!({"options": options})).await.expect(200);
    }
    assert_eq!(client.get(CREDENTIALS).await.json()["total"], 1);
}
