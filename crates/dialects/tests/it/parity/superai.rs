//! The SuperAI API: a change always sends all of the data, so a rename sends what is stored once more.

use axum::Router;
use serde_json::{Value, json};
use strongroom_domain::ids::CredentialId;
use strongroom_domain::principal::Role;
use strongroom_web::RouteTable;

use super::{FIRST, Outcome, SECOND, Scenario, Speaker, Stage, WRONG, Wire, made_by_another, walk};
use crate::client::Answer;
use crate::house::{House, text};
use crate::superai::world::{CREDENTIALS, database_keys, opaque, path};

pub(crate) struct Superai;

impl Superai {
    /// What a PATCH sends.
    fn change(stage: &Stage, password: &str) -> Value {
        json!({"credential_type": "user_password", "credentials": database_keys(&stage.account, password)})
    }

    fn at(stage: &Stage, port: u16) -> Value {
        let mut change = Self::change(stage, FIRST);
        change["credentials"]["port"] = port.to_string().into();
        change
    }
}

impl Speaker for Superai {
    const NAME: &'static str = "superai";
    const OTHERWISE: &'static [(Scenario, Outcome, &'static str)] = &[
        (Scenario::Rename, Outcome::NewValue, "an update replaces the credential data as a whole: 1.7"),
        (
            Scenario::Unreachable,
            Outcome::NewValue,
            "the contract promises no check before saving, so only a definite refusal refuses",
        ),
    ];

    fn table(&self) -> RouteTable {
        strongroom_dialects::superai::table()
    }

    /// Service accounts make no credentials.
    async fn token(&self, house: &House) -> String {
        let body = json!({"name": "parity", "kind": "user", "role": "admin", "workspace": "default"});
        let issued = house.admin().await.post("/v1/tokens", &body).await.expect(201).json();
        text(&issued, "token").to_owned()
    }

    fn request(&self, scenario: Scenario, stage: &Stage) -> Option<Wire> {
        let one = path(&stage.id);
        let patch = |body: &Value| Wire::json("PATCH", one.clone(), body);
        Some(match scenario {
            Scenario::Create => {
                let mut new = Self::change(stage, FIRST);
                (new["name"], new["provider"]) = ("parity".into(), "postgresql".into());
                Wire::json("POST", CREDENTIALS.to_owned(), &new)
            }
            Scenario::Read | Scenario::NoToken | Scenario::WrongToken => Wire::bare("GET", one),
            Scenario::Rename => {
                let mut renamed = Self::change(stage, FIRST);
                renamed["name"] = "renamed".into();
                patch(&renamed)
            }
            Scenario::ChangeOneSecret => patch(&Self::change(stage, SECOND)),
            Scenario::ChangeAll => {
                let mut whole = Self::change(stage, SECOND);
                whole["name"] = "replaced".into();
                patch(&whole)
            }
            Scenario::RefusedByTheCheck => patch(&Self::change(stage, WRONG)),
            Scenario::Unreachable => patch(&Self::at(stage, stage.nobody)),
            Scenario::Conflict => patch(&Self::change(stage, FIRST)).with("if-match", "\"9\""),
            Scenario::Delete => Wire::bare("DELETE", one),
            Scenario::UnknownId => Wire::bare("GET", path(&stage.unknown)),
            Scenario::ForeignId => Wire::bare("DELETE", path(&stage.foreign)),
            Scenario::BrokenJson => Wire::text("PATCH", one, "{\"name\": \"cnry"),
            Scenario::WrongType => patch(&json!({"name": 7, "credential_type": "x", "credentials": "cnry"})),
            Scenario::MissingBody => Wire::bare("PATCH", one),
            Scenario::TooLarge => patch(&json!({"name": "x".repeat(300 * 1024)})),
        })
    }

    fn id_in(&self, answer: &Answer) -> String {
        text(&answer.json(), "id").to_owned()
    }

    fn spelled(&self, id: CredentialId) -> String {
        id.uuid().to_string()
    }

    async fn foreign(&self, house: &House, router: &Router) -> String {
        let create = Wire::json("POST", CREDENTIALS.to_owned(), &opaque("theirs", "cnry-foreign"));
        let token = house.text_of_user(house.b, Role::Admin, None).await;
        made_by_another(self, router, token, &create, path).await
    }
}

#[tokio::test]
async fn the_superai_api_does_what_every_dialect_does() {
    walk(Superai).await;
}
