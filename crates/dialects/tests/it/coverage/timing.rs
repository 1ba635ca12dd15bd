//! The oracle SAME in time: what is not the caller's takes as long as what nobody has, and so does every wrong
//! secret of a token.
//!
//! Samples of both sorts are taken in turns, so that whatever slows the machine slows both. A block's difference is
//! that of its two medians, a round's is the median of its blocks. Noise is as often on one side as on the other,
//! a leak always on the same one: one round of [`ROUNDS`] inside the bars is enough, none is a leak.

use std::future::Future;
use std::time::Duration;

use serde_json::{Value, json};
use strongroom_domain::principal::Role;
use strongroom_domain::token::TokenText;
use strongroom_domain::{Scope, Secret};
use tokio::time::Instant;

use crate::client::{Client, JSON};
use crate::house::{CREDENTIALS, House};

const ROUNDS: usize = 8;
const BLOCKS: usize = 11;
/// Samples of each sort in a round: two thousand of both, as the catalogue asks, and no more seconds than these.
const SAMPLES: usize = 1_000;
const LONGEST: Duration = Duration::from_secs(20);

/// The bars of CATALOGUE section 0.
const MOST_APART: f64 = 0.03;
const MOST_MICROS: f64 = 1_000.0;

/// Compares two acts, and fails where every round tells them apart.
async fn assert_same<A: Future, B: Future>(what: &str, one: impl Fn() -> A, other: impl Fn() -> B) {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let (apart, whole) = round(&one, &other).await;
        rounds.push(format!("{apart:+.1} of {whole:.1} us"));
        if apart.abs() < MOST_MICROS && apart.abs() < whole * MOST_APART {
            println!("{what}: {}", rounds.join(", "));
            return;
        }
    }
    panic!("{what}: {ROUNDS} rounds tell them apart: {}", rounds.join(", "));
}

/// How much longer the second takes, and how long the first does, in microseconds.
async fn round<A: Future, B: Future>(one: &impl Fn() -> A, other: &impl Fn() -> B) -> (f64, f64) {
    let (mut differences, mut wholes) = (Vec::new(), Vec::new());
    let until = Instant::now() + LONGEST;
    for _ in 0..BLOCKS {
        let (mut ones, mut others) = (Vec::new(), Vec::new());
        for nth in 0..SAMPLES / BLOCKS {
            // Who comes second finds caches warm: they take turns at it.
            if nth % 2 == 0 {
                ones.push(time(one()).await);
                others.push(time(other()).await);
            } else {
                others.push(time(other()).await);
                ones.push(time(one()).await);
            }
        }
        let (one, other) = (median(&mut ones), median(&mut others));
        differences.push(other - one);
        wholes.push(one);
        if Instant::now() > until {
            break;
        }
    }
    (median(&mut differences), median(&mut wholes))
}

async fn time(act: impl Future) -> f64 {
    let began = Instant::now();
    let _answered = act.await;
    began.elapsed().as_secs_f64() * 1e6
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Every act on one credential: what it is called, its method, what follows the id, and its body.
fn acts() -> Vec<(&'static str, &'static str, &'static str, Option<Value>)> {
    let report = json!({"value_version": 1, "outcome": "rejected"});
    let put = json!({"settings": {}, "secrets": {"token": "x"}});
    vec![
        ("show", "GET", "", None),
        ("history", "GET", "/history", None),
        ("consumers", "GET", "/consumers", None),
        ("patch", "PATCH", "", Some(json!({"name": "mine now"}))),
        ("put", "PUT", "", Some(put)),
        ("verify", "POST", "/verify", Some(json!({}))),
        ("resolve", "POST", "/resolve", Some(json!({}))),
        ("report", "POST", "/report", Some(report)),
        ("release", "DELETE", "/consumers/flow/worker", None),
        ("delete", "DELETE", "", None),
    ]
}

async fn send(client: &Client, method: &str, path: &str, body: Option<&[u8]>) -> u16 {
    let headers = if body.is_some() { JSON } else { &[] };
    client.send(method, path, headers, body).await.status
}

#[tokio::test]
#[ignore = "slow: ten acts, two thousand times each"]
async fn ten_01_an_id_of_another_organization_takes_as_long_as_one_that_nobody_has() {
    let house = House::open().await;
    takes_as_long(&house, house.b).await;
}

#[tokio::test]
#[ignore = "slow: ten acts, two thousand times each"]
async fn ten_01_an_id_of_another_workspace_takes_as_long_as_one_that_nobody_has() {
    let house = House::open().await;
    takes_as_long(&house, house.a2).await;
}

async fn takes_as_long(house: &House, elsewhere: Scope) {
    let theirs = house.credential(elsewhere, "cnry").await;
    house.credential(house.a, "own").await;
    let admin = house.admin().await;
    // Made at the same time as the other, so that an index finds it at the same depth.
    let unknown = format!("{}0000000", &theirs[..theirs.len() - 7]);
    for (act, method, rest, body) in acts() {
        let bytes = body.map(|body| body.to_string().into_bytes());
        let path = |id: &str| format!("{CREDENTIALS}/{id}{rest}");
        let (theirs, nobodys) = (path(&theirs), path(&unknown));
        assert_eq!(send(&admin, method, &theirs, bytes.as_deref()).await, 404);
        let (admin, bytes) = (&admin, bytes.as_deref());
        let of = |path| move || send(admin, method, path, bytes);
        assert_same(act, of(&nobodys), of(&theirs)).await;
    }
}

/// A token of this secret under the id of a live one.
fn with_secret(token: &TokenText, at: usize) -> String {
    let secret = token.secret.expose();
    let other = if secret.as_bytes()[at] == b'A' { "B" } else { "A" };
    let changed = format!("{}{other}{}", &secret[..at], &secret[at + 1..]);
    TokenText { secret: Secret::new(changed), ..token.clone() }.reveal().expose().clone()
}

#[tokio::test]
#[ignore = "slow: two thousand requests, and again where the machine is busy"]
async fn aut_21_a_wrong_secret_takes_as_long_wherever_it_is_wrong() {
    let house = House::open().await;
    let text = house.text_of_token(Role::Viewer).await;
    let token = TokenText::parse(&text).unwrap();
    house.with_token(&text).get("/v1/limits").await.expect(200);
    let first = house.with_token(&with_secret(&token, 0));
    let last = house.with_token(&with_secret(&token, token.secret.expose().len() - 1));
    first.get("/v1/limits").await.expect(401);
    let of = |client| move || send(client, "GET", "/v1/limits", None);
    assert_same("the first character, the last", of(&first), of(&last)).await;

    // A typing error asks nobody: it is no slower than an id that has to be looked for.
    let (body, _) = text.rsplit_once('_').unwrap();
    let misspelt = house.with_token(&format!("{body}_AAAAAA"));
    let absent = TokenText { id: strongroom_domain::ids::TokenId::from_bytes([9; 16]), ..token };
    let absent = house.with_token(absent.reveal().expose());
    let (longer, whole) = round(&of(&misspelt), &of(&absent)).await;
    assert!(longer > 0.0, "{longer:+.1} of {whole:.1} us: a token whose checksum is wrong is looked for");
}
