//! Identities: statements of a real provider in place of tokens. Names carry the case of the catalogue.

mod limits;
mod rules;
mod sessions;
mod workloads;

use std::time::Duration;

use serde_json::{Value, json};
use strongroom_connectors::issuer::{Client as ProviderClient, IssuerSettings};
use strongroom_domain::Clock as _;
use strongroom_domain::audit::{Actor, AuditAction, AuditRecord};
use strongroom_domain::identity::Algorithm;
use strongroom_domain::ids::OrganizationId;
use strongroom_service::NamedIssuer;
use strongroom_testkit::OpenIdProvider;

use crate::client::{Answer, Client};
use crate::house::{House, text};

/// A house that trusts one real provider.
pub(super) struct World {
    pub(super) house: House,
    pub(super) provider: OpenIdProvider,
}

/// What its workloads' statements are for.
const AUDIENCE: &str = "strongroom.example.com";
const KUBERNETES: &str = "system:serviceaccount:payments:worker";

impl World {
    pub(super) async fn open() -> Self {
        Self::with(|_| ()).await
    }

    /// With other settings of the issuer.
    pub(super) async fn with(change: impl FnOnce(&mut IssuerSettings)) -> Self {
        Self::serving(Vec::new(), change).await
    }

    /// The same, for these organizations alone.
    pub(super) async fn serving(
        organizations: Vec<OrganizationId>,
        change: impl FnOnce(&mut IssuerSettings),
    ) -> Self {
        let provider = OpenIdProvider::start("http://127.0.0.1:9/console/callback");
        let mut settings = IssuerSettings {
            url: provider.issuer().parse().unwrap(),
            client: Some(ProviderClient {
                id: "strongroom".to_owned(),
                secret: None,
                cli_id: Some("strongroom-cli".to_owned()),
            }),
            audiences: vec![AUDIENCE.to_owned()],
            algorithms: Algorithm::USUAL.to_vec(),
            leeway: Duration::from_secs(10),
        };
        change(&mut settings);
        let house = House::trusting(vec![NamedIssuer { settings, keys: None, organizations }]).await;
        Self { house, provider }
    }

    /// Seconds since 1970, by the house's clock and some more.
    fn at(&self, seconds: i64) -> i64 {
        self.house.clock.now().unix_micros() / 1_000_000 + seconds
    }

    /// What an honest issuer says of a workload.
    pub(super) fn claims(&self, subject: &str) -> Value {
        json!({"iss": self.provider.issuer(), "sub": subject, "aud": AUDIENCE, "iat": self.at(0), "exp": self.at(600)})
    }

    /// A statement of it, signed with the key that is published.
    pub(super) fn stated(&self, subject: &str) -> String {
        self.provider.sign("first", &json!({}), &self.claims(subject))
    }

    pub(super) fn identity(&self, subject: &str) -> Value {
        json!({"issuer": self.provider.issuer(), "subject": subject})
    }

    /// Issues an identity, and gives what the API says of it.
    pub(super) async fn issue(&self, kind: &str, role: &str, subject: &str) -> Value {
        let new = json!({"name": "an identity", "kind": kind, "role": role, "workspace": "default",
            "identity": self.identity(subject)});
        self.house.admin().await.post("/v1/tokens", &new).await.expect(201).json()
    }

    pub(super) async fn revoke(&self, issued: &Value) {
        self.house.admin().await.delete(&format!("/v1/tokens/{}", text(issued, "id"))).await.expect(204);
    }

    /// What is on record of refused statements, wherever: all workspaces were made in the same moment, so any may be the
    /// first one.
    pub(super) fn refused(&self, action: AuditAction) -> Vec<AuditRecord> {
        let database = self.house.database();
        let mut rows = database.prepare("SELECT body FROM audit ORDER BY node_seq").unwrap();
        let bodies = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let records = bodies.map(|body| serde_json::from_str::<AuditRecord>(&body.unwrap()).unwrap());
        records.filter(|record| record.action == action && record.actor == Actor::Unknown).collect()
    }

    pub(super) fn holder(&self, text: &str) -> Client {
        self.house.with_token(text)
    }

    /// Whether it lets its bearer in.
    pub(super) async fn status_of(&self, bearer: &str) -> u16 {
        self.holder(bearer).get("/v1/limits").await.status
    }

    /// How often the issuer was asked for its keys.
    pub(super) fn fetches(&self) -> usize {
        self.provider.requests().iter().filter(|line| *line == "GET /jwks").count()
    }
}

/// An answer without what differs from request to request.
pub(super) fn bare(answer: &Answer) -> (u16, Value) {
    let mut body = answer.json();
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    (answer.status, body)
}
