//! Organizations and workspaces: made, listed, renamed, erased, and nothing of one for another.

use rusqlite::types::Value as Sql;
use serde_json::{Value, json};
use strongroom_domain::Scope;
use strongroom_domain::audit::{Actor, AuditAction, AuditOutcome};
use strongroom_domain::ids::{OrganizationId, WorkspaceId};
use strongroom_domain::principal::Role;
use strongroom_store::Store as _;

use crate::client::{Answer, Client};
use crate::house::{CREDENTIALS, House, text};

const NEW: &str = "/v1/organizations";

fn generic(secret: &str) -> Value {
    json!({"kind": "generic", "name": "one", "secrets": {"token": secret}})
}

async fn found(house: &House, slug: &str) -> (Value, Client) {
    let body = json!({"name": "A customer", "slug": slug});
    let made = house.founder().post(NEW, &body).await.expect(201).json();
    let owner = house.with_token(text(&made, "token"));
    (made, owner)
}

fn scope_of(made: &Value) -> Scope {
    let organization: OrganizationId = text(made, "id").parse().unwrap();
    let workspace: WorkspaceId = text(&made["workspace"], "id").parse().unwrap();
    Scope::new(organization, workspace)
}

/// Without what differs by chance.
fn same(answer: &Answer) -> (u16, String) {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("request_id");
    (answer.status, body.to_string())
}

#[tokio::test]
async fn ten_18_an_organization_is_made_handed_over_and_erased() {
    let house = House::open().await;
    let (made, owner) = found(&house, "customer").await;
    let scope = scope_of(&made);
    owner.post(CREDENTIALS, &generic("theirs")).await.expect(201);
    owner.post("/v1/workspaces", &json!({"name": "Prod", "slug": "prod"})).await.expect(201);
    owner.post("/v1/workspaces/prod/credentials", &generic("theirs too")).await.expect(201);
    // Whoever made it reaches into it no more than anybody else.
    house.founder().get(&format!("/v1/workspaces/{}/credentials", scope.workspace())).await.expect(404);
    let listed = house.founder().get(NEW).await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 3, "{listed}");
    assert_eq!(owner.get(NEW).await.expect(200).json()["items"].as_array().unwrap().len(), 1);

    let path = format!("{NEW}/{}", text(&made, "id"));
    owner.delete(&path).await.expect(403);
    house.founder().delete(&path).await.expect(204);
    owner.get(CREDENTIALS).await.expect(401);
    house.founder().get(&path).await.expect(404);
    house.founder().delete(&path).await.expect(404);
    // What waited for its leaf goes with it.
    house.service.grow_audit_trees_now(drop).await.unwrap();
    assert_eq!(rows_of(&house, scope.organization()), Vec::<String>::new());

    let (again, owner) = found(&house, "customer").await;
    assert_ne!(text(&again, "id"), text(&made, "id"));
    assert_eq!(owner.get(CREDENTIALS).await.expect(200).json()["items"], json!([]));
}

/// Every table that knows organizations, and what it still has of one.
fn rows_of(house: &House, organization: OrganizationId) -> Vec<String> {
    let database = house.database();
    let mut tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().map(std::result::Result::unwrap).collect();
    let mut left = Vec::new();
    for table in tables {
        let columns = format!("SELECT name FROM pragma_table_info('{table}')");
        let mut columns = database.prepare(&columns).unwrap();
        let columns: Vec<String> =
            columns.query_map([], |row| row.get(0)).unwrap().map(std::result::Result::unwrap).collect();
        for column in columns {
            // The id anywhere, as bytes or as text inside of what a row says.
            let sql = format!(
                "SELECT count(*) FROM \"{table}\" WHERE \"{column}\" = ?1 OR CAST(\"{column}\" AS TEXT) LIKE ?2"
            );
            let like = format!("%{organization}%");
            let id = Sql::Blob(organization.as_bytes().to_vec());
            let count: i64 = database.query_row(&sql, rusqlite::params![id, like], |row| row.get(0)).unwrap();
            // Hashes alone, and what the operator's own log says.
            let is_hashes = table.starts_with("audit_");
            let is_log = table == "audit" && column == "body";
            if count > 0 && !is_hashes && !is_log {
                left.push(format!("{table}.{column}: {count}"));
            }
        }
    }
    left
}

