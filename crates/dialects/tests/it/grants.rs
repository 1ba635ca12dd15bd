//! What is granted to a token beside its role at home: other workspaces, some credentials, nothing wider than
//! its issuer's own.

use std::time::Duration;

use serde_json::{Value, json};
use strongroom_domain::Scope;
use strongroom_domain::principal::Role;

use crate::client::Client;
use crate::house::{CREDENTIALS, House, new_token, text};

fn credentials_of(scope: Scope) -> String {
    format!("/v1/workspaces/{}/credentials", scope.workspace())
}

/// A token of the first workspace with these grants, issued by the founder.
async fn granted(house: &House, role: &str, grants: Value) -> Client {
    let mut new = new_token(role);
    new["grants"] = grants;
    house.with_token(text(&house.founder().post("/v1/tokens", &new).await.expect(201).json(), "token"))
}

#[tokio::test]
async fn ten_02_a_grant_counts_in_its_workspace_alone() {
    let house = House::open().await;
    let id = house.credential(house.a2, "one").await;
    let one = format!("{}/{id}", credentials_of(house.a2));
    let grants = json!([{"place": "workspace", "workspace": "staging", "role": "viewer"}]);
    let caller = granted(&house, "editor", grants).await;
    caller.get(&one).await.expect(200);
    caller.get(&format!("/v1/workspaces/staging/credentials/{id}")).await.expect(200);
    caller.patch(&one, &json!({"description": "x"})).await.expect(403);
    let new = json!({"kind": "generic", "name": "mine", "secrets": {"token": "x"}});
    caller.post(CREDENTIALS, &new).await.expect(201);
    caller.post(&credentials_of(house.a2), &new).await.expect(403);
    caller.get(&credentials_of(house.b)).await.expect(404);
    // By an id of another workspace nothing is reached through this one.
    caller.get(&format!("{CREDENTIALS}/{id}")).await.expect(404);
}

#[tokio::test]
async fn ten_02_a_grant_for_the_organization_ends_at_it() {
    let house = House::open().await;
    let caller = granted(&house, "viewer", json!([{"place": "organization", "role": "auditor"}])).await;
    caller.get(&credentials_of(house.a2)).await.expect(200);
    let new = json!({"kind": "generic", "name": "mine", "secrets": {"token": "x"}});
    caller.post(&credentials_of(house.a2), &new).await.expect(403);
    let (foreign, unknown) = (caller.get(&credentials_of(house.b)).await, format!("{:032x}", 77));
    let unknown = caller.get(&format!("/v1/workspaces/ws_{unknown}/credentials")).await;
    assert_eq!((foreign.expect(404).status, unknown.expect(404).status), (404, 404));
}

#[tokio::test]
async fn ten_16_no_token_is_wider_than_its_issuer() {
    let house = House::open().await;
    let admin = house.admin().await;
    let with = |field: &str, value: Value| {
        let mut new = new_token("viewer");
        new[field] = value;
        new
    };
    admin.post("/v1/tokens", &new_token("owner")).await.expect(403);
    for place in ["organization", "installation"] {
        let grants = json!([{"place": place, "role": "viewer"}]);
        admin.post("/v1/tokens", &with("grants", grants)).await.expect(403);
    }
    // A workspace that it may not enter is none that it knows.
    let elsewhere = json!([{"place": "workspace", "workspace": "staging", "role": "viewer"}]);
    let refused = admin.post("/v1/tokens", &with("grants", elsewhere)).await.expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/grants/0/workspace");
    // Nor does it take over one that is wider: by its new text it would hold it.
    let owner = house.founder().post("/v1/tokens", &new_token("owner")).await.expect(201).json();
    let path = format!("/v1/tokens/{}", text(&owner, "id"));
    admin.post(&format!("{path}/rotate"), &json!({})).await.expect(403);
    admin.delete(&path).await.expect(403);
    house.with_token(text(&owner, "token")).get(CREDENTIALS).await.expect(200);
}

