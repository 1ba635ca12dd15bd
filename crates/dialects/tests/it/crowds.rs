//! Lists without pages give all there is, also where that is more than one reads at once: an organization may have
//! 100,000 credentials.

use serde_json::{Value, json};
use strongroom_dialects::{dx, flowise, superai};
use strongroom_domain::audit::AuditObject;
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::principal::Role;
use strongroom_store::{Commit, CredentialFilter, Page, Store, Write};
use strongroom_web::RouteTable;

use crate::client::Client;
use crate::house::{House, text};

/// More than a page has, and more than the furthest offset.
const CROWD: u128 = 10_050;

/// Copies of a dialect's one credential, each a little younger than the one before.
async fn crowd(house: &House, dialect: Dialect) {
    let (all, page) = (CredentialFilter::default(), Page { limit: 1_000, after: None });
    let found = house.store.credentials(&house.a, &all, page).await.unwrap();
    let model = found.into_iter().find(|found| found.foreign.origin == dialect).unwrap();
    let copies: Vec<u128> = (1..CROWD).collect();
    for some in copies.chunks(1_000) {
        let act = Commit::new(house.record(AuditObject::Workspace(house.a.workspace())));
        let commit = some
            .iter()
            .fold(act, |commit, nth| commit.write(Write::Credential(Box::new(copy(&model, *nth)))));
        house.store.commit(&house.a, commit).await.unwrap();
    }
}

/// Younger by a second each: the first 48 bits of an id are milliseconds.
fn copy(model: &Credential, nth: u128) -> Credential {
    let id = u128::from_be_bytes(*model.id.as_bytes()) + ((nth * 1_000) << 80);
    let name = format!("number {nth}").parse().unwrap();
    Credential { id: CredentialId::from_bytes(id.to_be_bytes()), name, ..model.clone() }
}

async fn client(house: &House, table: RouteTable) -> Client {
    let token = house.text_of_user(house.a, Role::Admin, None).await;
    Client::new(&table.mounted_at("").router(&house.edge()), Some(&token))
}

#[track_caller]
fn assert_whole(shown: &Value, name: &str, youngest: usize) {
    let (list, count) = (shown.as_array().unwrap(), usize::try_from(CROWD).unwrap());
    assert_eq!(list.len(), count);
    assert_eq!(text(&list[youngest], name), format!("number {}", count - 1));
}

#[tokio::test]
async fn flowise_lists_all_of_a_crowd() {
    let house = House::open().await;
    let client = client(&house, flowise::table()).await;
    let path = "/api/v1/credentials";
    let body =
        json!({"name": "one", "credentialName": "pineconeApi", "plainDataObj": {"pineconeApiKey": "k"}});
    client.post(path, &body).await.expect(200);
    crowd(&house, Dialect::Flowise).await;
    let last = usize::try_from(CROWD).unwrap() - 1;
    assert_whole(&client.get(path).await.expect(200).json(), "name", last);
    let filtered = client.get(&format!("{path}?credentialName=pineconeApi")).await.expect(200).json();
    assert_whole(&filtered, "name", last);
}

#[tokio::test]
async fn superai_lists_all_of_a_crowd_newest_first() {
    let house = House::open().await;
    let client = client(&house, superai::table()).await;
    let path = "/api/integrations/credentials";
    let body = json!({"name": "one", "provider": "api_credential", "credential_type": "api_key",
        "credentials": {"api_key": "k"}});
    client.post(path, &body).await.expect(201);
    crowd(&house, Dialect::Superai).await;
    let list = client.get(path).await.expect(200).json();
    assert_whole(&list, "name", 0);
    assert_eq!(list[usize::try_from(CROWD).unwrap() - 1]["name"], "one");
    assert_whole(&client.get(&format!("{path}/provider/api_credential")).await.expect(200).json(), "name", 0);
}

#[tokio::test]
async fn dx_lists_all_of_a_crowd() {
    let house = House::open().await;
    let client = client(&house, dx::table()).await;
    let connection = json!({"kind": "any_tool", "name": "ours", "settings": {}});
    let made = house.admin().await.post("/v1/workspaces/default/integrations", &connection).await.expect(201);
    let path = |method: &str| format!("/api/connections/{}/{method}", made.json()["alias"]);
    client.post(&path("credentials.create"), &json!({"label": "one"})).await.expect(201);
    crowd(&house, Dialect::Dx).await;
    let list = client.get(&path("credentials.list")).await.expect(200).json();
    assert_whole(&list["credentials"], "label", usize::try_from(CROWD).unwrap() - 1);
}
