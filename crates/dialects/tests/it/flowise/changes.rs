//! What a PUT does to what is stored: merged, never lost, never destroyed by a mask.

use serde_json::{Value, json};
use strongroom_domain::principal::Role;

use super::world::{BULLETS, CREDENTIALS, PLACEHOLDER, World, made, shown};
use crate::client::JSON;

/// All secrets and settings, as a native consumer is given them.
async fn resolved(world: &World, path: &str) -> Value {
    let runner = world.house.holder(world.house.a, Role::Admin).await;
    let id = path.rsplit('/').next().unwrap();
    let native = format!("/v1/workspaces/default/credentials/cred_{}/resolve", id.replace('-', ""));
    let answer = runner.post(&native, &json!({})).await.expect(200).json();
    let mut all = answer["settings"].as_object().unwrap().clone();
    all.extend(answer["secrets"].as_object().unwrap().clone());
    Value::Object(all)
}

#[tokio::test]
async fn twelve_puts_at_once_lose_nothing() {
    let world = World::documented().await;
    let client = world.admin().await;
    let path = made(&client, "openAIApi", json!({"openAIApiKey": "sk-1"})).await;
    let mut puts = tokio::task::JoinSet::new();
    for n in 0..12 {
        let (client, path) = (client.clone(), path.clone());
        puts.spawn(async move {
            let mut fields = serde_json::Map::new();
            fields.insert(format!("f{n}"), n.into());
            client
                .put(&path, &json!({"name": format!("race-{n}"), "plainDataObj": fields}))
                .await
                .expect(200);
        });
    }
    puts.join_all().await;
    let stored = resolved(&world, &path).await;
    for n in 0..12 {
        assert_eq!(stored[format!("f{n}")], n);
    }
    assert_eq!(stored["api_key"], "sk-1");
    assert_eq!(shown(&client, &path).await.as_object().unwrap().len(), 13);
}

/// Neither where the type knows the field nor where it does not.
#[tokio::test]
async fn prp_05_a_mask_that_is_not_ours_is_never_stored() {
    let world = World::documented().await;
    let client = world.admin().await;
    for (of, field) in [("openAIApi", "openAIApiKey"), ("openAIApi", "other"), ("nobodysApi", "anything")] {
        let path = made(&client, of, json!({field: "the secret"})).await;
        let before = resolved(&world, &path).await;
        for mask in ["********", "***", "[REDACTED]"] {
            let put = client.put(&path, &json!({"plainDataObj": {field: mask}})).await;
            assert_eq!(put.status, 400, "{of}, {field}, {mask}");
        }
        assert_eq!(resolved(&world, &path).await, before);
    }
}

#[tokio::test]
async fn prp_05_what_was_read_can_be_written_back() {
    let world = World::exact().await;
    let client = world.admin().await;
    let url = "mongodb://user:pw@db.example.com:27017/x";
    for (of, fields) in [
        ("mongoDBUrlApi", json!({"mongoDBConnectUrl": url})),
        ("openAIApi", json!({"openAIApiKey": "sk-1"})),
        ("slackApi", json!({"botToken": "xoxb-1", "teamId": "T1"})),
        ("azureOpenAIApi", json!({"azureOpenAIApiKey": "k", "azureOpenAIApiInstanceName": "inst"})),
    ] {
        let path = made(&client, of, fields).await;
        let before = resolved(&world, &path).await;
        let read = client.get(&path).await.expect(200).json();
        client.put(&path, &read).await.expect(200);
        assert_eq!(resolved(&world, &path).await, before, "{of}");
        let masked = json!({"plainDataObj": {"mongoDBConnectUrl": format!("mongodb://user:{BULLETS}@other/x"),
            "openAIApiKey": PLACEHOLDER, "botToken": PLACEHOLDER, "azureOpenAIApiKey": format!(" {PLACEHOLDER} ")}});
        client.put(&path, &masked).await.expect(200);
        assert_eq!(resolved(&world, &path).await, before, "{of}");
    }
    let new =
        json!({"name": "n", "credentialName": "openAIApi", "plainDataObj": {"openAIApiKey": PLACEHOLDER}});
    let made = client.post(CREDENTIALS, &new).await.expect(200).json();
    let path = format!("{CREDENTIALS}/{}", made["id"].as_str().unwrap());
    assert_eq!(shown(&client, &path).await, json!({}), "there is nothing to keep, and the mask is no secret");
}

