//! LOG-08: whatever goes wrong inside, on whatever route, the answer is one and the same, and says nothing of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use strongroom_web::Authentication;

use crate::client::Answer;
use crate::coverage::World;
use crate::forgetful::{DRIVER, Failing, ForgetfulStore};
use crate::parity::Speaker;

/// What our own parts are made of has no place in an answer.
const OURS: [&str; 15] = [
    "cnry",
    "sqlite",
    "select",
    "envelope",
    "aead",
    "sealing",
    "kek",
    "/tmp",
    "/var",
    ".rs",
    "panic",
    "db7.internal",
    ":5432",
    "3.51.2",
    "credential_value",
];

const FAULTS: [Failing; 5] =
    [Failing::Unavailable, Failing::Corrupt, Failing::Full, Failing::Closed, Failing::Panics];

pub(super) async fn every_fault_is_one_answer<S: Speaker>(speaker: S) {
    let mut world = World::open(speaker).await;
    let table = world.floor.speaker.table();
    let mut answered: BTreeMap<(String, u16), Vec<String>> = BTreeMap::new();
    let mut nodes = Vec::new();
    for how in FAULTS {
        let store = ForgetfulStore::over(&world.floor.house.store);
        let service = world.floor.house.over(Arc::clone(&store) as _).await;
        let router = world.floor.speaker.table().router(&world.floor.house.edge_of(service));
        store.fail(how);
        nodes.push((how, router));
    }
    for route in table.routes() {
        if route.authentication() == Authentication::Anonymous {
            continue;
        }
        let sample = world.sample(route).await;
        for (how, router) in &nodes {
            let answer = world.send_to(router, &sample).await;
            let what = format!("{how:?} {}: {} {}", sample.name(), answer.status, answer.text());
            let is_ours = answer.status == 500 || answer.status == 503;
            // What asks no store is not touched by its end, nor is a refusal that comes first.
            assert!(is_ours || answer.status < 500 || answer.status == 501, "{what}");
            if is_ours {
                assert_silent(&answer, &what);
                let body = bare(&answer);
                answered.entry((format!("{how:?}"), answer.status)).or_default().push(body);
            }
        }
    }
    for (fault, bodies) in &mut answered {
        let whole = bodies.len();
        bodies.sort();
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{fault:?} has {whole} answers: {bodies:#?}");
    }
    for how in [Failing::Unavailable, Failing::Closed, Failing::Panics] {
        let is_seen = answered.keys().any(|(fault, _)| *fault == format!("{how:?}"));
        assert!(is_seen, "{how:?} was never met: {answered:#?}");
    }
}

#[track_caller]
fn assert_silent(answer: &Answer, what: &str) {
    // Digits of an id may spell anything.
    let (_, headers, body) = answer.without_request();
    let text = format!("{body} {headers:?}").to_lowercase();
    for word in OURS {
        assert!(!text.contains(word), "{word}: {what}");
    }
    assert!(!text.contains(&DRIVER.to_lowercase()));
    let id = answer.header("x-request-id");
    assert!(!id.is_empty(), "{what}: the operator finds it by its id");
}

/// The body without what names the request.
fn bare(answer: &Answer) -> String {
    let (_, _, text) = answer.without_request();
    // Flowise names its own code before the text, by route.
    regex_lite::Regex::new(r"Error: [A-Za-z.]+ - ").unwrap().replace_all(&text, "").into_owned()
}
