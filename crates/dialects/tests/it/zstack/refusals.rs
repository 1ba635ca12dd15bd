//! Section 2.5 of the contract, row by row.

use serde_json::{Value, json};
use strongroom_domain::principal::Role;

use super::world::{CREDENTIALS, UNKNOWN, World, draft, made, refused};
use crate::client::{Client, JSON};
use crate::house::{new_token, text};

#[tokio::test]
async fn what_is_invalid_is_400_with_every_fault_and_no_value() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    let with = |field: &str, value: Value| {
        let mut body = draft("n", "cnry-value");
        body[field] = value;
        body
    };
    let bodies = [
        (with("type", json!("CREDENTIAL_TYPE_CNRY")), "type: must be one of: CREDENTIAL_TYPE_UNSPECIFIED, "),
        (with("type", json!(1)), "type: "),
        (with("expiresAt", json!("cnry")), "expiresAt: not a date and time in RFC 3339 form"),
        (with("expiresAt", json!(1_700_000_000)), "expiresAt: must be a string"),
        (with("name", json!("")), "name: is required"),
        (with("name", json!("a\nb")), "name: "),
        (with("value", json!("")), "value: is required"),
        (with("value", json!({"cnry": "x"})), "value: must be a string"),
        (with("value", json!("cnry".repeat(17 * 1024))), "value: "),
        (with("description", json!("postgres://u:cnry@h/x")), "description: "),
        (json!({}), "name: is required; value: is required."),
        (json!(["cnry"]), "must be an object"),
    ];
    for (body, expected) in bodies {
        let details = refused(&client.post(CREDENTIALS, &body).await, 400, "SYS.1007");
        assert!(details.contains(expected) && details.ends_with("Nothing was changed."), "{details}");
        assert!(!details.contains("cnry"), "{details}");
    }
    for body in [
        json!({"name": "a\u{202e}b"}),
        json!({"operator": "a\nb"}),
        json!({"operator": "x".repeat(256)}),
        json!({"expiresAt": "2026-01-15"}),
        json!({"value": 7, "name": "half"}),
    ] {
        refused(&client.put(&path, &body).await, 400, "SYS.1007");
    }
    for text in ["{", "", "\"cnry\"", "{\"name\":\"cnry", "{'name': 1}", "{} {}"] {
        if text.is_empty() {
            continue;
        }
        let details =
            refused(&client.send("POST", CREDENTIALS, JSON, Some(text.as_bytes())).await, 400, "SYS.1007");
        assert!(!details.contains("cnry"), "{details}");
    }
    assert_eq!(client.get(&path).await.json()["name"], "n", "nothing was changed");
    assert_eq!(client.get(CREDENTIALS).await.json()["total"], 1, "nothing was made");
}

