//! Every answer has a status that the document of the dialect gives its operation, and the shape.

use http::Method;
use serde_json::{Value, json};
use strongroom_dialects::superai;
use strongroom_web::openapi::document;

use super::callers::{act, whole};
use super::world::{UNKNOWN, World, made, opaque};
use crate::client::{Answer, JSON};
use crate::openapi::shape::misfit;

/// Holds one answer against the document.
#[track_caller]
fn assert_documented(document: &Value, path: &str, method: &Method, answer: &Answer) {
    let operation = &document["paths"][format!("/superai{path}")][method.as_str().to_lowercase()];
    let documented = &operation["responses"][answer.status.to_string()];
    assert!(documented.is_object(), "{method} {path}: {} {}", answer.status, answer.text());
    let schema = &documented["content"]["application/json"]["schema"];
    if schema.is_null() {
        assert!(answer.bytes.is_empty(), "{method} {path}: {}", answer.text());
        return;
    }
    assert_eq!(misfit(document, schema, &answer.json()), None, "{method} {path} {}", answer.status);
}

#[tokio::test]
async fn every_answer_is_one_of_the_document() {
    let world = World::open().await;
    let document = document(
        &superai::table(),
        strongroom_dialects::about(superai::table().manner().view.dialect()).unwrap(),
    );
    let maker = world.caller("user", "admin").await;
    let callers = [
        world.nobody(),
        world.caller("user", "viewer").await,
        maker.clone(),
        world.caller("service", "admin").await,
    ];
    for route in superai::table().routes() {
        let declaration = route.declaration();
        let (method, path) = (&declaration.method, declaration.path);
        for caller in &callers {
            let own = made(&maker, &opaque("one", "k")).await;
            for id in [own.as_str(), UNKNOWN, "no uuid"] {
                for body in [whole(), json!({}), json!([1])] {
                    let answer = act(caller, method, path, id, &body).await;
                    assert_documented(&document, path, method, &answer);
                }
            }
            maker.delete(&super::world::path(&own)).await;
            if method != Method::GET && method != Method::DELETE && !path.contains('{') {
                let answer = caller.send(method.as_str(), &format!("/superai{path}"), JSON, Some(b"{")).await;
                assert_documented(&document, path, method, &answer);
            }
        }
    }
}
