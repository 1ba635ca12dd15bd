//! The parity table: one list of scenarios, one outcome in the store, one picture of the wire per dialect.
//!
//! A dialect implements [`Speaker`] in a file of its own and calls [`walk`]. What a scenario comes to is
//! told by the store before and after, never by the dialect's own answer; how the answer looks is its
//! snapshot. A scenario that a wire format cannot express is `None`, and stands so in the picture.

pub(crate) mod dx;
pub(crate) mod flowise;
pub(crate) mod native;
mod picture;
pub(crate) mod superai;
pub(crate) mod zstack;

use std::fmt::Write as _;

use axum::Router;
use serde_json::{Value, json};
use strongroom_domain::consumer::Consumer;
use strongroom_domain::dialect::View;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::principal::Role;
use strongroom_service::options::{CredentialRef, ResolveRequest};
use strongroom_store::{CredentialFilter, Page, Store, StoredCredential};
use strongroom_testkit::Postgres;
use strongroom_testkit::postgres::Account;
use strongroom_web::RouteTable;

use crate::client::{Answer, Client};
use crate::house::House;

/// The list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    Create,
    Read,
    Rename,
    ChangeOneSecret,
    ChangeAll,
    RefusedByTheCheck,
    Unreachable,
    Conflict,
    Delete,
    UnknownId,
    ForeignId,
    BrokenJson,
    WrongType,
    MissingBody,
    NoToken,
    WrongToken,
    TooLarge,
}

const SCENARIOS: [Scenario; 17] = [
    Scenario::Create,
    Scenario::Read,
    Scenario::Rename,
    Scenario::ChangeOneSecret,
    Scenario::ChangeAll,
    Scenario::RefusedByTheCheck,
    Scenario::Unreachable,
    Scenario::Conflict,
    Scenario::Delete,
    Scenario::UnknownId,
    Scenario::ForeignId,
    Scenario::BrokenJson,
    Scenario::WrongType,
    Scenario::MissingBody,
    Scenario::NoToken,
    Scenario::WrongToken,
    Scenario::TooLarge,
];

/// What came of a scenario, by the store alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing is other than before, not even a version.
    Unchanged,
    /// One more.
    Created,
    /// A new version around the same value.
    Renamed,
    /// A new value.
    NewValue,
    /// One less.
    Deleted,
}

/// One dialect, as its clients speak it.
pub(crate) trait Speaker {
    /// Its name, and that of its picture.
    const NAME: &'static str;
    /// Where its contract promises another outcome than all others, and which sentence of it does.
    const OTHERWISE: &'static [(Scenario, Outcome, &'static str)] = &[];

    /// Its routes.
    fn table(&self) -> RouteTable;

    /// Where it is spoken: with other kinds, another way out or things made before where it needs them.
    async fn house(&self) -> House {
        House::open().await
    }

    /// What happens in the real system when the credential is there and the scenario is about to begin.
    fn turn(&self, scenario: Scenario, stage: &Stage) {
        if matches!(scenario, Scenario::ChangeOneSecret | Scenario::ChangeAll) {
            Postgres::shared().set_password(&stage.account.role, SECOND);
        }
    }

    /// Settings of the workspace that it is spoken in, as the native API takes them. Wire formats without a
    /// word for TLS cannot reach the database of the stage otherwise.
    fn settings(&self) -> Value {
        json!({"postgres_sslmode": "disable"})
    }

    /// The text of a token of somebody who may do everything, of the sort that makes credentials there.
    async fn token(&self, house: &House) -> String {
        house.text_of_token(Role::Admin).await
    }

    /// How a token is sent.
    fn key(&self, token: &str) -> (&'static str, String) {
        ("authorization", format!("Bearer {token}"))
    }

    /// The request of a scenario; `None` where the wire format cannot express it.
    fn request(&self, scenario: Scenario, stage: &Stage) -> Option<Wire>;

    /// The id in the answer to [`Scenario::Create`].
    fn id_in(&self, answer: &Answer) -> String;

    /// How it spells an id of ours.
    fn spelled(&self, id: CredentialId) -> String;

    /// Makes a credential in another organization, and gives the id that somebody there would ask for. Through the
    /// same dialect, where that shows no other: an id that it hides from everybody proves nothing.
    async fn foreign(&self, house: &House, _: &Router) -> String {
        self.spelled(house.credential(house.b, "cnry-foreign").await.parse().unwrap())
    }
}

