//! Where the matrix is played: a floor of the gates, a token for every caller, and things of others.

use std::time::Duration;

use axum::Router;
use serde_json::{Value, json};
use strongroom_domain::Scope;
use strongroom_domain::access::Action;
use strongroom_domain::ids::{CredentialId, OrganizationId, TokenId, WorkspaceId};
use strongroom_domain::principal::Role;
use strongroom_domain::token::TokenText;
use strongroom_testkit::Postgres;
use strongroom_web::body::BodyRule;
use strongroom_web::{Declaration, Route};

use super::caller::Caller;
use super::relay::Relay;
use super::sample::{Part, Position, Sample, Sort, foreign_body, parameters_of, sort_of, word_of};
use crate::client::{Answer, Client};
use crate::gates::Floor;
use crate::house::{new_token, text};
use crate::parity::{FIRST, Scenario, Speaker, Wire, send};
use crate::samples::body_of;

/// What the credential of every sample is called: it shows wherever something of it does.
const MARK: &str = "cnry-own";

pub(crate) struct World<S> {
    pub(crate) floor: Floor<S>,
    pub(super) relay: Relay,
    /// Of people, and of programs, in the order of [`Caller::ALL`]; the runner's is each sample's own.
    tokens: [Vec<Option<String>>; 2],
    admin: Client,
    /// Whether the password of the stage is another one than at first.
    is_turned: bool,
    credentials_of_others: Vec<String>,
    integrations_of_others: Vec<String>,
    tokens_of_others: Vec<String>,
}

impl<S: Speaker> World<S> {
    pub(crate) async fn open(speaker: S) -> Self {
        let floor = Floor::of(speaker).await;
        let relay = Relay::to(Postgres::shared().port()).await;
        let first = floor.everything().await.pop().unwrap().credential.id.to_string();
        let mut tokens = [Vec::new(), Vec::new()];
        for (kind, tokens) in ["user", "service"].into_iter().zip(&mut tokens) {
            for caller in Caller::ALL {
                tokens.push(token_of(&floor, caller, kind, &first).await);
            }
        }
        let credentials_of_others = floor.ids_of_others().await;
        let mut integrations_of_others = Vec::new();
        let mut tokens_of_others = Vec::new();
        for scope in [floor.house.a2, floor.house.b] {
            let path = format!("/v1/workspaces/{}/integrations", scope.workspace());
            let new = json!({"kind": "generic", "name": "theirs"});
            let made =
                floor.house.holder(scope, Role::Admin).await.post(&path, &new).await.expect(201).json();
            integrations_of_others.push(text(&made, "id").to_owned());
            let token = floor.house.text_in(scope, Role::Viewer).await;
            tokens_of_others.push(TokenText::parse(&token).unwrap().id.to_string());
        }
        floor.house.pin_in(floor.house.b, "theirs.example:22").await;
        let (admin, is_turned) = (floor.house.admin().await, false);
        let world = Self {
            floor,
            relay,
            tokens,
            admin,
            is_turned,
            credentials_of_others,
            integrations_of_others,
            tokens_of_others,
        };
        world.lead_connections_through_the_relay().await;
        world
    }

    /// DX has its hosts in integrations, which were made with the house.
    async fn lead_connections_through_the_relay(&self) {
        let path = "/v1/workspaces/default/integrations";
        let listed = self.admin.get(path).await.expect(200).json();
        for item in listed["items"].as_array().unwrap() {
            if item["settings"]["port"] == Postgres::shared().port() {
                let one = format!("{path}/{}", text(item, "id"));
                let change = json!({"settings": {"port": self.relay.port}, "rebind": true});
                self.admin.patch(&one, &change).await.expect(200);
            }
        }
    }

