//! Promise 1: a change is tried against the real system before it is saved.

use serde_json::json;
use strongroom_testkit::postgres::{Postgres, Tls};

use super::{CREDENTIALS, World, draft_for, resolve};

#[test]
fn a_refused_change_leaves_everything_as_it_was_and_says_why() {
    let world = World::with_account("first-password");
    let (admin, path) = (world.admin(), world.saved("first-password"));
    let before = admin.get(&path).expect(200);

    let refused = admin.patch(&path, &json!({"secrets": {"password": "wrong-password"}})).expect(422);
    assert_eq!(refused.code(), "verification_rejected");
    assert_eq!(refused.value()["verification"]["reason"], "auth_failed");
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));

    assert_eq!(admin.get(&path).expect(200).body, before.body, "byte for byte");
    assert_eq!(resolve(&admin, &path).expect(200).value()["secrets"]["password"], "first-password");
}

#[test]
fn the_right_password_is_saved_with_its_evidence() {
    let world = World::with_account("first-password");
    let (admin, path) = (world.admin(), world.saved("first-password"));
    Postgres::shared().set_password(&world.account.role, "second-password");
    let saved = admin.patch(&path, &json!({"secrets": {"password": "second-password"}})).expect(200).value();
    assert_eq!((&saved["version"], &saved["value_version"]), (&json!(2), &json!(2)));
    assert_eq!(saved["health"]["status"], "healthy");
    assert_eq!(saved["verification"]["outcome"], "accepted");
    let account = saved["verification"]["evidence"]["account"].as_str().unwrap();
    assert!(account.starts_with(&format!("{}@", world.account.role)), "{account}");
    let given =
        resolve(&admin, &path).expect(200).value()["secrets"]["password"].as_str().unwrap().to_owned();
    Postgres::shared().log_in(&world.account, &given).expect("what was resolved logs in");
}

#[test]
fn a_wrong_password_is_not_saved_at_all_when_it_is_the_first() {
    let world = World::with_account("first-password");
    let refused = world.admin().post(CREDENTIALS, &world.draft("wrong-password")).expect(422);
    assert_eq!(refused.code(), "verification_rejected");
    assert_eq!(world.admin().get(CREDENTIALS).expect(200).value()["items"], json!([]));
}

#[test]
fn an_outage_is_not_blamed_on_the_key() {
    let world = World::with_account("first-password");
    let mut draft = world.draft("first-password");
    // A port that was free a moment ago: nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    draft["settings"]["port"] = json!(free);
    let refused = world.admin().post(CREDENTIALS, &draft).expect(422);
    assert_eq!(refused.code(), "verification_unreachable");
    assert_eq!(refused.value()["verification"]["reason"], "connection_refused");
    assert_eq!(refused.value()["retryable"], true);

    draft["verify"] = json!({"policy": "required", "on_unreachable": "save_unverified"});
    assert_eq!(
        world.admin().post(CREDENTIALS, &draft).expect(422).code(),
        "validation_failed",
        "a reason is needed"
    );
    draft["verify"]["reason"] = json!("the database moves tonight");
    let saved = world.admin().post(CREDENTIALS, &draft).expect(201).value();
    assert_eq!(saved["health"]["status"], "unknown");
}

#[test]
fn refused_attempts_cool_down_before_an_account_is_locked() {
    let world = World::with_account("first-password");
    let (admin, path) = (world.admin(), world.saved("first-password"));
    let wrong = json!({"secrets": {"password": "wrong-password"}});
    for _ in 0..3 {
        assert_eq!(admin.patch(&path, &wrong).expect(422).code(), "verification_rejected");
    }
    let cooled = admin.patch(&path, &wrong).expect(422);
    assert_eq!(cooled.code(), "verification_unreachable");
    assert_eq!(cooled.value()["verification"]["reason"], "cooling_down");

    // Another name of the same place is no new account, and neither is another credential.
    let mut draft = world.draft("wrong-password");
    draft["settings"]["host"] = json!("localhost");
    let tried = admin.post(&format!("{CREDENTIALS}/verify"), &draft).expect(200);
    assert_eq!(tried.value()["reason"], "cooling_down");
}

