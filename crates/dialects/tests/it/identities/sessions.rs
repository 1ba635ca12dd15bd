//! Sessions of command lines: an ID token with a nonce of ours, for a text that is sent as a bearer token.

use std::time::Duration;

use serde_json::{Value, json};
use strongroom_domain::audit::AuditAction;
use strongroom_domain::principal::Role;

use super::{KUBERNETES, World, bare};
use crate::client::Answer;
use crate::house::text;

impl World {
    async fn nonce(&self) -> String {
        let offered = self.house.anonymous().get("/v1/sign-in").await.expect(200).json();
        assert_eq!(
            offered["issuers"],
            json!([{"issuer": self.provider.issuer(), "client_id": "strongroom-cli"}])
        );
        text(&offered, "nonce").to_owned()
    }

    /// What an honest issuer says of a person who was asked by the command line.
    fn id_claims(&self, subject: &str, nonce: &str) -> Value {
        let mut claims = self.claims(subject);
        claims["aud"] = json!("strongroom-cli");
        claims["nonce"] = json!(nonce);
        claims
    }

    async fn exchange(&self, claims: &Value) -> Answer {
        let token = self.provider.sign("first", &json!({}), claims);
        self.house.anonymous().post("/v1/sessions", &json!({"id_token": token})).await
    }

    async fn session(&self, subject: &str) -> String {
        let claims = self.id_claims(subject, &self.nonce().await);
        text(&self.exchange(&claims).await.expect(201).json(), "session").to_owned()
    }
}

#[tokio::test]
async fn aut_17_a_person_gets_a_session_and_it_counts_here_alone() {
    let world = World::open().await;
    world.issue("user", "editor", "ann").await;
    let session = world.session("ann").await;
    assert!(session.starts_with("srb_"));
    let me = world.holder(&session).get("/v1/whoami").await.expect(200).json();
    assert_eq!((text(&me, "role"), text(&me, "authenticated_by")), ("editor", "session"));
    assert_eq!(me["identity"], world.identity("ann"));
    // Not where tokens are asked for, nor as any other thing.
    for table in strongroom_dialects::foreign() {
        let prefix = table.prefix().to_owned();
        let router = table.router(&world.house.edge());
        let at = |text: &str| crate::client::Client::new(&router, Some(text));
        let token = world.house.text_of_user(world.house.a, Role::Admin, None).await;
        let mut lets_tokens_in = false;
        for path in ["/api/v1/credentials", "/api/connections.list", "/api/integrations/credentials/google"] {
            let path = format!("{prefix}{path}");
            let (shown, stranger) = (at(&session).get(&path).await, at("srt_u_x").get(&path).await);
            assert_eq!(shown.status, stranger.status, "{path}");
            lets_tokens_in |= at(&token).get(&path).await.status != stranger.status;
        }
        assert!(lets_tokens_in, "{prefix}: the paths say something");
    }
    world.holder(&session).delete("/v1/sessions").await.expect(204);
    assert_eq!(world.status_of(&session).await, 401, "it has ended");
}

/// What a session has opened ends with it, not when the token behind it does.
#[tokio::test]
async fn ten_12_a_stream_ends_within_a_second_of_the_sign_out() {
    let world = World::open().await;
    world.issue("user", "viewer", "ann").await;
    let (session, other) = (world.session("ann").await, world.session("ann").await);
    let events = "/v1/workspaces/default/events";
    let mut listener = world.holder(&session).listen(events, None).await;
    let mut goes_on = world.holder(&other).listen(events, None).await;
    world.holder(&session).delete("/v1/sessions").await.expect(204);
    let end = async { while listener.word().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(1), end).await.expect("it ends within a second");
    let silence =
        tokio::time::timeout(Duration::from_millis(100), async { while goes_on.word().await.is_some() {} });
    assert!(silence.await.is_err(), "another session of the same person goes on");
}

