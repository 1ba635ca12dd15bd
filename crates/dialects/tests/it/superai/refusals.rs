//! The table of errors (1.6), and the validator's words in both shapes.

use serde_json::{Value, json};

use super::world::{
    CREDENTIALS, UNKNOWN, World, assert_faults, assert_request_id, made, opaque, path, refused,
};
use crate::client::{Client, JSON};

#[tokio::test]
async fn e_401_tells_no_key_from_a_bad_one() {
    let world = World::open().await;
    let none = world.nobody().get(CREDENTIALS).await;
    assert_eq!(refused(&none, 401, "unauthorized"), "Authentication required");
    assert_eq!(none.header("www-authenticate"), "Bearer");
    let bad = Client::new(&world.router, Some("srt_u_x")).get(CREDENTIALS).await;
    assert_eq!(refused(&bad, 401, "unauthorized"), "Invalid authentication token");
    let bad_key = world.nobody().send("GET", CREDENTIALS, &[("x-api-key", "saf_x")], None).await;
    assert_eq!(refused(&bad_key, 401, "unauthorized"), "Invalid authentication token");
    let unknown = world.nobody().get("/superai/api/nothing").await;
    assert_eq!(refused(&unknown, 401, "unauthorized"), "Authentication required");
}

#[tokio::test]
async fn e_403_has_the_words_of_its_rule() {
    let world = World::open().await;
    let viewer = world.caller("user", "viewer").await;
    let id = made(&world.user().await, &opaque("one", "k")).await;
    let change = json!({"credential_type": "api_key", "credentials": {}});
    for answer in [
        viewer.post(CREDENTIALS, &opaque("x", "k")).await,
        viewer.patch(&path(&id), &change).await,
        viewer.delete(&path(&id)).await,
    ] {
        let message = refused(&answer, 403, "forbidden");
        assert_eq!(message, "You do not have permission to access this resource");
    }
}

