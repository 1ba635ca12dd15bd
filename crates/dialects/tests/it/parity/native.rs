//! The native API: the model for the others.

use serde_json::{Value, json};
use strongroom_domain::ids::CredentialId;
use strongroom_testkit::Postgres;
use strongroom_web::RouteTable;

use super::{FIRST, SECOND, Scenario, Speaker, Stage, WRONG, Wire, walk};
use crate::client::Answer;
use crate::house::{CREDENTIALS, text};

pub(crate) struct Native;

impl Native {
    /// The credential of the stage, as a client writes it.
    fn draft(stage: &Stage, password: &str) -> Value {
        json!({"kind": "postgresql", "name": "parity", "settings": {"host": "127.0.0.1",
            "port": Postgres::shared().port(), "database": stage.account.database,
            "username": stage.account.role, "sslmode": "disable"}, "secrets": {"password": password}})
    }

    fn one(id: &str) -> String {
        format!("{CREDENTIALS}/{id}")
    }
}

impl Speaker for Native {
    const NAME: &'static str = "native";

    fn table(&self) -> RouteTable {
        strongroom_dialects::native::table()
    }

    fn request(&self, scenario: Scenario, stage: &Stage) -> Option<Wire> {
        let one = Self::one(&stage.id);
        let patch = |body: &Value| Wire::json("PATCH", one.clone(), body);
        let password = |password: &str| json!({"secrets": {"password": password}});
        Some(match scenario {
            Scenario::Create => Wire::json("POST", CREDENTIALS.to_owned(), &Self::draft(stage, FIRST)),
            Scenario::Read | Scenario::NoToken | Scenario::WrongToken => Wire::bare("GET", one),
            Scenario::Rename => patch(&json!({"name": "renamed"})),
            Scenario::ChangeOneSecret => patch(&password(SECOND)),
            Scenario::ChangeAll => {
                let mut whole = Self::draft(stage, SECOND);
                whole.as_object_mut().unwrap().shift_remove("kind");
                whole["name"] = "replaced".into();
                Wire::json("PUT", one, &whole)
            }
            Scenario::RefusedByTheCheck => patch(&password(WRONG)),
            Scenario::Unreachable => {
                patch(&json!({"settings": {"port": stage.nobody}, "secrets": {"password": FIRST}}))
            }
            Scenario::Conflict => patch(&json!({"name": "late"})).with("if-match", "\"9\""),
            Scenario::Delete => Wire::bare("DELETE", one),
            Scenario::UnknownId => Wire::bare("GET", Self::one(&stage.unknown)),
            Scenario::ForeignId => Wire::bare("DELETE", Self::one(&stage.foreign)),
            Scenario::BrokenJson => Wire::text("PATCH", one, "{\"name\": \"cnry"),
            Scenario::WrongType => patch(&json!({"name": 7, "secrets": "cnry"})),
            Scenario::MissingBody => Wire::bare("PATCH", one),
            Scenario::TooLarge => patch(&json!({"description": "x".repeat(300 * 1024)})),
        })
    }

    fn id_in(&self, answer: &Answer) -> String {
        text(&answer.json(), "id").to_owned()
    }

    fn spelled(&self, id: CredentialId) -> String {
        id.to_string()
    }
}

#[tokio::test]
async fn the_native_api_does_what_every_dialect_does() {
    walk(Native).await;
}