#[tokio::test]
async fn oau_15_only_an_answer_to_our_own_question_signs_in_and_only_once() {
    let world = World::open().await;
    world.issue("user", "viewer", "ann").await;
    let nonce = world.nonce().await;
    let honest = world.id_claims("ann", &nonce);
    let refused = bare(&world.exchange(&world.id_claims("ann", "made-up")).await);
    assert_eq!(refused.0, 401);
    let with = |name: &str, value: Value| {
        let mut claims = honest.clone();
        claims[name] = value;
        claims
    };
    let (head, tail) = nonce.split_at(nonce.len() - 1);
    let bent = format!("{head}{}", if tail == "A" { "B" } else { "A" });
    for claims in [
        with("nonce", Value::Null),
        with("nonce", json!("")),
        with("nonce", json!(bent)),
        with("aud", json!("other")),
        with("aud", json!(["strongroom-cli", "other"])),
        with("aud", json!(["strongroom-cli", "strongroom"])),
        with("azp", json!("other")),
        with("iss", json!("https://id.example.com")),
        with("exp", json!(world.at(-60))),
        with("sub", json!("eve")),
    ] {
        assert_eq!(bare(&world.exchange(&claims).await), refused, "{claims}");
    }
    // Eve's question was answered, and so that nonce is used up; Ann asks anew.
    let honest = world.id_claims("ann", &world.nonce().await);
    world.exchange(&honest).await.expect(201);
    assert_eq!(bare(&world.exchange(&honest).await), refused, "shown again");
    let late = world.nonce().await;
    world.house.clock.advance(Duration::from_secs(601));
    assert_eq!(bare(&world.exchange(&world.id_claims("ann", &late)).await), refused, "too late");
    let forged = world.provider.sign("none", &json!({}), &world.id_claims("ann", &world.nonce().await));
    let answer = world.house.anonymous().post("/v1/sessions", &json!({"id_token": forged})).await;
    assert_eq!(bare(&answer), refused);
    // LOG-03: each of them is on record before it is answered.
    assert_eq!(world.refused(AuditAction::SessionBegin).len(), 14);
}

#[tokio::test]
async fn aut_04_odd_bodies_begin_no_session() {
    let world = World::open().await;
    for token in [json!(null), json!([]), json!({}), json!(0), json!(true), json!("")] {
        let answer = world.house.anonymous().post("/v1/sessions", &json!({"id_token": token})).await;
        assert!(matches!(answer.status, 401 | 422), "{token}: {}", answer.text());
    }
    for body in [json!({}), json!([]), json!(null), json!({"id_token": "a", "token": "b"})] {
        let answer = world.house.anonymous().post("/v1/sessions", &body).await;
        assert!(matches!(answer.status, 400 | 422), "{body}: {}", answer.text());
    }
    // A token, a session or a workload's statement is no ID token.
    world.issue("workload", "admin", KUBERNETES).await;
    for text in [world.house.text_of_token(Role::Admin).await, world.stated(KUBERNETES)] {
        let answer = world.house.anonymous().post("/v1/sessions", &json!({"id_token": text})).await;
        assert_eq!(answer.status, 401);
    }
}

#[tokio::test]
async fn aut_10_a_session_ends_with_its_identity() {
    let world = World::open().await;
    let issued = world.issue("user", "viewer", "ann").await;
    let session = world.session("ann").await;
    assert_eq!(world.status_of(&session).await, 200);
    world.revoke(&issued).await;
    assert_eq!(world.status_of(&session).await, 401);
    world.issue("user", "viewer", "ann").await;
    assert_eq!(world.status_of(&session).await, 401, "and does not come back with another row");
}

#[tokio::test]
async fn aut_16_a_session_of_more_than_five_minutes_does_not_do_what_needs_its_holder() {
    let world = World::open().await;
    world.issue("user", "admin", "ann").await;
    let session = world.session("ann").await;
    let id = world.house.credential(world.house.a, "cnry-step-up").await;
    let path = format!("/v1/workspaces/default/credentials/{id}");
    let holder = world.holder(&session);
    let acts: [(&str, String, Value); 5] = [
        ("POST", format!("{path}/resolve"), json!({"consumer": {"name": "a", "instance": "b"}})),
        ("PATCH", path.clone(), json!({"secrets": {"token": "cnry-other"}, "verify": "skip"})),
        ("POST", "/v1/tokens".to_owned(), crate::house::new_token("viewer")),
        ("GET", "/v1/tokens".to_owned(), Value::Null),
        ("POST", "/v1/workspaces/default/credentials/resolve".to_owned(), json!({"ids": [id]})),
    ];
    let send = |method: &'static str, path: String, body: Value| {
        let holder = holder.clone();
        async move {
            match method {
                "GET" => holder.get(&path).await,
                "PATCH" => holder.patch(&path, &body).await,
                _ => holder.post(&path, &body).await,
            }
        }
    };
    for (method, path, body) in acts.clone() {
        let status = send(method, path.clone(), body).await.status;
        assert!((200..300).contains(&status), "{method} {path}: {status}");
    }
    world.house.clock.advance(Duration::from_secs(301));
    for (method, path, body) in acts {
        let answer = send(method, path.clone(), body).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "step_up_required"), "{method} {path}");
    }
    holder.get(&path).await.expect(200);
    holder.patch(&path, &json!({"description": "y"})).await.expect(200);
    // A token is no session.
    world.house.admin().await.get("/v1/tokens").await.expect(200);
    let again = world.session("ann").await;
    world.holder(&again).get("/v1/tokens").await.expect(200);
}
