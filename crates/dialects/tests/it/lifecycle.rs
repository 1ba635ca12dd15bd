//! A credential from its making to its end, as API.md shows it.

use serde_json::{Value, json};
use strongroom_domain::principal::Role;

use crate::house::{CREDENTIALS, House, text};

#[tokio::test]
async fn a_credential_is_made_shown_changed_used_and_deleted() {
    let house = House::open().await;
    let admin = house.admin().await;
    let body = json!({"kind": "generic", "name": "reporting", "slug": "reporting", "description": "of the team",
        "settings": {"region": "north"}, "secrets": {"token": "one"}, "labels": {"team": "data"},
        "owner": {"type": "end_user", "id": "customer-7"}, "expires_at": "2026-01-03T00:00:00+01:00"});
    let made = admin.post(CREDENTIALS, &body).await.expect(201);
    let id = text(&made.json(), "id").to_owned();
    let here = house.a.workspace();
    assert_eq!(made.header("location"), format!("/v1/workspaces/{here}/credentials/{id}"));
    assert_eq!(made.header("etag"), "\"1\"");
    let shown = admin.get(made.header("location")).await.expect(200).json();
    assert_eq!(shown, made.json());
    assert_eq!(admin.get(&format!("{CREDENTIALS}/~reporting")).await.expect(200).json(), shown);
    insta::assert_json_snapshot!("credential", shown, {
        ".id" => "[id]", ".workspace_id" => "[id]", ".created_by" => "[id]", ".modified_by" => "[id]",
        ".verification.duration_ms" => "[ms]",
    });

    let path = format!("{CREDENTIALS}/{id}");
    let change =
        json!({"labels": {"team": null, "stage": "prod"}, "secrets": {"token": "two"}, "slug": null});
    let changed = admin.patch(&path, &change).await.expect(200).json();
    assert_eq!((&changed["version"], &changed["value_version"]), (&json!(2), &json!(2)));
    assert_eq!((&changed["labels"], &changed["slug"]), (&json!({"stage": "prod"}), &Value::Null));
    admin.get(&format!("{CREDENTIALS}/~reporting")).await.expect(404);
    house.clock.advance(std::time::Duration::from_hours(48));
    assert_eq!(admin.get(&path).await.json()["health"]["status"], "expired", "seen when it is read");

    admin.delete(&path).await.expect(204);
    admin.get(&path).await.expect(404);
}

#[tokio::test]
async fn history_names_parts_and_people_and_no_values() {
    let house = House::open().await;
    let admin = house.admin().await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "cnry").await);
    admin.patch(&path, &json!({"name": "new", "secrets": {"token": "cnry-2"}})).await.expect(200);
    let history = admin.get(&format!("{path}/history")).await.expect(200);
    assert!(!history.text().contains("cnry"), "{}", history.text());
    let newest = &history.json()["items"][0];
    assert_eq!((&newest["action"], &newest["version"]), (&json!("credential.change"), &json!(2)));
    assert_eq!(newest["fields"], json!(["name", "secrets.token"]));
    assert_eq!(
        (&newest["actor"]["type"], &newest["actor"]["kind"]),
        (&json!("principal"), &json!("service"))
    );
    let page = admin.get(&format!("{path}/history?limit=1")).await.expect(200).json();
    let cursor = text(&page, "next_cursor");
    let rest = admin.get(&format!("{path}/history?cursor={cursor}")).await.expect(200).json();
    assert_eq!(rest["items"].as_array().unwrap().last().unwrap()["action"], "credential.create");
}

#[tokio::test]
async fn who_holds_what_is_known_until_it_is_given_back() {
    let house = House::open().await;
    let admin = house.admin().await;
    let runner = house.holder(house.a, Role::Runner).await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "one").await);
    let consumer = json!({"consumer": {"name": "flow 42", "instance": "worker-1"}, "hold_seconds": 3600});
    let resolved = runner.post(&format!("{path}/resolve"), &consumer).await.expect(200).json();
    let names: Vec<&String> = resolved.as_object().unwrap().keys().collect();
    let expected =
        ["id", "kind", "version", "value_version", "settings", "secrets", "expires_at", "hold_until"];
    assert_eq!(names, expected);
    assert_eq!(resolved["hold_until"], "2026-01-01T01:00:00.000Z");

    admin.patch(&path, &json!({"secrets": {"token": "two"}})).await.expect(200);
    let held = admin.get(&format!("{path}/consumers")).await.expect(200).json();
    assert_eq!((&held["value_version"], held["items"].as_array().unwrap().len()), (&json!(2), 1));
    let first = &held["items"][0];
    assert_eq!(
        (&first["name"], &first["value_version"], &first["stale"]),
        (&json!("flow 42"), &json!(1), &json!(true))
    );
    let used = admin.get("/v1/workspaces/default/consumers/flow%2042/credentials").await.expect(200).json();
    assert_eq!((&used["items"][0]["id"], &used["items"][0]["stale"]), (&resolved["id"], &json!(true)));

    let refused = admin.delete(&path).await.expect(409);
    assert_eq!(
        (refused.code().as_str(), &refused.json()["consumers"][0]["instance"]),
        ("in_use", &json!("worker-1"))
    );
    runner.delete(&format!("{path}/consumers/flow%2042/worker-1")).await.expect(204);
    runner.delete(&format!("{path}/consumers/flow%2042/worker-1")).await.expect(404);
    admin.delete(&path).await.expect(204);
}

