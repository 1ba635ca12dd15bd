//! DX Data Cloud: what its documentation says (contracts/dx.md), row by row, and what the core promises below it.

mod connectors;
mod documented;
mod failures;
mod reach;
mod updates;

use axum::Router;
use serde_json::{Value, json};
use strongroom_dialects::dx;
use strongroom_domain::audit::{AuditObject, AuditOutcome};
use strongroom_domain::principal::Role;
use strongroom_store::Store as _;

use crate::client::{Answer, Client};
use crate::house::{CREDENTIALS, House, text};
use crate::site::{Site, Sites};

/// The examples of the documentation.
const USER: &str = "dx-automation@myfakecompany.atlassian.net";
const TOKEN: &str = "ATATT3xFakeExampleToken000000000000000123abc=";
const SECOND: &str = "ATATT3xFakeExampleToken000000000000000456def=";
/// `printf 'USER:TOKEN' | base64`
const BASIC: &str = "Basic ZHgtYXV0b21hdGlvbkBteWZha2Vjb21wYW55LmF0bGFzc2lhbi5uZXQ6QVRBVFQzeEZha2VFeGFtcGxlVG9rZW4wMDAwMDAwMDAwMDAwMDAxMjNhYmM9";
/// `printf 'USER:SECOND' | base64`
const BASIC_SECOND: &str = "Basic ZHgtYXV0b21hdGlvbkBteWZha2Vjb21wYW55LmF0bGFzc2lhbi5uZXQ6QVRBVFQzeEZha2VFeGFtcGxlVG9rZW4wMDAwMDAwMDAwMDAwMDA0NTZkZWY9";
/// `printf 'other@myfakecompany.atlassian.net:TOKEN' | base64`
const BASIC_OTHER: &str = "Basic b3RoZXJAbXlmYWtlY29tcGFueS5hdGxhc3NpYW4ubmV0OkFUQVRUM3hGYWtlRXhhbXBsZVRva2VuMDAwMDAwMDAwMDAwMDAwMTIzYWJjPQ==";

/// A house with a Jira on this machine, and a connection to it.
struct World {
    house: House,
    sites: Sites,
    router: Router,
    native: Client,
    dx: Client,
    site: Site,
    /// The number of the connection.
    jira: u64,
}

impl World {
    /// The site knows the user by both tokens.
    async fn open() -> Self {
        let sites = Sites::new();
        let (house, site) = (sites.house().await, sites.open().await);
        site.knows(BASIC, "automation");
        site.knows(BASIC_SECOND, "automation");
        let router = dx::table().mounted_at("").router(&house.edge());
        let native = house.admin().await;
        let dx = Client::new(&router, Some(&house.text_of_token(Role::Admin).await));
        let mut world = Self { house, sites, router, native, dx, site, jira: 0 };
        world.jira = world.connect("jira_cloud", json!({"base_url": world.site.address()})).await;
        world
    }

    /// A further connection, by the native API; gives its number.
    async fn connect(&self, kind: &str, settings: Value) -> u64 {
        let body = json!({"kind": kind, "name": format!("our {kind}"), "settings": settings});
        let made = self.native.post("/v1/workspaces/default/integrations", &body).await.expect(201);
        made.json()["alias"].as_u64().unwrap()
    }

    /// The documented example, saved; gives its number.
    async fn created(&self) -> u64 {
        let made = self.call("credentials.create", &example()).await.expect(201).json();
        made["credential"]["id"].as_u64().unwrap()
    }

    async fn call(&self, method: &str, body: &Value) -> Answer {
        self.dx.post(&self.path(method), body).await
    }

    async fn update(&self, body: &Value) -> Answer {
        self.call("credentials.update", body).await
    }

    /// Of the Jira connection.
    fn path(&self, method: &str) -> String {
        format!("/api/connections/{}/{method}", self.jira)
    }

    async fn info(&self, id: u64) -> Value {
        self.dx.get(&self.path(&format!("credentials.info/{id}"))).await.expect(200).json()["credential"]
            .clone()
    }

    /// The same as the native API shows it.
    async fn row(&self, id: u64) -> Value {
        let all = self.native.get(CREDENTIALS).await.expect(200).json();
        let number = json!(id.to_string());
        let is_it = |item: &&Value| item["aliases"]["dx"] == number;
        all["items"].as_array().unwrap().iter().find(is_it).unwrap().clone()
    }

    /// What was denied last, and whether its record names a credential.
    async fn last_denied(&self) -> String {
        let entry = self.house.store.audit(&self.house.a, 0, 10_000).await.unwrap().pop().unwrap();
        assert_eq!(entry.record.outcome, AuditOutcome::Denied);
        let names_one = matches!(entry.record.object, AuditObject::Credential(_));
        format!("{:?} {names_one}", entry.record.action)
    }

    /// Its secrets, as a consumer gets them.
    async fn secrets(&self, id: u64) -> Value {
        let path = format!("{CREDENTIALS}/{}/resolve", text(&self.row(id).await, "id"));
        let consumer = json!({"consumer": {"name": "flow", "instance": "one"}});
        self.native.post(&path, &consumer).await.expect(200).json()["secrets"].clone()
    }
}

fn example() -> Value {
    json!({"label": "Automation user \u{2014} myfakecompany", "settings": {"jira_user": USER},
        "secrets": {"api_token": TOKEN}})
}

#[track_caller]
fn assert_plain(answer: &Answer, error: &str) {
    assert_eq!((answer.status, answer.text()), (422, format!("{{\"ok\":false,\"error\":\"{error}\"}}")));
}

/// The names of an object's keys, in their order.
fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}
