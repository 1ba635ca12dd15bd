//! Section 3.7 of the contract: every error in its shape, and what comes first.

use std::time::Duration;

use serde_json::{Value, json};
use strongroom_domain::principal::Role;

use super::{BASIC, BASIC_OTHER, TOKEN, USER, World, assert_plain, example, keys};
use crate::client::{Answer, Client, JSON};

const METHODS: [(&str, &str); 4] = [
    ("GET", "credentials.list"),
    ("POST", "credentials.create"),
    ("POST", "credentials.update"),
    ("POST", "credentials.delete"),
];

/// Every method of the API, with the number of a connection.
fn everywhere(connection: &str) -> Vec<(&'static str, String)> {
    let of = |method: &str| format!("/api/connections/{connection}/{method}");
    let mut all = vec![
        ("GET", "/api/connections.list".to_owned()),
        ("GET", format!("/api/connections.info/{connection}")),
        ("GET", of("credentials.info/1")),
    ];
    all.extend(METHODS.map(|(verb, method)| (verb, of(method))));
    all
}

async fn send(client: &Client, (verb, path): &(&str, String)) -> Answer {
    client.send(verb, path, JSON, Some(b"{")).await
}

#[tokio::test]
async fn not_authed_comes_first_everywhere() {
    let world = World::open().await;
    for client in [Client::new(&world.router, None), Client::new(&world.router, Some("xxxx-xxxxxxxxx-xxxx"))]
    {
        for call in everywhere("999") {
            let answer = send(&client, &call).await;
            assert_plain(&answer, "not_authed");
            assert_eq!(answer.header("content-type"), "application/json");
        }
    }
}

#[tokio::test]
async fn connection_not_found_comes_before_the_body() {
    let world = World::open().await;
    for number in ["999", "0", "x", "-1", "01", "1.0", "%31%00"] {
        for call in everywhere(number).into_iter().skip(1) {
            assert_plain(&send(&world.dx, &call).await, "connection_not_found");
        }
    }
    world.dx.get("/api/connections.list").await.expect(200);
}

#[tokio::test]
async fn credential_not_found_is_of_this_connection() {
    let world = World::open().await;
    let id = world.created().await;
    let other = world.connect("jira_cloud", json!({"base_url": world.site.address()})).await;
    let elsewhere = |method: &str| format!("/api/connections/{other}/{method}");
    let before = world.row(id).await;
    for number in [json!(id), json!(999), json!(world.jira), json!(0)] {
        assert_plain(
            &world.dx.get(&elsewhere(&format!("credentials.info/{number}"))).await,
            "credential_not_found",
        );
        for method in ["credentials.update", "credentials.delete"] {
            let body = json!({"id": number, "label": "mine"});
            assert_plain(&world.dx.post(&elsewhere(method), &body).await, "credential_not_found");
        }
    }
    assert_eq!(world.row(id).await, before);
}

/// A number that is on another connection is a try like any other, and a number that nobody has is one at the same act.
#[tokio::test]
async fn ten_01_a_number_of_another_connection_is_on_record() {
    let world = World::open().await;
    let id = world.created().await;
    let other = world.connect("jira_cloud", json!({"base_url": world.site.address()})).await;
    for number in [id, 999] {
        for (method, action) in [("credentials.update", "Change"), ("credentials.delete", "Delete")] {
            let path = format!("/api/connections/{other}/{method}");
            let answer = world.dx.post(&path, &json!({"id": number, "label": "mine"})).await;
            assert_plain(&answer, "credential_not_found");
            assert_eq!(world.last_denied().await, format!("{action} {}", number == id), "{method} {number}");
        }
        world.dx.get(&format!("/api/connections/{other}/credentials.info/{number}")).await.expect(422);
        assert_eq!(world.last_denied().await, format!("Read {}", number == id), "{number}");
    }
}

#[tokio::test]
async fn invalid_json_comes_before_the_id() {
    let world = World::open().await;
    for (_, method) in METHODS.into_iter().skip(1) {
        for broken in [&b"{"[..], b"{\"id\":1,}", b"id=1", b"\"", b"{\"id\":1} x"] {
            let answer = world.dx.send("POST", &world.path(method), JSON, Some(broken)).await;
            assert_plain(&answer, "invalid_json");
        }
    }
}

