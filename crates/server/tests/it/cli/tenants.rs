//! Workspaces and organizations: made, looked at, changed, deleted.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::World;

#[test]
fn a_workspace_from_its_beginning_to_its_end() {
    let world = World::new();
    let said = world
        .transcript()
        .run(&["workspace", "create", "prod", "--dry-run"])
        .run(&["workspace", "create", "prod", "--name", "Production"])
        .run(&["workspace", "create", "prod"])
        .run(&["workspace", "list"])
        .run(&["token", "list", "--workspace", "prod", "--field", "name"])
        .run(&["token", "list", "--workspace", "nowhere"])
        .run(&["workspace", "update"])
        .run(&["workspace", "update", "--set", "hold_seconds=600", "--set", "verify=if_supported"])
        .run(&["workspace", "update", "--set", "verify=sometimes"])
        .run(&["workspace", "update", "prod", "--set", "verify=never"])
        .run(&["workspace", "get"])
        .run(&["workspace", "get", "nowhere"])
        .run(&["workspace", "delete", "prod"])
        .run(&["workspace", "delete", "prod", "--dry-run"])
        .run(&["workspace", "delete", "nowhere", "--dry-run"])
        .run(&["workspace", "delete", "prod", "--yes"])
        .run(&["workspace", "list", "--field", "slug"])
        .finish();
    insta::assert_snapshot!("workspaces", said);
}

#[test]
fn no_setting_of_a_workspace_is_left_out() {
    let world = World::new();
    let shown = world.command(&["workspace", "get", "-o", "json"]).output().unwrap();
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let told = String::from_utf8(world.command(&["workspace", "get"]).output().unwrap().stdout).unwrap();
    for name in shown["settings"].as_object().unwrap().keys() {
        assert!(told.lines().any(|line| line.starts_with(&format!("{name}\t"))), "{name}: {told}");
    }
}

#[test]
fn an_organization_and_its_first_owner() {
    let world = World::new();
    let file = world.home().join("owner.token");
    let file_name = file.to_str().unwrap();
    let made = world
        .command(&["organization", "create", "customer", "--name", "A customer", "--save", file_name])
        .args(["-o", "json"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    assert!(made.get("token").is_none(), "it stands in the file alone");
    let id = made["id"].as_str().unwrap();
    let owner = world
        .stranger(&["--token-file", file_name, "--address", world.address(), "workspace", "list"])
        .args(["--field", "slug"])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(owner.stdout).unwrap().trim(),
        "default",
        "what was saved is its owner's token"
    );
    let said = world
        .transcript()
        .give_out(&["organization", "create", "another", "--first-workspace", "dev"])
        .run(&["organization", "create", "customer"])
        .run(&["organization", "create", "third", "--dry-run"])
        .run(&["organization", "update", id, "--name", "The customer"])
        .run(&["organization", "get", id])
        .run(&["organization", "list", "--field", "slug"])
        .run(&["organization", "delete", id])
        .run(&["organization", "delete", id, "--yes"])
        .run(&["organization", "get", id])
        .finish();
    insta::assert_snapshot!("organizations", said);
}
