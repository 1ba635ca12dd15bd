//! TEN: what belongs to others does not exist, however one asks.

use serde_json::{Value, json};
use strongroom_domain::principal::Role;

use crate::client::{Answer, Client, JSON};
use crate::house::{CREDENTIALS, House, text};

const UNUSED: &str = "cred_0192a3b4c5d67e8f9011223344556677";

/// Every act on one credential.
async fn acts(client: &Client, id: &str) -> Vec<Answer> {
    let path = format!("{CREDENTIALS}/{id}");
    let report = json!({"value_version": 1, "outcome": "rejected"});
    vec![
        client.get(&path).await,
        client.patch(&path, &json!({"name": "mine now"})).await,
        client.put(&path, &json!({"settings": {}, "secrets": {"token": "x"}})).await,
        client.post(&format!("{path}/verify"), &json!({})).await,
        client.post(&format!("{path}/resolve"), &json!({})).await,
        client.post(&format!("{path}/report"), &report).await,
        client.get(&format!("{path}/history")).await,
        client.get(&format!("{path}/consumers")).await,
        client.delete(&format!("{path}/consumers/flow/worker")).await,
        client.delete(&path).await,
        client.delete(&format!("{path}?force=true")).await,
    ]
}

#[tokio::test]
async fn ten_01_a_foreign_credential_and_an_unused_id_are_the_same() {
    let house = House::open().await;
    let foreign = [house.credential(house.b, "cnry").await, house.credential(house.a2, "cnry").await];
    let admin = house.admin().await;
    for foreign in &foreign {
        let theirs = acts(&admin, foreign).await;
        let nobodys = acts(&admin, UNUSED).await;
        for (nth, (theirs, nobodys)) in theirs.into_iter().zip(nobodys).enumerate() {
            assert_eq!((theirs.status, theirs.code().as_str()), (404, "not_found"), "act {nth}");
            assert_eq!(theirs.without_request(), nobodys.without_request(), "act {nth}");
        }
        admin.get(&format!("{CREDENTIALS}/~{foreign}")).await.expect(404);
    }
    for (scope, id) in [(house.b, &foreign[0]), (house.a2, &foreign[1])] {
        let path = format!("/v1/workspaces/{}/credentials/{id}", scope.workspace());
        let owner = house.holder(scope, Role::Admin).await;
        assert_eq!(owner.get(&path).await.expect(200).json()["version"], 1, "nothing was changed");
    }
}

