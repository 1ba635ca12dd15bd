//! One request per route that does what the route is for. A route without a sample fails the walk.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use strongroom_domain::Scope;
use strongroom_domain::principal::Role;
use strongroom_web::{Declaration, Route};

use crate::client::{Answer, Client, JSON};
use crate::house::{House, new_token, text};

/// A request that succeeds for whoever has the right.
pub(crate) struct Sample {
    pub(crate) method: String,
    pub(crate) path: String,
    body: Option<Value>,
}

impl Sample {
    /// A fresh one: things it needs are made for it, so that no sample takes another's away.
    pub(crate) async fn of(house: &House, route: &Route) -> Self {
        Self::made_by(&house.admin().await, house, route).await
    }

    /// The same where what is needed belongs to this caller, as far as it may have such a thing.
    pub(crate) async fn made_by(owner: &Client, house: &House, route: &Route) -> Self {
        let Declaration { method, path, .. } = route.declaration();
        let body = body_of(method.as_str(), path);
        if method == "DELETE" && *path == "/workspaces/{workspace}" {
            return Self { method: method.to_string(), path: to_delete(owner).await, body };
        }
        Self { method: method.to_string(), path: fill(owner, house, path).await, body }
    }

    /// The same with the workspace named by its id: a slug may exist in every organization.
    pub(crate) fn in_workspace(mut self, scope: Scope) -> Self {
        let named = format!("/workspaces/{}", scope.workspace());
        self.path = self.path.replace("/workspaces/default", &named);
        if let Some(workspace) = self.body.as_mut().and_then(|body| body.get_mut("workspace")) {
            *workspace = scope.workspace().to_string().into();
        }
        self
    }

    pub(crate) async fn send(&self, client: &Client) -> Answer {
        let bytes = self.body.as_ref().map(Value::to_string);
        let headers = if bytes.is_some() { JSON } else { &[] };
        client.send(&self.method, &self.path, headers, bytes.as_deref().map(str::as_bytes)).await
    }
}

/// A workspace that its owner may lose; the own one of everybody else.
async fn to_delete(owner: &Client) -> String {
    let slug = format!("gone-{}", fresh());
    let made = owner.post("/v1/workspaces", &json!({"name": "Gone", "slug": slug})).await;
    format!("/v1/workspaces/{}", if made.status == 201 { &slug } else { "default" })
}

/// A number that no other sample of this process has.
fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The path with ids of things of the first workspace.
async fn fill(owner: &Client, house: &House, path: &str) -> String {
    let mut path = format!("/v1{path}").replace("{workspace}", "default").replace("{kind}", "generic");
    if path.contains("{credential}") {
        let id = house.credential(house.a, "sample").await;
        path = path.replace("{credential}", &id);
        if path.contains("{instance}") {
            let resolve = format!("/v1/workspaces/default/credentials/{id}/resolve");
            let consumer = json!({"consumer": {"name": "flow", "instance": "worker"}});
            // A runner gives back only what it holds itself.
            if owner.post(&resolve, &consumer).await.status != 200 {
                house.admin().await.post(&resolve, &consumer).await.expect(200);
            }
        }
    }
    if path.contains("{token}") {
        let issued = house.admin().await.post("/v1/tokens", &new_token("viewer")).await.expect(201).json();
        path = path.replace("{token}", text(&issued, "id"));
    }
    if path.contains("{organization}") {
        path = path.replace("{organization}", &house.a.organization().to_string());
    }
    if path.contains("{integration}") {
        let new = json!({"kind": "generic", "name": "sample"});
        let made = house.admin().await.post("/v1/workspaces/default/integrations", &new).await.expect(201);
        path = path.replace("{integration}", text(&made.json(), "id"));
    }
    if path.contains("{endpoint}") {
        house.pin("files.example:22").await;
        path = path.replace("{endpoint}", "files.example:22");
    }
    if path == "/v1/audit/proof" {
        path.push_str("?from=0");
    }
    path.replace("{name}", "flow").replace("{instance}", "worker")
}

pub(crate) fn body_of(method: &str, path: &str) -> Option<Value> {
    let draft = json!({"kind": "generic", "name": "sample", "secrets": {"token": "sample"}});
    match (method, path.trim_start_matches("/workspaces/{workspace}")) {
        ("GET" | "DELETE", _) => None,
        ("POST", "/credentials" | "/credentials/verify") => Some(draft),
        ("PATCH" | "PUT", "/credentials/{credential}") => Some(json!({"description": "changed"})),
        ("POST", "/integrations") => Some(json!({"kind": "generic", "name": "sample"})),
        ("PATCH", "/integrations/{integration}") => Some(json!({"name": "changed"})),
        ("POST", "/credentials/{credential}/verify" | "/tokens/{token}/rotate") => Some(json!({})),
        ("POST", "/credentials/{credential}/resolve") => Some(json!({"hold_seconds": 60})),
        ("POST", "/credentials/resolve") => Some(json!({"refs": ["strongroom://default/none"]})),
        ("POST", "/credentials/{credential}/report") => {
            Some(json!({"value_version": 1, "outcome": "rejected", "status": 401}))
        }
        ("POST", "/organizations") => Some(json!({"name": "Sample", "slug": format!("org-{}", fresh())})),
        ("PATCH", "/organizations/{organization}") => Some(json!({"name": "Renamed"})),
        ("POST", "/workspaces") => Some(json!({"name": "Sample", "slug": format!("ws-{}", fresh())})),
        ("PATCH", "") => Some(json!({"settings": {"hold_seconds": 120}})),
        ("POST", "/tokens/exchange") => Some(json!({"consumer": {"name": "flow", "run": "7"}, "ttl": 60})),
        ("POST", "/tokens") => Some(new_token("viewer")),
        ("POST", "/sessions") => Some(json!({"id_token": "sample"})),
        (method, path) => panic!("no sample for {method} {path}: add one, so that the walk covers it"),
    }
}

/// Every role, for walks.
pub(crate) const ROLES: [Role; 6] = Role::ALL;
