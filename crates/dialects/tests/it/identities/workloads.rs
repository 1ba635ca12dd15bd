//! Bearer statements of workloads.

use std::time::Duration;

use serde_json::{Value, json};
use strongroom_domain::audit::{AuditAction, AuditOutcome};
use tokio::time::Instant;

use super::{KUBERNETES, World, bare};
use crate::house::text;

const GITHUB: &str = "repo:acme/app:ref:refs/heads/main";

#[tokio::test]
async fn aut_15_a_workload_comes_in_by_its_issuers_statement() {
    let world = World::open().await;
    for subject in [KUBERNETES, GITHUB] {
        let stated = world.stated(subject);
        assert_eq!(world.status_of(&stated).await, 401, "nobody gets anything by being known to an issuer");
        let issued = world.issue("workload", "runner", subject).await;
        assert!(issued.get("token").is_none(), "there is no text to show");
        assert_eq!(issued["identity"], world.identity(subject));
        world.holder(&stated).get("/v1/limits").await.expect(200);
        // As a runner, and as nothing else.
        let me = world.holder(&stated).get("/v1/whoami").await.expect(200).json();
        assert_eq!((text(&me, "role"), text(&me, "authenticated_by")), ("runner", "statement"));
        assert_eq!(me["token_id"], issued["id"]);
        let refused = world.holder(&stated).get("/v1/tokens").await.expect(403);
        assert_eq!(refused.code(), "forbidden");
    }
}

