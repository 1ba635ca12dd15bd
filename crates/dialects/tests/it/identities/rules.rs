//! What may be issued as an identity, and what never counts in its place.

use serde_json::json;
use strongroom_domain::principal::Role;

use super::{KUBERNETES, World};
use crate::house::{House, text};

#[tokio::test]
async fn aut_18_an_identity_is_issuer_and_subject_and_nothing_else() {
    let world = World::open().await;
    world.issue("workload", "viewer", "ann@example.com").await;
    let mut claims = world.claims("ann@example.com");
    claims["email"] = json!("changed@example.com");
    let changed = world.provider.sign("first", &json!({}), &claims);
    assert_eq!(world.status_of(&changed).await, 200, "an address has no say");
    for other in
        ["Ann@example.com", "ann@EXAMPLE.com", "ann@example.com ", "ann+x@example.com", "248289761001"]
    {
        let mut claims = world.claims(other);
        claims["email"] = json!("ann@example.com");
        claims["email_verified"] = json!(true);
        claims["preferred_username"] = json!("ann@example.com");
        let stated = world.provider.sign("first", &json!({}), &claims);
        assert_eq!(world.status_of(&stated).await, 401, "{other}");
    }
}

#[tokio::test]
async fn aut_18_one_identity_stands_for_one_row() {
    let world = World::open().await;
    let issued = world.issue("workload", "viewer", KUBERNETES).await;
    let admin = world.house.admin().await;
    let new = json!({"name": "again", "kind": "workload", "role": "viewer", "workspace": "default",
        "identity": world.identity(KUBERNETES)});
    let refused = admin.post("/v1/tokens", &new).await.expect(422).json();
    assert_eq!(text(&refused["errors"][0], "pointer"), "/identity");
    // Not in another workspace of the installation either.
    let elsewhere = world.house.holder(world.house.b, Role::Admin).await;
    elsewhere.post("/v1/tokens", &new).await.expect(422);
    world.revoke(&issued).await;
    admin.post("/v1/tokens", &new).await.expect(201);
}

/// Where an issuer is one organization's, nobody of another claims a subject before that one does.
#[tokio::test]
async fn aut_18_an_issuer_names_people_of_its_own_organizations_alone() {
    let theirs = House::open().await.b;
    let world = World::serving(vec![theirs.organization()], |_| ()).await;
    assert_eq!(world.house.b, theirs, "every house has the same ones");
    let new = json!({"name": "n", "kind": "workload", "role": "viewer", "workspace": "default",
        "identity": world.identity(KUBERNETES)});
    let refused = world.house.admin().await.post("/v1/tokens", &new).await.expect(422).json();
    assert_eq!(text(&refused["errors"][0], "pointer"), "/identity/issuer");
    assert_eq!(world.status_of(&world.stated(KUBERNETES)).await, 401);
    let admin = world.house.holder(theirs, Role::Admin).await;
    admin.post("/v1/tokens", &new).await.expect(201);
    assert_eq!(world.status_of(&world.stated(KUBERNETES)).await, 200);
}

#[tokio::test]
async fn aut_18_only_issuers_of_the_configuration_can_be_named() {
    let world = World::open().await;
    let admin = world.house.admin().await;
    let own = world.provider.issuer();
    for issuer in
        ["https://id.example.com", "", "null", &format!("{own}/"), &own.to_uppercase(), &format!("{own}?")]
    {
        let new = json!({"name": "n", "kind": "workload", "role": "viewer", "workspace": "default",
            "identity": {"issuer": issuer, "subject": "a"}});
        let refused = admin.post("/v1/tokens", &new).await.expect(422).json();
        assert_eq!(text(&refused["errors"][0], "pointer"), "/identity/issuer", "{issuer}");
    }
    for identity in [
        json!("a"),
        json!([]),
        json!({}),
        json!({"issuer": own}),
        json!({"issuer": own, "subject": ""}),
        json!({"issuer": own, "subject": null}),
        json!({"issuer": own, "subject": "a", "email": "a@b"}),
    ] {
        let new = json!({"name": "n", "kind": "workload", "role": "viewer", "workspace": "default",
            "identity": identity});
        admin.post("/v1/tokens", &new).await.expect(422);
    }
}

#[tokio::test]
async fn ten_16_an_identity_is_never_wider_than_its_issuer() {
    let world = World::open().await;
    let admin = world.house.admin().await;
    let ends = "2026-01-02T00:00:00.000Z";
    let narrow = json!({"name": "n", "kind": "user", "role": "admin", "workspace": "default", "expires_at": ends,
        "networks": ["192.0.2.0/24"]});
    let narrow = admin.post("/v1/tokens", &narrow).await.expect(201).json();
    let narrow = world.holder(text(&narrow, "token"));
    let child = |ends: serde_json::Value, networks: serde_json::Value| {
        json!({"name": "c", "kind": "workload", "role": "viewer", "workspace": "default",
            "identity": world.identity(KUBERNETES), "expires_at": ends, "networks": networks})
    };
    narrow.post("/v1/tokens", &child(json!(null), json!(["192.0.2.0/24"]))).await.expect(422);
    narrow.post("/v1/tokens", &child(json!(ends), json!([]))).await.expect(422);
    narrow.post("/v1/tokens", &child(json!(ends), json!(["192.0.2.8/32"]))).await.expect(201);
    let stated = world.stated(KUBERNETES);
    assert_eq!(world.status_of(&stated).await, 401, "the caller is at 192.0.2.7");
}

#[tokio::test]
async fn aut_15_an_identity_has_no_text_and_gets_none() {
    let world = World::open().await;
    let issued = world.issue("workload", "viewer", KUBERNETES).await;
    let admin = world.house.admin().await;
    let path = format!("/v1/tokens/{}/rotate", text(&issued, "id"));
    let refused = admin.post(&path, &json!({})).await.expect(422);
    assert!(refused.text().contains("identity"), "{}", refused.text());
    let listed = admin.get("/v1/tokens").await.expect(200).json();
    let row = listed["items"].as_array().unwrap().iter().find(|row| row["id"] == issued["id"]).unwrap();
    assert_eq!(row["identity"], world.identity(KUBERNETES));
    // Its id in a token's text opens nothing, whatever follows.
    let id = text(&issued, "id").trim_start_matches("tok_");
    for secret in ["0".repeat(43), "A".repeat(43)] {
        let body = format!("srt_w_{id}_{secret}");
        assert_eq!(world.status_of(&format!("{body}_000000")).await, 401);
    }
}

#[tokio::test]
async fn aut_15_a_person_is_no_workload() {
    let world = World::open().await;
    world.issue("user", "admin", "ann").await;
    let stated = world.stated("ann");
    assert_eq!(world.status_of(&stated).await, 401, "a person signs in; a bearer statement is a workload's");
    let mut claims = world.claims(KUBERNETES);
    claims["aud"] = json!("strongroom");
    world.issue("workload", "admin", KUBERNETES).await;
    let id_token = world.provider.sign("first", &json!({}), &claims);
    assert_eq!(world.status_of(&id_token).await, 401, "an ID token is for signing in");
}
