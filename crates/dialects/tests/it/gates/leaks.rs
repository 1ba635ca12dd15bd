//! PRP and LOG: a secret is in no answer, no record and no file, whatever went wrong.

use strongroom_store::Store as _;

use super::floor::{Floor, whole};
use crate::parity::{FIRST, SECOND, Scenario, Speaker, WRONG};
use crate::samples::ROLES;

/// A secret as it may be written.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    let hex: String = secret.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    let mut forms = vec![secret.as_bytes().to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    forms.extend((0..3).map(|skip| base64_core(&secret.as_bytes()[skip..]).into_bytes()));
    forms
}

/// The part of a base64 text that does not depend on what stands around it (RFC 4648).
fn base64_core(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |chunk: &[u8]| {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[(word >> shift & 63) as usize]))
    };
    bytes.chunks_exact(3).flat_map(digits).collect()
}

#[track_caller]
fn assert_clean(what: &str, bytes: &[u8]) {
    for secret in [FIRST, SECOND, WRONG] {
        for form in forms(secret) {
            let found = bytes.windows(form.len()).any(|window| window == form);
            assert!(!found, "{what} holds {}", String::from_utf8_lossy(&form));
        }
    }
}

pub(super) async fn secrets_stay_sealed<S: Speaker>(speaker: S) {
    let mut floor = Floor::of(speaker).await;
    let refused =
        [Scenario::RefusedByTheCheck, Scenario::Unreachable, Scenario::Conflict, Scenario::WrongType];
    let mut wires: Vec<_> =
        [Scenario::Create].into_iter().chain(refused).filter_map(|act| floor.wire(act)).collect();
    for role in ROLES {
        let token = floor.house.text_of_user(floor.house.a, role, None).await;
        wires.extend(
            floor.acts().into_iter().filter(|(act, _)| *act != Scenario::Delete).map(|(_, wire)| wire),
        );
        for wire in &wires {
            let answer = floor.send(wire, Some(&token)).await;
            assert_clean(&format!("{role:?} {} {}", wire.method, wire.path), whole(&answer).as_bytes());
        }
        for list in floor.lists() {
            let read = crate::parity::Wire::bare("GET", list);
            let answer = floor.send(&read, Some(&token)).await;
            assert_clean(&read.path, whole(&answer).as_bytes());
        }
    }
    let entries = floor.house.store.audit(&floor.house.a, 0, 10_000).await.unwrap();
    assert!(!entries.is_empty());
    assert_clean("the audit log", format!("{entries:?}").as_bytes());
    let events = floor.house.store.events(&floor.house.a, 0, 10_000).await.unwrap();
    assert_clean("the events", format!("{events:?}").as_bytes());
    for (name, bytes) in floor.house.files() {
        assert_clean(&name, &bytes);
    }
}

/// What our own parts are made of has no place in an answer.
const OURS: [&str; 8] = ["sqlite", "envelope", "aead", "sealing", "/tmp", ".rs", "panic", "kek"];

pub(super) async fn faults_say_nothing<S: Speaker>(speaker: S) {
    let floor = Floor::of(speaker).await;
    let change = floor.new_secret();
    let damaged = "UPDATE credential_value SET envelope = zeroblob(64)";
    assert!(floor.house.database().execute(damaged, []).unwrap() > 0);
    // What is cached opens; another node has nothing at hand.
    let (service, _) = floor.house.second(crate::house::root()).await.unwrap();
    let router = floor.speaker.table().router(&floor.house.edge_of(service));
    let answer = crate::parity::send(&floor.speaker, &router, &change, Some(floor.token.clone())).await;
    assert_eq!(answer.status, 500, "{}", answer.text());
    let text = answer.text().to_lowercase();
    for word in OURS {
        assert!(!text.contains(word), "{word}: {text}");
    }
    assert_ne!(answer.header("x-request-id"), "", "the operator finds it by its id");
    assert_clean("a 500", whole(&answer).as_bytes());
}
