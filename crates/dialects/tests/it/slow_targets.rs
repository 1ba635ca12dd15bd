//! DOS-05: systems that never answer hold up those who ask them, and nobody else.

use std::time::Duration;

use serde_json::{Value, json};
use strongroom_domain::principal::Role;
use strongroom_service::Limits;
use strongroom_testkit::postgres_wire::Behaviour;
use strongroom_testkit::{HostilePostgres, Postgres};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::client::Client;
use crate::house::{House, text};

/// Checks of one tenant that may be under way (`service::permits`).
const PLACES: usize = 32;

/// Time enough for a check of a real server on a busy machine, and far less than the tarpit takes.
const SOON: Duration = Duration::from_secs(20);

async fn house() -> House {
    // A tarpit is waited for longer than the whole test takes.
    let limits =
        Limits { check: Duration::from_mins(2), permit: Duration::from_mins(2), ..Limits::default() };
    House::with_limits(limits).await
}

fn draft(port: u16, user: &str, database: &str) -> Value {
    json!({"kind": "postgresql", "name": "db", "secrets": {"password": "pw"},
        "settings": {"host": "127.0.0.1", "port": port, "database": database, "username": user, "sslmode": "disable"}})
}

/// Tries so many drafts, none of which is ever answered.
fn pour(client: &Client, path: &str, drafts: impl Iterator<Item = Value>) -> JoinSet<()> {
    let mut pouring = JoinSet::new();
    for draft in drafts {
        let (client, path) = (client.clone(), path.to_owned());
        pouring.spawn(async move { drop(client.post(&path, &draft).await) });
    }
    pouring
}

/// Until so many attempts have arrived at the tarpit, and those that follow wait for their turn.
async fn until_arrived(tarpit: &HostilePostgres, count: usize) {
    let arrived = async {
        while tarpit.connections() < count {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, arrived).await.expect("they arrive");
    sleep(Duration::from_millis(300)).await;
    assert_eq!(tarpit.connections(), count, "the others wait");
}

/// A check of a real server, and what it said.
async fn tried(client: &Client, path: &str) -> String {
    let account = Postgres::shared().create_account("pw");
    let draft = draft(Postgres::shared().port(), &account.role, &account.database);
    let answer = timeout(SOON, client.post(path, &draft)).await.expect("it is not held up");
    text(&answer.expect(200).json(), "outcome").to_owned()
}

const VERIFY: &str = "/v1/workspaces/default/credentials/verify";

/// Its keys are gone by the time that they are wanted: that is no damage.
#[tokio::test(flavor = "multi_thread")]
async fn ten_18_a_check_that_outlives_its_organization_ends_as_not_found() {
    let house = House::with_limits(Limits { check: Duration::from_secs(2), ..Limits::default() }).await;
    let tarpit = HostilePostgres::start(Behaviour::Silence).await;
    let founded = json!({"name": "A customer", "slug": "customer"});
    let made = house.founder().post("/v1/organizations", &founded).await.expect(201).json();
    let owner = house.with_token(text(&made, "token"));
    let mut late = draft(tarpit.port(), "u", "d");
    late["verify"] =
        json!({"policy": "required", "on_unreachable": "save_unverified", "reason": "it is down"});
    let asked = tokio::spawn(async move { owner.post("/v1/workspaces/default/credentials", &late).await });
    until_arrived(&tarpit, 1).await;
    house.founder().delete(&format!("/v1/organizations/{}", text(&made, "id"))).await.expect(204);
    let answer = timeout(SOON, asked).await.expect("the check ends").unwrap();
    assert_eq!(answer.expect(404).json()["code"], "not_found");
}

/// Three attempts on one account at once; whoever waits for that account keeps no place of its tenant's meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn dos_05_attempts_on_one_account_leave_room_for_others() {
    let house = house().await;
    let tarpit = HostilePostgres::start(Behaviour::Silence).await;
    let admin = house.admin().await;
    let same = (0..PLACES * 2).map(|_| draft(tarpit.port(), "one", "app"));
    let pouring = pour(&admin, VERIFY, same);
    until_arrived(&tarpit, 3).await;
    let began = Instant::now();
    assert_eq!(tried(&admin, VERIFY).await, "accepted");
    assert!(began.elapsed() < SOON);
    drop(pouring);
}

/// One tenant's tarpit takes all of its places, and none of another tenant's.
#[tokio::test(flavor = "multi_thread")]
async fn dos_05_a_tenants_slow_targets_hold_up_no_other_tenant() {
    let house = house().await;
    let tarpit = HostilePostgres::start(Behaviour::Silence).await;
    let admin = house.admin().await;
    let others = (0..PLACES + 8).map(|number| draft(tarpit.port(), &format!("user{number}"), "app"));
    let pouring = pour(&admin, VERIFY, others);
    until_arrived(&tarpit, PLACES).await;
    let neighbour = house.holder(house.b, Role::Admin).await;
    let path = format!("/v1/workspaces/{}/credentials/verify", house.b.workspace());
    assert_eq!(tried(&neighbour, &path).await, "accepted");
    // Reading, resolving and changing what is not checked wait for nobody's server.
    let id = house.credential(house.a, "cnry-kept").await;
    let of = format!("/v1/workspaces/default/credentials/{id}");
    let work = async {
        admin.get(&of).await.expect(200);
        admin.patch(&of, &json!({"secrets": {"token": "cnry-new"}})).await.expect(200);
        let runner = house.holder(house.a, Role::Runner).await;
        runner.post(&format!("{of}/resolve"), &json!({"consumer": {"name": "flow"}})).await.expect(200);
    };
    timeout(SOON, work).await.expect("none of it waits");
    drop(pouring);
}
