//! Creating, changing, checking, deleting: as a script does.

use serde_json::json;
use strongroom_testkit::postgres::Postgres;

use super::{CREDENTIALS, World};

#[test]
fn a_credential_is_made_changed_and_deleted() {
    let world = World::new();
    let file = world.file("key", "cnry-from-file\n");
    let from_file = format!("key=@{}", file.display());
    let said = world
        .transcript()
        .run_with(
            &[
                "credential",
                "create",
                "generic",
                "--slug",
                "billing",
                "--set",
                "region=eu",
                "--set",
                "retries:=3",
                "--label",
                "team=data",
                "--secret",
                "key=-",
            ],
            "cnry-piped\n",
        )
        .run(&[
            "credential",
            "update",
            "billing",
            "--name",
            "Billing",
            "--description",
            "For invoices",
            "--secret",
            &from_file,
        ])
        .give_out(&["credential", "resolve", "billing", "-o", "env"])
        .run(&[
            "credential",
            "update",
            "billing",
            "--unset",
            "region",
            "--remove-label",
            "team",
            "--description",
            "",
            "--if-version",
            "2",
        ])
        .run(&["credential", "update", "billing", "--name", "Late", "--if-version", "2"])
        .run(&["credential", "update", "billing", "--name", "Trial", "--dry-run", "--field", "name"])
        .run(&["credential", "get", "billing", "--field", "name"])
        .run(&["credential", "delete", "billing"])
        .run(&["credential", "delete", "billing", "--dry-run"])
        .run(&["credential", "delete", "billing", "--yes"])
        .run(&["credential", "delete", "billing", "--yes", "--force"])
        .run(&["credential", "delete", "billing", "--yes"]);
    insta::assert_snapshot!("life", said.finish());
}

#[test]
fn a_secret_on_the_command_line_is_refused_and_never_repeated() {
    let world = World::new();
    world.keep("billing");
    let said = world
        .transcript()
        .run(&["credential", "create", "generic", "--name", "a", "--secret", "key=hunter2"])
        .run(&["credential", "update", "billing", "--secret", "key=hunter2"])
        .run(&["credential", "create", "postgresql", "--name", "a", "--set", "password=hunter2"])
        .run(&["credential", "create", "generic", "--name", "a", "--secret", "key"])
        .run(&["credential", "create", "generic", "--name", "a", "--secret", "a=-", "--secret", "b=-"])
        .run(&["credential", "create", "generic", "--name", "a", "--secret", "a=@/no/such/file"])
        .run(&["api", "POST", "/v1/tokens", "-d", "{\"name\":\"hunter2\"}"])
        .run(&["login", "hunter2"])
        .finish();
    let echoes = said.lines().filter(|line| !line.starts_with('$') && line.contains("hunter2")).count();
    assert_eq!(echoes, 0, "{said}");
    insta::assert_snapshot!("bare_secrets", said);
}

#[test]
fn what_a_kind_does_not_take_is_said_before_anything_is_sent() {
    let world = World::new();
    let create = ["credential", "create", "postgresql", "--slug", "db"];
    let with = |arguments: &[&'static str]| [&create[..], arguments].concat();
    let said = world
        .transcript()
        .run(&["credential", "create", "--name", "a"])
        .run(&["credential", "create", "postgres", "--name", "a"])
        .run(&["credential", "create", "postgresql"])
        .run(&with(&["--set", "hots=db"]))
        .run(&with(&["--set", "port=many"]))
        .run(&with(&["--set", "host"]))
        .run(&with(&["--set", "port:=[1"]))
        .run(&with(&["--method", "certificate"]))
        .run(&with(&["--set", "port=0"]))
        .run(&with(&["--on-unreachable", "refuse"]))
        .finish();
    insta::assert_snapshot!("wrong_fields", said);
}

/// A source that is read may wait for a person, or empty a pipe: in vain where its field does not exist.
#[test]
fn a_secret_that_the_kind_does_not_have_is_not_asked_for() {
    let world = World::new();
    let body = json!({"kind": "postgresql", "name": "db", "slug": "db", "verify": {"policy": "skip"},
        "settings": {"host": "127.0.0.1", "database": "d", "username": "u"}, "secrets": {"password": "cnry"}});
    world.server.admin().post(CREDENTIALS, &body).expect(201);
    let create = ["credential", "create", "postgresql", "--name", "a"];
    let update = ["credential", "update", "db"];
    for (command, more, cause) in [
        (
            &create[..],
            ["--secret", "pasword=@/no/such/file"],
            "no secret `pasword`; did you mean `password`?",
        ),
        (&create[..], ["--secret", "host=@/no/such/file"], "`host` is a setting and no secret"),
        (
            &update[..],
            ["--secret", "pasword=@/no/such/file"],
            "no secret `pasword`; did you mean `password`?",
        ),
        (&update[..], ["--unset", "pasword"], "no field `pasword`; did you mean `password`?"),
    ] {
        let output = world.command(&[command, &more].concat()).output().unwrap();
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), talk.contains(cause)), (Some(2), true), "{more:?}: {talk}");
    }
}

