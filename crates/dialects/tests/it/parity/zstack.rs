//! The ZStack API. What it makes has no place to go, so what can be tried is a login that was made natively
//! and that it shows.

use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use serde_json::{Value, json};
use strongroom_domain::ids::CredentialId;
use strongroom_domain::principal::Role;
use strongroom_testkit::Postgres;
use strongroom_web::RouteTable;

use super::{FIRST, Outcome, SECOND, Scenario, Speaker, Stage, WRONG, Wire, made_by_another, walk};
use crate::client::Answer;
use crate::house::{CREDENTIALS as NATIVE, House, text};

/// With the ids here of two logins: one that works, one of a port where nobody listens.
#[derive(Default)]
pub(crate) struct Zstack(Mutex<[String; 2]>);

const CREDENTIALS: &str = "/zstack/api/v1/credentials";

fn draft(name: &str, value: &str) -> Value {
    json!({"name": name, "description": "of the parity table", "type": "CREDENTIAL_TYPE_PASSWORD",
        "value": value, "expiresAt": "2040-01-15T08:00:00Z"})
}

impl Speaker for Zstack {
    const NAME: &'static str = "zstack";

    const OTHERWISE: &'static [(Scenario, Outcome, &'static str)] =
        &[(Scenario::Unreachable, Outcome::NewValue, "an outage refuses nobody: DESIGN.md section 7")];

    async fn house(&self) -> House {
        let house = House::open().await;
        let account = Postgres::shared().create_account(FIRST);
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut made = Vec::new();
        for port in [Postgres::shared().port(), nobody] {
            let body = json!({"kind": "postgresql", "name": "login", "verify": "skip", "settings": {
                "host": "127.0.0.1", "port": port, "database": account.database, "username": account.role,
                "sslmode": "disable"}, "secrets": {"password": FIRST}});
            let answer = house.admin().await.post(NATIVE, &body).await.expect(201).json();
            // Ids of one millisecond have no order, and the picture shows the last credential.
            house.clock.advance(Duration::from_millis(1));
            made.push(self.spelled(text(&answer, "id").parse().unwrap()));
        }
        *self.0.lock().unwrap() = made.try_into().unwrap();
        house
    }

    fn table(&self) -> RouteTable {
        strongroom_dialects::zstack::table()
    }

    fn request(&self, scenario: Scenario, stage: &Stage) -> Option<Wire> {
        let one = |id: &str| format!("{CREDENTIALS}/{id}");
        let path = one(&stage.id);
        let [works, fails] = self.0.lock().unwrap().clone();
        let put = |body: &Value| Wire::json("PUT", path.clone(), body);
        Some(match scenario {
            Scenario::Create => Wire::json("POST", CREDENTIALS.to_owned(), &draft("parity", FIRST)),
            Scenario::Read | Scenario::NoToken | Scenario::WrongToken => Wire::bare("GET", path),
            Scenario::Rename => put(&json!({"name": "renamed"})),
            Scenario::ChangeOneSecret => put(&json!({"value": SECOND})),
            Scenario::ChangeAll => put(&draft("replaced", SECOND)),
            Scenario::RefusedByTheCheck => Wire::json("PUT", one(&works), &json!({"value": WRONG})),
            Scenario::Unreachable => Wire::json("PUT", one(&fails), &json!({"value": SECOND})),
            Scenario::Conflict => put(&json!({"name": "late"})).with("if-match", "\"9\""),
            Scenario::Delete => Wire::bare("DELETE", path),
            Scenario::UnknownId => Wire::bare("GET", one(&stage.unknown)),
            Scenario::ForeignId => Wire::bare("DELETE", one(&stage.foreign)),
            Scenario::BrokenJson => Wire::text("PUT", path, "{\"name\": \"cnry"),
            Scenario::WrongType => put(&json!({"name": 7, "value": ["cnry"]})),
            // An update without a body is one that changes nothing, by the contract.
            Scenario::MissingBody => Wire::bare("POST", CREDENTIALS.to_owned()),
            Scenario::TooLarge => put(&json!({"description": "x".repeat(300 * 1024)})),
        })
    }

    fn id_in(&self, answer: &Answer) -> String {
        text(&answer.json(), "uuid").to_owned()
    }

    fn spelled(&self, id: CredentialId) -> String {
        format!("cred-{}", id.uuid())
    }

    async fn foreign(&self, house: &House, router: &Router) -> String {
        let create = Wire::json("POST", CREDENTIALS.to_owned(), &draft("theirs", "cnry-foreign"));
        let token = house.text_in(house.b, Role::Admin).await;
        made_by_another(self, router, token, &create, |id| format!("{CREDENTIALS}/{id}")).await
    }
}

#[tokio::test]
async fn zstack_does_what_every_dialect_does() {
    walk(Zstack::default()).await;
}