    /// A request of this route about a fresh credential.
    pub(crate) async fn sample(&mut self, route: &Route) -> Sample {
        if std::mem::take(&mut self.is_turned) {
            Postgres::shared().set_password(&self.floor.stage.account.role, FIRST);
        }
        // What was refused before stands in nobody's way.
        self.floor.house.clock.advance(Duration::from_mins(16));
        self.make_room().await;
        let create = self.through_the_relay(self.floor.wire(Scenario::Create).unwrap());
        let made = self.floor.send(&create, Some(&self.floor.token)).await;
        assert!((200..300).contains(&made.status), "{}", made.text());
        self.floor.stage.id = self.floor.speaker.id_in(&made);
        let native = self.floor.everything().await.pop().unwrap().credential.id.to_string();
        let one = format!("/v1/workspaces/default/credentials/{native}");
        self.admin.patch(&one, &json!({"name": MARK})).await.expect(200);
        let is_program = self.programs_resolve(route.declaration());
        let runner = narrow(&self.floor, if is_program { "service" } else { "user" }, &native).await;
        let at = Caller::ALL.iter().position(|caller| *caller == Caller::Runner).expect("all are there");
        self.tokens[usize::from(is_program)][at] = Some(runner);
        let declaration = route.declaration().clone();
        let mut parameters = Vec::new();
        for name in parameters_of(declaration.path) {
            let part = match word_of(S::NAME, name) {
                Some(word) => Part::Word(word),
                None => self.own(sort_of(S::NAME, declaration.path, name), &native).await,
            };
            parameters.push((name, part));
        }
        let body = self.body(route, &native).await;
        if declaration.path.ends_with("credentials.create") {
            self.make_room().await;
        }
        let (credential, prefix) =
            (self.floor.stage.id.clone(), self.floor.speaker.table().prefix().to_owned());
        Sample { declaration, prefix, parameters, body, credential, native }
    }

    /// A connection of DX has one credential, and a user of SuperAI fifty of a sort.
    async fn make_room(&self) {
        if matches!(S::NAME, "dx" | "superai") {
            for own in self.own_things().await {
                let one = format!("/v1/workspaces/default/credentials/{}?force=true", own.credential.id);
                self.admin.delete(&one).await.expect(204);
            }
        }
    }

    /// The id of a thing of the first workspace.
    async fn own(&self, sort: Sort, native: &str) -> Part {
        let house = &self.floor.house;
        let id = match sort {
            Sort::Connection => "1".to_owned(),
            Sort::Credential if S::NAME == "native" => native.to_owned(),
            Sort::Credential => self.floor.stage.id.clone(),
            Sort::Endpoint => {
                house.pin("files.example:22").await;
                "files.example:22".to_owned()
            }
            Sort::Integration => self.integration().await,
            Sort::Token => {
                let issued = self.admin.post("/v1/tokens", &new_token("viewer")).await.expect(201);
                text(&issued.json(), "id").to_owned()
            }
            Sort::Organization => house.a.organization().to_string(),
            Sort::Workspace => house.a.workspace().to_string(),
        };
        Part::Id(sort, id)
    }

    async fn integration(&self) -> String {
        let new = json!({"kind": "generic", "name": "own"});
        let path = "/v1/workspaces/default/integrations";
        let made = self.admin.post(path, &new).await.expect(201);
        text(&made.json(), "id").to_owned()
    }

    /// What the route is sent; whoever declares a new one is told where to say it.
    async fn body(&mut self, route: &Route, native: &str) -> Option<Value> {
        let declaration = route.declaration();
        if S::NAME == "native" {
            return self.native_body(declaration.method.as_str(), declaration.path, native).await;
        }
        let port = self.relay.port;
        let scenarios = [Scenario::Create, Scenario::ChangeOneSecret, Scenario::ChangeAll, Scenario::Delete];
        for scenario in scenarios {
            let Some(wire) = self.floor.wire(scenario) else { continue };
            // What one of them takes the other takes as well, where a wire format has both.
            let changes = |method: &str| matches!(method, "PATCH" | "PUT");
            let method = declaration.method.as_str();
            let is_same = wire.method == method || changes(wire.method) && changes(method);
            if is_same && self.floor.is_at(&wire, declaration.path) {
                self.turn(scenario);
                let wire = self.through_the_relay(wire);
                return wire.body.map(|body| serde_json::from_slice(&body).unwrap());
            }
        }
        let body = foreign_body(S::NAME, declaration, port);
        let takes_none = matches!(declaration.body, BodyRule::None | BodyRule::Ignored)
            || matches!(declaration.method.as_str(), "GET" | "DELETE");
        assert!(body.is_some() || takes_none, "say in coverage/sample.rs what {} takes", declaration.path);
        body
    }

    async fn native_body(&mut self, method: &str, path: &str, native: &str) -> Option<Value> {
        let workspace = self.floor.house.a.workspace().to_string();
        match (method, path.trim_start_matches("/workspaces/{workspace}")) {
            ("POST", "/credentials") => {
                let integration = self.integration().await;
                Some(json!({"kind": "generic", "name": "made", "integration_id": integration,
                    "secrets": {"token": "sample"}}))
            }
            ("POST", "/credentials/verify") => {
                let draft = self.through_the_relay(self.floor.wire(Scenario::Create).unwrap());
                draft.body.map(|body| serde_json::from_slice(&body).unwrap())
            }
            ("PATCH" | "PUT", "/credentials/{credential}") => {
                let act = if method == "PUT" { Scenario::ChangeAll } else { Scenario::ChangeOneSecret };
                self.turn(act);
                let change = self.through_the_relay(self.floor.wire(act).unwrap());
                change.body.map(|body| serde_json::from_slice(&body).unwrap())
            }
            ("POST", "/credentials/resolve") => Some(json!({"ids": [native]})),
            ("POST", "/tokens") => Some(json!({"name": "issued", "kind": "service", "role": "runner",
                "workspace": workspace, "credentials": [native]})),
            _ => body_of(method, path),
        }
    }