/// What a tenant of another organization makes with this request, and sees at this path.
pub(crate) async fn made_by_another<S: Speaker>(
    speaker: &S,
    router: &Router,
    token: String,
    create: &Wire,
    one: impl Fn(&str) -> String,
) -> String {
    let made = send(speaker, router, create, Some(token.clone())).await;
    assert!((200..300).contains(&made.status), "{}", made.text());
    let id = speaker.id_in(&made);
    send(speaker, router, &Wire::bare("GET", one(&id)), Some(token)).await.expect(200);
    id
}

/// A request without its token.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Option<Vec<u8>>,
}

impl Wire {
    pub(crate) fn bare(method: &'static str, path: String) -> Self {
        Self { method, path, headers: Vec::new(), body: None }
    }

    pub(crate) fn json(method: &'static str, path: String, body: &Value) -> Self {
        Self::text(method, path, body.to_string())
    }

    /// What claims to be JSON.
    pub(crate) fn text(method: &'static str, path: String, body: impl Into<Vec<u8>>) -> Self {
        Self {
            headers: vec![("content-type", "application/json")],
            body: Some(body.into()),
            ..Self::bare(method, path)
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// What a scenario is played with.
pub(crate) struct Stage {
    /// The id that the dialect gave the credential that is there; empty for [`Scenario::Create`].
    pub(crate) id: String,
    /// An id in its spelling that nothing has.
    pub(crate) unknown: String,
    /// The id in its spelling of a credential of another organization.
    pub(crate) foreign: String,
    /// A database account to prove oneself at. Its password is [`FIRST`] until [`Scenario::ChangeOneSecret`] and
    /// [`Scenario::ChangeAll`] begin, and then [`SECOND`].
    pub(crate) account: Account,
    /// A port of this machine where nobody listens.
    pub(crate) nobody: u16,
}

/// The right password.
pub(crate) const FIRST: &str = "first-password";
/// The right one after it was changed.
pub(crate) const SECOND: &str = "second-password";
/// A wrong one.
pub(crate) const WRONG: &str = "wrong-password";

/// Plays every scenario, each in a house of its own.
pub(crate) async fn walk<S: Speaker>(speaker: S) {
    let mut picture = String::new();
    for scenario in SCENARIOS {
        let played = play(&speaker, scenario).await;
        writeln!(picture, "## {scenario:?}\n\n{played}").unwrap();
    }
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(S::NAME, picture) });
}

async fn play<S: Speaker>(speaker: &S, scenario: Scenario) -> String {
    let house = speaker.house().await;
    let settings = json!({"settings": speaker.settings()});
    house.admin().await.patch("/v1/workspaces/default", &settings).await.expect(200);
    let router = speaker.table().router(&house.edge());
    let token = speaker.token(&house).await;
    let stage = stage(speaker, &house, (&router, &token), scenario).await;
    let Some(wire) = speaker.request(scenario, &stage) else { return "Does not apply.\n".to_owned() };
    let before = everything(&house).await;
    let answer = send(speaker, &router, &wire, token_of(scenario, &token)).await;
    let after = everything(&house).await;
    let outcome = outcome(&before, &after);
    let (expected, why) = expected::<S>(scenario);
    assert_eq!(outcome, expected, "{} {scenario:?}: {} {}", S::NAME, answer.status, answer.text());
    let stored = match after.last() {
        Some(stored) => shown(&house, stored).await,
        None => "nothing".to_owned(),
    };
    picture::of(&stage, &wire, &answer, &format!("{outcome:?}{why}: {stored}"))
}

/// The one domain outcome of a scenario, and why it is another one here.
fn expected<S: Speaker>(scenario: Scenario) -> (Outcome, String) {
    if let Some((_, outcome, why)) = S::OTHERWISE.iter().find(|(named, ..)| *named == scenario) {
        return (*outcome, format!(" ({why})"));
    }
    let outcome = match scenario {
        Scenario::Create => Outcome::Created,
        Scenario::Rename => Outcome::Renamed,
        Scenario::ChangeOneSecret | Scenario::ChangeAll => Outcome::NewValue,
        Scenario::Delete => Outcome::Deleted,
        _ => Outcome::Unchanged,
    };
    (outcome, String::new())
}

/// `None` is no token at all.
fn token_of(scenario: Scenario, token: &str) -> Option<String> {
    match scenario {
        Scenario::NoToken => None,
        // Of the right form, and nobody's.
        Scenario::WrongToken => Some(format!("{}{}", &token[..token.len() - 4], "AAAA")),
        _ => Some(token.to_owned()),
    }
}

/// A credential made through the dialect, and what else the scenario needs.
pub(crate) async fn stage<S: Speaker>(
    speaker: &S,
    house: &House,
    (router, token): (&Router, &str),
    scenario: Scenario,
) -> Stage {
    // A port that was free a moment ago.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut stage = Stage {
        id: String::new(),
        unknown: speaker.spelled(CredentialId::from_bytes([7; 16])),
        foreign: speaker.foreign(house, router).await,
        account: Postgres::shared().create_account(FIRST),
        nobody,
    };
    if scenario == Scenario::Create {
        return stage;
    }
    let wire = speaker.request(Scenario::Create, &stage).expect("every dialect can create");
    let made = send(speaker, router, &wire, Some(token.to_owned())).await;
    assert!((200..300).contains(&made.status), "{}", made.text());
    stage.id = speaker.id_in(&made);
    speaker.turn(scenario, &stage);
    stage
}

