//! Who fails too often, and who does not have to wait for it.

use std::time::Duration;

use serde_json::json;
use strongroom_domain::ids::TokenId;
use strongroom_domain::principal::{PrincipalKind, Role};
use strongroom_domain::token::TokenText;
use strongroom_testkit::seeded;
use tokio::task::JoinSet;

use super::{KUBERNETES, World, bare};
use crate::client::Client;
use crate::house::{House, text};

/// A house that trusts nobody, with the limits that a server has.
async fn house() -> House {
    House::trusting(Vec::new()).await
}

/// A token of the same id under another secret.
fn guess(of: &str, seed: u64) -> String {
    let real = TokenText::parse(of).unwrap();
    TokenText::make(real.kind, real.id, &mut seeded(seed)).reveal().expose().clone()
}

async fn status(client: &Client) -> u16 {
    client.get("/v1/limits").await.status
}

#[tokio::test]
async fn aut_06_one_count_whatever_the_spelling_and_the_right_secret_waits_too() {
    let house = house().await;
    let real = house.text_of_token(Role::Viewer).await;
    // The same network under many names; the same id under many secrets.
    let names = ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:1", "2001:db8:0:0:1::"];
    let mut answers = Vec::new();
    for n in 0..10 {
        let guesser =
            house.with_token(&guess(&real, n)).from(names[usize::try_from(n).unwrap() % names.len()]);
        answers.push(status(&guesser).await);
    }
    assert_eq!(answers, [401; 10]);
    let wrong = house.with_token(&guess(&real, 99)).from("2001:db8::3").get("/v1/limits").await;
    let right = house.with_token(&real).from("2001:db8::4").get("/v1/limits").await;
    assert_eq!(wrong.status, 429);
    assert_eq!((wrong.code().as_str(), wrong.header("retry-after")), ("rate_limited", "10"));
    assert_eq!(bare(&right), bare(&wrong), "the right one is not told apart while it waits");
    // AUT-07: its holder, elsewhere, has never heard of it.
    assert_eq!(status(&house.with_token(&real).from("198.51.100.1")).await, 200);
    house.clock.advance(Duration::from_mins(1));
    assert_eq!(status(&house.with_token(&real).from("2001:db8::4")).await, 200);
}

#[tokio::test]
async fn aut_07_nobody_is_locked_out_by_others_failures() {
    let house = house().await;
    let real = house.text_of_token(Role::Viewer).await;
    let victim = house.with_token(&real);
    assert_eq!(status(&victim).await, 200);
    // From everywhere, and from beside the victim.
    for n in 0..120_u8 {
        let attacker = house.with_token(&guess(&real, n.into()));
        let elsewhere = attacker.from(&format!("198.51.100.{n}"));
        assert!(matches!(status(&elsewhere).await, 401 | 429));
        assert!(matches!(status(&attacker).await, 401 | 429));
    }
    assert_eq!(status(&house.with_token(&guess(&real, 200))).await, 429, "that address waits");
    assert_eq!(status(&victim).await, 200, "and who was good from there goes on");
    assert_eq!(status(&victim.from("203.0.113.9")).await, 200, "and from an address of their own");
    let other = house.text_of_token(Role::Viewer).await;
    assert_eq!(status(&house.with_token(&other).from("203.0.113.10")).await, 200);
}

#[tokio::test]
async fn aut_09_a_parallel_burst_gets_no_more_tries_than_the_limit() {
    let house = house().await;
    let real = house.text_of_token(Role::Viewer).await;
    let mut burst = JoinSet::new();
    for n in 0..50 {
        let guesser = house.with_token(&guess(&real, n)).from("198.51.100.1");
        burst.spawn(async move { status(&guesser).await });
    }
    let statuses = burst.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 10);
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 40);
    // Other ids, and texts that are none: until the address has had enough.
    let mut tries = 10;
    for n in 0..100 {
        let unknown = TokenText::make(PrincipalKind::User, TokenId::from_bytes([n; 16]), &mut seeded(1));
        let text = if n % 2 == 0 { unknown.reveal().expose().clone() } else { format!("srt_u_{n}") };
        if status(&house.with_token(&text).from("198.51.100.1")).await == 401 {
            tries += 1;
        }
    }
    assert_eq!(tries, 60);
}

#[tokio::test]
async fn aut_08_known_and_unknown_ids_are_answered_alike() {
    let house = house().await;
    let real = house.text_of_token(Role::Viewer).await;
    let unknown = TokenText::make(PrincipalKind::Service, TokenId::from_bytes([7; 16]), &mut seeded(2));
    let (known, unknown) = (guess(&real, 1), unknown.reveal().expose().clone());
    for n in 0..12 {
        let one = house.with_token(&known).from("198.51.100.1").get("/v1/limits").await;
        let other = house.with_token(&unknown).from("198.51.100.2").get("/v1/limits").await;
        assert_eq!(bare(&one), bare(&other), "try {n}");
        assert_eq!(one.status, if n < 10 { 401 } else { 429 }, "try {n}");
    }
}

#[tokio::test]
async fn aut_09_statements_sessions_and_id_tokens_are_counted_too() {
    let world = World::open().await;
    world.issue("workload", "viewer", KUBERNETES).await;
    let good = world.stated(KUBERNETES);
    assert_eq!(world.status_of(&good).await, 200);
    let forged = world.provider.sign("none", &json!({}), &world.claims(KUBERNETES));
    let mut refused = 0;
    for n in 0..100 {
        let status = match n % 3 {
            0 => world.status_of(&forged).await,
            1 => world.status_of("srb_0123456789").await,
            _ => {
                let body = json!({"id_token": forged});
                world.house.anonymous().post("/v1/sessions", &body).await.status
            }
        };
        assert!(matches!(status, 401 | 429));
        refused += u32::from(status == 401);
    }
    assert_eq!(refused, 60);
    assert_eq!(world.status_of(&good).await, 200, "what is known goes on");
    let answer = world.holder(&good).get("/v1/whoami").await.expect(200).json();
    assert_eq!(text(&answer, "authenticated_by"), "statement");
}