#[tokio::test]
async fn ten_01_many_at_once_tell_no_more_than_one() {
    let house = House::open().await;
    let (own, foreign) = (house.credential(house.a, "own").await, house.credential(house.b, "theirs").await);
    let there = house.b.workspace();
    let body = json!({"ids": [foreign, own, UNUSED], "refs": [format!("strongroom://{there}/x"), "strongroom://default/x"]});
    let items = house.admin().await.post(&format!("{CREDENTIALS}/resolve"), &body).await.expect(200).json();
    let items = items["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 5);
    assert_eq!((&items[1]["id"], &items[1]["secrets"]), (&own.into(), &json!({"token": "own"})));
    for other in [2, 3, 4] {
        assert_eq!(items[other]["error"], items[0]["error"]);
    }
    assert_eq!(items[0]["error"]["code"], "not_found");
    assert_eq!(items[3]["ref"], format!("strongroom://{there}/x"));
}

#[tokio::test]
async fn ten_04_the_workspace_is_the_tokens_and_the_paths_together() {
    let house = House::open().await;
    house.credential(house.a, "a").await;
    let admin = house.admin().await;
    for named in [house.b.workspace().to_string(), house.a2.workspace().to_string(), "staging".to_owned()] {
        admin.get(&format!("/v1/workspaces/{named}/credentials")).await.expect(404);
    }
    for named in ["DEFAULT", "default%20", "*", "null", "..", "default%2f..%2fdefault"] {
        admin.get(&format!("/v1/workspaces/{named}/credentials")).await.expect(404);
    }
    let there = house.b.workspace().to_string();
    let spoofed = [("x-workspace", there.as_str()), ("x-workspace-id", &there), ("x-org-id", "org")];
    let listed = admin.send("GET", CREDENTIALS, &spoofed, None).await.expect(200).json();
    assert_eq!(listed["items"][0]["workspace_id"], house.a.workspace().to_string());
    admin.get(&format!("{CREDENTIALS}?workspace={there}")).await.expect(422);
    let body = json!({"kind": "generic", "name": "x", "workspace_id": there});
    assert_eq!(admin.post(CREDENTIALS, &body).await.expect(422).pointers(), ["/workspace_id"]);
}

#[tokio::test]
async fn ten_05_references_are_looked_up_where_the_caller_is() {
    let house = House::open().await;
    let foreign = house.credential(house.b, "theirs").await;
    let admin = house.admin().await;
    let body =
        json!({"kind": "generic", "name": "x", "integration_id": "int_0192a3b4c5d67e8f9011223344556677"});
    let answer = admin.post(CREDENTIALS, &body).await.expect(422);
    assert_eq!(
        answer.json()["errors"],
        json!([{"pointer": "/integration_id", "message": "reference not found"}])
    );
    for id in [foreign.as_str(), UNUSED] {
        let body = json!({"name": "n", "kind": "workload", "role": "runner", "workspace": "default", "credentials": [id]});
        let answer = admin.post("/v1/tokens", &body).await.expect(422);
        let expected = json!([{"pointer": "/credentials/0", "message": "reference not found"}]);
        assert_eq!(answer.json()["errors"], expected);
    }
    let template = format!("{{{{{foreign}}}}}");
    let body = json!({"kind": "generic", "name": template, "settings": {"other": template}});
    let made = admin.post(CREDENTIALS, &body).await.expect(201).json();
    assert_eq!((&made["name"], &made["settings"]["other"]), (&template.clone().into(), &template.into()));
}

fn ids(listed: &Value) -> Vec<&str> {
    listed["items"].as_array().unwrap().iter().map(|item| text(item, "id")).collect()
}

#[tokio::test]
async fn ten_08_no_filter_widens_the_set() {
    let house = House::open().await;
    let own = house.credential(house.a, "own").await;
    house.credential(house.a2, "next door").await;
    house.credential(house.b, "theirs").await;
    let admin = house.admin().await;
    for query in [
        "",
        "?",
        "?owner=workspace",
        "?kind=generic",
        "?limit=200",
        "?q=",
        "?q=a%20credential",
        "?health=unknown",
        // Signs are no letters: no word is asked for, and none is a wildcard.
        "?q=*",
        "?q=%25",
    ] {
        let listed = admin.get(&format!("{CREDENTIALS}{query}")).await.expect(200).json();
        assert_eq!(ids(&listed), [own.as_str()], "{query}");
    }
    for query in [
        "?owner=",
        "?owner=*",
        "?owner=null",
        "?owner[]=x",
        "?workspace=*",
        "?limit=0",
        "?limit=201",
        "?label=x",
    ] {
        admin.get(&format!("{CREDENTIALS}{query}")).await.expect(422);
    }
    for query in
        ["?kind=", "?kind=*", "?q=redential", "?q=*redential", "?label=a:b", "?target_host=example.com"]
    {
        let listed = admin.get(&format!("{CREDENTIALS}{query}")).await.expect(200).json();
        assert_eq!(ids(&listed), [""; 0], "{query}");
    }
}

#[tokio::test]
async fn ten_10_a_narrow_token_sees_its_own_everywhere() {
    let house = House::open().await;
    let (own, other) = (house.credential(house.a, "own").await, house.credential(house.a, "other").await);
    let consumer = json!({"consumer": {"name": "flow", "instance": "w"}});
    for id in [&own, &other] {
        house.admin().await.post(&format!("{CREDENTIALS}/{id}/resolve"), &consumer).await.expect(200);
    }
    let narrow = house.narrow(house.a, &[&own]).await;
    assert_eq!(ids(&narrow.get(CREDENTIALS).await.expect(200).json()), [own.as_str()]);
    assert_eq!(
        ids(&narrow.get(&format!("{CREDENTIALS}?q=credential&limit=1")).await.expect(200).json()),
        [own.as_str()]
    );
    let used = narrow.get("/v1/workspaces/default/consumers/flow/credentials").await.expect(200).json();
    assert_eq!(ids(&used), [own.as_str()]);
    let many = narrow
        .post(&format!("{CREDENTIALS}/resolve"), &json!({"ids": [own, other]}))
        .await
        .expect(200)
        .json();
    assert_eq!(many["items"][0]["secrets"]["token"], "own");
    assert_eq!(many["items"][1]["error"]["code"], "not_found");
    for answer in acts(&narrow, &other).await {
        assert_eq!(answer.status, 404);
    }
    narrow.post(CREDENTIALS, &json!({"kind": "generic", "name": "x"})).await.expect(403);
}

#[tokio::test]
async fn ten_15_the_same_slug_lives_in_every_workspace() {
    let house = House::open().await;
    let body = json!({"kind": "generic", "name": "db", "slug": "prod-db", "secrets": {"token": "x"}});
    for scope in [house.a, house.a2, house.b] {
        let owner = house.holder(scope, Role::Admin).await;
        let base = format!("/v1/workspaces/{}/credentials", scope.workspace());
        let made = owner.post(&base, &body).await.expect(201).json();
        let found = owner.get(&format!("{base}/~prod-db")).await.expect(200).json();
        assert_eq!(
            (&found["id"], &found["workspace_id"]),
            (&made["id"], &scope.workspace().to_string().into())
        );
    }
}

#[tokio::test]
async fn ten_16_no_token_issues_a_wider_one() {
    let house = House::open().await;
    for role in [Role::Viewer, Role::Editor, Role::Runner] {
        let holder = house.holder(house.a, role).await;
        holder.post("/v1/tokens", &crate::house::new_token("viewer")).await.expect(403);
        let own = holder.send("PATCH", "/v1/workspaces/default", JSON, Some(b"{\"name\":\"x\"}")).await;
        own.expect(403);
    }
}
