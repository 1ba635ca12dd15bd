//! Tokens: made, shown once or saved, ended; and any request by `api`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::World;

#[test]
fn a_token_is_shown_once_or_goes_into_a_file() {
    let world = World::new();
    let file = world.home().join("flow.token");
    let file_name = file.to_str().unwrap();
    let create = ["token", "create", "flow", "--role", "runner"];
    let said = world
        .transcript()
        .give_out(&create)
        .run(&[&create[..], &["--save", file_name]].concat())
        .run(&[&create[..], &["--save", file_name]].concat())
        .run(&[&create[..], &["--dry-run"]].concat())
        .run(&["token", "create", "flow", "--role", "emperor", "--save", "never"])
        .run(&["token", "revoke", "tok_01a204a9a02d7bd5962fa57e6465c25a"])
        .run(&["token", "revoke", "tok_01a204a9a02d7bd5962fa57e6465c25a", "--yes"]);
    insta::assert_snapshot!("tokens", said.finish());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(!world.home().join("never").exists(), "no file is left where no token was made");
    let flow = world
        .stranger(&["--token-file", file_name, "--address", world.address(), "credential", "list"])
        .output();
    assert!(flow.unwrap().status.success(), "what was saved is a token");
}

#[test]
fn a_token_is_rotated_and_revoked() {
    let world = World::new();
    let made =
        world.command(&["token", "issue", "flow", "--role", "viewer", "--field", "id"]).output().unwrap();
    let id = String::from_utf8(made.stdout).unwrap();
    let said = world
        .transcript()
        .give_out(&["token", "rotate", &id])
        .run(&["token", "rotate", &id, "--dry-run"])
        .run(&["token", "revoke", &id, "--dry-run"])
        .run(&["token", "list", "--field", "name"])
        .run(&["token", "delete", &id, "--yes"])
        .run(&["token", "list", "--field", "name"])
        .finish();
    insta::assert_snapshot!("token_changes", said);
}

#[test]
fn any_request_by_api() {
    let world = World::new();
    world.keep("billing");
    let body = world.file("body.json", "{\"name\": \"Billing\"}");
    let from = format!("@{}", body.display());
    let path = "/v1/workspaces/{workspace}/credentials/~billing";
    let said = world
        .transcript()
        .run(&["api", "patch", path, "-d", &from, "--field", "version"])
        .run(&["api", "GET", path])
        .run(&["api", "PATCH", path, "-d", &from, "--dry-run"])
        .run(&["api", "DELETE", path])
        .run(&["api", "GET", "/v1/nothing"])
        .run(&["api", "BREW", path])
        .run(&["api", "GET", "v1/kinds"])
        .finish();
    insta::assert_snapshot!("api", said);
}

/// A file of the folder names the workspace: whatever it says stays one part of the path.
#[test]
fn what_a_folder_says_cannot_lead_a_request_elsewhere() {
    let world = World::new();
    world.keep("billing");
    for workspace in
        ["default/credentials/~billing?x=", "default/credentials/~billing#", "../v1/workspaces/default"]
    {
        world.file(".strongroom.toml", &format!("workspace = {workspace:?}\n"));
        let path = "/v1/workspaces/{workspace}/credentials/~billing";
        for (path, code) in [(path, 3), ("/v1/workspaces/{workspace}", 3)] {
            let ended = world.command(&["api", "DELETE", path]).output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(code), "{workspace}: {path}: {said}");
        }
        world.server.admin().get(&format!("{}/~billing", super::CREDENTIALS)).expect(200);
    }
}