#[tokio::test]
async fn e_404_is_the_same_for_unknown_foreign_and_native_ids() {
    let world = World::open().await;
    let user = world.user().await;
    let theirs = made(&world.caller_in(world.house.b, "user", "editor").await, &opaque("x", "k")).await;
    let hidden = world.house.credential(world.house.a, "of a kind without a word here").await;
    let hidden = hidden.trim_start_matches("cred_").to_owned();
    let mut answers = Vec::new();
    for id in [UNKNOWN, &theirs, &hidden] {
        let answer = user.get(&path(id)).await;
        assert_eq!(refused(&answer, 404, "not_found"), "Credential not found");
        answers.push(answer.without_request());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let path = user.get("/superai/api/integrations/nothing").await;
    assert_eq!(refused(&path, 404, "not_found"), "Resource not found");
    let plugins = user.get("/superai/api/integrations/plugins/").await;
    assert_eq!(refused(&plugins, 404, "not_found"), "Resource not found");
}

#[tokio::test]
async fn e_405_and_413_are_envelopes_too() {
    let world = World::open().await;
    let user = world.user().await;
    let method = user.put(CREDENTIALS, &json!({})).await;
    assert_eq!(refused(&method, 405, "method_not_allowed"), "Method Not Allowed");
    assert_eq!(method.header("allow"), "GET, HEAD, POST");
    let large = user.send("POST", CREDENTIALS, JSON, Some(&vec![b' '; 300 * 1024])).await;
    refused(&large, 413, "payload_too_large");
}

#[tokio::test]
async fn e_422_names_every_fault_of_a_body_at_once_in_both_shapes() {
    let world = World::open().await;
    let user = world.user().await;
    let id = made(&user, &opaque("one", "k")).await;
    let post = async |body: &Value| user.post(CREDENTIALS, body).await;
    let missing =
        [("missing", "body/provider"), ("missing", "body/credential_type"), ("missing", "body/credentials")];
    assert_faults(&post(&json!({})).await, &missing);
    let wrong = json!({"name": 7, "provider": "Sftp", "credential_type": null, "credentials": "cnry-secret"});
    let answer = post(&wrong).await;
    assert_faults(
        &answer,
        &[
            ("string_type", "body/name"),
            ("enum", "body/provider"),
            ("enum", "body/credential_type"),
            ("dict_type", "body/credentials"),
        ],
    );
    assert!(!answer.text().contains("cnry"), "the input is never repeated");
    assert_eq!(
        answer.json()["detail"][3],
        json!({"type": "dict_type", "loc": ["body", "credentials"], "msg": "Input should be a valid dictionary"})
    );
    let patch = user.patch(&path(&id), &json!({"name": "only"})).await;
    assert_faults(&patch, &[("missing", "body/credential_type"), ("missing", "body/credentials")]);
    let patch = user.patch(&path(&id), &json!({"credential_type": "api_key"})).await;
    assert_faults(&patch, &[("missing", "body/credentials")]);
}

#[tokio::test]
async fn e_422_for_bodies_that_are_none() {
    let world = World::open().await;
    let user = world.user().await;
    let send = async |headers: &[(&str, &str)], body: Option<&[u8]>| {
        user.send("POST", CREDENTIALS, headers, body).await
    };
    for broken in [b"{\"name\": \"cnry".as_slice(), b"{'a': 1}", b"NaN", b"{} {}", &[b'['; 40]] {
        let answer = send(JSON, Some(broken)).await;
        assert_faults(&answer, &[("json_invalid", "body")]);
        assert!(!answer.text().contains("cnry"));
    }
    assert_faults(&send(JSON, None).await, &[("missing", "body")]);
    assert_faults(&send(&[], None).await, &[("missing", "body")]);
    for other in [b"[]".as_slice(), b"null", b"\"cnry\"", b"7"] {
        assert_faults(&send(JSON, Some(other)).await, &[("model_attributes_type", "body")]);
    }
    for other in ["text/plain", "application/x-www-form-urlencoded"] {
        let answer = send(&[("content-type", other)], Some(b"{}")).await;
        assert_faults(&answer, &[("model_attributes_type", "body")]);
    }
}

#[tokio::test]
async fn e_422_for_an_id_that_is_no_uuid_before_anything_else() {
    let world = World::open().await;
    let (user, service) = (world.user().await, world.service().await);
    let change = json!({"credential_type": "api_key", "credentials": {}});
    let bad = path("not-a-uuid");
    for answer in [
        user.get(&bad).await,
        user.patch(&bad, &change).await,
        user.put(&bad, &change).await,
        user.delete(&bad).await,
        service.get(&format!("{bad}/credentials")).await,
        user.post("/superai/api/integrations/postgres/test-connection/not-a-uuid", &json!({})).await,
    ] {
        assert_faults(&answer, &[("uuid_parsing", "path/credential_id")]);
        assert_eq!(answer.json()["detail"][0]["msg"], "Input should be a valid UUID");
    }
}

#[tokio::test]
async fn e_400_for_what_is_well_formed_and_wrong() {
    let world = World::open().await;
    let user = world.user().await;
    let refusal = async |body: &Value, loc: &[&str]| {
        let answer = user.post(CREDENTIALS, body).await;
        assert_eq!(refused(&answer, 400, "bad_request"), "Invalid request data");
        assert_eq!(answer.json()["error"]["details"][0]["loc"], json!(loc), "{}", answer.text());
        assert!(!answer.text().contains("cnry"), "{}", answer.text());
    };
    refusal(&opaque("", "k"), &["body", "name"]).await;
    refusal(&opaque("a\ncnry", "k"), &["body", "name"]).await;
    let large = format!("cnry{}", "x".repeat(65 * 1024));
    refusal(&opaque("x", &large), &["body", "credentials"]).await;
    let mut known = json!({"name": "x", "provider": "sftp", "credential_type": "user_password",
        "credentials": {"host": "h", "username": "u"}});
    known["credentials"]["password"] = large.into();
    refusal(&known, &["body", "credentials", "password"]).await;
    let no_key = json!({"name": "x", "provider": "sftp", "credential_type": "key_file",
        "credentials": {"host": "h", "username": "u", "private_key_data": "cnry-no-pem"}});
    refusal(&no_key, &["body", "credentials", "private_key_data"]).await;
    assert_eq!(user.get(CREDENTIALS).await.expect(200).text(), "[]", "nothing was saved");
}

#[tokio::test]
async fn log_08_e_500_says_the_same_whatever_happened() {
    let world = World::open().await;
    let user = world.user().await;
    let id = made(&user, &opaque("one", "cnry-key")).await;
    // The row is damaged behind our back; nothing is in a cache but the sealed value.
    let damage = "UPDATE credential_value SET envelope = zeroblob(length(envelope))";
    world.house.database().execute(damage, []).unwrap();
    let update = json!({"credential_type": "api_key", "credentials": {}});
    let answer = user.patch(&path(&id), &update).await;
    assert_eq!(refused(&answer, 500, "internal_error"), "Internal server error");
    assert!(!answer.text().contains("cnry"));
    assert_request_id(&answer);
}

#[tokio::test]
async fn a_stale_if_match_is_refused_and_the_right_one_is_not() {
    let world = World::open().await;
    world.choose(json!({"require_if_match": true})).await;
    let user = world.user().await;
    let id = made(&user, &opaque("one", "k")).await;
    let change = json!({"credential_type": "api_key", "credentials": {"api_key": "new"}});
    let first = user.json("PATCH", &path(&id), &[("if-match", "\"1\"")], &change).await.expect(200);
    assert_eq!(first.header("etag"), "\"2\"");
    let late = user.json("PATCH", &path(&id), &[("if-match", "\"1\"")], &change).await;
    refused(&late, 412, "precondition_failed");
    user.patch(&path(&id), &change).await.expect(200);
    let stale = user.send("DELETE", &path(&id), &[("if-match", "\"1\"")], None).await;
    refused(&stale, 412, "precondition_failed");
}