#[tokio::test]
async fn null_and_the_empty_text_are_values() {
    let world = World::documented().await;
    let client = world.admin().await;
    let path = made(
        &client,
        "azureOpenAIApi",
        json!({"azureOpenAIApiInstanceName": "inst", "azureOpenAIApiKey": "k"}),
    )
    .await;
    let fields = json!({"azureOpenAIApiInstanceName": null, "azureOpenAIApiKey": ""});
    client.put(&path, &json!({"plainDataObj": fields})).await.expect(200);
    let read = shown(&client, &path).await;
    assert_eq!(read, json!({"azureOpenAIApiKey": PLACEHOLDER, "azureOpenAIApiInstanceName": null}));
    let stored = resolved(&world, &path).await;
    assert_eq!(
        (&stored["azureOpenAIApiKey"], &stored["azureOpenAIApiInstanceName"]),
        (&json!(""), &json!(null))
    );
}

#[tokio::test]
async fn a_new_type_keeps_the_fields_and_shows_none_of_the_old_ones() {
    let world = World::documented().await;
    let client = world.admin().await;
    let path = made(&client, "openAIApi", json!({"openAIApiKey": "cnry-old", "extra": "cnry-extra"})).await;
    client.put(&path, &json!({"credentialName": "anthropicApi"})).await.expect(200);
    let read = client.get(&path).await.expect(200).json();
    assert_eq!(read["credentialName"], "anthropicApi");
    assert_eq!(read["plainDataObj"], json!({"openAIApiKey": PLACEHOLDER, "extra": PLACEHOLDER}));
    let stored = resolved(&world, &path).await;
    assert_eq!(
        stored,
        json!({"openAIApiKey": "cnry-old", "extra": "cnry-extra"}),
        "no key of one vendor is the other's"
    );
    client.put(&path, &json!({"credentialName": "openAIApi", "name": "back"})).await.expect(200);
    assert_eq!(resolved(&world, &path).await["api_key"], "cnry-old");
}

#[tokio::test]
async fn ten_07_an_editor_cannot_send_a_stored_secret_elsewhere_by_a_new_type() {
    let world = World::documented().await;
    let editor = world.client(Role::Editor).await;
    let path = made(&editor, "airtableApi", json!({"accessToken": "cnry-airtable"})).await;
    let moved = editor.put(&path, &json!({"credentialName": "githubApi"})).await;
    assert_eq!(moved.status, 400, "{}", moved.text());
    assert_eq!(editor.get(&path).await.json()["credentialName"], "airtableApi");
    let sent = json!({"credentialName": "githubApi", "plainDataObj": {"accessToken": "new"}});
    editor.put(&path, &sent).await.expect(200);
    assert_eq!(resolved(&world, &path).await["token"], "new");
}

#[tokio::test]
async fn prp_01_no_name_of_a_field_reaches_beyond_the_type() {
    let world = World::exact().await;
    let client = world.admin().await;
    let fields = json!({"accessToken": "t", "base_url": "https://evil.example", "token": "other", "flowise/base_url": "x"});
    let path = made(&client, "githubApi", fields).await;
    let stored = resolved(&world, &path).await;
    assert_eq!((&stored["token"], &stored["base_url"]), (&json!("t"), &json!("https://api.github.com")));
    let names: Vec<String> = shown(&client, &path).await.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["accessToken", "base_url", "token", "flowise/base_url"]);
}

