//! The walk of the README, pasted as it stands: every `sh` block, in order, in one shell.

use std::path::Path;
use std::process::Command;

use strongroom_testkit::binary::{DataFolder, DevServer};

use crate::promises::PROGRAM;

/// What the walk says for a server on the default port, turned to the one of this test.
fn walk(server: &DevServer, folder: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the README is there");
    let blocks: Vec<&str> =
        readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() > 5, "the README has a walk");
    let token = folder.join("token").display().to_string();
    blocks
        .concat()
        .replace(
            "http://127.0.0.1:7625",
            server.ready["address"].as_str().expect("the line names the address"),
        )
        .replace("strongroom-dev/token", &token)
        .replace(
            "$PWD/target/release",
            Path::new(PROGRAM).parent().expect("a folder").to_str().expect("text"),
        )
}

#[test]
fn the_walk_of_the_readme_ends_with_a_changed_password_in_force() {
    let folder = DataFolder::default();
    let server = DevServer::start(PROGRAM, &folder.path());
    // Another port than the README's: the test must not meet somebody's walk.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let script = walk(&server, &folder.path()).replace("15432", &port);
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &format!("exec 2>&1\n{script}")])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .env("WALK_PORT", &port)
        .output()
        .expect("bash is there");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    let order = [
        "Logged in as app to database app.",
        "verification_rejected",
        "exit code 8",
        // Bare, so that the next line follows at once; the first one names the password as well.
        "first-passwordThe password of role app",
        "version\t2",
        "it works",
        "flow-42\tworker-1\t2\tcurrent",
        "credential.change",
        "\"version\":2",
    ];
    let places: Vec<Option<usize>> = order.iter().map(|word| said.find(word)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{order:?} at {places:?} in\n{said}");
}
