//! TEN-02 for the server's own routes; those of the dialects are walked in their own crate.

use std::collections::BTreeMap;

use serde_json::json;
use strongroom_testkit::binary::{DataFolder, DevServer};
use strongroom_web::Authentication;

use crate::promises::PROGRAM;

/// What each sort of caller is answered: without a token, with a wrong and with a revoked one; a viewer, a runner,
/// an editor, an admin. A route without a line fails, and so does a line without a route.
const MATRIX: [(&str, [u16; 8]); 8] = [
    ("/healthz", [200; 8]),
    ("/metrics", [401, 401, 401, 403, 403, 403, 403, 200]),
    ("/openapi/dx.json", [200; 8]),
    ("/openapi/flowise.json", [200; 8]),
    ("/openapi/native.json", [200; 8]),
    ("/openapi/superai.json", [200; 8]),
    ("/openapi/zstack.json", [200; 8]),
    ("/readyz", [200; 8]),
];

#[test]
fn ten_02_every_route_of_the_server_answers_as_the_matrix_says() {
    let folder = DataFolder::default();
    let server = DevServer::start(PROGRAM, &folder.path());
    let (nobody, admin) = (server.anonymous(), server.admin());
    let issue = |role: &str| {
        let new = json!({"name": role, "kind": "service", "role": role, "workspace": "default"});
        admin.post("/v1/tokens", &new).expect(201).value()
    };
    let gone = issue("admin");
    admin.delete(&format!("/v1/tokens/{}", gone["id"].as_str().unwrap())).expect(204);
    let own = server.ready["token"].as_str().unwrap();
    let mut callers = vec![nobody.clone(), nobody.with_token(&own[..own.len() - 1])];
    callers.push(nobody.with_token(gone["token"].as_str().unwrap()));
    for role in ["viewer", "runner", "editor", "admin"] {
        callers.push(nobody.with_token(issue(role)["token"].as_str().unwrap()));
    }
    // The first token owns the installation, whose numbers they are.
    callers.push(admin.clone());
    let mut found = BTreeMap::new();
    for route in strongroom_server::own_routes().routes() {
        let declaration = route.declaration();
        assert_eq!(declaration.method, "GET", "{}: a matrix with methods is needed", declaration.path);
        let answers = callers.iter().map(|caller| caller.get(declaration.path).status);
        let answers: Vec<u16> = answers.collect();
        if route.authentication() == Authentication::Token {
            assert_eq!(answers[..3], [401; 3], "{}", declaration.path);
        }
        found.insert(declaration.path, answers);
    }
    let written: BTreeMap<&str, Vec<u16>> =
        MATRIX.iter().map(|(path, answers)| (*path, answers.to_vec())).collect();
    assert_eq!(found, written);
}
