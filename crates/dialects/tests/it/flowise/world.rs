//! A house with the Flowise API at its root, in one of the two modes, and nobody to talk to outside.

use std::time::Duration;

use axum::Router;
use serde_json::{Value, json};
use strongroom_connectors::Catalogue;
use strongroom_dialects::flowise;
use strongroom_domain::Scope;
use strongroom_domain::principal::Role;
use strongroom_egress::{Egress, Policy, Resolver, Roots, ScriptedDns};

use crate::client::{Answer, Client};
use crate::house::{House, text};

pub(super) const CREDENTIALS: &str = "/api/v1/credentials";
pub(super) const PLACEHOLDER: &str = "_FLOWISE_BLANK_07167752-1a71-43b1-bf8f-4f32252165db";
pub(super) const BULLETS: &str = "\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}";
pub(super) const UNKNOWN: &str = "/api/v1/credentials/00000000-0000-4000-8000-000000000000";

pub(super) struct World {
    pub(super) house: House,
    pub(super) router: Router,
}

impl World {
    /// Of the workspace's default: what the documentation says.
    pub(super) async fn documented() -> Self {
        // No name resolves, so that no test sends anything to anybody's API.
        let egress = Egress::new(
            Policy::development(),
            &Roots::load(&[]).unwrap(),
            Resolver::Scripted(ScriptedDns::default()),
        );
        let catalogue = Catalogue::built_in().with_opaque(flowise::kinds());
        let house = House::among(catalogue, egress).await;
        let router = flowise::table().mounted_at("").router(&house.edge());
        Self { house, router }
    }

    /// What the original does.
    pub(super) async fn exact() -> Self {
        let world = Self::documented().await;
        for scope in [world.house.a, world.house.a2] {
            let path = format!("/v1/workspaces/{}", scope.workspace());
            let admin = world.house.holder(scope, Role::Admin).await;
            admin.patch(&path, &json!({"settings": {"flowise_mode": "exact"}})).await.expect(200);
        }
        world
    }

    /// With a new token of this role in the first workspace.
    pub(super) async fn client(&self, role: Role) -> Client {
        self.client_in(self.house.a, role).await
    }

    pub(super) async fn client_in(&self, scope: Scope, role: Role) -> Client {
        Client::new(&self.router, Some(&self.house.text_in(scope, role).await))
    }

    pub(super) async fn admin(&self) -> Client {
        self.client(Role::Admin).await
    }

    /// What is made after it is younger than what was made before: within a millisecond there is no order.
    pub(super) fn tick(&self) {
        self.house.clock.advance(Duration::from_millis(1));
    }

    pub(super) fn nobody(&self) -> Client {
        Client::new(&self.router, None)
    }
}

/// Makes one and gives its path.
pub(super) async fn made(client: &Client, type_name: &str, fields: Value) -> String {
    let body = json!({"name": "one", "credentialName": type_name, "plainDataObj": fields});
    let answer = client.post(CREDENTIALS, &body).await.expect(200).json();
    format!("{CREDENTIALS}/{}", text(&answer, "id"))
}

/// The fields of one, as GET shows them.
pub(super) async fn shown(client: &Client, path: &str) -> Value {
    client.get(path).await.expect(200).json()["plainDataObj"].clone()
}

/// That an answer has the service-error shape with this status; gives its message.
#[track_caller]
pub(super) fn refused(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    let body = answer.json();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["statusCode", "success", "message", "stack"]);
    assert_eq!(
        (&body["statusCode"], &body["success"], &body["stack"]),
        (&json!(status), &json!(false), &json!({}))
    );
    text(&body, "message").to_owned()
}