#[tokio::test]
async fn ten_10_a_token_by_kind_and_label_sees_and_makes_its_own_alone() {
    let house = House::open().await;
    let admin = house.admin().await;
    let new = |team: &str| json!({"kind": "generic", "name": team, "labels": {"team": team}, "secrets": {"token": "x"}});
    let id = |answer: Value| text(&answer, "id").to_owned();
    let data = id(admin.post(CREDENTIALS, &new("data")).await.expect(201).json());
    let web = id(admin.post(CREDENTIALS, &new("web")).await.expect(201).json());
    let mut token = new_token("editor");
    token["labels"] = json!({"team": "data"});
    token["kinds"] = json!(["generic"]);
    let issued = admin.post("/v1/tokens", &token).await.expect(201).json();
    assert_eq!((&issued["labels"], &issued["kinds"]), (&token["labels"], &token["kinds"]));
    let editor = house.with_token(text(&issued, "token"));

    let listed = editor.get(CREDENTIALS).await.expect(200).json();
    let names: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|one| text(one, "name")).collect();
    assert_eq!(names, ["data"]);
    let none = editor.get(&format!("{CREDENTIALS}?label=team:web")).await.expect(200).json();
    assert_eq!(none["items"], json!([]));
    editor.get(&format!("{CREDENTIALS}/{web}")).await.expect(404);
    editor.patch(&format!("{CREDENTIALS}/{web}"), &json!({"labels": {"team": "data"}})).await.expect(404);

    editor.post(CREDENTIALS, &new("data")).await.expect(201);
    editor.post(CREDENTIALS, &new("web")).await.expect(403);
    let mine = format!("{CREDENTIALS}/{data}");
    editor.patch(&mine, &json!({"description": "mine"})).await.expect(200);
    for labels in [json!({"team": "web"}), json!({"team": null})] {
        editor.patch(&mine, &json!({"labels": labels})).await.expect(403);
    }
    assert_eq!(admin.get(&mine).await.expect(200).json()["labels"], json!({"team": "data"}));
    // What its owner moves away is gone for it at once.
    admin.patch(&mine, &json!({"labels": {"team": "web"}})).await.expect(200);
    editor.get(&mine).await.expect(404);
}

#[tokio::test]
async fn aut_10_a_rotated_token_goes_on_for_the_overlap_alone() {
    let house = House::open().await;
    let admin = house.admin().await;
    let issued = admin.post("/v1/tokens", &new_token("viewer")).await.expect(201).json();
    let rotate = format!("/v1/tokens/{}/rotate", text(&issued, "id"));
    let old = house.with_token(text(&issued, "token"));
    let next = admin.post(&rotate, &json!({"overlap_seconds": 60})).await.expect(200).json();
    let new = house.with_token(text(&next, "token"));
    house.clock.advance(Duration::from_secs(59));
    old.get(CREDENTIALS).await.expect(200);
    new.get(CREDENTIALS).await.expect(200);
    house.clock.advance(Duration::from_secs(1));
    old.get(CREDENTIALS).await.expect(401);
    new.get(CREDENTIALS).await.expect(200);
    // Rotated twice, the first one is gone whatever was said.
    let third = admin.post(&rotate, &json!({"overlap_seconds": 3600})).await.expect(200).json();
    admin.post(&rotate, &json!({"overlap_seconds": 3600})).await.expect(200);
    new.get(CREDENTIALS).await.expect(401);
    house.with_token(text(&third, "token")).get(CREDENTIALS).await.expect(200);
    admin.post(&rotate, &json!({"overlap_seconds": 86401})).await.expect(422);
}

/// A wire format without workspaces cannot say which one is meant.
#[tokio::test]
async fn ten_04_a_dialect_takes_no_token_that_spans_workspaces() {
    let house = House::open().await;
    let grants = json!([{"place": "workspace", "workspace": "staging", "role": "viewer"}]);
    let mut new = new_token("viewer");
    new["grants"] = grants;
    let spanning =
        text(&house.founder().post("/v1/tokens", &new).await.expect(201).json(), "token").to_owned();
    let home = house.text_in(house.a, Role::Viewer).await;
    let table = strongroom_dialects::zstack::table();
    let path = format!("{}/api/v1/credentials", table.prefix());
    let router = table.router(&house.edge());
    Client::new(&router, Some(&home)).get(&path).await.expect(200);
    Client::new(&router, Some(&spanning)).get(&path).await.expect(403);
    house.service.grow_audit_trees_now(drop).await.unwrap();
    let denied = "/v1/workspaces/default/audit?action=workspace.read&outcome=denied";
    let told = house.admin().await.get(denied).await.expect(200).json();
    assert_eq!(told["items"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(told["items"][0]["record"]["notes"]["dialect"], "zstack");
}