#[tokio::test]
async fn many_are_resolved_in_the_order_asked_for() {
    let house = House::open().await;
    let admin = house.admin().await;
    let first = house.credential(house.a, "one").await;
    let body = json!({"kind": "generic", "name": "n", "slug": "second", "settings": {"url": "u"},
        "secrets": {"token": "two"}});
    let second = admin.post(CREDENTIALS, &body).await.expect(201).json();
    let refs = [
        "strongroom://default/second",
        "strongroom://default/second#token",
        "strongroom://default/second#url",
        "strongroom://default/second#none",
    ];
    let many = admin
        .post(
            &format!("{CREDENTIALS}/resolve"),
            &json!({"refs": refs, "ids": [first], "consumer": {"name": "f"}}),
        )
        .await
        .expect(200)
        .json();
    let items = many["items"].as_array().unwrap();
    assert_eq!((&items[0]["id"], &items[0]["secrets"]["token"]), (&json!(first), &json!("one")));
    assert_eq!((&items[1]["ref"], &items[1]["id"]), (&json!(refs[0]), &second["id"]));
    assert_eq!(items[1]["secrets"], json!({"token": "two"}));
    assert_eq!((&items[2]["value"], items[2].get("secrets")), (&json!("two"), None));
    assert_eq!(items[3]["value"], "u");
    let error = &items[4]["error"];
    assert_eq!(
        (&items[4]["ref"], &error["code"], &error["status"]),
        (&json!(refs[3]), &json!("validation_failed"), &json!(422))
    );

    let path = format!("{CREDENTIALS}/resolve");
    admin.post(&path, &json!({})).await.expect(422);
    admin.post(&path, &json!({"ids": vec![first; 101]})).await.expect(422);
    admin.post(&path, &json!({"ids": ["tok_1"]})).await.expect(422);
    admin.post(&path, &json!({"refs": ["https://x"]})).await.expect(422);
}

#[tokio::test]
async fn a_report_about_a_replaced_value_says_so() {
    let house = House::open().await;
    let runner = house.holder(house.a, Role::Runner).await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "one").await);
    house.admin().await.patch(&path, &json!({"secrets": {"token": "two"}})).await.expect(200);
    let report =
        json!({"value_version": 1, "outcome": "rejected", "status": 401, "consumer": {"name": "flow"}});
    let answer = runner.post(&format!("{path}/report"), &report).await.expect(200).json();
    assert_eq!(answer, json!({"verdict": "superseded", "value_version": 2}));
    let praise = json!({"value_version": 1, "outcome": "accepted"});
    assert_eq!(runner.post(&format!("{path}/report"), &praise).await.expect(422).pointers(), ["/outcome"]);
}

#[tokio::test]
async fn a_workspace_is_shown_and_changed() {
    let house = House::open().await;
    let admin = house.admin().await;
    let path = "/v1/workspaces/default";
    let change = json!({"name": "Production", "settings": {"hold_seconds": 120, "ssh_host_keys": "stated"}});
    let changed = admin.patch(path, &change).await.expect(200).json();
    assert_eq!(changed["settings"]["hold_seconds"], 120);
    assert_eq!(admin.get(path).await.expect(200).json(), changed);
    let unset = admin.patch(path, &json!({"settings": {"ssh_host_keys": null}})).await.expect(200).json();
    assert_eq!((&unset["settings"]["ssh_host_keys"], &unset["name"]), (&Value::Null, &json!("Production")));
    for (setting, value) in
        [("hold_seconds", json!(0)), ("verify", json!("skip")), ("duplicates", json!("off"))]
    {
        let answer = admin.patch(path, &json!({"settings": {setting: value}})).await.expect(422);
        assert_eq!(answer.pointers(), [format!("/settings/{setting}")]);
    }
}

#[tokio::test]
async fn the_catalogue_and_the_limits_are_shown() {
    let house = House::open().await;
    let viewer = house.holder(house.a, Role::Viewer).await;
    let kinds = viewer.get("/v1/kinds").await.expect(200).json();
    let postgresql =
        kinds["items"].as_array().unwrap().iter().find(|kind| kind["name"] == "postgresql").unwrap();
    assert_eq!(&viewer.get("/v1/kinds/postgresql").await.expect(200).json(), postgresql);
    assert_eq!(postgresql["check"], "live_tested");
    let password = "/schema/oneOf/0/properties/secrets/properties/password/x-secret";
    assert_eq!(postgresql.pointer(password), Some(&json!(true)));
    viewer.get("/v1/kinds/none").await.expect(404);
    viewer.get("/v1/kinds/none/icon").await.expect(404);
    for kind in kinds["items"].as_array().unwrap() {
        let icon = viewer.get(text(kind, "icon")).await.expect(200);
        assert!(icon.text().starts_with("<svg "), "{kind}");
        assert_eq!(icon.header("content-type"), "image/svg+xml");
        assert_eq!(icon.header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(icon.header("x-content-type-options"), "nosniff");
        assert_eq!(icon.header("cache-control"), "private, max-age=3600");
        assert_eq!(icon.header("vary"), "authorization");
    }
    insta::assert_json_snapshot!("limits", viewer.get("/v1/limits").await.expect(200).json());
}