#[tokio::test]
async fn invalid_arguments_are_a_missing_id_and_wrong_types() {
    let world = World::open().await;
    let id = world.created().await;
    let before = world.row(id).await;
    for method in ["credentials.update", "credentials.delete"] {
        for body in [
            json!({}),
            json!({"id": null}),
            json!({"id": "x"}),
            json!({"id": id.to_string()}),
            json!({"id": true}),
            json!({"id": -1}),
            json!({"id": 1.5}),
            json!({"id": [id]}),
            json!([id]),
        ] {
            assert_plain(&world.call(method, &body).await, "invalid_arguments");
        }
        assert_plain(&world.dx.send("POST", &world.path(method), &[], None).await, "invalid_arguments");
    }
    for wrong in [
        json!({"label": 5}),
        json!({"label": ""}),
        json!({"settings": []}),
        json!({"settings": "x"}),
        json!({"settings": ""}),
        json!({"settings": "{}"}),
        json!({"secrets": ""}),
        json!({"secrets": "{\"api_token\":\"cnry\"}"}),
        json!({"expiration_date": ""}),
        json!({"secrets": 7}),
        json!({"expiration_date": 20_270_131}),
        json!({"expiration_date": "tomorrow"}),
        json!({"expiration_date": "2027-02-30"}),
        json!({"settings": {"jira_user": 5}}),
        json!({"settings": {"api_token": "cnry-secret"}}),
        json!({"settings": {"unknown": "cnry"}}),
        json!({"secrets": {"cnry-unknown": "x"}}),
        json!({"secrets": {"api_token": null}}),
    ] {
        let mut body = wrong.clone();
        body["id"] = json!(id);
        assert_plain(&world.update(&body).await, "invalid_arguments");
        let mut body = example();
        body.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        assert_plain(&world.call("credentials.create", &body).await, "invalid_arguments");
    }
    assert_eq!((world.row(id).await, world.site.asked()), (before, 1), "nothing was tried, nothing changed");
}

/// The shape of a failed verification: `raw_message` absent, not null, where there is none.
#[track_caller]
fn assert_failed(answer: &Answer, error: &str, raw_message: Option<&str>) {
    assert_eq!(answer.status, 422, "{}", answer.text());
    let body = answer.json();
    let expected: &[&str] = match raw_message {
        Some(_) => &["ok", "error", "display_message", "raw_message"],
        None => &["ok", "error", "display_message"],
    };
    assert_eq!((keys(&body), &body["ok"], &body["error"]), (expected.to_vec(), &json!(false), &json!(error)));
    assert_eq!(body.get("raw_message").map(|raw| raw.as_str().unwrap()), raw_message);
    let message = body["display_message"].as_str().unwrap();
    assert!(message.contains("othing was changed"), "what failed, and in what state things are: {message}");
    assert!(!answer.text().contains("cnry") && !answer.text().contains("ATATT"), "{}", answer.text());
}

#[tokio::test]
async fn each_failed_verification_has_its_label() {
    let world = World::open().await;
    let id = world.created().await;
    let before = world.row(id).await;
    let tried = async |token: &str| {
        let mut draft = example();
        draft["secrets"]["api_token"] = json!(token);
        let created = world.call("credentials.create", &draft).await;
        draft["id"] = json!(id);
        let updated = world.update(&draft).await;
        // Refused attempts on one account are counted for a quarter of an hour.
        world.house.clock.advance(Duration::from_mins(16));
        [created, updated]
    };
    for answer in tried("cnry-refused").await {
        assert_failed(&answer, "Invalid credentials", Some("401 Unauthorized"));
    }
    let nothing = json!({"message": "cnry-remote"});
    world.site.answers(super::BASIC_SECOND, "403 Forbidden", &nothing);
    for answer in tried(super::SECOND).await {
        assert_failed(&answer, "Invalid permissions", Some("403 Forbidden"));
    }
    world.site.answers(super::BASIC_SECOND, "500 Internal Server Error", &nothing);
    for answer in tried(super::SECOND).await {
        assert_failed(&answer, "Connection failed", Some("500 Internal Server Error"));
    }
    assert_eq!(world.row(id).await, before, "row unchanged");
}

