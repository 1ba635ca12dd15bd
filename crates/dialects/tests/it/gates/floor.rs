//! Where a case is played: a house with the dialect, a credential made through it, and things of others.

use std::time::Duration;

use axum::Router;
use http_body_util::BodyExt as _;
use serde_json::json;
use strongroom_domain::access::Action;
use strongroom_domain::dialect::View;
use strongroom_domain::ids::RequestId;
use strongroom_domain::principal::Role;
use strongroom_domain::{Error, Scope};
use strongroom_store::StoredCredential;
use strongroom_web::{Refusal, Route, Shown};

use crate::client::Answer;
use crate::house::House;
use crate::parity::{Scenario, Speaker, Stage, Wire, everything, send, stage};

/// The acts on one credential that a dialect may have words for, the one that ends it last.
const ACTS: [Scenario; 5] =
    [Scenario::Read, Scenario::Rename, Scenario::ChangeOneSecret, Scenario::ChangeAll, Scenario::Delete];

pub(crate) struct Floor<S> {
    pub(crate) speaker: S,
    pub(crate) house: House,
    pub(crate) router: Router,
    /// Of an admin of the first workspace.
    pub(crate) token: String,
    /// With the id of a credential that this admin made.
    pub(crate) stage: Stage,
}

impl<S: Speaker> Floor<S> {
    pub(crate) async fn of(speaker: S) -> Self {
        println!("{}", S::NAME);
        let house = speaker.house().await;
        let settings = json!({"settings": speaker.settings()});
        for scope in [house.a, house.a2, house.b] {
            let path = format!("/v1/workspaces/{}", scope.workspace());
            house.holder(scope, Role::Admin).await.patch(&path, &settings).await.expect(200);
        }
        let router = speaker.table().router(&house.edge());
        let token = speaker.token(&house).await;
        let stage = stage(&speaker, &house, (&router, &token), Scenario::Read).await;
        Self { speaker, house, router, token, stage }
    }

    pub(crate) fn wire(&self, scenario: Scenario) -> Option<Wire> {
        self.speaker.request(scenario, &self.stage)
    }

    pub(crate) async fn send(&self, wire: &Wire, token: Option<&str>) -> Answer {
        send(&self.speaker, &self.router, wire, token.map(str::to_owned)).await
    }

    /// The requests of every act on the credential of this id.
    pub(crate) fn acts_on(&mut self, id: &str) -> Vec<(Scenario, Wire)> {
        let own = std::mem::replace(&mut self.stage.id, id.to_owned());
        let acts = ACTS.into_iter().filter_map(|act| Some((act, self.wire(act)?))).collect();
        self.stage.id = own;
        acts
    }

    /// The same on the credential of the stage.
    pub(crate) fn acts(&mut self) -> Vec<(Scenario, Wire)> {
        let own = self.stage.id.clone();
        self.acts_on(&own)
    }

    pub(crate) async fn everything(&self) -> Vec<StoredCredential> {
        everything(&self.house).await
    }

    /// Whether an answer is how the dialect shows this error: by a status that says so alone, or by the whole of
    /// it where one status stands for many.
    pub(crate) async fn is(&self, answer: &Answer, error: &Error) -> bool {
        // Some show it in another form; bodies are compared where there is none in them.
        let request = answer.header("x-request-id").parse().unwrap_or(RequestId::from_bytes([0; 16]));
        let refusal = Refusal { error, request, operation: "", shown: Shown::Token };
        let shown = (self.speaker.table().manner().render)(&refusal);
        let status = shown.status().as_u16();
        let body = shown.into_body().collect().await.unwrap().to_bytes();
        answer.status == status && ([401, 403].contains(&status) || answer.bytes == body)
    }

    pub(crate) async fn is_stranger(&self, answer: &Answer) -> bool {
        self.is(answer, &Error::Unauthenticated).await
    }

    /// A change of the secret, alone where that can be said.
    pub(crate) fn new_secret(&self) -> Wire {
        let change = self.wire(Scenario::ChangeOneSecret).or_else(|| self.wire(Scenario::ChangeAll));
        change.expect("every dialect can change a secret")
    }

    /// Makes another one through the dialect; `None` where it cannot there.
    pub(crate) async fn make(&self, scope: Scope) -> Option<String> {
        let token = self.house.text_of_user(scope, Role::Admin, None).await;
        // What was refused before stands in nobody's way.
        self.house.clock.advance(Duration::from_mins(16));
        let wire = self.wire(Scenario::Create)?;
        let answer = self.send(&wire, Some(&token)).await;
        (200..300).contains(&answer.status).then(|| self.speaker.id_in(&answer))
    }

    /// Ids in the dialect's spelling of credentials that this caller may know nothing of there.
    pub(crate) async fn ids_of_others(&self) -> Vec<String> {
        let mut ids = vec![self.stage.foreign.clone()];
        for scope in [self.house.a2, self.house.b] {
            // Where ids are counted, the second is one that the first workspace has not.
            self.make(scope).await;
            ids.extend(self.make(scope).await);
        }
        if self.speaker.table().manner().view != View::All {
            let hidden = self.house.credential(self.house.a, "cnry-hidden").await;
            ids.push(self.speaker.spelled(hidden.parse().unwrap()));
        }
        ids.retain(|id| *id != self.stage.id);
        ids
    }

    /// The right that the route of a request declares.
    pub(crate) fn action_of(&self, wire: &Wire) -> Option<Action> {
        let table = self.speaker.table();
        let path = wire.path.split('?').next().unwrap_or_default();
        let found = table
            .routes()
            .map(Route::declaration)
            .find(|declaration| declaration.method == wire.method && self.is_at(wire, declaration.path));
        found.unwrap_or_else(|| panic!("no route for {} {path}", wire.method)).action
    }

    /// Whether a request is one of a declared path.
    pub(crate) fn is_at(&self, wire: &Wire, template: &str) -> bool {
        let path = wire.path.split('?').next().unwrap_or_default();
        let template = format!("{}{template}", self.speaker.table().prefix());
        let (theirs, ours) = (path.split('/'), template.split('/'));
        !template.ends_with("{*rest}")
            && theirs.clone().count() == ours.clone().count()
            && theirs.zip(ours).all(|(text, part)| part == text || part.starts_with('{'))
    }

    /// Requests of every route that shows something without naming one thing.
    pub(crate) fn lists(&self) -> Vec<String> {
        let table = self.speaker.table();
        let reads = table.routes().map(Route::declaration).filter(|declaration| {
            declaration.method == "GET" && !declaration.path.replace("{workspace}", "").contains('{')
        });
        reads
            .map(|declaration| {
                format!("{}{}", table.prefix(), declaration.path).replace("{workspace}", "default")
            })
            .filter(|path| !path.ends_with("/events"))
            .collect()
    }
}

/// What an answer shows, without what names the request or the credential. A weak tag is of the body, which names it.
pub(super) fn shape_of(answer: &Answer, id: &str) -> (u16, Vec<(String, String)>, String) {
    let (status, mut headers, body) = answer.without_request();
    headers.iter_mut().filter(|(name, value)| name == "etag" && value.starts_with("W/")).for_each(
        |(_, value)| {
            value.truncate(value.find('-').unwrap_or_default());
        },
    );
    (status, headers, body.replace(id, "{id}"))
}

/// All of an answer: head and body.
pub(super) fn whole(answer: &Answer) -> String {
    format!("{:?} {}", answer.headers, answer.text())
}
