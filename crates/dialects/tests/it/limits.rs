//! DOS: what one caller may ask for at once, and how much one organization may have.

use serde_json::json;
use strongroom_dialects::native;
use strongroom_domain::limits;

use crate::house::{CREDENTIALS, House, new_token};
use crate::samples::Sample;

/// Every list there is: a page has an end, whoever asks.
#[tokio::test]
async fn dos_06_no_list_gives_more_than_a_page() {
    let house = House::open().await;
    let admin = house.founder();
    let mut tried = 0;
    for route in native::table().routes().filter(|route| route.declaration().query.contains(&"limit")) {
        let path = Sample::of(&house, route).await.path;
        for limit in ["0", "201", "1000000000", "18446744073709551616", "-1", "1e3", ""] {
            let refused = admin.get(&format!("{path}?limit={limit}")).await.expect(422);
            assert_eq!(refused.json()["errors"][0]["pointer"], "/limit", "{path}: {limit}");
        }
        admin.get(&format!("{path}?limit=200")).await.expect(200);
        tried += 1;
    }
    assert!(tried >= 5, "{tried}");
    // Many at once have an end as well.
    let many = vec!["cred_01a204a9a02d7bd5962fa57e6465c25a"; 101];
    let refused = admin.post(&format!("{CREDENTIALS}/resolve"), &json!({"ids": many})).await.expect(422);
    assert_eq!(refused.code(), "validation_failed");
}

#[tokio::test]
async fn dos_08_an_organization_has_so_many_tokens_and_no_more() {
    let house = House::open().await;
    let (admin, role) = (house.admin().await, strongroom_domain::principal::Role::Admin);
    let neighbour = house.holder(house.b, role).await;
    let mut made = 0;
    let refused = loop {
        let answer = admin.post("/v1/tokens", &new_token("viewer")).await;
        if answer.status != 201 {
            break answer;
        }
        made += 1;
        assert!(made <= limits::TOKENS_PER_ORGANIZATION, "there is no end");
    };
    assert_eq!((refused.status, refused.code()), (429, "quota_exceeded".to_owned()), "after {made}");
    assert!(made > limits::TOKENS_PER_ORGANIZATION - 10, "the house has a few itself: {made}");
    // The neighbour has its own count.
    let path = format!("/v1/workspaces/{}", house.b.workspace());
    neighbour.get(&path).await.expect(200);
}