#[test]
fn prp_12_the_duplicate_check_is_no_way_to_guess() {
    let world = World::with_account("first-password");
    let admin = world.admin();
    world.saved("first-password");
    admin.patch("/v1/workspaces/default", &json!({"settings": {"duplicates": "refuse"}})).expect(200);
    let dry = format!("{CREDENTIALS}?dry_run=true");
    for _ in 0..3 {
        assert_eq!(admin.post(&dry, &world.draft("a-guess")).expect(422).code(), "verification_rejected");
    }
    let right = admin.post(&dry, &world.draft("first-password")).expect(422);
    assert_eq!(
        right.value()["verification"]["reason"],
        "cooling_down",
        "the right guess says no more than a wrong one"
    );
}

#[test]
fn another_account_is_not_taken_silently() {
    let world = World::with_account("first-password");
    let (admin, path) = (world.admin(), world.saved("first-password"));
    resolve(&admin, &path).expect(200);
    let other = Postgres::shared().create_account("other-password");
    let change = json!({
        "settings": {"username": other.role, "database": other.database},
        "secrets": {"password": "other-password"},
    });
    let refused = admin.patch(&path, &change).expect(409);
    assert_eq!(refused.code(), "account_changed");
    assert_eq!(refused.value()["consumers"][0]["name"], "flow-42");
    let mut meant = change;
    meant["accept_account_change"] = json!(true);
    assert_eq!(admin.patch(&path, &meant).expect(200).value()["settings"]["username"], json!(other.role));
}

#[test]
fn ten_06_a_stored_secret_does_not_follow_a_changed_target() {
    let world = World::with_account("first-password");
    let (admin, path) = (world.admin(), world.saved("first-password"));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let refused = admin.patch(&path, &json!({"settings": {"port": port}})).expect(422);
    assert_eq!(refused.code(), "secrets_required");
    assert_eq!(refused.value()["errors"][0]["pointer"], "/secrets/password");
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nothing was sent there");
}

#[test]
fn ssr_05_hosts_in_other_spellings_are_refused_before_anything_is_sent() {
    let world = World::with_account("first-password");
    for host in
        ["2130706433", "127.1", "0x7f.1", "0177.0.0.1", "0", "a,b", "/tmp", "@x", "127.0.0.1:5432", "::1%lo"]
    {
        let mut draft = world.draft("first-password");
        draft["settings"]["host"] = json!(host);
        let refused = world.admin().post(CREDENTIALS, &draft).expect(422);
        assert_eq!(refused.code(), "validation_failed", "{host}");
        assert_eq!(refused.value()["errors"][0]["pointer"], "/settings/host", "{host}");
    }
}

#[test]
fn ssr_01_addresses_of_the_special_ranges_are_refused() {
    let world = World::with_account("first-password");
    for host in [
        "10.0.0.1",
        "169.254.169.254",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "100.64.0.1",
        "0.0.0.0",
    ] {
        let mut draft = world.draft("first-password");
        draft["settings"]["host"] = json!(host);
        let refused = world.admin().post(CREDENTIALS, &draft).expect(422);
        assert_eq!(refused.code(), "target_not_allowed", "{host}");
    }
}

/// Who states no mode gets the whole verification: no certificate that is not proved, and none at all, is good enough.
#[test]
fn con_01_an_unstated_mode_refuses_a_bad_certificate() {
    let world = World::with_account("first-password");
    let admin = world.admin();
    for tls in [Tls::SelfSigned, Tls::WrongName, Tls::Expired, Tls::On, Tls::Off] {
        // The server of this test trusts no authority of the tests, so `On` is one that nobody vouches for.
        let postgres = Postgres::start(tls);
        let account = postgres.create_account("first-password");
        let mut draft = draft_for(&account, postgres.port(), "first-password");
        draft["settings"].as_object_mut().unwrap().remove("sslmode");
        let refused = admin.post(CREDENTIALS, &draft).expect(422);
        assert_eq!(refused.code(), "verification_unreachable", "{tls:?}");
        assert_eq!(refused.value()["verification"]["reason"], "tls_failed", "{tls:?}");
        assert_eq!(admin.get(CREDENTIALS).expect(200).value()["items"], json!([]), "{tls:?}");
        // What is stated is taken at its word, and on record.
        draft["settings"]["sslmode"] = json!("disable");
        let made = admin.post(CREDENTIALS, &draft).expect(201).value();
        assert_eq!(made["settings"]["sslmode"], "disable");
        admin.delete(&format!("{CREDENTIALS}/{}", made["id"].as_str().unwrap())).expect(204);
    }
}
