//! What every answer has, and in which order a request is looked at (section 4 of the contract).

use serde_json::json;
use strongroom_domain::principal::Role;

use super::world::{CREDENTIALS, UNKNOWN, World, made, refused};
use crate::client::{Answer, JSON};

/// `W/"<length in hex>-<27 characters>"`, as the original's.
#[track_caller]
fn assert_tagged(answer: &Answer) {
    let (tag, length) = (answer.header("etag"), answer.bytes.len());
    let hash = tag.strip_prefix(&format!("W/\"{length:x}-")).and_then(|rest| rest.strip_suffix('"'));
    assert!(hash.is_some_and(|hash| hash.len() == 27), "{tag:?} of {length} bytes: {}", answer.text());
}

#[tokio::test]
async fn every_answer_has_a_weak_tag_errors_included() {
    let world = World::documented().await;
    let (admin, viewer, nobody) = (world.admin().await, world.client(Role::Viewer).await, world.nobody());
    let path = made(&admin, "openAIApi", json!({"openAIApiKey": "k"})).await;
    for (status, answer) in [
        (200, admin.get(&path).await),
        (200, admin.get(CREDENTIALS).await),
        (200, admin.put(&path, &json!({"name": "x"})).await),
        (404, admin.get(UNKNOWN).await),
        (412, admin.put(CREDENTIALS, &json!({})).await),
        (400, admin.put(&path, &json!({"name": 5})).await),
        (400, admin.send("PUT", &path, JSON, Some(b"{")).await),
        (
            415,
            admin.send("PUT", &path, &[("content-type", "application/json; charset=foo")], Some(b"{}")).await,
        ),
        (413, admin.send("PUT", &path, JSON, Some(&vec![b' '; 300_000])).await),
        (500, nobody.get("/api/v1/credentials/%E0%A4%A").await),
        (401, nobody.get(CREDENTIALS).await),
        (401, nobody.get("/API/V1/credentials").await),
        (403, viewer.get(&path).await),
        (200, admin.get("/api/v1/nope").await),
        (200, nobody.get("/nope").await),
        (400, nobody.get("/api/v1/oauth2-credential/callback").await),
        (200, nobody.get("/api/v1/components-credentials-icon/openAIApi").await),
        (401, nobody.post("/api/v1/auth/login", &json!({})).await),
    ] {
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_tagged(&answer);
    }
}

#[tokio::test]
async fn a_body_is_parsed_before_url_key_and_right_on_every_path() {
    let world = World::documented().await;
    let admin = world.admin().await;
    let path = made(&admin, "openAIApi", json!({"openAIApiKey": "k"})).await;
    for client in [&world.nobody(), &admin] {
        for (method, path) in [
            ("PUT", path.as_str()),
            ("DELETE", &path),
            ("GET", &path),
            ("GET", "/api/v1/components-credentials"),
            ("POST", "/api/v1/oauth2-credential/refresh/x"),
            ("PUT", "/api/v1/credentials/%E0%A4%A"),
            ("POST", "/API/V1/credentials"),
            ("POST", "/api/v1/credentials?credentialName[a]=b"),
            ("PATCH", "/api/v1/nope"),
            ("POST", "/nope"),
        ] {
            for broken in [b"{".as_slice(), b"null", b"7", b"\"x\""] {
                refused(&client.send(method, path, JSON, Some(broken)).await, 400);
            }
            let charset = [("content-type", "application/json; charset=foo")];
            let answer = client.send(method, path, &charset, Some(b"{")).await;
            assert_eq!(refused(&answer, 415), "unsupported charset \"FOO\"", "{method} {path}");
        }
    }
    admin.get(&path).await.expect(200);
    // Without a body nobody looks at what it would be written in.
    let charset = [("content-type", "application/json; charset=foo")];
    assert_eq!(admin.send("GET", CREDENTIALS, &charset, None).await.status, 200);
    assert_eq!(
        admin.send("DELETE", &path, JSON, Some(b"{}")).await.status,
        200,
        "and what is whole is passed over"
    );
}

#[tokio::test]
async fn every_form_of_a_list_narrows_and_objects_are_500_before_the_key() {
    let world = World::documented().await;
    let admin = world.admin().await;
    for type_name in ["openAIApi", "pineconeApi", "groqApi"] {
        world.tick();
        made(&admin, type_name, json!({})).await;
    }
    let listed = async |query: &str| -> Vec<String> {
        let listed = admin.get(&format!("{CREDENTIALS}?{query}")).await.expect(200).json();
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["credentialName"].as_str().unwrap().to_owned())
            .collect()
    };
    for query in [
        "credentialName=pineconeApi&credentialName=openAIApi",
        "credentialName[]=pineconeApi&credentialName[]=openAIApi",
        "credentialName[0]=pineconeApi&credentialName[1]=openAIApi",
        "credentialName%5b1%5d=openAIApi&credentialName%5B0%5D=pineconeApi",
    ] {
        assert_eq!(listed(query).await, ["pineconeApi", "openAIApi"], "{query}");
    }
    assert_eq!(listed("credentialName[0]=groqApi").await, ["groqApi"]);
    assert_eq!(listed("credentialName[0]=none").await, [""; 0]);
    assert_eq!(listed("").await.len(), 3);
    for query in ["credentialName[a]=b", "credentialName%5ba%5d=b", "credentialName%5Ba%5D=b", "page[size]=1"]
    {
        refused(&world.nobody().get(&format!("{CREDENTIALS}?{query}")).await, 500);
    }
}
