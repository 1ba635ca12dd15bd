//! INP, CCR and SSR: what is sent is not repeated, not lost, and leads nowhere it may not.

use http::Method;
use strongroom_domain::health::HealthStatus;
use strongroom_web::body::BodyRule;

use super::floor::{Floor, whole};
use crate::client::Client;
use crate::parity::{Scenario, Speaker, Wire};

/// Broken in every way that a parser has words for, or whole and of no sense.
const BROKEN: [&[u8]; 14] = [
    b"{\"cnry-key\":\"cnry-value\"}",
    b"{\"kind\":\"cnry\",\"type\":\"cnry\",\"method\":\"cnry\",\"expiresAt\":\"cnry\",\"expires_at\":\"cnry\"}",
    b"{\"settings\":{\"cnry\":1},\"secrets\":{\"cnry\":1},\"labels\":{\"cnry\":1},\"verify\":\"cnry\"}",
    b"{\"cnry-key\":\"cnry-value\"",
    b"{\"cnry\":1,\"cnry\":2}",
    b"\"cnry\"",
    b"[\"cnry\"]",
    b"cnry",
    b"{\"cnry-key\":cnry}",
    b"{\"cnry-key\":\"cnry\xff\"}",
    b"{\"cnry\":1e999}",
    b"{'cnry': 1}",
    b"{\"__proto__\":{\"cnry\":1},\"constructor\":\"cnry\"}",
    b"{\"cnry-key\":\"cnry-value\"} cnry",
];

pub(super) async fn nothing_is_repeated<S: Speaker>(speaker: S) {
    let floor = Floor::of(speaker).await;
    let table = floor.speaker.table();
    let before = floor.everything().await.len();
    for route in table.routes() {
        let declaration = route.declaration();
        if matches!(declaration.body, BodyRule::None | BodyRule::Ignored) {
            continue;
        }
        let path = declaration.path.replace("{workspace}", "default");
        // What is deleted with whatever body is nobody's here, so that the others have something to be about.
        let is_deletion = declaration.method == Method::DELETE;
        let id = if is_deletion { &floor.stage.unknown } else { &floor.stage.id };
        let path = path.split('/').map(|part| if part.starts_with('{') { id.as_str() } else { part });
        let path = format!("{}{}", table.prefix(), path.collect::<Vec<_>>().join("/"));
        let method: &'static str = Box::leak(declaration.method.to_string().into_boxed_str());
        for body in BROKEN {
            let answer = floor.send(&Wire::text(method, path.clone(), body), Some(&floor.token)).await;
            let what = format!("{method} {path} {}: {}", String::from_utf8_lossy(body), answer.text());
            assert!(answer.status < 500, "{what}");
            assert!(!whole(&answer).contains("cnry"), "{what}");
        }
        let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        let answer = floor.send(&Wire::text(method, path.clone(), deep), Some(&floor.token)).await;
        assert!((200..500).contains(&answer.status), "{method} {path}: {}", answer.text());
    }
    assert!(floor.everything().await.len() >= before, "nothing is gone");
}

pub(super) async fn concurrent_changes_are_merged<S: Speaker>(speaker: S) {
    let floor = Floor::of(speaker).await;
    floor.speaker.turn(Scenario::ChangeOneSecret, &floor.stage);
    let change = floor.new_secret();
    // Where a rename sends the old secret too, it is the new secret that comes six times.
    let sends_all = S::OTHERWISE.iter().any(|(scenario, ..)| *scenario == Scenario::Rename);
    let rename = floor.wire(Scenario::Rename).filter(|_| !sends_all);
    let own = floor.everything().await.pop().unwrap().credential;
    // Where a rename is tried as well, what is stored must be what counts now.
    let first = floor.send(&change, Some(&floor.token)).await;
    assert!((200..300).contains(&first.status), "{}", first.text());
    let (name, key) = floor.speaker.key(&floor.token);
    let mut acts = tokio::task::JoinSet::new();
    for wire in [rename.as_ref().unwrap_or(&change), &change].into_iter().cycle().take(6) {
        let (client, wire, key) = (Client::new(&floor.router, None), wire.clone(), key.clone());
        acts.spawn(async move {
            let headers = [wire.headers.clone(), vec![(name, key.as_str())]].concat();
            client.send(wire.method, &wire.path, &headers, wire.body.as_deref()).await
        });
    }
    for answer in acts.join_all().await {
        assert!((200..300).contains(&answer.status), "{}", answer.text());
    }
    let after =
        floor.everything().await.into_iter().find(|one| one.credential.id == own.id).unwrap().credential;
    let (name, values) = if rename.is_some() { ("renamed", 4) } else { (own.name.as_str(), 7) };
    assert_eq!(after.name.as_str(), name);
    assert_eq!((after.version, after.value_version), (own.version + 7, own.value_version + values));
}

/// Addresses and spellings that a server of the inside may have.
const INSIDE: [&str; 8] = [
    "169.254.169.254",
    "10.0.0.1",
    "192.168.0.1",
    "100.100.100.200",
    "0.0.0.0",
    "2130706433",
    "0x7f.1",
    "127.1",
];

pub(super) async fn the_inside_is_not_reached<S: Speaker>(speaker: S) {
    let floor = Floor::of(speaker).await;
    let wire = floor.wire(Scenario::Create).unwrap();
    let body = String::from_utf8(wire.body.clone().unwrap_or_default()).unwrap();
    // What has no place to go goes nowhere.
    if !body.contains("127.0.0.1") {
        return;
    }
    let before = floor.everything().await;
    for host in INSIDE {
        let aimed = Wire { body: Some(body.replace("127.0.0.1", host).into_bytes()), ..wire.clone() };
        let answer = floor.send(&aimed, Some(&floor.token)).await;
        assert!(answer.status < 500 || answer.status == 503, "{host}: {}", answer.text());
        for made in floor.everything().await.iter().filter(|one| !before.contains(one)) {
            // Kept as it was given, it was not tried.
            assert_eq!(made.credential.health.status, HealthStatus::Unknown, "{host}");
            let outcome =
                made.credential.verification.as_ref().map(|verification| verification.outcome.code());
            assert!(outcome.is_none_or(|outcome| outcome == "unsupported"), "{host}: {outcome:?}");
        }
    }
}