/// It belongs to no tenant, so it is where what concerns the installation is; of a flood only a sample.
#[tokio::test]
async fn log_03_a_refused_statement_is_on_record() {
    let world = World::open().await;
    let stated = world.stated(KUBERNETES);
    for _ in 0..3 {
        assert_eq!(world.status_of(&stated).await, 401);
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    while world.refused(AuditAction::TokenUse).len() < 3 {
        assert!(Instant::now() < deadline, "they are not on record");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let record = world.refused(AuditAction::TokenUse).swap_remove(0);
    assert_eq!((record.outcome, record.notes["reason"].as_str()), (AuditOutcome::Denied, "statement"));
    assert!(!serde_json::to_string(&record).unwrap().contains(KUBERNETES), "nothing of it is proved");
}

#[tokio::test]
async fn aut_15_forged_statements_are_all_alike() {
    let world = World::open().await;
    world.issue("workload", "admin", KUBERNETES).await;
    world.provider.stranger("stranger", "rsa");
    let honest = world.claims(KUBERNETES);
    let with = |name: &str, value: Value| {
        let mut claims = honest.clone();
        claims[name] = value;
        claims
    };
    let jwk = world.provider.published()["keys"][0].clone();
    let forged = [
        world.provider.sign("none", &json!({}), &honest),
        world.provider.sign("none", &json!({"alg": "RS256", "kid": "first"}), &honest),
        world.provider.sign("public:first", &json!({"kid": "first"}), &honest),
        world.provider.sign("public:first", &json!({"kid": "first", "alg": "RS256"}), &honest),
        world.provider.sign("stranger", &json!({"kid": "first"}), &honest),
        world.provider.sign("stranger", &json!({}), &honest),
        world.provider.sign("stranger", &json!({"jwk": jwk, "kid": null}), &honest),
        world.provider.sign("stranger", &json!({"jku": "http://127.0.0.1:9/k"}), &honest),
        world.provider.sign("first", &json!({"kid": "../first"}), &honest),
        world.provider.sign("first", &json!({"kid": "/dev/null"}), &honest),
        world.provider.sign("first", &json!({"crit": ["exp"], "exp": 1}), &honest),
        world.provider.sign("first", &json!({"typ": "logout+jwt"}), &honest),
        world.provider.sign("first", &json!({"typ": "dpop+jwt"}), &honest),
        world.provider.sign("first", &json!({}), &with("aud", json!("other"))),
        world.provider.sign("first", &json!({}), &with("aud", json!("strongroom"))),
        world.provider.sign("first", &json!({}), &with("aud", json!([]))),
        world.provider.sign("first", &json!({}), &with("aud", Value::Null)),
        world.provider.sign("first", &json!({}), &with("iss", json!("https://id.example.com"))),
        world.provider.sign(
            "first",
            &json!({}),
            &with("iss", json!(format!("{}/", world.provider.issuer()))),
        ),
        world.provider.sign("first", &json!({}), &with("exp", json!(world.at(-11)))),
        world.provider.sign("first", &json!({}), &with("exp", Value::Null)),
        world.provider.sign("first", &json!({}), &with("exp", json!("9999999999"))),
        world.provider.sign("first", &json!({}), &with("nbf", json!(world.at(60)))),
        world.provider.sign("first", &json!({}), &with("iat", json!(world.at(60)))),
        world.provider.sign(
            "first",
            &json!({}),
            &with("sub", json!("system:serviceaccount:payments:Worker")),
        ),
        world.provider.sign("first", &json!({}), &with("sub", json!(""))),
        world.provider.sign("first", &json!({}), &with("sub", json!(null))),
        "eyJhbGciOiJSUzI1NiJ9.e30.AAAA".to_owned(),
        "ey..".to_owned(),
    ];
    let nobody = bare(&world.holder("srt_u_x").get("/v1/limits").await);
    for (at, statement) in forged.iter().enumerate() {
        assert_eq!(bare(&world.holder(statement).get("/v1/limits").await), nobody, "case {at}: {statement}");
    }
    let honest = world.provider.sign("first", &json!({}), &honest);
    assert_eq!(world.status_of(&honest).await, 200);
    let at = world.provider.sign("first", &json!({"typ": "at+jwt"}), &world.claims(KUBERNETES));
    assert_eq!(world.status_of(&at).await, 200, "an access token for us (RFC 9068)");
}

#[tokio::test]
async fn ssr_17_nothing_is_fetched_for_what_cannot_count() {
    let world = World::open().await;
    world.provider.stranger("stranger", "rsa");
    let mut claims = world.claims(KUBERNETES);
    claims["iss"] = json!("http://127.0.0.1:9");
    let elsewhere = world.provider.sign("stranger", &json!({"jku": "http://127.0.0.1:9/"}), &claims);
    let mut claims = world.claims(KUBERNETES);
    claims["exp"] = json!(world.at(-60));
    let expired = world.provider.sign("first", &json!({}), &claims);
    claims["exp"] = json!(world.at(60));
    claims["aud"] = json!("other");
    let for_others = world.provider.sign("first", &json!({}), &claims);
    let unsigned = world.provider.sign("none", &json!({}), &world.claims(KUBERNETES));
    let _before = world.provider.requests();
    for statement in [elsewhere, expired, for_others, unsigned] {
        assert_eq!(world.status_of(&statement).await, 401);
    }
    assert_eq!(world.provider.requests(), [""; 0]);
}

#[tokio::test]
async fn aut_15_unknown_keys_are_asked_for_at_most_once_in_30_seconds() {
    let world = World::open().await;
    world.issue("workload", "viewer", KUBERNETES).await;
    world.provider.stranger("stranger", "ec");
    let _before = world.provider.requests();
    assert_eq!(world.status_of(&world.stated(KUBERNETES)).await, 200);
    assert_eq!(world.fetches(), 1);
    for n in 0..20 {
        let header = json!({"kid": format!("unknown-{n}")});
        let unknown = world.provider.sign("stranger", &header, &world.claims(KUBERNETES));
        assert_eq!(world.status_of(&unknown).await, 401);
    }
    assert_eq!(world.fetches(), 0, "they were fetched a moment ago");
    world.house.clock.advance(Duration::from_secs(31));
    for n in 0..20 {
        let header = json!({"kid": format!("unknown-{n}")});
        let unknown = world.provider.sign("stranger", &header, &world.claims(KUBERNETES));
        assert_eq!(world.status_of(&unknown).await, 401);
    }
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn aut_10_a_key_that_its_issuer_withdraws_counts_no_more() {
    let world = World::open().await;
    world.issue("workload", "viewer", KUBERNETES).await;
    let old = world.stated(KUBERNETES);
    assert_eq!(world.status_of(&old).await, 200);
    world.provider.keys(&[("second", "ec")]);
    world.house.clock.advance(Duration::from_secs(31));
    let new = world.provider.sign("second", &json!({}), &world.claims(KUBERNETES));
    assert_eq!(world.status_of(&new).await, 200, "the new key is fetched where it is first named");
    world.provider.keys(&[("third", "ed"), ("second", "ec")]);
    let fresh = world.provider.sign("second", &json!({}), &world.claims("somebody"));
    assert_eq!(world.status_of(&fresh).await, 401, "and says nothing of others");
}

#[tokio::test]
async fn con_18_an_issuer_that_is_away_is_no_fault_of_the_statement() {
    let world = World::open().await;
    world.issue("workload", "viewer", KUBERNETES).await;
    let (cached, other) = (world.stated(KUBERNETES), {
        let mut claims = world.claims(KUBERNETES);
        claims["jti"] = json!("another");
        world.provider.sign("first", &json!({}), &claims)
    });
    let World { house, provider } = world;
    drop(provider);
    let answer = house.with_token(&cached).get("/v1/limits").await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"));
    let answer = house.with_token(&other).get("/v1/limits").await;
    assert_eq!(answer.status, 503, "and it is not asked again at once");
}

#[tokio::test]
async fn aut_10_a_revoked_identity_ends_at_once() {
    let world = World::open().await;
    let issued = world.issue("workload", "viewer", KUBERNETES).await;
    let stated = world.stated(KUBERNETES);
    assert_eq!(world.status_of(&stated).await, 200);
    world.revoke(&issued).await;
    assert_eq!(world.status_of(&stated).await, 401, "also where it was known a moment ago");
    world.issue("workload", "viewer", KUBERNETES).await;
    assert_eq!(world.status_of(&stated).await, 200, "the identity is free to be issued again");
    world.house.clock.advance(Duration::from_secs(611));
    assert_eq!(world.status_of(&stated).await, 401, "and a statement that was known ends with its time");
}
