//! A test per row of the endpoint index (1.3): what a caller who does everything right is answered.

use serde_json::{Value, json};
use strongroom_testkit::Postgres;

use super::world::{CREDENTIALS, World, database, held, invalid, made, native_path, opaque, path, refused};
use crate::house::text;

/// Checks the shape of `CredentialsResponse`, keys and forms.
#[track_caller]
fn assert_response(body: &Value, name: &str, provider: &str) {
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    let expected =
        ["id", "created_at", "updated_at", "modified_by", "user_id", "name", "provider", "google_email"];
    assert_eq!(keys, expected);
    assert_eq!((text(body, "name"), text(body, "provider")), (name, provider));
    for date in ["created_at", "updated_at"] {
        let date = text(body, date);
        assert_eq!((date.len(), &date[10..11], &date[19..20], &date[26..]), (27, "T", ".", "Z"), "{date}");
    }
    for uuid in ["id", "modified_by", "user_id"] {
        assert_eq!(text(body, uuid).matches('-').count(), 4, "{body}");
    }
}

#[tokio::test]
async fn op_1_lists_the_callers_own_newest_first_as_a_bare_array() {
    let world = World::open().await;
    let (user, other) = (world.user().await, world.user().await);
    assert_eq!(user.get(CREDENTIALS).await.expect(200).text(), "[]");
    let mut ids = Vec::new();
    for name in ["first", "second", "third"] {
        world.house.clock.advance(std::time::Duration::from_millis(1));
        ids.push(made(&user, &opaque(name, "k")).await);
        made(&other, &opaque("of somebody else", "k")).await;
    }
    let listed = user.get(CREDENTIALS).await.expect(200).json();
    let found: Vec<&str> = listed.as_array().unwrap().iter().map(|one| text(one, "id")).collect();
    ids.reverse();
    assert_eq!(found, ids);
    assert_response(&listed[0], "third", "api_credential");
    let everybodys = world.service().await.get(CREDENTIALS).await.expect(200).json();
    assert_eq!(everybodys.as_array().unwrap().len(), 6, "a service account has none of its own");
}

#[tokio::test]
async fn op_2_makes_one_and_shows_nothing_of_what_it_holds() {
    let world = World::open().await;
    let user = world.user().await;
    let answer = user.post(CREDENTIALS, &opaque("Invoices", "cnry-key")).await.expect(201);
    let body = answer.json();
    assert_response(&body, "Invoices", "api_credential");
    assert_eq!(
        (&body["modified_by"], &body["created_at"], &body["google_email"]),
        (&body["user_id"], &body["updated_at"], &json!(null))
    );
    assert!(!answer.text().contains("cnry"));
    let native = world.native(text(&body, "id")).await;
    assert_eq!(native["kind"], "superai/api_credential");
    assert_eq!(native["secret_fields"], json!(["api_key"]));
}

#[tokio::test]
async fn op_2_takes_what_clients_of_either_generation_send() {
    let world = World::open().await;
    let user = world.user().await;
    let first_generation = json!({"provider": "sharepoint", "credential_type": "sharepoint_oauth",
        "credentials": {"access_token": "t"}});
    let made = user.post(CREDENTIALS, &first_generation).await.expect(201).json();
    assert_response(&made, "sharepoint credential", "sharepoint");
    let null = json!({"name": null, "provider": "file_storage", "credential_type": "azure_blob_receive",
        "credentials": {}, "a key that nobody knows": 1});
    assert_response(
        &user.post(CREDENTIALS, &null).await.expect(201).json(),
        "file_storage credential",
        "file_storage",
    );
    let google = json!({"name": " padded ", "provider": "google", "credential_type": "google_oauth",
        "credentials": {"access_token": "t", "google_email": "bot@example.com"}});
    let google = user.post(CREDENTIALS, &google).await.expect(201).json();
    assert_eq!((text(&google, "name"), text(&google, "google_email")), ("padded", "bot@example.com"));
}

