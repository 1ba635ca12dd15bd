//! The types, as the stock UI asks for them.

use serde_json::json;
use strongroom_domain::principal::Role;

use super::world::World;

const COMPONENTS: &str = "/api/v1/components-credentials";

#[tokio::test]
async fn types_come_one_several_or_all() {
    let world = World::exact().await;
    let client = world.client(Role::Runner).await;
    let all = client.get(COMPONENTS).await.expect(200).json();
    assert_eq!(all.as_array().unwrap().len(), 113);
    let one = client.get(&format!("{COMPONENTS}/openAIApi")).await.expect(200).json();
    assert_eq!((&one["name"], &one["icon"]), (&json!("openAIApi"), &json!("openAIApi.svg")));
    for path in ["openAIApi&githubApi", "openAIApi%26githubApi", "openAIApi&amp;githubApi"] {
        let several = client.get(&format!("{COMPONENTS}/{path}")).await.expect(200).json();
        let names: Vec<&str> =
            several.as_array().unwrap().iter().map(|of| of["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["openAIApi", "githubApi"], "{path}");
    }
    assert_eq!(world.nobody().get(COMPONENTS).await.status, 401);
    assert_eq!(world.nobody().get(&format!("{COMPONENTS}/openAIApi")).await.status, 401);
}

#[tokio::test]
async fn every_type_has_a_picture_for_anybody() {
    let world = World::documented().await;
    let all = world.admin().await.get(COMPONENTS).await.expect(200).json();
    for known in all.as_array().unwrap() {
        let path = format!("/api/v1/components-credentials-icon/{}", known["name"].as_str().unwrap());
        let answer = world.nobody().get(&path).await.expect(200);
        assert_eq!(answer.header("content-type"), "image/svg+xml");
        assert!(answer.header("content-security-policy").contains("sandbox"));
        assert!(answer.text().starts_with("<svg"), "{path}");
    }
    assert_eq!(world.nobody().get("/api/v1/components-credentials-icon/nope").await.status, 404);
}

#[tokio::test]
async fn a_read_that_is_known_already_is_304() {
    let world = World::documented().await;
    let client = world.admin().await;
    let first = client.get(COMPONENTS).await.expect(200);
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with(&format!("W/\"{:x}-", first.bytes.len())), "{tag}");
    let again = client.send("GET", COMPONENTS, &[("if-none-match", &tag)], None).await;
    assert_eq!((again.status, again.bytes.len(), again.header("etag")), (304, 0, tag.as_str()));
}