#[tokio::test]
async fn an_outage_says_nothing_raw() {
    let world = World::open().await;
    let nowhere = world.connect("jira_cloud", json!({"base_url": "https://localhost:9"})).await;
    let answer = world.dx.post(&format!("/api/connections/{nowhere}/credentials.create"), &example()).await;
    assert_failed(&answer, "Connection failed", None);
    let lax = json!({"settings": {"on_unreachable": "save_unverified"}});
    world.native.patch("/v1/workspaces/default", &lax).await.expect(200);
    let answer = world.dx.post(&format!("/api/connections/{nowhere}/credentials.create"), &example()).await;
    assert_failed(&answer, "Connection failed", None);
}

#[tokio::test]
async fn what_the_settings_name_is_not_there() {
    let world = World::open().await;
    let bitbucket = world.connect("bitbucket", json!({"base_url": world.site.address()})).await;
    world.site.answers(
        "Bearer one",
        "404 Not Found",
        &json!({"type": "error", "error": {"message": "cnry"}}),
    );
    let body = json!({"settings": {"workspace": "nobody"}, "secrets": {"access_token": "one"}});
    let answer = world.dx.post(&format!("/api/connections/{bitbucket}/credentials.create"), &body).await;
    assert_failed(&answer, "No resources", Some("404 Not Found"));
}

#[tokio::test]
async fn duplicates_are_told_apart_and_refused() {
    let world = World::open().await;
    world.site.knows(BASIC_OTHER, "other");
    world.created().await;
    let again = world.call("credentials.create", &example()).await;
    assert_failed(&again, "Duplicate secrets", None);
    let mut alike = example();
    alike["secrets"]["api_token"] = json!(super::SECOND);
    assert_failed(&world.call("credentials.create", &alike).await, "Duplicate settings", None);
    let other = json!({"settings": {"jira_user": "other@myfakecompany.atlassian.net"}, "secrets": {"api_token": TOKEN}});
    let made = world.call("credentials.create", &other).await.expect(201).json();
    let id = made["credential"]["id"].as_u64().unwrap();
    let before = world.row(id).await;
    let mut become_it = example();
    become_it["id"] = json!(id);
    assert_failed(&world.update(&become_it).await, "Duplicate secrets", None);
    let renamed = json!({"id": id, "settings": {"jira_user": USER}, "secrets": {"api_token": super::SECOND}});
    assert_failed(&world.update(&renamed).await, "Duplicate settings", None);
    assert_eq!(world.row(id).await, before);
    // A duplicate is told only to who has proved to hold the secret (PRP-12).
    world.site.answers(BASIC, "401 Unauthorized", &json!({}));
    assert_failed(
        &world.call("credentials.create", &example()).await,
        "Invalid credentials",
        Some("401 Unauthorized"),
    );
}

#[tokio::test]
async fn what_no_contract_speaks_of_is_plain_all_the_same() {
    let world = World::open().await;
    let told = |answer: Answer, status: u16, error: &str| {
        let found = (answer.status, answer.text());
        assert_eq!(found, (status, format!("{{\"ok\":false,\"error\":\"{error}\"}}")));
    };
    told(world.dx.get("/api/credentials.verify").await, 404, "unknown_method");
    told(world.dx.get("/").await, 404, "unknown_method");
    told(world.dx.get(&world.path("credentials.create")).await, 405, "method_not_allowed");
    let large = json!({"label": "x".repeat(300 * 1024)});
    told(world.call("credentials.create", &large).await, 413, "payload_too_large");
    let viewer = Client::new(&world.router, Some(&world.house.text_of_token(Role::Viewer).await));
    viewer.get("/api/connections.list").await.expect(200);
    let id = world.created().await;
    for method in ["credentials.create", "credentials.update", "credentials.delete"] {
        told(viewer.post(&world.path(method), &json!({"id": id})).await, 422, "not_permitted");
    }
    world.call("credentials.delete", &json!({"id": id})).await.expect(200);
    let cooling = json!({"settings": {"jira_user": USER}, "secrets": {"api_token": "cnry-wrong"}});
    for _ in 0..3 {
        world.call("credentials.create", &cooling).await.expect(422);
    }
    let asked = world.site.asked();
    let cooled = world.call("credentials.create", &example()).await;
    assert_failed(&cooled, "Connection failed", None);
    assert_eq!(world.site.asked(), asked, "nothing was sent");
    let value: Value = cooled.json();
    assert!(value["display_message"].as_str().unwrap().contains("15 minutes"), "{value}");
}