#[tokio::test]
async fn ten_01_a_foreign_organization_is_like_one_that_nobody_has() {
    let house = House::open().await;
    let unknown = OrganizationId::from_bytes([0x77; 16]);
    let owner = house.holder(house.a, Role::Owner).await;
    for id in [house.b.organization(), unknown] {
        owner.get(&format!("{NEW}/{id}")).await.expect(404);
    }
    let ask = async |id: OrganizationId| {
        let path = format!("{NEW}/{id}");
        let name = json!({"name": "mine now"});
        [owner.get(&path).await, owner.patch(&path, &name).await, owner.delete(&path).await]
    };
    let (foreign, unknown) = (ask(house.b.organization()).await, ask(unknown).await);
    for (foreign, unknown) in foreign.iter().zip(&unknown) {
        assert_eq!(same(foreign), same(unknown));
    }
    assert_eq!(
        house.store.organization(house.b.organization()).await.unwrap().unwrap().name.as_str(),
        "other"
    );
}

/// What an operator does to a tenant is in that tenant's own log (LOG-10).
#[tokio::test]
async fn log_10_an_operators_acts_are_seen_by_the_tenant() {
    let house = House::open().await;
    let (made, owner) = found(&house, "customer").await;
    let scope = scope_of(&made);
    let path = format!("{NEW}/{}", text(&made, "id"));
    house.founder().patch(&path, &json!({"name": "Renamed"})).await.expect(200);
    assert_eq!(owner.get(&path).await.expect(200).json()["name"], "Renamed");
    let entries = house.store.audit(&scope, 0, usize::MAX).await.unwrap();
    let created =
        entries.iter().find(|entry| entry.record.action == AuditAction::OrganizationCreate).unwrap();
    assert!(matches!(&created.record.actor, Actor::Principal { name, .. } if name.as_str() == "first admin"));
    let renamed =
        entries.iter().find(|entry| entry.record.action == AuditAction::OrganizationChange).unwrap();
    assert!(matches!(&renamed.record.actor, Actor::Principal { name, .. } if name.as_str() == "first admin"));
    // And how they went in the operator's own.
    let own = house.store.audit(&house.a, 0, usize::MAX).await.unwrap();
    for action in [AuditAction::OrganizationCreate, AuditAction::OrganizationChange] {
        let of = own.iter().filter(|entry| entry.record.action == action);
        let outcomes: Vec<_> = of.map(|entry| entry.record.outcome).collect();
        assert_eq!(outcomes, [AuditOutcome::Attempted, AuditOutcome::Succeeded], "{action:?}");
    }
}

#[tokio::test]
async fn ten_18_a_workspace_is_erased_with_all_that_it_had() {
    let house = House::open().await;
    let owner = house.founder();
    owner.post("/v1/workspaces", &json!({"name": "Gone", "slug": "gone"})).await.expect(201);
    owner.post("/v1/workspaces", &json!({"name": "Gone", "slug": "gone"})).await.expect(409);
    let listed = owner.get("/v1/workspaces").await.expect(200).json();
    let mut slugs: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|one| text(one, "slug")).collect();
    slugs.sort_unstable();
    assert_eq!(slugs, ["default", "gone", "staging"]);
    assert_eq!(
        house.admin().await.get("/v1/workspaces").await.expect(200).json()["items"].as_array().unwrap().len(),
        1
    );

    let inside = "/v1/workspaces/gone/credentials";
    let id = text(&owner.post(inside, &generic("held")).await.expect(201).json(), "id").to_owned();
    owner.post(&format!("{inside}/{id}/resolve"), &json!({})).await.expect(200);
    let token = json!({"name": "there", "kind": "service", "role": "admin", "workspace": "gone"});
    let there = text(&owner.post("/v1/tokens", &token).await.expect(201).json(), "token").to_owned();
    let there = house.with_token(&there);
    there.get(inside).await.expect(200);

    there.delete("/v1/workspaces/gone").await.expect(403);
    owner.delete("/v1/workspaces/default").await.expect(422);
    let held = owner.delete("/v1/workspaces/gone").await.expect(409).json();
    assert_eq!(held["code"], "in_use");
    assert!(!text(&held, "detail").contains('0'), "{held}");
    there.get(inside).await.expect(200);
    let stale = owner.send("DELETE", "/v1/workspaces/gone?force=true", &[("if-match", "\"99\"")], None).await;
    assert_eq!(stale.expect(412).json()["code"], "precondition_failed");
    there.get(inside).await.expect(200);
    let current = [("if-match", "\"1\"")];
    owner.send("DELETE", "/v1/workspaces/gone?force=true", &current, None).await.expect(204);
    there.get(inside).await.expect(401);
    owner.get(inside).await.expect(404);
    owner.post(inside, &generic("late")).await.expect(404);
    owner.get(CREDENTIALS).await.expect(200);
    owner.post("/v1/workspaces", &json!({"name": "Again", "slug": "gone"})).await.expect(201);
    assert_eq!(owner.get(inside).await.expect(200).json()["items"], json!([]));

    // LOG-03: how each attempt ended is on record where its actor is at home.
    let entries = house.store.audit(&house.a, 0, usize::MAX).await.unwrap();
    let deletions = entries.into_iter().filter(|entry| entry.record.action == AuditAction::WorkspaceDelete);
    let ended: Vec<_> = deletions.map(|entry| (entry.record.outcome, entry.record.code)).collect();
    let code = |code: &str| Some(code.to_owned());
    let expected = [
        (AuditOutcome::Refused, code("validation_failed")),
        (AuditOutcome::Attempted, None),
        (AuditOutcome::Refused, code("in_use")),
        (AuditOutcome::Attempted, None),
        (AuditOutcome::Refused, code("precondition_failed")),
        (AuditOutcome::Attempted, None),
        (AuditOutcome::Succeeded, None),
    ];
    assert_eq!(ended, expected);
}