#[tokio::test]
async fn op_3_lists_one_provider_in_any_case() {
    let world = World::open().await;
    let user = world.user().await;
    let account = Postgres::shared().create_account("first");
    let checked = made(&user, &database(&account, "first")).await;
    // Kept as given: the type is not one of databases.
    let mut odd = database(&account, "first");
    odd["credential_type"] = "oauth2".into();
    let kept = made(&user, &odd).await;
    made(&user, &opaque("other", "k")).await;
    for spelled in ["postgresql", "PostgreSQL"] {
        let listed = user.get(&format!("{CREDENTIALS}/provider/{spelled}")).await.expect(200).json();
        let mut found: Vec<&str> = listed.as_array().unwrap().iter().map(|one| text(one, "id")).collect();
        found.sort_unstable();
        let mut expected = [checked.as_str(), &kept];
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
    assert_eq!(user.get(&format!("{CREDENTIALS}/provider/google")).await.expect(200).text(), "[]");
    let unknown = user.get(&format!("{CREDENTIALS}/provider/dropbox")).await;
    assert_eq!(refused(&unknown, 400, "bad_request"), "Invalid provider");
}

#[tokio::test]
async fn op_4_shows_one() {
    let world = World::open().await;
    let user = world.user().await;
    let answer = user.post(CREDENTIALS, &opaque("one", "cnry-key")).await.expect(201);
    let id = text(&answer.json(), "id").to_owned();
    for spelled in [id.clone(), id.to_uppercase(), id.replace('-', "")] {
        let shown = user.get(&path(&spelled)).await.expect(200);
        assert_eq!((shown.json(), shown.header("etag")), (answer.json(), "\"1\""));
    }
}

#[tokio::test]
async fn op_5_replaces_the_data_and_keeps_the_id_by_patch_and_by_put() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.service().await);
    let before = user.post(CREDENTIALS, &opaque("one", "old")).await.expect(201).json();
    let id = text(&before, "id");
    world.house.clock.advance(std::time::Duration::from_micros(1_500_001));
    let rotated = json!({"credential_type": "api_key", "credentials": {"other": "new"}});
    let after = user.patch(&path(id), &rotated).await.expect(200).json();
    assert_eq!(
        (&after["id"], &after["name"], &after["created_at"]),
        (&before["id"], &before["name"], &before["created_at"])
    );
    assert_ne!(after["updated_at"], before["updated_at"]);
    assert_eq!(held(&service, id).await, json!({"other": "new"}), "the data as a whole");
    let named = json!({"name": "two", "credential_type": "oauth2", "credentials": {"access_token": "t"}});
    assert_eq!(user.put(&path(id), &named).await.expect(200).json()["name"], "two");
    let null = json!({"name": null, "credential_type": "oauth2", "credentials": {}});
    assert_eq!(user.patch(&path(id), &null).await.expect(200).json()["name"], "two");
    assert_eq!(held(&service, id).await, json!({}));
}

#[tokio::test]
async fn op_6_deletes_for_good_whoever_holds_it() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.service().await);
    let id = made(&user, &opaque("one", "k")).await;
    held(&service, &id).await;
    let gone = user.delete(&path(&id)).await.expect(204);
    assert!(gone.bytes.is_empty());
    let update = json!({"credential_type": "api_key", "credentials": {}});
    for answer in [
        user.get(&path(&id)).await,
        user.patch(&path(&id), &update).await,
        user.delete(&path(&id)).await,
        service.get(&format!("{}/credentials", path(&id))).await,
    ] {
        assert_eq!(refused(&answer, 404, "not_found"), "Credential not found");
    }
    assert_eq!(user.get(CREDENTIALS).await.expect(200).text(), "[]");
}

#[tokio::test]
async fn op_7_gives_what_was_sent_and_a_hold_with_it() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.service().await);
    let account = Postgres::shared().create_account("first");
    let mut body = database(&account, "first");
    body["credentials"]["connection_string"] = Value::Null;
    body["credentials"]["note"] = json!({"deep": [1, "x"]});
    let id = made(&user, &body).await;
    let answer = service.get(&format!("{}/credentials", path(&id))).await.expect(200);
    assert_eq!((answer.json(), answer.header("cache-control")), (body["credentials"].clone(), "no-store"));
    let consumers = format!("{}/consumers", native_path(&id));
    let holds = world.house.admin().await.get(&consumers).await.expect(200).json();
    assert_eq!(holds["items"].as_array().unwrap().len(), 1, "{holds}");
}

