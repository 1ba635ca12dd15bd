//! Flowise: one URL is all that a database's type has, so a changed secret is a changed URL.

use axum::Router;
use serde_json::{Value, json};
use strongroom_domain::ids::CredentialId;
use strongroom_domain::principal::Role;
use strongroom_testkit::Postgres;
use strongroom_web::RouteTable;

use super::{FIRST, Outcome, SECOND, Scenario, Speaker, Stage, WRONG, Wire, made_by_another, walk};
use crate::client::Answer;
use crate::house::{House, text};

pub(crate) struct Flowise;

const CREDENTIALS: &str = "/flowise/api/v1/credentials";

impl Flowise {
    fn fields(stage: &Stage, port: u16, password: &str) -> Value {
        let (role, database) = (&stage.account.role, &stage.account.database);
        json!({"postgresUrl": format!("postgresql://{role}:{password}@127.0.0.1:{port}/{database}?sslmode=disable")})
    }

    fn draft(stage: &Stage, name: &str, password: &str) -> Value {
        let fields = Self::fields(stage, Postgres::shared().port(), password);
        json!({"name": name, "credentialName": "PostgresUrl", "plainDataObj": fields})
    }

    fn one(id: &str) -> String {
        format!("{CREDENTIALS}/{id}")
    }
}

impl Speaker for Flowise {
    const NAME: &'static str = "flowise";
    const OTHERWISE: &'static [(Scenario, Outcome, &'static str)] = &[(
        Scenario::Unreachable,
        Outcome::NewValue,
        "no check is promised: only a definite refusal refuses",
    )];

    fn table(&self) -> RouteTable {
        strongroom_dialects::flowise::table()
    }

    fn request(&self, scenario: Scenario, stage: &Stage) -> Option<Wire> {
        let one = Self::one(&stage.id);
        let put = |body: &Value| Wire::json("PUT", one.clone(), body);
        let fields = |port, password| json!({"plainDataObj": Self::fields(stage, port, password)});
        let port = Postgres::shared().port();
        Some(match scenario {
            Scenario::Create => {
                Wire::json("POST", CREDENTIALS.to_owned(), &Self::draft(stage, "parity", FIRST))
            }
            Scenario::Read | Scenario::NoToken | Scenario::WrongToken => Wire::bare("GET", one),
            Scenario::Rename => put(&json!({"name": "renamed"})),
            Scenario::ChangeOneSecret => put(&fields(port, SECOND)),
            Scenario::ChangeAll => put(&Self::draft(stage, "replaced", SECOND)),
            Scenario::RefusedByTheCheck => put(&fields(port, WRONG)),
            Scenario::Unreachable => put(&fields(stage.nobody, FIRST)),
            // The one conflict of this wire format: an id that is taken.
            Scenario::Conflict => {
                let mut taken = Self::draft(stage, "late", FIRST);
                taken["id"] = stage.id.as_str().into();
                Wire::json("POST", CREDENTIALS.to_owned(), &taken)
            }
            Scenario::Delete => Wire::bare("DELETE", one),
            Scenario::UnknownId => Wire::bare("GET", Self::one(&stage.unknown)),
            Scenario::ForeignId => Wire::bare("DELETE", Self::one(&stage.foreign)),
            Scenario::BrokenJson => Wire::text("PUT", one, "{\"name\": \"cnry"),
            Scenario::WrongType => put(&json!({"name": 7, "plainDataObj": "cnry"})),
            Scenario::MissingBody => Wire::bare("PUT", one),
            Scenario::TooLarge => put(&json!({"name": "x".repeat(300 * 1024)})),
        })
    }

    fn id_in(&self, answer: &Answer) -> String {
        text(&answer.json(), "id").to_owned()
    }

    fn spelled(&self, id: CredentialId) -> String {
        id.uuid().to_string()
    }

    async fn foreign(&self, house: &House, router: &Router) -> String {
        let fields = json!({"pineconeApiKey": "cnry-foreign"});
        let draft = json!({"name": "theirs", "credentialName": "pineconeApi", "plainDataObj": fields});
        let create = Wire::json("POST", CREDENTIALS.to_owned(), &draft);
        let token = house.text_in(house.b, Role::Admin).await;
        made_by_another(self, router, token, &create, Self::one).await
    }
}

#[tokio::test]
async fn flowise_does_what_every_dialect_does() {
    walk(Flowise).await;
}
