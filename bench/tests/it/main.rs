//! The bench itself: every row is there, in all three forms.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The server's program lies beside the bench: it is built with the workspace, and here where it was not.
fn build_the_server() {
    let beside = Path::new(env!("CARGO_BIN_EXE_strongroom-bench")).with_file_name("strongroom");
    if !beside.is_file() {
        let built = Command::new(env!("CARGO")).args(["build", "--package", "strongroom-server"]).status();
        assert!(built.unwrap().success());
    }
}

/// Two minutes in the profile of tests beside much other work on two cores; most of it is waiting for the fixed times of the
/// cells. Its figures mean nothing.
#[test]
fn every_row_is_printed_written_and_drawn() {
    build_the_server();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| -> PathBuf { folder.path().join(name) };
    let mut bench = Command::new(env!("CARGO_BIN_EXE_strongroom-bench"));
    bench.arg("--smoke").arg("--folder").arg(file("measured"));
    bench.arg("--json").arg(file("all.json")).arg("--svg").arg(file("all.svg"));
    let done = bench.output().unwrap();
    let (table, said) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{said}\n{table}");
    let json: Value = serde_json::from_str(&std::fs::read_to_string(file("all.json")).unwrap()).unwrap();
    let drawn = std::fs::read_to_string(file("all.svg")).unwrap();
    assert_eq!(json["failed"], serde_json::json!([]), "{said}");

    for row in 1..=12 {
        let number = row.to_string();
        let is_row = |line: &str| line.split_whitespace().next() == Some(&number);
        assert!(table.lines().any(is_row), "row {row} is not printed:\n{table}");
    }
    // One line each, by the words of the table; the second is how JSON names it.
    for (title, name) in [
        ("bare axum JSON answer", "bare"),
        ("raw sync of 4 KiB", "sync"),
        ("one bare row, group commit", "group_commit"),
        ("one bare row, one sync each", "single_commit"),
        ("resolve, audit durable", "resolve"),
        ("change, no outside check", "change"),
        ("resolve, small store", "resolve_small"),
        ("resolve, large store", "resolve_large"),
        ("resolve, all organizations", "resolve_everywhere"),
        ("list page, small store", "list_small"),
        ("list page, large store", "list_large"),
        ("list page, all organizations", "list_everywhere"),
        ("PostgreSQL check alone, median", "check"),
        ("change with that check, median", "checked_change"),
        ("start with the large store to first answer", "start"),
        ("memory at rest, new store", "memory_at_rest"),
        ("memory under load (highest), rows 4 and 5", "memory_under_load"),
        ("change to a watcher's ears, 1,000 watchers, p99", "ears_p99"),
        ("changes a second, 64 clients, against Flowise's 15", "times_flowise"),
        ("changes a second, 64 clients, against n8n's 59", "times_n8n"),
    ] {
        assert!(table.contains(title), "{title}:\n{table}");
        assert!(drawn.contains(title), "{title} is not drawn");
        let cells = json["cells"].as_array().unwrap().iter().map(|cell| &cell["what"]);
        let figures = json["figures"].as_array().unwrap().iter().map(|figure| &figure["name"]);
        assert!(cells.chain(figures).any(|known| known == name), "{name} is not in the JSON");
    }
    for clients in [1, 8, 64, 256] {
        let cells = json["cells"].as_array().unwrap();
        assert!(cells.iter().any(|cell| cell["what"] == "resolve" && cell["clients"] == clients));
    }
    assert!(cells_without_refusals(&json), "{table}");
}

/// A figure of refusals would be a figure of nothing.
fn cells_without_refusals(json: &Value) -> bool {
    json["cells"].as_array().unwrap().iter().all(|cell| cell["refused"] == 0)
}