#[test]
fn a_change_is_tried_against_the_real_system() {
    let world = World::new();
    let account = world.log_in("reporting");
    let update = ["credential", "update", "reporting", "--secret", "password=-"];
    let said = world
        .transcript()
        .run_with(&update, "cnry-wrong\n")
        .run_with(&[&update[..], &["-o", "json"]].concat(), "cnry-wrong\n");
    Postgres::shared().set_password(&account.role, "cnry-second");
    let said = said
        .run(&["credential", "verify", "reporting"])
        .run_with(&[&update[..], &["--field", "verification.outcome"]].concat(), "cnry-second\n")
        .run(&["credential", "verify", "reporting", "-o", "json"])
        .run(&["credential", "update", "reporting", "--set", "host=localhost"])
        .run(&["credential", "verify", "reportin"]);
    insta::assert_snapshot!("real_system", said.finish());
}

#[test]
fn an_outage_is_not_a_wrong_key_in_exit_codes_either() {
    let world = World::new();
    let account = Postgres::shared().create_account("cnry-first");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let body = json!({"kind": "postgresql", "name": "dead", "slug": "dead", "verify": "skip", "settings": {
        "host": "127.0.0.1", "port": free, "database": account.database, "username": account.role,
        "sslmode": "disable"}, "secrets": {"password": "cnry-first"}});
    world.server.admin().post(CREDENTIALS, &body).expect(201);
    let said = world
        .transcript()
        .run(&["credential", "verify", "dead"])
        .run_with(&["credential", "update", "dead", "--secret", "password=-"], "cnry-first")
        .run_with(
            &[
                "credential",
                "update",
                "dead",
                "--secret",
                "password=-",
                "--on-unreachable",
                "save_unverified",
                "--reason",
                "the database is being moved",
                "--field",
                "health.status",
            ],
            "cnry-first",
        );
    insta::assert_snapshot!("outage", said.finish());
}

#[test]
fn a_request_as_curl_shows_no_secret_and_sends_nothing() {
    let world = World::new();
    let said = world
        .transcript()
        .run_with(
            &[
                "--curl",
                "credential",
                "create",
                "generic",
                "--slug",
                "billing",
                "--set",
                "a=o'neil",
                "--secret",
                "key=-",
            ],
            "cnry-1",
        )
        .run(&["--curl", "credential", "list", "--search", "a b"])
        .run(&["--curl", "token", "revoke", "tok_1"])
        .run(&["credential", "list", "-o", "json"]);
    insta::assert_snapshot!("curl", said.finish());
}

#[test]
fn whose_it_is_and_what_it_shares_are_said_listed_and_taken_off() {
    let world = World::new();
    let shared = json!({"kind": "generic", "name": "shared", "settings": {"base_url": "https://a.example"}});
    let made = world.server.admin().post("/v1/workspaces/default/integrations", &shared).expect(201).value();
    let id = made["id"].as_str().unwrap();
    let create = ["credential", "create", "generic", "--slug"];
    let with = ["--owner", "end_user:u-1", "--integration", id, "--field", "owner"];
    let said = world
        .transcript()
        .run(&[&create[..], &["billing"], &with].concat())
        .run(&[&create[..], &["other", "--field", "owner"]].concat())
        .run(&["credential", "list", "--integration", id, "--field", "slug"])
        .run(&["credential", "list", "--owner", "end_user:u-1", "--field", "slug"])
        .run(&["credential", "get", "billing"])
        .run(&["credential", "update", "billing", "--owner", "workspace", "--integration", ""])
        .run(&["credential", "list", "--integration", id, "--field", "slug"])
        .run(&["credential", "update", "billing", "--owner", "nobody"])
        .run(&["credential", "update", "billing", "--owner", "end_user:"])
        .run(&["credential", "update", "billing", "--integration", "int_1"])
        .finish();
    insta::assert_snapshot!("owner_and_integration", said);
}
