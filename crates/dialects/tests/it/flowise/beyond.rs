//! What section 8 of the contract adds without breaking a client: changes that name what they are based on, and
//! fields that go.

use serde_json::json;

use super::world::{CREDENTIALS, UNKNOWN, World, made, refused, shown};

#[tokio::test]
async fn a_change_is_based_on_the_tag_that_it_names() {
    for world in [World::documented().await, World::exact().await] {
        let client = world.admin().await;
        let path = made(&client, "openAIApi", json!({"openAIApiKey": "k"})).await;
        let tag = async || client.get(&path).await.expect(200).header("etag").to_owned();
        let put = async |tag: &str, name: &str| {
            client.json("PUT", &path, &[("if-match", tag)], &json!({"name": name})).await
        };
        let first = tag().await;
        let changed = put(&first, "two").await.expect(200);
        refused(&put(&first, "lost").await, 412);
        // Each answer that shows one credential names its version: the PUT's own, the GET's, one of several.
        let changed = put(changed.header("etag"), "three").await.expect(200).header("etag").to_owned();
        put(&format!("{first}, {}", tag().await), "four").await.expect(200);
        put("*", "five").await.expect(200);
        for wrong in [changed.as_str(), "\"x\"", "W/\"1-\"", "x", ""] {
            refused(&put(wrong, "lost").await, 412);
        }
        let strong = tag().await.trim_start_matches("W/").to_owned();
        put(&strong, "six").await.expect(200);
        assert_eq!(client.get(&path).await.json()["name"], "six");
        let delete = async |tag: &str| client.send("DELETE", &path, &[("if-match", tag)], None).await;
        refused(&delete(&strong).await, 412);
        delete(&tag().await).await.expect(200);
    }
}

#[tokio::test]
async fn the_tag_of_one_is_not_anothers_and_an_unknown_id_stays_unknown() {
    let world = World::documented().await;
    let client = world.admin().await;
    let one = made(&client, "openAIApi", json!({"openAIApiKey": "k"})).await;
    let other = made(&client, "openAIApi", json!({"openAIApiKey": "k"})).await;
    let tag = client.get(&other).await.header("etag").to_owned();
    let headers = [("if-match", tag.as_str())];
    refused(&client.json("PUT", &one, &headers, &json!({"name": "x"})).await, 412);
    refused(&client.json("PUT", UNKNOWN, &headers, &json!({"name": "x"})).await, 404);
    refused(&client.send("DELETE", UNKNOWN, &headers, None).await, 404);
}

#[tokio::test]
async fn of_two_changes_with_one_tag_one_is_refused() {
    let world = World::documented().await;
    let client = world.admin().await;
    let path = made(&client, "pineconeApi", json!({"pineconeApiKey": "k"})).await;
    let tag = client.get(&path).await.header("etag").to_owned();
    let put = async |name: &str| {
        client.json("PUT", &path, &[("if-match", &tag)], &json!({"name": name})).await.status
    };
    let (one, two) = tokio::join!(put("a"), put("b"));
    assert_eq!([one.min(two), one.max(two)], [200, 412]);
}

#[tokio::test]
async fn a_field_goes_where_a_change_says_so_and_null_stays_null() {
    let world = World::exact().await;
    let client = world.admin().await;
    let fields =
        json!({"azureOpenAIApiKey": "k", "azureOpenAIApiInstanceName": "i", "extra": "e", "gone": 1});
    let path = made(&client, "azureOpenAIApi", fields).await;
    let put = async |body| client.put(&path, &body).await;
    let kept = put(json!({"plainDataObj": {"azureOpenAIApiInstanceName": null}})).await;
    kept.expect(200);
    put(json!({"removeFields": ["gone", "never there"]})).await.expect(200);
    assert_eq!(shown(&client, &path).await.as_object().unwrap().len(), 3);
    // What is given as well is set.
    let both =
        json!({"removeFields": ["extra", "azureOpenAIApiInstanceName"], "plainDataObj": {"extra": "new"}});
    put(both).await.expect(200);
    let left = shown(&client, &path).await;
    let names: Vec<&String> = left.as_object().unwrap().keys().collect();
    assert_eq!(names, ["azureOpenAIApiKey", "extra"]);
    for wrong in [json!("extra"), json!([1]), json!({"extra": true})] {
        refused(&put(json!({"removeFields": wrong})).await, 400);
    }
    put(json!({"removeFields": []})).await.expect(200);
    assert_eq!(shown(&client, &path).await, left);
    assert_eq!(client.get(CREDENTIALS).await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_workspace_may_hold_fields_against_their_type() {
    let world = World::documented().await;
    let client = world.admin().await;
    let native = world.house.admin().await;
    let choose = async |how: &str| {
        let settings = json!({"settings": {"flowise_schema": how}});
        native.patch("/v1/workspaces/default", &settings).await.expect(200);
    };
    let odd = json!({"name": "n", "credentialName": "pineconeApi", "plainDataObj": {"cnry": 1, "pineconeApiKey": 7}});
    let path = made(&client, "pineconeApi", json!({"pineconeApiKey": "k"})).await;
    let part = json!({"plainDataObj": {"pineconeApiKey": 7}});
    for (how, status, warns) in [("off", 200, false), ("warn", 200, true), ("strict", 400, false)] {
        choose(how).await;
        for answer in [client.post(CREDENTIALS, &odd).await, client.put(&path, &part).await] {
            assert_eq!(answer.status, status, "{how}: {}", answer.text());
            let warning = answer.header("x-strongroom-warning");
            assert_eq!(
                warning.contains("/plainDataObj/pineconeApiKey: must be a text"),
                warns,
                "{how}: {warning}"
            );
            assert!(!format!("{warning}{}", answer.text()).contains("cnry"), "{how}");
        }
        let fits = client.put(&path, &json!({"name": "x", "plainDataObj": {"pineconeApiKey": "k2"}})).await;
        assert_eq!((fits.status, fits.header("x-strongroom-warning")), (200, ""), "{how}");
    }
    let whole = json!({"name": "n", "credentialName": "pineconeApi", "plainDataObj": {}});
    refused(&client.post(CREDENTIALS, &whole).await, 400);
    client.put(&path, &json!({"removeFields": ["anything"]})).await.expect(200);
}
