//! Which server, whose token: the order, the files, and where a token never goes.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::World;
use super::transcript::fed;

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn flag_variable_folder_profile_and_built_in_in_this_order() {
    let world = World::new();
    let (explain, home) = (["config", "explain"], world.home());
    let said = world.transcript().run_bare(&[], &explain, "");
    write(
        &home.join(".config/strongroom/profiles/default.toml"),
        "address = \"https://profile.example\"\nworkspace = \"of-profile\"\nca_cert = \"/ca.pem\"\n",
    );
    write(&home.join(".config/strongroom/profiles/default.token"), "srt_x\n");
    let said = said.run_bare(&[], &explain, "");
    write(&home.join(".strongroom.toml"), "workspace = \"of-folder\"\n");
    let said = said
        .run_bare(&[], &explain, "")
        .run_bare(&[("STRONGROOM_WORKSPACE", "of-variable"), ("STRONGROOM_TOKEN", "srt_y")], &explain, "")
        .run_bare(
            &[("STRONGROOM_WORKSPACE", "of-variable"), ("STRONGROOM_TOKEN", "srt_y")],
            &["--workspace", "of-flag", "--token-file", "t", "config", "explain", "-o", "json"],
            "",
        )
        .run_bare(&[("STRONGROOM_PROFILE", "../up")], &explain, "")
        .run_bare(&[("STRONGROOM_ADDRESS", "ftp://cnry")], &explain, "");
    insta::assert_snapshot!("explain", said.finish());
}

#[test]
fn a_token_stays_where_it_was_given_for() {
    let world = World::new();
    let home = world.home();
    let token = world.token().to_owned();
    let own = ("STRONGROOM_TOKEN", token.as_str());
    // A folder of other people's work names their server.
    write(&home.join(".strongroom.toml"), &format!("address = \"{}\"\n", world.address()));
    let said = world.transcript().run_bare(&[own], &["credential", "list"], "");
    // The person has logged in there: then it is theirs as well.
    let logged_in = fed(world.stranger(&["login", "-", "--address", world.address()]), &token);
    assert!(logged_in.status.success(), "{logged_in:?}");
    let said = said.run_bare(&[], &["credential", "list", "-o", "json"], "");
    // The token of one server is not for another.
    let said = said.run_bare(&[("STRONGROOM_ADDRESS", "http://127.0.0.1:1")], &["credential", "list"], "");
    write(&home.join(".strongroom.toml"), "address = \"https://other.example\"\n");
    let said = said.run_bare(&[], &["credential", "list"], "");
    write(&home.join(".strongroom.toml"), "token = \"cnry-in-a-folder\"\n");
    let said = said.run_bare(&[], &["credential", "list"], "");
    insta::assert_snapshot!("stray_tokens", said.finish());
}

/// A folder's file may choose among the person's profiles, and each goes with its own token alone.
#[test]
fn aut_22_a_folders_choice_of_a_profile_takes_no_other_token() {
    let world = World::new();
    let home = world.home();
    let profiles = home.join(".config/strongroom/profiles");
    write(&profiles.join("staging.toml"), &format!("address = \"{}\"\n", world.address()));
    write(&home.join("token"), world.token());
    let list = |with: &[(&str, &str)], flags: &[&str]| {
        let mut command = world.stranger(&[flags, &["credential", "list", "-o", "json"]].concat());
        let listed = command.envs(with.iter().copied()).output().unwrap();
        (listed.status.code().unwrap(), String::from_utf8(listed.stderr).unwrap())
    };
    let (variable, file) = ([("STRONGROOM_TOKEN", world.token())], ["--token-file", "token"]);
    let of_folder = [
        "profile = \"staging\"\n".to_owned(),
        format!("profile = \"staging\"\naddress = \"{}\"\n", world.address()),
    ];
    for text in of_folder {
        write(&home.join(".strongroom.toml"), &text);
        for (code, said) in [list(&variable, &[]), list(&[], &file)] {
            assert_eq!(code, 4, "{said}");
            assert!(said.contains("was not given for that address"), "{said}");
        }
        let (code, said) = list(&variable, &["--profile", "staging"]);
        assert_eq!(code, 0, "whoever names the profile means it: {said}");
    }
    write(&profiles.join("staging.token"), world.token());
    assert_eq!(list(&[], &[]).0, 0, "the profile's own token");
}

#[test]
fn login_tries_before_it_stores() {
    let world = World::new();
    let (token, address) = (world.token().to_owned(), world.address().to_owned());
    let here = ("STRONGROOM_ADDRESS", address.as_str());
    let profiles = world.home().join(".config/strongroom/profiles");
    let said = world
        .transcript()
        .run_bare(&[here], &["status"], "")
        .run_bare(&[here], &["login"], "")
        .run_bare(&[here], &["login", "-"], "srt_s_wrong\n")
        .run_bare(&[here], &["login", "-", "--dry-run"], &token);
    assert!(!profiles.exists());
    let said = said.run_bare(&[here], &["login", "-", "--profile", "work"], &token);
    let mode = |name: &str| fs::metadata(profiles.join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(""), mode("work.token"), mode("work.toml")), (0o700, 0o600, 0o600));
    let said = said.run_bare(&[], &["--profile", "work", "status"], "").run_bare(
        &[],
        &["--profile", "work", "credential", "list", "-o", "json"],
        "",
    );
    fs::set_permissions(profiles.join("work.token"), Permissions::from_mode(0o644)).unwrap();
    let said = said
        .run_bare(&[], &["--profile", "work", "status"], "")
        .run_bare(&[here], &["--token-file", "/no/such/file", "status"], "")
        .run_bare(&[here, ("STRONGROOM_TOKEN", "two words")], &["status"], "");
    insta::assert_snapshot!("login", said.finish());
}

/// The token's place cannot be taken, so the address of the one that was there stays as well.
#[test]
fn login_leaves_no_token_beside_the_address_of_another_server() {
    let world = World::new();
    let profiles = world.home().join(".config/strongroom/profiles");
    let login = |address: &str| fed(world.stranger(&["login", "-", "--address", address]), world.token());
    assert!(login(world.address()).status.success());
    let before = fs::read_to_string(profiles.join("default.toml")).unwrap();
    fs::remove_file(profiles.join("default.token")).unwrap();
    fs::create_dir_all(profiles.join("default.token/in-the-way")).unwrap();
    let output = login(&world.address().replace("127.0.0.1", "localhost"));
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && talk.contains("the token was not stored"), "{talk}");
    assert_eq!(fs::read_to_string(profiles.join("default.toml")).unwrap(), before);
}

#[test]
fn a_file_with_more_than_a_token_is_none() {
    let world = World::new();
    let long = world.home().join("long");
    write(&long, &format!("{}{}", world.token(), " ".repeat(5_000)));
    let file = format!("@{}", long.display());
    let output = world.stranger(&["login", &file, "--address", world.address()]).output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && talk.contains("longer than any token"), "{talk}");
}

#[test]
fn completions_know_the_nouns() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = world.stranger(&["completion", shell]).output().unwrap();
        assert!(
            script.status.success() && String::from_utf8_lossy(&script.stdout).contains("credential"),
            "{shell}"
        );
    }
    let script = world.stranger(&["completion", "bash"]).output().unwrap();
    // Longer than an argument may be.
    let file = world.file("completion.bash", &String::from_utf8_lossy(&script.stdout));
    let checked = std::process::Command::new("bash").arg("-n").arg(file).output();
    assert!(checked.unwrap().status.success(), "bash reads it");
}
