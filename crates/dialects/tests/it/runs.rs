//! Tokens for runs: narrower than the token behind them, ended with it, and speaking for one consumer.

use std::time::Duration;

use serde_json::{Value, json};
use strongroom_domain::principal::Role;
use strongroom_store::Store as _;

use crate::client::Client;
use crate::house::{CREDENTIALS, House, new_token, text};

async fn exchange(parent: &Client, body: &Value) -> Value {
    parent.post("/v1/tokens/exchange", body).await.expect(200).json()
}

fn for_run(only: &[&str]) -> Value {
    json!({"credentials": only, "consumer": {"name": "flow-42", "run": "run-7"}, "ttl": 600})
}

fn resolve(id: &str) -> String {
    format!("{CREDENTIALS}/{id}/resolve")
}

/// What the log says of the last resolve: on whose behalf, and whether that was proven.
async fn last_consumer(house: &House) -> (String, String) {
    let entries = house.store.audit(&house.a, 0, usize::MAX).await.unwrap();
    let record = entries.into_iter().rev().find(|entry| entry.record.on_behalf_of.is_some()).unwrap().record;
    let consumer = record.on_behalf_of.unwrap();
    (format!("{}/{}", consumer.name, consumer.instance), record.notes["consumer"].clone())
}

#[tokio::test]
async fn ten_16_a_run_is_narrower_than_its_token() {
    let house = House::open().await;
    let (mine, other) = (house.credential(house.a, "one").await, house.credential(house.a, "two").await);
    let parent = house.holder(house.a, Role::Admin).await;
    let given = exchange(&parent, &for_run(&[&mine])).await;
    assert!(text(&given, "token").starts_with("srr_"));
    let run = house.with_token(text(&given, "token"));
    assert_eq!(run.post(&resolve(&mine), &json!({})).await.expect(200).json()["secrets"]["token"], "one");
    assert_eq!(last_consumer(&house).await, ("flow-42/run-7".to_owned(), "proven".to_owned()));
    run.post(&resolve(&other), &json!({})).await.expect(404);
    let listed = run.get(CREDENTIALS).await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let change = json!({"description": "x"});
    run.patch(&format!("{CREDENTIALS}/{mine}"), &change).await.expect(403);
    run.post("/v1/tokens/exchange", &for_run(&[&mine])).await.expect(403);
    run.post("/v1/tokens", &new_token("viewer")).await.expect(403);
}

#[tokio::test]
async fn ten_16_a_narrow_token_hands_on_what_it_reaches_alone() {
    let house = House::open().await;
    let (mine, other) = (house.credential(house.a, "one").await, house.credential(house.a, "two").await);
    let narrow = house.narrow(house.a, &[&mine]).await;
    let refused = narrow.post("/v1/tokens/exchange", &for_run(&[&mine, &other])).await.expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/credentials/1");
    let everything = json!({"consumer": {"name": "flow-42", "run": "run-7"}});
    let run = house.with_token(text(&exchange(&narrow, &everything).await, "token"));
    run.post(&resolve(&mine), &json!({})).await.expect(200);
    run.post(&resolve(&other), &json!({})).await.expect(404);
    let viewer = house.holder(house.a, Role::Viewer).await;
    viewer.post("/v1/tokens/exchange", &for_run(&[&mine])).await.expect(403);
}

