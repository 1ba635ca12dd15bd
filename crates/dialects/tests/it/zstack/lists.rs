//! `ListCredentials`: filters, paging, total, order.

use std::time::Duration;

use serde_json::{Value, json};

use super::world::{CREDENTIALS, World, draft, made, path_of, refused};
use crate::client::Client;
use crate::house::text;

async fn listed(client: &Client, query: &str) -> (Vec<String>, u64) {
    let answer = client.get(&format!("{CREDENTIALS}{query}")).await.expect(200).json();
    assert_eq!(answer.as_object().unwrap().keys().collect::<Vec<_>>(), ["items", "total"]);
    let items = answer["items"].as_array().unwrap();
    (items.iter().map(|item| text(item, "name").to_owned()).collect(), answer["total"].as_u64().unwrap())
}

async fn populate(world: &World, client: &Client) {
    for (name, of, expires) in [
        ("a", "PASSWORD", "2040-01-01T00:00:00Z"),
        ("b", "API_KEY", "2040-01-01T00:00:00Z"),
        ("c", "PASSWORD", "2020-01-01T00:00:00Z"),
        ("d", "SSH_KEY", ""),
        ("e", "UNSPECIFIED", ""),
    ] {
        // Ids of one millisecond have no order.
        world.house.clock.advance(Duration::from_millis(1));
        let body = json!({"name": name, "value": "v", "type": format!("CREDENTIAL_TYPE_{of}"), "expiresAt": expires});
        made(client, &body).await;
    }
}

