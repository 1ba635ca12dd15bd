//! Promise 1, second half: accepted also means the same account with no fewer rights, wherever the kind can tell.
//!
//! Over HTTP, for every kind: kind files against a stand-in that gives the answers they accept, the others
//! against real servers.

mod servers;
mod vendor;
mod vendors;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use strongroom_connectors::Catalogue;
use strongroom_domain::kind::CheckGrade;
use strongroom_domain::principal::Role;

use crate::client::{Answer, Client};
use crate::house::{CREDENTIALS, House, text};

/// A saved credential that one consumer holds.
struct Held {
    house: House,
    admin: Client,
    path: String,
}

impl Held {
    async fn create(house: House, draft: &Value) -> Self {
        let admin = house.admin().await;
        let saved = admin.post(CREDENTIALS, draft).await.expect(201).json();
        let path = format!("{CREDENTIALS}/{}", text(&saved, "id"));
        let runner = house.holder(house.a, Role::Runner).await;
        let consumer = json!({"consumer": {"name": "flow-42", "instance": "worker-1"}});
        runner.post(&format!("{path}/resolve"), &consumer).await.expect(200);
        Self { house, admin, path }
    }

    /// The change is refused for this reason, names who is concerned, and leaves all as it was; a dry run says
    /// the same.
    async fn refuses(&self, change: &Value, code: &str) {
        let before = self.admin.get(&self.path).await.expect(200).json();
        for query in ["", "?dry_run=true"] {
            let refused = self.admin.patch(&format!("{}{query}", self.path), change).await.expect(409);
            assert_eq!(refused.code(), code, "{}", refused.text());
            let consumers = &refused.json()["consumers"];
            assert_eq!(consumers.as_array().map(Vec::len), Some(1), "{consumers}");
            let concerned = (text(&consumers[0], "name"), text(&consumers[0], "instance"));
            assert_eq!(concerned, ("flow-42", "worker-1"));
        }
        assert_eq!(self.admin.get(&self.path).await.expect(200).json(), before);
    }

    async fn saves(&self, change: &Value) -> Answer {
        self.admin.patch(&self.path, change).await.expect(200)
    }

    /// The same, after it was refused without the word for it.
    async fn saves_when_meant(&self, change: &Value, code: &str, word: &str) {
        self.refuses(change, code).await;
        let mut meant = change.clone();
        // The word for the other thing is none for this one.
        let other = ["accept_account_change", "accept_fewer_scopes"].into_iter().find(|other| *other != word);
        meant[other.unwrap()] = json!(true);
        self.refuses(&meant, code).await;
        let mut meant = change.clone();
        meant[word] = json!(true);
        self.saves(&meant).await;
    }
}

/// A new kind with a check is tried by one of these tests, or this one fails. Kind files are all gone through; each that
/// tells an account, by the vendor or by a setting, or scopes, is held to it there.
#[test]
fn every_kind_with_a_check_is_held_against_what_it_told() {
    let files: Vec<String> = vendor::kind_files().into_iter().map(|(name, _)| name).collect();
    let by_server = servers::HELD.concat();
    let held: BTreeSet<&str> = files.iter().map(String::as_str).chain(by_server).collect();
    let catalogue = Catalogue::built_in();
    let checked = catalogue.kinds().filter(|kind| kind.check != CheckGrade::None);
    assert_eq!(checked.map(|kind| kind.name.as_str()).collect::<BTreeSet<_>>(), held);
}