#[tokio::test]
async fn ten_03_a_run_speaks_for_its_consumer_alone() {
    let house = House::open().await;
    let id = house.credential(house.a, "one").await;
    let parent = house.holder(house.a, Role::Runner).await;
    let run = house.with_token(text(&exchange(&parent, &for_run(&[&id])).await, "token"));
    let own = json!({"consumer": {"name": "flow-42", "instance": "run-7"}});
    run.post(&resolve(&id), &own).await.expect(200);
    for other in
        [json!({"name": "flow-43", "instance": "run-7"}), json!({"name": "flow-42", "instance": "run-8"})]
    {
        let refused = run.post(&resolve(&id), &json!({"consumer": other})).await.expect(403).json();
        assert_eq!(refused["code"], "forbidden");
        let report = json!({"value_version": 1, "outcome": "rejected", "consumer": other});
        run.post(&format!("{CREDENTIALS}/{id}/report"), &report).await.expect(403);
    }
    // Whoever has no run's token is taken at its word, and the log says so.
    parent.post(&resolve(&id), &own).await.expect(200);
    assert_eq!(last_consumer(&house).await, ("flow-42/run-7".to_owned(), "claimed".to_owned()));
}

#[tokio::test]
async fn ten_12_a_run_ends_with_its_token() {
    let house = House::open().await;
    let id = house.credential(house.a, "one").await;
    let admin = house.admin().await;
    let issue = async || admin.post("/v1/tokens", &new_token("runner")).await.expect(201).json();
    let runs = async |issued: &Value| {
        let parent = house.with_token(text(issued, "token"));
        house.with_token(text(&exchange(&parent, &for_run(&[&id])).await, "token"))
    };

    let revoked = issue().await;
    let run = runs(&revoked).await;
    run.post(&resolve(&id), &json!({})).await.expect(200);
    admin.delete(&format!("/v1/tokens/{}", text(&revoked, "id"))).await.expect(204);
    run.post(&resolve(&id), &json!({})).await.expect(401);

    let rotated = issue().await;
    let run = runs(&rotated).await;
    let rotate = format!("/v1/tokens/{}/rotate", text(&rotated, "id"));
    admin.post(&rotate, &json!({"overlap_seconds": 60})).await.expect(200);
    run.post(&resolve(&id), &json!({})).await.expect(200);
    house.clock.advance(Duration::from_secs(61));
    run.post(&resolve(&id), &json!({})).await.expect(401);

    let run = runs(&issue().await).await;
    house.clock.advance(Duration::from_secs(601));
    run.post(&resolve(&id), &json!({})).await.expect(401);
}

/// A stream that a run opens while the text behind it is in its overlap ends with the overlap, and not with the run.
#[tokio::test]
async fn ten_12_a_stream_of_a_run_ends_with_the_text_behind_it() {
    let house = House::open().await;
    let id = house.credential(house.a, "one").await;
    let admin = house.admin().await;
    let issued = admin.post("/v1/tokens", &new_token("runner")).await.expect(201).json();
    let parent = house.with_token(text(&issued, "token"));
    let run = house.with_token(text(&exchange(&parent, &for_run(&[&id])).await, "token"));
    let rotate = format!("/v1/tokens/{}/rotate", text(&issued, "id"));
    admin.post(&rotate, &json!({"overlap_seconds": 60})).await.expect(200);
    let mut listener = run.listen("/v1/workspaces/default/events", None).await;
    house.clock.advance(Duration::from_secs(61));
    let end = async { while listener.word().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(1), end).await.expect("it ends within a second");
}

/// Whatever of it is changed, with its checksum made anew: nobody but the service can prove another one.
#[tokio::test]
async fn aut_15_a_forged_run_is_nobody() {
    let house = House::open().await;
    let id = house.credential(house.a, "one").await;
    let parent = house.holder(house.a, Role::Runner).await;
    let token = text(&exchange(&parent, &for_run(&[&id])).await, "token").to_owned();
    let genuine = strongroom_domain::run::RunText::parse(&token).unwrap();
    house.with_token(&token).get(CREDENTIALS).await.expect(200);
    for at in 0..genuine.payload.len() {
        let mut forged = genuine.clone();
        forged.payload[at] ^= 1;
        house.with_token(forged.reveal().expose()).get(CREDENTIALS).await.expect(401);
    }
    let mut forged = genuine;
    forged.proof[31] ^= 1;
    house.with_token(forged.reveal().expose()).get(CREDENTIALS).await.expect(401);
}