#[tokio::test]
async fn items_are_full_objects_in_the_order_of_their_creation() {
    let world = World::open().await;
    let client = world.admin().await;
    assert_eq!(client.get(CREDENTIALS).await.expect(200).json(), json!({"items": [], "total": 0}));
    populate(&world, &client).await;
    let all = client.get(CREDENTIALS).await.expect(200).json();
    for item in all["items"].as_array().unwrap() {
        assert_eq!(&client.get(&path_of(item)).await.expect(200).json(), item);
    }
    assert_eq!(listed(&client, "").await.0, ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn filters_narrow_and_their_zero_does_not() {
    let world = World::open().await;
    let client = world.admin().await;
    populate(&world, &client).await;
    let all: &[&str] = &["a", "b", "c", "d", "e"];
    for (query, expected) in [
        ("?type=CREDENTIAL_TYPE_PASSWORD", &["a", "c"][..]),
        ("?type=CREDENTIAL_TYPE_SSH_KEY", &["d"]),
        ("?type=CREDENTIAL_TYPE_TLS_CERT", &[]),
        ("?type=CREDENTIAL_TYPE_UNSPECIFIED", all),
        ("?type=&healthStatus=&componentUuid=", all),
        ("?healthStatus=CREDENTIAL_HEALTH_STATUS_UNSPECIFIED", all),
        ("?healthStatus=CREDENTIAL_HEALTH_STATUS_EXPIRED", &["c"]),
        ("?healthStatus=CREDENTIAL_HEALTH_STATUS_VALID", &[]),
        ("?healthStatus=CREDENTIAL_HEALTH_STATUS_EXPIRED&type=CREDENTIAL_TYPE_API_KEY", &[]),
        ("?healthStatus=CREDENTIAL_HEALTH_STATUS_EXPIRED&type=CREDENTIAL_TYPE_PASSWORD", &["c"]),
    ] {
        let (names, total) = listed(&client, query).await;
        assert_eq!((names.as_slice(), total), (owned(expected).as_slice(), expected.len() as u64), "{query}");
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn pages_are_by_position_and_the_total_is_of_all() {
    let world = World::open().await;
    let client = world.admin().await;
    populate(&world, &client).await;
    for (query, expected) in [
        ("?limit=2", &["a", "b"][..]),
        ("?limit=2&offset=2", &["c", "d"]),
        ("?limit=2&offset=4", &["e"]),
        ("?offset=5", &[]),
        ("?limit=0&offset=0", &["a", "b", "c", "d", "e"]),
        ("?limit=2147483647&offset=3", &["d", "e"]),
    ] {
        assert_eq!(listed(&client, query).await, (owned(expected), 5), "{query}");
    }
    let narrow = listed(&client, "?type=CREDENTIAL_TYPE_PASSWORD&limit=1&offset=1").await;
    assert_eq!(narrow, (owned(&["c"]), 2));
    for query in
        ["?limit=-1", "?offset=-1", "?limit=x", "?limit=1.0", "?limit=", "?limit=2147483648", "?offset=10001"]
    {
        refused(&client.get(&format!("{CREDENTIALS}{query}")).await, 400, "SYS.1007");
    }
}

#[tokio::test]
async fn without_a_limit_there_are_a_hundred() {
    let world = World::open().await;
    let client = world.admin().await;
    for _ in 0..101 {
        made(&client, &draft("n", "v")).await;
    }
    for (query, count) in [("", 100), ("?limit=0", 100), ("?limit=101", 101), ("?limit=5000", 101)] {
        let (names, total) = listed(&client, query).await;
        assert_eq!((names.len(), total), (count, 101), "{query}");
    }
}

#[tokio::test]
async fn a_component_is_an_integration_and_one_that_nobody_has_has_no_credentials() {
    let world = World::open().await;
    let client = world.admin().await;
    populate(&world, &client).await;
    let database = world.house.database();
    database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    let of = "UPDATE credential SET integration = x'0192a3b4c5d67e8f9011223344556677' WHERE name = 'b'";
    assert_eq!(database.execute(of, []).unwrap(), 1);
    for (component, expected) in [
        ("0192a3b4-c5d6-7e8f-9011-223344556677", &["b"][..]),
        ("int_0192a3b4c5d67e8f9011223344556677", &["b"]),
        ("0192a3b4-c5d6-7e8f-9011-223344556678", &[]),
        ("comp-1", &[]),
        ("*", &[]),
        ("null", &[]),
    ] {
        let found = listed(&client, &format!("?componentUuid={component}")).await;
        assert_eq!(found, (owned(expected), expected.len() as u64), "{component}");
    }
}

#[tokio::test]
async fn inp_14_a_filter_that_is_not_one_is_refused_and_not_repeated() {
    let world = World::open().await;
    let client = world.admin().await;
    for query in [
        "?type=cnry",
        "?type=credential_type_password",
        "?healthStatus=cnry",
        "?healthStatus=VALID",
        "?Type=CREDENTIAL_TYPE_PASSWORD",
        "?cnry=1",
        "?limit=1&limit=2",
        "?type=%zz",
        "?value=cnry",
    ] {
        let details = refused(&client.get(&format!("{CREDENTIALS}{query}")).await, 400, "SYS.1007");
        assert!(!details.contains("cnry"), "{details}");
    }
}

#[tokio::test]
async fn what_was_made_elsewhere_shows_up_where_it_is_one_value() {
    let world = World::open().await;
    let (client, native) = (world.admin().await, world.house.admin().await);
    let make = async |body: Value| {
        world.house.clock.advance(Duration::from_millis(1));
        let path = "/v1/workspaces/default/credentials";
        native.post(path, &body).await.expect(201).json()
    };
    let skip = |mut body: Value| {
        body["verify"] = "skip".into();
        body
    };
    make(json!({"kind": "generic", "name": "hidden", "secrets": {"value": "v"}})).await;
    let key = make(skip(json!({"kind": "openai", "name": "key", "secrets": {"api_key": "sk-cnry"}}))).await;
    make(skip(json!({"kind": "smtp", "name": "mail",
        "settings": {"host": "mail.example", "username": "me"}, "secrets": {"password": "cnry"}})))
    .await;
    assert_eq!(listed(&client, "").await, (owned(&["key", "mail"]), 2));
    assert_eq!(listed(&client, "?type=CREDENTIAL_TYPE_API_KEY").await, (owned(&["key"]), 1));
    assert_eq!(listed(&client, "?type=CREDENTIAL_TYPE_PASSWORD").await, (owned(&["mail"]), 1));
    let shown = client.get(CREDENTIALS).await.json()["items"][0].clone();
    assert_eq!(shown["createdBy"], key["created_by"], "nobody kept a name, so it is the id");
}
