//! AUT: one header says who calls, and nothing else does.

use serde_json::json;
use strongroom_domain::principal::Role;

use crate::house::{CREDENTIALS, House, new_token, text};

#[tokio::test]
async fn aut_03_headers_of_proxies_are_not_believed() {
    let house = House::open().await;
    let spoofed = [
        ("x-internal", "true"),
        ("x-request-from", "internal"),
        ("x-user-id", "prn_1"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-user", "admin"),
        ("x-real-ip", "10.0.0.1"),
        ("forwarded", "for=10.0.0.1"),
        ("cookie", "session=1"),
    ];
    house.anonymous().send("GET", CREDENTIALS, &spoofed, None).await.expect(401);
    let mut body = new_token("viewer");
    body["networks"] = json!(["10.0.0.0/8"]);
    let issued = house.admin().await.post("/v1/tokens", &body).await.expect(201).json();
    let elsewhere = house.with_token(text(&issued, "token"));
    elsewhere.get("/v1/limits").await.expect(401);
    elsewhere.send("GET", "/v1/limits", &spoofed, None).await.expect(401);
    body["networks"] = json!(["192.0.2.0/24"]);
    let issued = house.admin().await.post("/v1/tokens", &body).await.expect(201).json();
    house.with_token(text(&issued, "token")).get("/v1/limits").await.expect(200);
}

#[tokio::test]
async fn a_request_id_is_ours_whatever_the_caller_sends() {
    let house = House::open().await;
    let admin = house.admin().await;
    let answer = admin.send("GET", "/v1/none", &[("x-request-id", "cnry")], None).await.expect(404);
    assert!(answer.header("x-request-id").starts_with("req_"));
    assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
}

#[tokio::test]
async fn prp_09_a_token_elsewhere_than_in_its_header_counts_for_nothing() {
    let house = House::open().await;
    let issued = house.admin().await.post("/v1/tokens", &new_token("admin")).await.expect(201).json();
    let token = text(&issued, "token");
    let anonymous = house.anonymous();
    anonymous.get(&format!("/v1/limits?token={token}")).await.expect(401);
    anonymous.get(&format!("/v1/limits?access_token={token}")).await.expect(401);
    anonymous.send("GET", "/v1/limits", &[("x-api-key", token), ("cookie", token)], None).await.expect(401);
    let twice = [("authorization", "Bearer x")];
    house.with_token(token).send("GET", "/v1/limits", &twice, None).await.expect(401);
    house.with_token(token).get(&format!("/v1/limits?token={token}")).await.expect(422);
}

#[tokio::test]
async fn aut_10_a_rotated_or_revoked_token_ends_with_the_answer() {
    let house = House::open().await;
    let admin = house.admin().await;
    let issued = admin.post("/v1/tokens", &new_token("viewer")).await.expect(201).json();
    let path = format!("/v1/tokens/{}", text(&issued, "id"));
    let first = house.with_token(text(&issued, "token"));
    first.get("/v1/limits").await.expect(200);
    let rotated = admin.post(&format!("{path}/rotate"), &json!({})).await.expect(200).json();
    first.get("/v1/limits").await.expect(401);
    let second = house.with_token(text(&rotated, "token"));
    second.get("/v1/limits").await.expect(200);
    admin.delete(&path).await.expect(204);
    second.get("/v1/limits").await.expect(401);
    admin.delete(&path).await.expect(404);
}

#[tokio::test]
async fn aut_20_a_list_of_tokens_shows_no_token() {
    let house = House::open().await;
    let admin = house.admin().await;
    let issued = admin.post("/v1/tokens", &new_token("viewer")).await.expect(201);
    let secret = text(&issued.json(), "token").rsplit('_').nth(1).unwrap().to_owned();
    let listed = admin.get("/v1/tokens").await.expect(200);
    assert!(!listed.text().contains(&secret) && !listed.text().contains("mac"), "{}", listed.text());
    let page = admin.get("/v1/tokens?limit=1").await.expect(200).json();
    let next =
        admin.get(&format!("/v1/tokens?limit=1&cursor={}", text(&page, "next_cursor"))).await.expect(200);
    assert_ne!(page["items"][0]["id"], next.json()["items"][0]["id"]);
    let stolen = house.holder(house.a2, Role::Admin).await;
    stolen.get(&format!("/v1/tokens?cursor={}", text(&page, "next_cursor"))).await.expect(422);
}

#[tokio::test]
async fn an_expired_token_counts_no_more() {
    let house = House::open().await;
    let mut body = new_token("viewer");
    body["expires_at"] = json!("2026-01-01T01:00:00Z");
    let issued = house.admin().await.post("/v1/tokens", &body).await.expect(201).json();
    let holder = house.with_token(text(&issued, "token"));
    holder.get("/v1/limits").await.expect(200);
    house.clock.advance(std::time::Duration::from_hours(1));
    holder.get("/v1/limits").await.expect(401);
}
