//! A house with the SuperAI API below its usual prefix, callers of both kinds, and nobody to talk to outside
//! this machine.

use axum::Router;
use serde_json::{Value, json};
use strongroom_connectors::Catalogue;
use strongroom_dialects::superai;
use strongroom_domain::Scope;
use strongroom_domain::principal::Role;
use strongroom_egress::{Egress, Policy, Resolver, Roots, ScriptedDns};
use strongroom_testkit::postgres::Account;
use strongroom_testkit::{OpenSsh, Postgres};

use crate::client::{Answer, Client};
use crate::house::{House, text};

pub(crate) const CREDENTIALS: &str = "/superai/api/integrations/credentials";
pub(super) const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

pub(super) struct World {
    pub(super) house: House,
    pub(super) router: Router,
}

impl World {
    pub(super) async fn open() -> Self {
        // No name resolves, so that no test sends anything to anybody's API.
        let egress = Egress::new(
            Policy::development(),
            &Roots::load(&[]).unwrap(),
            Resolver::Scripted(ScriptedDns::default()),
        );
        let house = House::among(Catalogue::built_in(), egress).await;
        let router = superai::table().router(&house.edge());
        Self { house, router }
    }

    /// The text of a new token in a workspace.
    pub(super) async fn token_in(&self, scope: Scope, kind: &str, role: &str) -> String {
        let body = json!({"name": format!("a {kind}"), "kind": kind, "role": role,
            "workspace": scope.workspace().to_string()});
        let admin = self.house.holder(scope, Role::Admin).await;
        text(&admin.post("/v1/tokens", &body).await.expect(201).json(), "token").to_owned()
    }

    /// A new user who may change credentials.
    pub(super) async fn user(&self) -> Client {
        self.caller("user", "editor").await
    }

    /// A new service account that may use credentials, and everything else.
    pub(super) async fn service(&self) -> Client {
        self.caller("service", "admin").await
    }

    pub(super) async fn caller(&self, kind: &str, role: &str) -> Client {
        self.caller_in(self.house.a, kind, role).await
    }

    pub(super) async fn caller_in(&self, scope: Scope, kind: &str, role: &str) -> Client {
        self.holder(&self.token_in(scope, kind, role).await)
    }

    pub(super) fn holder(&self, token: &str) -> Client {
        Client::new(&self.router, Some(token))
    }

    pub(super) fn nobody(&self) -> Client {
        Client::new(&self.router, None)
    }

    /// The settings of the first workspace.
    pub(super) async fn choose(&self, settings: Value) {
        let admin = self.house.admin().await;
        admin.patch("/v1/workspaces/default", &json!({"settings": settings})).await.expect(200);
    }

    /// A credential as the native API shows it.
    pub(super) async fn native(&self, id: &str) -> Value {
        self.house.admin().await.get(&native_path(id)).await.expect(200).json()
    }
}

/// The same credential's path in the native API.
pub(super) fn native_path(id: &str) -> String {
    format!("/v1/workspaces/default/credentials/cred_{}", id.replace('-', ""))
}

pub(crate) fn path(id: &str) -> String {
    format!("{CREDENTIALS}/{id}")
}

/// A new credential of a provider without a check.
pub(crate) fn opaque(name: &str, key: &str) -> Value {
    json!({"name": name, "provider": "api_credential", "credential_type": "api_key",
        "credentials": {"api_key": key}})
}

/// A database login as clients write it: the port is a text.
pub(super) fn database(account: &Account, password: &str) -> Value {
    json!({"name": "reporting", "provider": "postgresql", "credential_type": "user_password",
        "credentials": database_keys(account, password)})
}

pub(crate) fn database_keys(account: &Account, password: &str) -> Value {
    json!({"host": "127.0.0.1", "port": Postgres::shared().port().to_string(), "username": account.role,
        "password": password, "database": account.database, "sslmode": "disable"})
}

/// A login to files.
pub(super) fn files(server: &OpenSsh, user: &str, password: &str) -> Value {
    json!({"host": "127.0.0.1", "port": server.port(), "username": user, "password": password})
}

/// Makes one and gives its id.
pub(super) async fn made(client: &Client, body: &Value) -> String {
    text(&client.post(CREDENTIALS, body).await.expect(201).json(), "id").to_owned()
}

/// What operation 7 gives.
pub(super) async fn held(service: &Client, id: &str) -> Value {
    service.get(&format!("{}/credentials", path(id))).await.expect(200).json()
}

/// That an answer is the standard envelope with this status and code, and its id the one of the header;
/// gives its message.
#[track_caller]
pub(super) fn refused(answer: &Answer, status: u16, code: &str) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    let body = answer.json();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["error", "request_id"], "{body}");
    assert_eq!(body["error"]["code"], code, "{body}");
    assert_request_id(answer);
    text(&body["error"], "message").to_owned()
}

#[track_caller]
pub(super) fn assert_request_id(answer: &Answer) {
    let id = text(&answer.json(), "request_id").to_owned();
    assert_eq!((id.len(), answer.header("x-request-id")), (26, id.as_str()));
}

/// That an answer is a validation error in both published shapes; gives type and place of each fault.
#[track_caller]
pub(super) fn invalid(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 422, "{}", answer.text());
    let body = answer.json();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["detail", "error", "request_id"], "{body}");
    assert_eq!(
        (&body["error"]["code"], &body["error"]["message"]),
        (&json!("validation_error"), &json!("Request validation failed"))
    );
    assert_eq!(body["detail"], body["error"]["details"]);
    assert_request_id(answer);
    let details = body["detail"].as_array().unwrap();
    let fault = |detail: &Value| {
        let parts: Vec<&str> =
            detail["loc"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        assert!(!text(detail, "msg").is_empty());
        assert!(detail.get("input").is_none(), "{detail}");
        (text(detail, "type").to_owned(), parts.join("/"))
    };
    details.iter().map(fault).collect()
}

#[track_caller]
pub(super) fn assert_faults(answer: &Answer, expected: &[(&str, &str)]) {
    let found = invalid(answer);
    let found: Vec<(&str, &str)> = found.iter().map(|(kind, loc)| (kind.as_str(), loc.as_str())).collect();
    assert_eq!(found, expected, "{}", answer.text());
}