/// An owner holds every right of the organization, over the tokens of its other workspaces as well.
#[tokio::test]
async fn an_owner_manages_the_tokens_of_every_workspace() {
    let house = House::open().await;
    let owner = house.founder();
    owner.post("/v1/workspaces", &json!({"name": "Other", "slug": "other"})).await.expect(201);
    let new = json!({"name": "there", "kind": "service", "role": "admin", "workspace": "other"});
    let made = owner.post("/v1/tokens", &new).await.expect(201).json();
    let path = format!("/v1/tokens/{}", text(&made, "id"));
    let there = house.with_token(text(&made, "token"));

    let listed = owner.get("/v1/tokens?workspace=other").await.expect(200).json();
    assert_eq!(listed["items"][0]["id"], made["id"]);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    owner.get("/v1/tokens?workspace=nowhere").await.expect(404);
    // Kept as what it means.
    let lax = json!({"name": "net", "kind": "service", "role": "viewer", "workspace": "other", "networks": ["10.1.2.3/8"]});
    assert_eq!(owner.post("/v1/tokens", &lax).await.expect(201).json()["networks"], json!(["10.0.0.0/8"]));
    // Who manages tokens in one workspace knows of none in another, nor does another organization's owner.
    let admin = house.admin().await;
    admin.get("/v1/tokens?workspace=other").await.expect(404);
    let foreign = house.holder(house.b, Role::Owner).await;
    for stranger in [&admin, &foreign] {
        stranger.delete(&path).await.expect(404);
        stranger.post(&format!("{path}/rotate"), &json!({})).await.expect(404);
    }
    there.get("/v1/limits").await.expect(200);

    let rotated = owner.post(&format!("{path}/rotate"), &json!({})).await.expect(200).json();
    there.get("/v1/limits").await.expect(401);
    let there = house.with_token(text(&rotated, "token"));
    there.get("/v1/limits").await.expect(200);
    owner.delete(&path).await.expect(204);
    there.get("/v1/limits").await.expect(401);
    owner.delete(&path).await.expect(404);
}

#[tokio::test]
async fn workspaces_are_listed_by_pages() {
    let house = House::open().await;
    let owner = house.founder();
    owner.post("/v1/workspaces", &json!({"name": "Third", "slug": "third"})).await.expect(201);
    let type_alone = [("content-type", "application/json")];
    let empty = owner.send("PATCH", "/v1/workspaces/third", &type_alone, Some(b"")).await;
    assert_eq!(empty.expect(400).json()["code"], "invalid_json");
    let (mut found, mut path) = (Vec::new(), "/v1/workspaces?limit=2".to_owned());
    loop {
        let page = owner.get(&path).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        found.extend(items.iter().map(|one| text(one, "id").to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/workspaces?limit=2&cursor={cursor}");
    }
    let all = owner.get("/v1/workspaces").await.expect(200).json();
    let all: Vec<_> = all["items"].as_array().unwrap().iter().map(|one| text(one, "id").to_owned()).collect();
    assert_eq!((found.len(), found), (3, all));
    // One that is gone meanwhile is still where its page ended: any but the last, and but the token's own.
    let all = owner.get("/v1/workspaces").await.expect(200).json();
    let all = all["items"].as_array().unwrap();
    let gone = all[..2].iter().position(|one| text(one, "slug") != "default").unwrap();
    let page = owner.get(&format!("/v1/workspaces?limit={}", gone + 1)).await.expect(200).json();
    owner.delete(&format!("/v1/workspaces/{}", text(&all[gone], "id"))).await.expect(204);
    let rest = format!("/v1/workspaces?cursor={}", text(&page, "next_cursor"));
    let rest = owner.get(&rest).await.expect(200).json();
    assert_eq!(rest["items"].as_array().unwrap(), &all[gone + 1..]);
}