#[tokio::test]
async fn op_7_gives_a_run_what_it_was_made_for() {
    let world = World::open().await;
    let user = world.user().await;
    let id = made(&user, &database(&Postgres::shared().create_account("run"), "run")).await;
    let service = world.token_in(world.house.a, "service", "runner").await;
    let run = json!({"consumer": {"name": "flow", "run": "run-1"}});
    let given = world.house.with_token(&service).post("/v1/tokens/exchange", &run).await.expect(200).json();
    let run = world.holder(text(&given, "token"));
    run.get(&format!("{}/credentials", path(&id))).await.expect(200);
    let consumers = format!("{}/consumers", native_path(&id));
    let holds = world.house.admin().await.get(&consumers).await.expect(200).json();
    assert_eq!(
        (&holds["items"][0]["name"], &holds["items"][0]["instance"]),
        (&json!("flow"), &json!("run-1"))
    );
}

#[tokio::test]
async fn op_12_lists_what_there_is_to_connect_to() {
    let world = World::open().await;
    let catalog = world.user().await.get("/superai/api/integrations/catalog").await.expect(200).json();
    let entries = catalog.as_array().unwrap();
    assert_eq!(entries.len(), 11);
    let categories =
        ["automation", "human_in_the_loop", "database", "messaging", "agent_in_the_loop", "storage"];
    for entry in entries {
        let keys: Vec<&String> = entry.as_object().unwrap().keys().collect();
        let expected = [
            "id",
            "category",
            "provider",
            "name",
            "display_name",
            "description",
            "credential_types",
            "is_plugin",
            "credential_providers",
        ];
        assert_eq!(keys, expected);
        assert!(categories.contains(&text(entry, "category")), "{entry}");
        for provider in entry["credential_providers"].as_array().unwrap() {
            assert!(provider["is_oauth"].is_boolean() && provider["credential_schema"].is_object());
            assert!(entry["credential_types"].as_array().unwrap().contains(&provider["name"]));
        }
    }
    assert_eq!(catalog, world.service().await.get("/superai/integrations/catalog").await.expect(200).json());
}

/// Where a provider sends the browser.
const BACK: &str = "/superai/api/plugins/google/google/oauth/callback";

#[tokio::test]
async fn op_13_to_16_say_clearly_that_there_is_no_engine_yet() {
    let world = World::open().await;
    let user = world.user().await;
    let whole =
        json!({"redirect_to": "https://app.example/", "integration_name": "g", "provider_name": "google"});
    let mut answers = Vec::new();
    for authorize in [
        "/superai/api/plugins/google/oauth/authorize",
        "/superai/api/integrations/plugins/google/oauth/authorize",
    ] {
        answers.push(user.post(authorize, &whole).await);
        let faults = invalid(&user.post(authorize, &json!({"integration_name": 7})).await);
        assert_eq!(faults[0], ("missing".to_owned(), "body/redirect_to".to_owned()));
        assert_eq!(faults[1], ("string_type".to_owned(), "body/integration_name".to_owned()));
    }
    for callback in [
        BACK,
        "/superai/api/integrations/plugins/google/oauth/callback?error=access_denied",
        "/superai/api/integrations/google/authorize",
        "/superai/api/integrations/sharepoint/authorize",
    ] {
        answers.push(user.get(callback).await);
    }
    // A browser that comes back has no key.
    answers.push(world.nobody().get(&format!("{BACK}?code=cnry-code&state=cnry-state")).await);
    for answer in answers {
        assert_eq!(invalid(&answer), [("value_error".to_owned(), "path/plugin_name".to_owned())]);
        let message = answer.json()["detail"][0]["msg"].to_string();
        assert!(message.contains("does not run OAuth flows yet"), "{message}");
        assert!(!answer.text().contains("cnry"));
    }
    // Beginning one is for who could make a credential by it.
    world.nobody().post("/superai/api/plugins/google/oauth/authorize", &whole).await.expect(401);
}

#[tokio::test]
async fn every_path_answers_with_and_without_api_and_a_last_slash() {
    let world = World::open().await;
    let user = world.user().await;
    let id = made(&user, &opaque("one", "k")).await;
    for rest in
        ["/integrations/credentials", &format!("/integrations/credentials/{id}"), "/integrations/catalog"]
    {
        let whole = user.get(&format!("/superai/api{rest}")).await.expect(200).json();
        for other in
            [format!("/superai{rest}"), format!("/superai{rest}/"), format!("/superai/api{rest}/?x=1")]
        {
            assert_eq!(user.get(&other).await.expect(200).json(), whole, "{other}");
        }
    }
}