pub(crate) async fn send<S: Speaker>(
    speaker: &S,
    router: &Router,
    wire: &Wire,
    token: Option<String>,
) -> Answer {
    let key = token.map(|token| speaker.key(&token));
    let mut headers = wire.headers.clone();
    headers.extend(key.as_ref().map(|(name, value)| (*name, value.as_str())));
    Client::new(router, None).send(wire.method, &wire.path, &headers, wire.body.as_deref()).await
}

/// Every credential of every workspace, sealed values included.
pub(crate) async fn everything(house: &House) -> Vec<StoredCredential> {
    let mut all = Vec::new();
    for scope in [house.b, house.a2, house.a] {
        let page = Page { limit: 100, after: None };
        for found in house.store.credentials(&scope, &CredentialFilter::default(), page).await.unwrap() {
            all.push(house.store.credential(&scope, found.id).await.unwrap().unwrap());
        }
    }
    all
}

fn outcome(before: &[StoredCredential], after: &[StoredCredential]) -> Outcome {
    if before == after {
        return Outcome::Unchanged;
    }
    if after.len() != before.len() {
        return if after.len() > before.len() { Outcome::Created } else { Outcome::Deleted };
    }
    let changed: Vec<_> = before.iter().zip(after).filter(|(before, after)| before != after).collect();
    let [(before, after)] = changed.as_slice() else {
        panic!("more than one credential changed: {changed:?}")
    };
    assert_eq!(after.credential.version, before.credential.version + 1, "one change is one version");
    if before.value == after.value { Outcome::Renamed } else { Outcome::NewValue }
}

/// The last credential of the first workspace as the core has it, opened.
async fn shown(house: &House, stored: &StoredCredential) -> String {
    let credential = &stored.credential;
    if credential.workspace != house.a.workspace() {
        return "nothing".to_owned();
    }
    let native = house.context(Role::Admin, View::All).await;
    let consumer = Consumer { name: "parity".parse().unwrap(), instance: "one".parse().unwrap() };
    let request = ResolveRequest { consumer, hold_seconds: None, known: Vec::new() };
    let named = CredentialRef::Id(credential.id);
    let opened = house.service.resolve(&native, &named, &request).await.unwrap();
    format!(
        "`{}` of kind {}, health {:?}, settings {}, secrets {}",
        credential.name,
        credential.kind,
        credential.health.status,
        Value::Object(credential.settings.as_json().clone()),
        Value::Object(opened.secrets.unwrap().expose().as_json().clone()),
    )
}