#[tokio::test]
async fn a_name_of_any_sort_is_kept_for_its_clients() {
    let world = World::exact().await;
    let client = world.admin().await;
    let path = made(&client, "openAIApi", json!({"openAIApiKey": "k"})).await;
    for (sent, read) in [
        (json!(""), String::new()),
        (json!(42), "42".to_owned()),
        (json!({"a": 1}), "[object Object]".to_owned()),
        (json!("x".repeat(10_000)), "x".repeat(10_000)),
        (json!(" a\u{202e}\n"), " a\u{202e}\n".to_owned()),
    ] {
        let answer = client.put(&path, &json!({"name": sent})).await.expect(200).json();
        assert_eq!(answer["name"], sent, "echoed as sent");
        assert_eq!(client.get(&path).await.json()["name"], read);
        assert_eq!(client.get(CREDENTIALS).await.json()[0]["name"], read);
    }
    let id = path.rsplit('/').next().unwrap().replace('-', "");
    let native = format!("/v1/workspaces/default/credentials/cred_{id}");
    let admin = world.house.admin().await;
    admin.patch(&native, &json!({"name": "renamed elsewhere"})).await.expect(200);
    assert_eq!(client.get(&path).await.json()["name"], "renamed elsewhere");
    let secret = client.put(&path, &json!({"name": "postgres://u:cnry@h/x"})).await;
    assert!(secret.status == 400 && !secret.text().contains("cnry"), "{}", secret.text());
}

#[tokio::test]
async fn forms_are_bodies_too() {
    let world = World::documented().await;
    let client = world.admin().await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = b"name=From+Form&credentialName=openAIApi&plainDataObj[openAIApiKey]=sk-form".as_slice();
    let made = client.send("POST", CREDENTIALS, &form, Some(body)).await.expect(200).json();
    let path = format!("{CREDENTIALS}/{}", made["id"].as_str().unwrap());
    assert_eq!(resolved(&world, &path).await["api_key"], "sk-form");
    client.send("PUT", &path, &form, Some(b"plainDataObj%5BopenAIApiKey%5D=sk-2")).await.expect(200);
    assert_eq!(resolved(&world, &path).await["api_key"], "sk-2");
    client.send("PUT", &path, JSON, Some(b"\xef\xbb\xbf{\"name\":\"a\",\"name\":\"b\"}")).await.expect(200);
    assert_eq!(client.get(&path).await.json()["name"], "b");
}

#[tokio::test]
async fn a_list_can_be_of_types_in_the_order_asked() {
    let world = World::documented().await;
    let client = world.admin().await;
    for of in ["openAIApi", "noSuchApi", "openAIApi", "[odd] type/\u{9375}"] {
        world.tick();
        made(&client, of, json!({})).await;
    }
    let types = async |query: &str| -> Vec<String> {
        let list = client.get(&format!("{CREDENTIALS}{query}")).await.expect(200).json();
        list.as_array()
            .unwrap()
            .iter()
            .map(|one| one["credentialName"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(types("").await, ["openAIApi", "noSuchApi", "openAIApi", "[odd] type/\u{9375}"]);
    assert_eq!(types("?credentialName=").await.len(), 4);
    let query = "?credentialName=noSuchApi&credentialName=openAIApi&page=2";
    assert_eq!(types(query).await, ["noSuchApi", "openAIApi", "openAIApi"]);
    assert_eq!(types("?credentialName=nope").await, [""; 0]);
    assert_eq!(types("?credentialName[]=noSuchApi").await, ["noSuchApi"]);
}

/// Clients that know no versions cannot state one.
#[tokio::test]
async fn a_workspace_that_wants_versions_to_be_stated_can_still_be_changed_and_emptied() {
    for world in [World::documented().await, World::exact().await] {
        let client = world.admin().await;
        let path = made(&client, "openAIApi", json!({"openAIApiKey": "sk-1"})).await;
        let settings = json!({"settings": {"require_if_match": true}});
        world.house.admin().await.patch("/v1/workspaces/default", &settings).await.expect(200);
        client.put(&path, &json!({"name": "second"})).await.expect(200);
        assert_eq!(client.delete(&path).await.expect(200).json()["affected"], 1);
        assert_eq!(client.get(CREDENTIALS).await.expect(200).json(), json!([]));
    }
}
