//! TEN: what belongs to others does not exist, however one asks.

use serde_json::json;
use strongroom_domain::Error;
use strongroom_domain::access::{Action, Denial, Why};
use strongroom_domain::principal::Role;

use super::floor::{Floor, shape_of};
use crate::client::Client;
use crate::parity::{Scenario, Speaker, Wire};
use crate::samples::ROLES;
use crate::walk::may;

pub(super) async fn nothing_is_told_of_others<S: Speaker>(speaker: S) {
    let mut floor = Floor::of(speaker).await;
    let others = floor.ids_of_others().await;
    assert!(!others.is_empty());
    let unknown = floor.stage.unknown.clone();
    let before = floor.everything().await;
    let of_nobody = floor.acts_on(&unknown);
    for other in others {
        let theirs = floor.acts_on(&other);
        for ((act, wire), (_, unused)) in theirs.iter().zip(&of_nobody) {
            let (answer, expected) =
                (floor.send(wire, Some(&floor.token)).await, floor.send(unused, Some(&floor.token)).await);
            let (shown, same) = (shape_of(&answer, &other), shape_of(&expected, &unknown));
            assert_eq!(shown, same, "{act:?} {}", wire.path);
        }
    }
    assert!(floor.everything().await == before, "nothing was changed");
}

pub(super) async fn rights_count<S: Speaker>(speaker: S) {
    let mut floor = Floor::of(speaker).await;
    for role in ROLES {
        let token = floor.house.text_of_user(floor.house.a, role, None).await;
        let create = floor.wire(Scenario::Create).map(|wire| (Scenario::Create, wire));
        let acts: Vec<_> = create.into_iter().chain(floor.acts()).collect();
        for (act, wire) in acts {
            let action = floor.action_of(&wire).expect("every act needs a right");
            let before = floor.everything().await;
            let answer = floor.send(&wire, Some(&token)).await;
            let what = format!("{role:?} {act:?} {action:?}: {} {}", answer.status, answer.text());
            let is_forbidden =
                floor.is(&answer, &Error::Forbidden(Denial { action, why: Why::Role(role) })).await;
            assert!(answer.status < 500 && !floor.is_stranger(&answer).await, "{what}");
            assert_eq!(is_forbidden, !may(role, action, floor.house.a), "{what}");
            if is_forbidden {
                assert!(floor.everything().await == before, "{what}");
            }
        }
        if may(role, Action::Delete, floor.house.a) {
            floor.stage.id = floor.make(floor.house.a).await.unwrap();
        }
    }
}

/// Names of another tenant, in places where some API or other has looked for them.
const HEADERS: [&str; 7] = [
    "x-workspace",
    "x-workspace-id",
    "x-tenant-id",
    "x-org-id",
    "x-organization",
    "x-project",
    "x-account-id",
];
const PARAMETERS: [&str; 5] = ["workspace", "workspaceId", "workspace_id", "tenant", "organization"];

pub(super) async fn the_token_names_the_tenant<S: Speaker>(speaker: S) {
    let mut floor = Floor::of(speaker).await;
    let theirs = floor.house.text_of_user(floor.house.b, Role::Admin, None).await;
    let there = floor.house.a.workspace().to_string();
    let before = floor.everything().await;
    for (act, wire) in floor.acts() {
        let plain = floor.send(&wire, Some(&theirs)).await;
        assert!((400..500).contains(&plain.status) || act == Scenario::Delete, "{act:?} {}", plain.text());
        for name in HEADERS {
            let headers = vec![(name, &*Box::leak(there.clone().into_boxed_str()))];
            let named = Wire { headers: [wire.headers.clone(), headers].concat(), ..wire.clone() };
            let answer = floor.send(&named, Some(&theirs)).await;
            assert_eq!(answer.without_request(), plain.without_request(), "{act:?} {name}");
        }
        for name in PARAMETERS {
            let glue = if wire.path.contains('?') { '&' } else { '?' };
            let named = Wire { path: format!("{}{glue}{name}={there}", wire.path), ..wire.clone() };
            let answer = floor.send(&named, Some(&theirs)).await;
            assert!((400..500).contains(&answer.status) || act == Scenario::Delete, "{act:?} {name}");
        }
    }
    assert!(floor.everything().await == before, "nothing was changed");
}

pub(super) async fn lists_stay_inside<S: Speaker>(speaker: S) {
    let floor = Floor::of(speaker).await;
    floor.make(floor.house.b).await;
    mark_theirs(&floor).await;
    let client = speaking(&floor, &floor.token);
    for list in floor.lists() {
        for query in [
            "",
            "?workspace=*",
            "?owner=null",
            "?owner=",
            "?owner[]=*",
            "?created_by=*",
            "?all=true",
            "?limit=",
            "?limit=0",
            "?limit=1000000000",
            "?offset=-1",
            "?type=*",
            "?kind=*",
            "?q=*",
            "?q=theirs",
            "?credentialName=*",
            "?search=theirs",
            "?include=secret&fields=*",
        ] {
            let answer = client.get(&format!("{list}{query}")).await;
            assert!(answer.status < 500, "{list}{query}: {}", answer.text());
            assert!(!answer.text().contains("cnry-theirs"), "{list}{query}: {}", answer.text());
        }
    }
}

/// Renames what others have, so that it is found wherever it shows up.
async fn mark_theirs<S: Speaker>(floor: &Floor<S>) {
    for scope in [floor.house.a2, floor.house.b] {
        let admin = floor.house.holder(scope, Role::Admin).await;
        let path = format!("/v1/workspaces/{}/credentials", scope.workspace());
        let listed = admin.get(&path).await.expect(200).json();
        for item in listed["items"].as_array().unwrap() {
            let one = format!("{path}/{}", item["id"].as_str().unwrap());
            admin.patch(&one, &json!({"name": "cnry-theirs"})).await.expect(200);
        }
    }
}

/// A client with this token sent the dialect's way.
fn speaking<S: Speaker>(floor: &Floor<S>, token: &str) -> Speaking {
    let (name, value) = floor.speaker.key(token);
    Speaking { client: Client::new(&floor.router, None), name, value }
}

struct Speaking {
    client: Client,
    name: &'static str,
    value: String,
}

impl Speaking {
    async fn get(&self, path: &str) -> crate::client::Answer {
        self.client.send("GET", path, &[(self.name, &self.value)], None).await
    }
}

pub(super) async fn narrow_tokens_stay_narrow<S: Speaker>(speaker: S) {
    let mut floor = Floor::of(speaker).await;
    let own = floor.house.credential(floor.house.a, "own").await;
    let narrow = floor.house.text_of_user(floor.house.a, Role::Runner, Some(&[&own])).await;
    let client = speaking(&floor, &narrow);
    for list in floor.lists() {
        let answer = client.get(&list).await;
        assert!(answer.status < 500 && !answer.text().contains("parity"), "{list}: {}", answer.text());
    }
    let before = floor.everything().await;
    let (unknown, known) = (floor.stage.unknown.clone(), floor.stage.id.clone());
    let of_nobody = floor.acts_on(&unknown);
    for ((act, wire), (_, unused)) in floor.acts().iter().zip(&of_nobody) {
        let (answer, expected) =
            (floor.send(wire, Some(&narrow)).await, floor.send(unused, Some(&narrow)).await);
        assert_eq!(shape_of(&answer, &known), shape_of(&expected, &unknown), "{act:?}");
    }
    assert!(floor.everything().await == before, "nothing was changed");
}
