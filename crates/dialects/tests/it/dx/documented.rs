//! Sections 3.2, 3.3, 3.4 and 3.6 of the contract: methods, objects, create, delete.

use serde_json::{Value, json};
use strongroom_domain::principal::Role;

use super::{TOKEN, World, assert_plain, example, keys};
use crate::client::Client;
use crate::house::{CREDENTIALS, text};

#[tokio::test]
async fn every_method_answers_under_its_own_name() {
    let world = World::open().await;
    let created = world.call("credentials.create", &example()).await.expect(201).json();
    assert_eq!((&created["ok"], keys(&created)), (&json!(true), vec!["ok", "credential"]));
    let id = created["credential"]["id"].clone();
    let get = async |path: &str| world.dx.get(path).await.expect(200).json();
    assert_eq!(keys(&get("/api/connections.list").await), ["ok", "connections"]);
    assert_eq!(keys(&get(&format!("/api/connections.info/{}", world.jira)).await), ["ok", "connection"]);
    assert_eq!(keys(&get(&world.path("credentials.list")).await), ["ok", "credentials"]);
    assert_eq!(keys(&get(&world.path(&format!("credentials.info/{id}"))).await), ["ok", "credential"]);
    let updated = world.update(&json!({"id": id})).await.expect(200).json();
    assert_eq!((&updated["ok"], keys(&updated)), (&json!(true), vec!["ok", "credential"]));
    let deleted = world.call("credentials.delete", &json!({"id": id})).await.expect(200);
    assert_eq!(deleted.text(), r#"{"ok":true}"#);
}

#[tokio::test]
async fn a_credential_has_the_documented_fields_and_no_secret() {
    let world = World::open().await;
    let answer = world.call("credentials.create", &example()).await.expect(201);
    assert!(answer.text().contains("Automation user \u{2014} myfakecompany"), "UTF-8, unescaped");
    let created = answer.json()["credential"].clone();
    assert_eq!(keys(&created), ["id", "type", "label", "created_at"]);
    assert_eq!((&created["type"], &created["label"]), (&json!("jira_cloud"), &example()["label"]));
    let id = created["id"].as_u64().unwrap();
    let listed = world.dx.get(&world.path("credentials.list")).await.expect(200);
    let listed_one = listed.json()["credentials"][0].clone();
    let fields = ["id", "type", "label", "settings", "created_at", "disabled_at", "expiration_date"];
    assert_eq!(keys(&listed_one), fields);
    let info = world.info(id).await;
    let fields =
        ["id", "type", "label", "settings", "created_at", "disabled_at", "deleted_at", "expiration_date"];
    assert_eq!(keys(&info), fields);
    for (name, value) in listed_one.as_object().unwrap() {
        assert_eq!(&info[name], value, "{name}");
    }
    assert_eq!(info["settings"], example()["settings"], "as it was sent");
    let empty = [&info["disabled_at"], &info["deleted_at"], &info["expiration_date"]];
    assert_eq!(empty, [&Value::Null; 3]);
    let at = created["created_at"].as_str().unwrap();
    assert!(at.len() == 24 && at.contains(".000Z"), "{at}");
    let updated = world.update(&json!({"id": id, "label": "renamed"})).await.expect(200);
    assert_eq!(keys(&updated.json()["credential"]), ["id", "type", "label", "created_at"]);
    for text in [answer.text(), listed.text(), info.to_string(), updated.text()] {
        assert!(!text.contains(TOKEN), "{text}");
    }
    assert_eq!(world.secrets(id).await, json!({"api_token": TOKEN}), "sealed, and whole");
}

#[tokio::test]
async fn a_connection_has_the_documented_fields() {
    let world = World::open().await;
    let one = world.dx.get(&format!("/api/connections.info/{}", world.jira)).await.expect(200).json();
    let one = one["connection"].clone();
    let listed = [
        "id",
        "type",
        "name",
        "state",
        "disabled_at",
        "last_synced_at",
        "created_at",
        "supports_multiple_credentials",
    ];
    let all: Vec<&str> = listed.into_iter().chain(["settings", "disabled_reason", "updated_at"]).collect();
    assert_eq!(keys(&one), all);
    assert_eq!((&one["id"], &one["type"]), (&json!(world.jira), &json!("jira_cloud")));
    assert_eq!(
        (&one["name"], &one["supports_multiple_credentials"]),
        (&json!("our jira_cloud"), &json!(true))
    );
    assert_eq!(one["settings"], json!({"base_url": world.site.address()}));
    world.connect("snyk", json!({})).await;
    world.connect("github", json!({})).await;
    let found = world.dx.get("/api/connections.list").await.expect(200).json();
    let found = found["connections"].as_array().unwrap();
    let types: Vec<&str> = found.iter().map(|one| text(one, "type")).collect();
    assert_eq!(types, ["github", "jira_cloud", "snyk"], "by type");
    assert_eq!(keys(&found[0]), listed);
    let many: Vec<&Value> = found.iter().map(|one| &one["supports_multiple_credentials"]).collect();
    assert_eq!(many, [&json!(true), &json!(true), &json!(false)]);
}

#[tokio::test]
async fn a_connection_is_verified_by_its_credentials() {
    let world = World::open().await;
    let state = async || {
        let listed = world.dx.get("/api/connections.list").await.expect(200).json();
        let shown = world.dx.get(&format!("/api/connections.info/{}", world.jira)).await.expect(200).json();
        assert_eq!(listed["connections"][0]["state"], shown["connection"]["state"]);
        text(&shown["connection"], "state").to_owned()
    };
    assert_eq!(state().await, "unverified");
    let id = world.created().await;
    assert_eq!(state().await, "verified");
    world.update(&json!({"id": id, "expiration_date": "2020-01-01"})).await.expect(200);
    assert_eq!(state().await, "unverified", "what has expired proves nothing");
}

#[tokio::test]
async fn all_of_a_create_is_optional_as_far_as_the_type_allows() {
    let world = World::open().await;
    let only = json!({"settings": {"jira_user": super::USER}, "secrets": {"api_token": TOKEN}});
    let made = world.call("credentials.create", &only).await.expect(201).json();
    assert_eq!(made["credential"]["label"], "our jira_cloud", "the server chooses");
    let other = world.connect("some_other_tool", json!({})).await;
    let path = format!("/api/connections/{other}/credentials.create");
    let bare = world.dx.send("POST", &path, &[], None).await.expect(201).json();
    assert_eq!(bare["credential"]["type"], "some_other_tool");
    for body in [json!({}), json!({"label": "l"}), json!({"settings": {"jira_user": super::USER}})] {
        assert_plain(&world.call("credentials.create", &body).await, "invalid_arguments");
    }
}

#[tokio::test]
async fn nothing_is_stored_of_what_was_refused() {
    let world = World::open().await;
    let mut wrong = example();
    wrong["secrets"]["api_token"] = json!("cnry-wrong-token");
    world.call("credentials.create", &wrong).await.expect(422);
    assert_eq!(world.dx.get(&world.path("credentials.list")).await.json()["credentials"], json!([]));
    assert_eq!(world.native.get(CREDENTIALS).await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_connection_of_one_credential_takes_no_second() {
    let world = World::open().await;
    let snyk = world.connect("snyk", json!({"base_url": world.site.address()})).await;
    let me = json!({"data": {"id": "1", "type": "user"}});
    world.site.answers("token one", "200 OK", &me);
    world.site.answers("token two", "200 OK", &me);
    let path = format!("/api/connections/{snyk}/credentials.create");
    let create = async |token: &str| world.dx.post(&path, &json!({"secrets": {"api_token": token}})).await;
    let (one, two) = tokio::join!(create("one"), create("two"));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422], "{} {}", one.text(), two.text());
    assert_plain(&create("one").await, "multiple_credentials_not_supported");
    let listed = world.dx.get(&format!("/api/connections/{snyk}/credentials.list")).await.json();
    let id = listed["credentials"][0]["id"].clone();
    world
        .dx
        .post(&format!("/api/connections/{snyk}/credentials.delete"), &json!({"id": id}))
        .await
        .expect(200);
    create("two").await.expect(201);
}

#[tokio::test]
async fn a_deleted_credential_is_gone_held_or_not() {
    let world = World::open().await;
    let id = world.created().await;
    world.secrets(id).await;
    let named = json!({"id": id});
    world.call("credentials.delete", &named).await.expect(200);
    assert_eq!(world.dx.get(&world.path("credentials.list")).await.json()["credentials"], json!([]));
    assert_plain(&world.call("credentials.delete", &named).await, "credential_not_found");
    assert_plain(&world.dx.get(&world.path(&format!("credentials.info/{id}"))).await, "credential_not_found");
    assert_plain(&world.update(&json!({"id": id, "label": "l"})).await, "credential_not_found");
    let next = world.created().await;
    assert!(next > id, "a number is never given twice");
}

#[tokio::test]
async fn forms_come_to_the_same_as_json() {
    let world = World::open().await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let send = async |method: &str, body: &str| {
        world.dx.send("POST", &world.path(method), &form, Some(body.as_bytes())).await
    };
    let nested = "label=by+form&settings[jira_user]=dx-automation%40myfakecompany.atlassian.net&\
                  secrets[api_token]=ATATT3xFakeExampleToken000000000000000123abc%3D";
    let made = send("credentials.create", nested).await.expect(201).json();
    let id = made["credential"]["id"].as_u64().unwrap();
    assert_eq!(made["credential"]["label"], "by form");
    let text = "secrets=%7B%22api_token%22%3A%22ATATT3xFakeExampleToken000000000000000456def%3D%22%7D&expiration_date=2027-01-31";
    send("credentials.update", &format!("id={id}&{text}")).await.expect(200);
    assert_eq!(world.secrets(id).await, json!({"api_token": super::SECOND}));
    assert_eq!(world.info(id).await["expiration_date"], "2027-01-31");
    send("credentials.update", &format!("id={id}&expiration_date=&settings=")).await.expect(200);
    assert_eq!(world.info(id).await["expiration_date"], Value::Null);
    for broken in ["id=%zz", "id=1&secrets={x", "id=1&settings=[]"] {
        assert_eq!(send("credentials.update", broken).await.status, 422, "{broken}");
    }
    send("credentials.delete", &format!("id={id}")).await.expect(200);
}

#[tokio::test]
async fn json_that_does_not_say_so_is_json() {
    let world = World::open().await;
    let body = example().to_string();
    for headers in [&[][..], &[("content-type", "text/plain")]] {
        let made =
            world.dx.send("POST", &world.path("credentials.create"), headers, Some(body.as_bytes())).await;
        let id = made.expect(201).json()["credential"]["id"].clone();
        world.call("credentials.delete", &json!({"id": id})).await.expect(200);
    }
}

#[tokio::test]
async fn keys_are_bearer_tokens_and_nothing_else() {
    let world = World::open().await;
    let token = world.house.text_of_token(Role::Admin).await;
    let nobody = Client::new(&world.router, None);
    for header in [("x-api-key", token.as_str()), ("authorization", token.as_str())] {
        assert_plain(&nobody.send("GET", "/api/connections.list", &[header], None).await, "not_authed");
    }
}