    fn turn(&mut self, scenario: Scenario) {
        self.is_turned = matches!(scenario, Scenario::ChangeOneSecret | Scenario::ChangeAll);
        self.floor.speaker.turn(scenario, &self.floor.stage);
    }

    fn through_the_relay(&self, wire: Wire) -> Wire {
        let (port, relay) = (Postgres::shared().port().to_string(), self.relay.port.to_string());
        let body = wire.body.map(|body| String::from_utf8(body).unwrap().replace(&port, &relay).into_bytes());
        Wire { body, ..wire }
    }

    /// What the caller needs to have done before.
    pub(super) async fn prepare(&self, sample: &Sample, caller: Caller) {
        if !sample.declaration.path.contains("{instance}") {
            return;
        }
        let resolve = format!("/v1/workspaces/default/credentials/{}/resolve", sample.native);
        let hold = json!({"consumer": {"name": "flow", "instance": "worker"}});
        let token = self.token(sample, caller).unwrap_or_default();
        // Whoever held it before does no longer: a hold is its first holder's.
        let of_before = resolve.replace("/resolve", "/consumers/flow/worker");
        let _was_there = self.admin.delete(&of_before).await;
        // A runner gives back only what it holds itself.
        if self.floor.house.with_token(&token).post(&resolve, &hold).await.status != 200 {
            self.admin.post(&resolve, &hold).await.expect(200);
        }
    }

    pub(super) async fn send(&self, sample: &Sample, caller: Caller) -> Answer {
        self.ask(sample, sample.path(None), sample.body.clone(), self.token(sample, caller)).await
    }

    /// The same by somebody who may neither learn nor change anything, nor cause a check.
    pub(super) async fn send_in_vain(&self, sample: &Sample, caller: Caller) -> Answer {
        let (before, connections) = (self.own_things().await, self.relay.connections());
        let answer = self.send(sample, caller).await;
        let what = format!("{caller:?} {}: {} {}", sample.name(), answer.status, answer.text());
        assert!(!answer.text().contains(MARK) && !format!("{:?}", answer.headers).contains(MARK), "{what}");
        assert!(self.own_things().await == before, "{what}: something was changed");
        // What names nothing of ours is done in the caller's own workspace, checks included.
        let is_their_own = caller.role().is_some() && sample.positions().is_empty();
        assert!(is_their_own || self.relay.connections() == connections, "{what}: a check left");
        answer
    }

    /// An admin with an id of others in one place: status and the whole of the answer without that id.
    pub(super) async fn send_with(
        &self,
        sample: &Sample,
        position: &Position,
        id: &str,
    ) -> (u16, Vec<(String, String)>, String) {
        let (before, connections) = (self.floor.everything().await, self.relay.connections());
        let (path, body) = sample.with(position, id);
        let answer = self.ask(sample, path, body, self.token(sample, Caller::Admin)).await;
        let what = format!("{id} at {position:?} of {}: {}", sample.name(), answer.text());
        assert!(self.floor.everything().await == before, "{what}: something was changed");
        assert_eq!(self.relay.connections(), connections, "{what}: a check left");
        let (status, mut headers, text) = answer.without_request();
        // Of a body that repeats the id, the tag is another one for each.
        headers.retain(|(name, _)| name != "etag" || !text.contains(id));
        (status, headers, text.replace(id, "{id}"))
    }