#[tokio::test]
async fn without_a_token_that_counts_it_is_401() {
    let world = World::open().await;
    let admin = world.admin().await;
    let path = made(&admin, &draft("n", "v")).await;
    let revoked = {
        let native = world.house.admin().await;
        let issued = native.post("/v1/tokens", &new_token("viewer")).await.expect(201).json();
        native.delete(&format!("/v1/tokens/{}", text(&issued, "id"))).await.expect(204);
        text(&issued, "token").to_owned()
    };
    let expired = {
        use strongroom_domain::Clock as _;
        let mut body = new_token("viewer");
        let end = world.house.clock.now().plus(std::time::Duration::from_mins(1));
        body["expires_at"] = end.to_string().into();
        let issued = world.house.admin().await.post("/v1/tokens", &body).await.expect(201).json();
        world.house.clock.advance(std::time::Duration::from_secs(61));
        text(&issued, "token").to_owned()
    };
    let nobody = Client::new(&world.router, None);
    let live = world.house.text_of_token(Role::Admin).await;
    for headers in [
        vec![],
        vec![("authorization", format!("Bearer {revoked}"))],
        vec![("authorization", format!("Bearer {expired}"))],
        vec![("authorization", "Bearer null".to_owned())],
        // Those of the site's other families, and no others count either.
        vec![("authorization", format!("OAuth {live}"))],
        vec![("authorization", live.clone())],
        vec![("x-api-key", live.clone())],
        vec![("cookie", format!("token={live}"))],
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for (method, path) in
            [("GET", path.as_str()), ("GET", CREDENTIALS), ("DELETE", &path), ("GET", "/api/v1/x")]
        {
            let answer = nobody.send(method, path, &headers, None).await;
            refused(&answer, 401, "ID.1001");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    admin.get(&path).await.expect(200);
}

#[tokio::test]
async fn without_the_right_it_is_403() {
    let world = World::open().await;
    let path = made(&world.admin().await, &draft("n", "v")).await;
    for role in [Role::Viewer, Role::Runner] {
        let client = world.client(role).await;
        client.get(&path).await.expect(200);
        client.get(CREDENTIALS).await.expect(200);
        client.post(&format!("{path}/previewDelete"), &json!({})).await.expect(200);
        refused(&client.post(CREDENTIALS, &draft("n", "v")).await, 403, "ID.1002");
        refused(&client.put(&path, &json!({"name": "m"})).await, 403, "ID.1002");
        refused(&client.put(&path, &json!({"value": "m"})).await, 403, "ID.1002");
        refused(&client.delete(&path).await, 403, "ID.1002");
    }
    let editor = world.client(Role::Editor).await;
    editor.put(&path, &json!({"value": "m"})).await.expect(200);
    editor.delete(&path).await.expect(200);
}

#[tokio::test]
async fn what_nobody_has_is_404() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    let bare = path.replace("/cred-", "/");
    for path in [
        UNKNOWN,
        &bare,
        &path.to_uppercase().replace("/API/V1/CREDENTIALS", CREDENTIALS),
        "/api/v1/credentials/null",
    ] {
        refused(&client.get(path).await, 404, "SYS.1003");
        refused(&client.put(path, &json!({"value": "x"})).await, 404, "SYS.1003");
        refused(&client.put(path, &json!({"name": "x"})).await, 404, "SYS.1003");
        refused(&client.delete(path).await, 404, "SYS.1003");
        refused(&client.post(&format!("{path}/previewDelete"), &json!({})).await, 404, "SYS.1003");
    }
}

#[tokio::test]
async fn what_http_itself_says_has_the_same_body() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "v")).await;
    let other = client.send("PATCH", &path, JSON, Some(b"{}")).await;
    refused(&other, 405, "SYS.1014");
    assert_eq!(other.header("allow"), "DELETE, GET, HEAD, PUT");
    let large = json!({"name": "x".repeat(300 * 1024)});
    refused(&client.put(&path, &large).await, 413, "SYS.1007");
    let plain = [("content-type", "text/plain")];
    refused(&client.send("PUT", &path, &plain, Some(b"{}")).await, 415, "SYS.1007");
    refused(&client.send("DELETE", &path, JSON, Some(b"{}")).await, 400, "SYS.1007");
    client.get(&path).await.expect(200);
}

#[tokio::test]
async fn a_value_that_does_not_open_is_500_and_says_nothing_of_why() {
    let world = World::open().await;
    let client = world.admin().await;
    let path = made(&client, &draft("n", "cnry-value")).await;
    world.house.database().execute("UPDATE credential_value SET envelope = zeroblob(64)", []).unwrap();
    let answer = client.put(&path, &json!({"value": "cnry-new"})).await;
    let details = refused(&answer, 500, "SYS.1000");
    assert!(details.ends_with(&format!("[{}]", answer.header("x-request-id"))), "{details}");
    assert!(!details.contains("cnry"));
}

#[tokio::test]
async fn a_workspace_at_its_limit_is_told_so() {
    let world = World::open().await;
    let client = world.admin().await;
    made(&client, &draft("n", "v")).await;
    let full = "UPDATE tally SET credentials = 100000";
    assert_eq!(world.house.database().execute(full, []).unwrap(), 1);
    refused(&client.post(CREDENTIALS, &draft("n", "v")).await, 429, "ID.1003");
}
