//! DX Data Cloud, over a connection to the database of the stage.

use axum::Router;
use serde_json::{Value, json};
use strongroom_dialects::dx;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::principal::Role;
use strongroom_testkit::Postgres;
use strongroom_web::RouteTable;

use super::{FIRST, SECOND, Scenario, Speaker, Stage, WRONG, Wire, walk};
use crate::client::{Answer, Client};
use crate::house::House;

pub(crate) struct Dx;

impl Dx {
    /// The first number that the workspace gives is that of the connection.
    fn path(method: &str) -> String {
        format!("/dx/api/connections/1/{method}")
    }

    fn update(stage: &Stage, change: &Value) -> Wire {
        let mut body = json!({"id": stage.id.parse::<u64>().unwrap()});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        Wire::json("POST", Self::path("credentials.update"), &body)
    }

    fn info(id: &str) -> Wire {
        Wire::bare("GET", Self::path(&format!("credentials.info/{id}")))
    }

    fn draft(stage: &Stage, password: &str) -> Value {
        let settings = json!({"database": stage.account.database, "username": stage.account.role});
        json!({"label": "parity", "settings": settings, "secrets": {"password": password}})
    }
}

impl Speaker for Dx {
    const NAME: &'static str = "dx";

    fn table(&self) -> RouteTable {
        dx::table()
    }

    /// With the connection, which DX clients cannot make.
    async fn house(&self) -> House {
        let house = House::open().await;
        let settings = json!({"host": "127.0.0.1", "port": Postgres::shared().port(), "sslmode": "disable"});
        let body = json!({"kind": "postgresql", "name": "a database", "settings": settings});
        house.admin().await.post("/v1/workspaces/default/integrations", &body).await.expect(201);
        house
    }

    fn request(&self, scenario: Scenario, stage: &Stage) -> Option<Wire> {
        let password = |password: &str| json!({"secrets": {"password": password}});
        Some(match scenario {
            Scenario::Create => {
                Wire::json("POST", Self::path("credentials.create"), &Self::draft(stage, FIRST))
            }
            Scenario::Read | Scenario::NoToken | Scenario::WrongToken => Self::info(&stage.id),
            Scenario::Rename => Self::update(stage, &json!({"label": "renamed"})),
            Scenario::ChangeOneSecret => Self::update(stage, &password(SECOND)),
            Scenario::ChangeAll => {
                let mut whole = Self::draft(stage, SECOND);
                whole["label"] = "replaced".into();
                Self::update(stage, &whole)
            }
            Scenario::RefusedByTheCheck => Self::update(stage, &password(WRONG)),
            Scenario::Unreachable => {
                let mut change = password(FIRST);
                change["settings"] = json!({"port": stage.nobody});
                Self::update(stage, &change)
            }
            // Its clients name no versions.
            Scenario::Conflict => return None,
            Scenario::Delete => {
                let body = json!({"id": stage.id.parse::<u64>().unwrap()});
                Wire::json("POST", Self::path("credentials.delete"), &body)
            }
            Scenario::UnknownId => Self::info(&stage.unknown),
            Scenario::ForeignId => {
                assert_ne!(stage.foreign, stage.id);
                let body = json!({"id": stage.foreign.parse::<u64>().unwrap()});
                Wire::json("POST", Self::path("credentials.delete"), &body)
            }
            Scenario::BrokenJson => {
                Wire::text("POST", Self::path("credentials.update"), "{\"label\": \"cnry")
            }
            Scenario::WrongType => Self::update(stage, &json!({"label": 7, "secrets": "cnry"})),
            Scenario::MissingBody => Wire::bare("POST", Self::path("credentials.update")),
            Scenario::TooLarge => Self::update(stage, &json!({"label": "x".repeat(300 * 1024)})),
        })
    }

    fn id_in(&self, answer: &Answer) -> String {
        answer.json()["credential"]["id"].as_u64().unwrap().to_string()
    }

    /// An id of ours is no number: this one nobody has.
    fn spelled(&self, _: CredentialId) -> String {
        "4711".to_owned()
    }

    /// On a connection of the same number; others were made before it, so that its own number is not one of
    /// ours.
    async fn foreign(&self, house: &House, router: &Router) -> String {
        let admin = house.holder(house.b, Role::Admin).await;
        let workspace = format!("/v1/workspaces/{}", house.b.workspace());
        admin.patch(&workspace, &json!({"settings": {"verify": "never"}})).await.expect(200);
        for number in 1..4 {
            let connection =
                json!({"kind": "postgresql", "name": "theirs", "settings": {"host": "127.0.0.1"}});
            let made = admin.post(&format!("{workspace}/integrations"), &connection).await.expect(201);
            assert_eq!(made.json()["alias"], number);
        }
        let theirs = Client::new(router, Some(&house.text_in(house.b, Role::Admin).await));
        let draft = json!({"label": "theirs", "settings": {"database": "d", "username": "u"},
            "secrets": {"password": "cnry-foreign"}});
        let made = theirs.post(&Self::path("credentials.create"), &draft).await.expect(201);
        let id = self.id_in(&made);
        theirs.get(&Self::path(&format!("credentials.info/{id}"))).await.expect(200);
        id
    }
}

#[tokio::test]
async fn dx_does_what_every_dialect_does() {
    walk(Dx).await;
}
