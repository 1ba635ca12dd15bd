//! What leaves a server, verified without it: exports, checkpoints, proofs; and a log while it grows.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Verified, act};
use crate::cli::World;
use crate::process::{refusal, run, strongroom};

/// What a command of the admin prints, kept in a file.
fn printed(world: &World, name: &str, arguments: &[&str]) -> PathBuf {
    let path = world.file(name, "");
    // Longer than a pipe.
    let written = fs::File::create(&path).unwrap();
    let status = world.command(arguments).stdout(written).status().unwrap();
    assert!(status.success(), "{status:?}");
    path
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn log_05_an_export_is_verified_with_a_checkpoint_and_the_key() {
    let world = World::new();
    act(&world.server.admin(), 6);
    settle(&world);
    let records = printed(&world, "records", &["audit", "export"]);
    let checkpoint = printed(&world, "checkpoint", &["audit", "checkpoint", "-o", "json"]);
    let key = format!("@{}", text(&world.data().join("audit/verifier.key")));
    let verify = |records: &Path| {
        let (records, checkpoint) = (text(records), text(&checkpoint));
        Verified::of(&["--records", records, "--checkpoint", checkpoint, "--verifier", &key])
    };
    let found = verify(&records).sound();
    assert!(found["records"].as_u64().unwrap() > 600, "{found}");
    let lines: Vec<String> = fs::read_to_string(&records).unwrap().lines().map(str::to_owned).collect();
    let with = |name: &str, lines: &[String]| world.file(name, &(lines.join("\n") + "\n"));
    let mut edited = lines.clone();
    edited[300] = edited[300].replace("succeeded", "denied");
    verify(&with("edited", &edited)).broken_by("root");
    let mut shorter = lines.clone();
    shorter.remove(300);
    verify(&with("shorter", &shorter)).broken_by("leaves");
    let mut swapped = lines.clone();
    swapped.swap(300, 301);
    verify(&with("swapped", &swapped)).broken_by("leaves");
    verify(&with("cut", &lines[..300])).broken_by("truncated");
}

#[test]
fn log_05_proofs_are_verified_with_the_key_alone() {
    let world = World::new();
    act(&world.server.admin(), 4);
    settle(&world);
    let key = format!("@{}", text(&world.data().join("audit/verifier.key")));
    let verify = |proof: &Path| Verified::of(&["--proof", text(proof), "--verifier", &key]);
    for (name, arguments) in [("inclusion", ["--position", "77"]), ("consistency", ["--from", "123"])] {
        let proof = printed(&world, name, &[&["audit", "proof"], &arguments[..]].concat());
        verify(&proof).sound();
        let whole = fs::read_to_string(&proof).unwrap();
        let mut bent: serde_json::Value = serde_json::from_str(&whole).unwrap();
        let other = bent["hashes"][1].clone();
        bent["hashes"][0] = other;
        verify(&world.file("bent", &bent.to_string())).broken_by("root");
        if name == "inclusion" {
            let other = whole.replace("succeeded", "denied");
            assert_ne!(other, whole);
            verify(&world.file("other", &other)).broken_by("changed");
            let moved = whole.replace("\"position\":77,\"leaf_hash\"", "\"position\":78,\"leaf_hash\"");
            assert_ne!(moved, whole);
            verify(&world.file("moved", &moved)).broken_by("root");
        }
    }
    // Another server's key has signed none of it.
    let stranger = World::new();
    settle(&stranger);
    let theirs = format!("@{}", text(&stranger.data().join("audit/verifier.key")));
    let proof = world.home().join("inclusion");
    Verified::of(&["--proof", text(&proof), "--verifier", &theirs]).broken_by("signature");
}

#[test]
fn a_log_is_verified_while_its_server_runs() {
    let world = World::new();
    for _ in 0..3 {
        act(&world.server.admin(), 3);
        Verified::of(&["--data", text(&world.data())]).sound();
    }
    settle(&world);
    let found = Verified::of(&["--data", text(&world.data())]).sound();
    assert_eq!(found["waiting"], 0, "{found}");
}

#[test]
fn log_09_the_exported_files_have_fixed_names_and_modes() {
    let world = World::new();
    settle(&world);
    let folder = world.data().join("audit");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["checkpoints", "verifier.key"]);
    for (path, mode) in
        [(folder.clone(), 0o700), (folder.join(&names[0]), 0o600), (folder.join(&names[1]), 0o600)]
    {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
    }
}

#[test]
fn what_cannot_be_verified_is_a_usage_error_and_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let none = text(folder.path());
    for (arguments, says) in [
        (vec!["--store", none], "no verifier key"),
        (vec!["--store", none, "--verifier", "x"], "not a verifier key"),
        (vec!["--data", none], "verifier.key"),
    ] {
        let (code, said) = refusal(strongroom(&[&["audit", "verify"], &arguments[..]].concat()));
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(says), "{said}");
    }
    let both = run(strongroom(&["audit", "verify", "--store", none, "--records", none]));
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn the_last_records_are_shown_in_the_order_in_which_they_were_made() {
    let world = World::new();
    act(&world.server.admin(), 1);
    settle(&world);
    let tail = printed(&world, "tail", &["audit", "tail", "--lines", "3", "-o", "json"]);
    let lines = fs::read_to_string(tail).unwrap();
    let positions: Vec<u64> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["position"].as_u64().unwrap())
        .collect();
    assert_eq!(positions.len(), 3);
    assert!(positions.is_sorted());
    let listed = printed(&world, "list", &["audit", "list", "--action", "credential.create", "--limit", "2"]);
    let listed = fs::read_to_string(listed).unwrap();
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.lines().all(|line| line.contains("credential.create\tsucceeded\tcred_")), "{listed}");
}

/// Until every record has its leaf and the head is signed.
fn settle(world: &World) {
    let folder = world.data();
    for _ in 0..200 {
        let verified = Verified::of(&["--data", text(&folder)]);
        if verified.code == Some(0) && verified.found["waiting"] == 0 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the log does not settle");
}
