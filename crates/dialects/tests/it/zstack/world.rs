//! A house with the ZStack API at its root.

use axum::Router;
use serde_json::{Value, json};
use strongroom_dialects::zstack;
use strongroom_domain::Scope;
use strongroom_domain::principal::Role;

use crate::client::{Answer, Client};
use crate::house::{House, text};

pub(super) const CREDENTIALS: &str = "/api/v1/credentials";
pub(super) const UNKNOWN: &str = "/api/v1/credentials/cred-0192a3b4-c5d6-7e8f-9011-223344556677";

/// The nine, in the order of the contract.
pub(super) const FIELDS: [&str; 9] = [
    "uuid",
    "name",
    "description",
    "type",
    "healthStatus",
    "expiresAt",
    "createdBy",
    "createDate",
    "lastOpDate",
];

pub(super) struct World {
    pub(super) house: House,
    pub(super) router: Router,
}

impl World {
    pub(super) async fn open() -> Self {
        let house = House::open().await;
        let router = zstack::table().mounted_at("").router(&house.edge());
        Self { house, router }
    }

    pub(super) async fn client(&self, role: Role) -> Client {
        self.client_in(self.house.a, role).await
    }

    pub(super) async fn client_in(&self, scope: Scope, role: Role) -> Client {
        Client::new(&self.router, Some(&self.house.text_in(scope, role).await))
    }

    pub(super) async fn admin(&self) -> Client {
        self.client(Role::Admin).await
    }

    /// Settings, secrets and versions, as a native consumer is given them.
    pub(super) async fn resolved(&self, path: &str) -> Value {
        let admin = self.house.admin().await;
        let body = json!({"consumer": {"name": "look"}, "hold_seconds": 1});
        let answer = admin.post(&format!("{}/resolve", native(path)), &body).await.expect(200).json();
        admin.delete(&format!("{}/consumers/look/default", native(path))).await.expect(204);
        answer
    }

    /// A consumer takes the value and holds it.
    pub(super) async fn hold(&self, path: &str, flow: &str, seconds: u64) {
        let body = json!({"consumer": {"name": flow, "instance": "w"}, "hold_seconds": seconds});
        let runner = self.house.holder(self.house.a, Role::Runner).await;
        runner.post(&format!("{}/resolve", native(path)), &body).await.expect(200);
    }

    /// The notes of the last record of the audit log.
    pub(super) async fn last_notes(&self) -> std::collections::BTreeMap<String, String> {
        use strongroom_store::Store as _;
        let entries = self.house.store.audit(&self.house.a, 0, 10_000).await.unwrap();
        entries.into_iter().next_back().unwrap().record.notes
    }
}

/// The body of a create.
pub(super) fn draft(name: &str, value: &str) -> Value {
    json!({"name": name, "description": "d", "type": "CREDENTIAL_TYPE_PASSWORD", "value": value,
        "expiresAt": "2040-01-15T08:00:00Z"})
}

/// Makes one and gives its path.
pub(super) async fn made(client: &Client, body: &Value) -> String {
    path_of(&client.post(CREDENTIALS, body).await.expect(200).json())
}

pub(super) fn path_of(shown: &Value) -> String {
    format!("{CREDENTIALS}/{}", text(shown, "uuid"))
}

/// The path of the same credential in the native API.
pub(super) fn native(path: &str) -> String {
    let id = path.rsplit_once("/cred-").unwrap().1.replace('-', "");
    format!("/v1/workspaces/default/credentials/cred_{id}")
}

/// The path here of a credential of the native API.
pub(super) fn of_native(id: &str) -> String {
    let digits = id.strip_prefix("cred_").unwrap();
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    format!("{CREDENTIALS}/cred-{}", parts.join("-"))
}

/// That an answer has the shape of an error, with this status and code and the catalogue's text for it; gives
/// its details.
#[track_caller]
pub(super) fn refused(answer: &Answer, status: u16, code: &str) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    let description = match code {
        "SYS.1000" => "An internal error happened in system",
        "SYS.1001" => "A message or a operation timeout",
        "SYS.1003" => "A resource can not be found",
        "SYS.1004" => "Unable to delete a resource",
        "SYS.1006" => "An operation failed",
        "SYS.1007" => "One or more API argument is invalid",
        "SYS.1014" => "The operation is not implemented or not supported yet",
        "ID.1001" => "The session is invalid, either wrong session id or the session has been expired",
        "ID.1002" => "The user doesn't have permission to perform the operation",
        "ID.1003" => "The user exceeds a quota of a resource",
        other => panic!("{other} is no code of the contract"),
    };
    let body = answer.json();
    let details = text(&body["error"], "details").to_owned();
    let whole = json!({"error": {"code": code, "description": description, "details": details}});
    assert_eq!(body, whole);
    assert_eq!(answer.header("content-type"), "application/json");
    details
}