    /// What ids of others there are for a place, and last of all one that nothing has.
    pub(super) fn ids_of_others(&self, position: &Position) -> Vec<String> {
        let house = &self.floor.house;
        let (mut others, unknown) = match position.sort() {
            // The other organization has three, this one has one.
            Sort::Connection => (vec!["3".to_owned()], "4711".to_owned()),
            Sort::Credential if S::NAME == "native" => {
                (self.credentials_of_others.clone(), CredentialId::from_bytes([7; 16]).to_string())
            }
            Sort::Credential => (self.credentials_of_others.clone(), self.floor.stage.unknown.clone()),
            Sort::Endpoint => (vec!["theirs.example:22".to_owned()], "nobody.example:22".to_owned()),
            Sort::Integration => {
                (self.integrations_of_others.clone(), "int_0192a3b4c5d67e8f9011223344556677".to_owned())
            }
            Sort::Token => (self.tokens_of_others.clone(), TokenId::from_bytes([7; 16]).to_string()),
            Sort::Organization => {
                (vec![house.b.organization().to_string()], OrganizationId::from_bytes([7; 16]).to_string())
            }
            Sort::Workspace => {
                let of = |scope: Scope| scope.workspace().to_string();
                (vec![of(house.a2), of(house.b)], WorkspaceId::from_bytes([7; 16]).to_string())
            }
        };
        others.push(unknown);
        others
    }

    /// An admin's request to another node.
    pub(crate) async fn send_to(&self, router: &Router, sample: &Sample) -> Answer {
        let wire = wire_of(sample, sample.path(None), sample.body.clone());
        send(&self.floor.speaker, router, &wire, self.token(sample, Caller::Admin)).await
    }

    async fn ask(&self, sample: &Sample, path: String, body: Option<Value>, token: Option<String>) -> Answer {
        let wire = wire_of(sample, path, body);
        send(&self.floor.speaker, &self.floor.router, &wire, token).await
    }

    /// SuperAI gives secrets to programs alone; everything else is done by people.
    #[expect(clippy::unused_self, reason = "the dialect is its type's")]
    fn programs_resolve(&self, declaration: &Declaration) -> bool {
        S::NAME == "superai" && declaration.action == Some(Action::Resolve)
    }

    fn token(&self, sample: &Sample, caller: Caller) -> Option<String> {
        let is_program = self.programs_resolve(&sample.declaration);
        let at = Caller::ALL.iter().position(|one| *one == caller).expect("all are there");
        self.tokens[usize::from(is_program)][at].clone()
    }

    /// The credentials of the first workspace, sealed values included.
    async fn own_things(&self) -> Vec<strongroom_store::StoredCredential> {
        let own = self.floor.house.a.workspace();
        let everything = self.floor.everything().await.into_iter();
        everything.filter(|stored| stored.credential.workspace == own).collect()
    }
}

fn wire_of(sample: &Sample, path: String, body: Option<Value>) -> Wire {
    let method: &'static str = Box::leak(sample.declaration.method.to_string().into_boxed_str());
    match body {
        Some(body) => Wire::json(method, path, &body),
        None => Wire::bare(method, path),
    }
}

async fn token_of<S: Speaker>(floor: &Floor<S>, caller: Caller, kind: &str, first: &str) -> Option<String> {
    let house = &floor.house;
    let of = async |scope: Scope, role: Role| match kind {
        "user" => house.text_of_user(scope, role, None).await,
        _ => house.text_in(scope, role).await,
    };
    match caller {
        Caller::Anonymous => None,
        Caller::Wrong => {
            let token = of(house.a, Role::Admin).await;
            let mut token = TokenText::parse(&token).unwrap();
            token.id = TokenId::from_bytes([9; 16]);
            Some(token.reveal().expose().clone())
        }
        Caller::Revoked => {
            let body = json!({"name": "gone", "kind": kind, "role": "admin", "workspace": "default"});
            let admin = house.admin().await;
            let issued = admin.post("/v1/tokens", &body).await.expect(201).json();
            admin.delete(&format!("/v1/tokens/{}", text(&issued, "id"))).await.expect(204);
            Some(text(&issued, "token").to_owned())
        }
        Caller::Neighbour => Some(of(house.a2, Role::Admin).await),
        Caller::Stranger => Some(of(house.b, Role::Admin).await),
        Caller::Elsewhere | Caller::Runner => Some(narrow(floor, kind, first).await),
        Caller::Viewer => Some(of(house.a, Role::Viewer).await),
        Caller::Auditor => Some(of(house.a, Role::Auditor).await),
        Caller::Editor => Some(of(house.a, Role::Editor).await),
        Caller::Admin => Some(of(house.a, Role::Admin).await),
        Caller::Owner => Some(of(house.a, Role::Owner).await),
    }
}

/// The token of a runner that reaches one credential.
async fn narrow<S: Speaker>(floor: &Floor<S>, kind: &str, only: &str) -> String {
    match kind {
        "user" => floor.house.text_of_user(floor.house.a, Role::Runner, Some(&[only])).await,
        _ => floor.house.narrow_text(floor.house.a, &[only]).await,
    }
}
