//! Tenants that are gone: deleted as they may be, and by whoever may write the file.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use serde_json::json;
use strongroom_testkit::binary::DevServer;

use super::{Copy, Kept, Verified, act};
use crate::promises::PROGRAM;

const ORGANIZATIONS: &str = "/v1/organizations";

/// Three organizations: the operator's, one that was erased at once after it had acted, and `customer`.
fn tenants() -> &'static Kept {
    static KEPT: OnceLock<Kept> = OnceLock::new();
    KEPT.get_or_init(|| {
        let kept = Kept { folder: tempfile::tempdir().unwrap() };
        let server = DevServer::start(PROGRAM, &kept.whole());
        let admin = server.admin();
        let mut last = String::new();
        for slug in ["erased", "customer"] {
            let made = admin.post(ORGANIZATIONS, &json!({"name": "One", "slug": slug})).expect(201).value();
            last = format!("{ORGANIZATIONS}/{}", made["id"].as_str().unwrap());
            act(&admin.with_token(made["token"].as_str().unwrap()), 3);
            act(&admin, 1);
            if slug == "erased" {
                admin.delete(&last).expect(204);
                act(&admin, 1);
            }
        }
        admin.get(&last).expect(200);
        assert_eq!(server.stop(), Some(0));
        kept
    })
}

const CUSTOMER: &str = "(SELECT id FROM organization WHERE slug = 'customer')";

#[test]
fn log_05_a_log_with_an_erased_tenant_is_sound() {
    let copy = Copy::of(&tenants().whole());
    let found = copy.verified().sound();
    assert_eq!(found["erased"].as_array().unwrap().len(), 1, "{found}");
    // Its last records waited for their leaves when it was erased: they have got them, and are gone.
    assert!(found["bodies_gone"].as_u64().unwrap() > 300, "{found}");
    assert_eq!(copy.number("SELECT count(DISTINCT organization) FROM audit"), 2);
}

/// Also before the record of the erasure has its leaf, and while the server goes on.
#[test]
fn log_05_a_log_is_sound_at_once_after_an_erasure() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept { folder };
    let server = DevServer::start(PROGRAM, &kept.whole());
    let admin = server.admin();
    for nth in 0..5 {
        let slug = format!("customer-{nth}");
        let made = admin.post(ORGANIZATIONS, &json!({"name": "One", "slug": slug})).expect(201).value();
        act(&admin.with_token(made["token"].as_str().unwrap()), 1);
        admin.delete(&format!("{ORGANIZATIONS}/{}", made["id"].as_str().unwrap())).expect(204);
        Verified::of(&["--data", kept.whole().to_str().unwrap()]).sound();
    }
    assert_eq!(server.stop(), Some(0));
}

/// Without a word in the log of another organization, nobody was erased.
#[test]
fn log_05_a_tenant_that_was_taken_out_is_found() {
    let copy = Copy::of(&tenants().whole());
    copy.harm(&format!(
        "PRAGMA foreign_keys = OFF;
         DELETE FROM audit WHERE organization = {CUSTOMER};
         DELETE FROM event WHERE organization = {CUSTOMER};
         DELETE FROM organization WHERE slug = 'customer';"
    ));
    copy.verified().broken_by("missing");
    copy.verified().broken_by("gap");
}

/// That one tenant was erased excuses nothing of another, before or after.
#[test]
fn log_05_an_erasure_is_no_cover_for_others() {
    for order in ["ASC", "DESC"] {
        let copy = Copy::of(&tenants().whole());
        let at =
            copy.number(&format!("SELECT node_seq FROM audit ORDER BY node_seq {order} LIMIT 1 OFFSET 3"));
        copy.harm(&format!("DELETE FROM audit WHERE node_seq = {at}"));
        copy.verified().broken_by("missing");
    }
    let copy = Copy::of(&tenants().whole());
    copy.harm("DELETE FROM event WHERE node_seq = (SELECT max(node_seq) FROM event)");
    copy.verified().broken_by("gap");
}

/// A word that has no leaf, or of oneself, is none.
#[test]
fn log_05_an_erasure_that_was_written_in_is_not_believed() {
    let copy = Copy::of(&tenants().whole());
    let at = copy.number("SELECT max(node_seq) FROM audit");
    copy.harm(&format!(
        "PRAGMA foreign_keys = OFF;
         UPDATE audit SET body = (SELECT replace(body, json_extract(body, '$.object.id'),
                 (SELECT 'org_' || lower(hex(id)) FROM organization WHERE slug = 'customer'))
             FROM audit WHERE body LIKE '%organization.delete%') WHERE node_seq = {at};
         DELETE FROM audit WHERE organization = {CUSTOMER} AND node_seq < {at};
         DELETE FROM organization WHERE slug = 'customer';"
    ));
    copy.verified().broken_by("changed");
    copy.verified().broken_by("missing");
}

/// The folder outlives the organization, and so must no body.
#[test]
fn ten_18_exported_bodies_of_an_erased_tenant_go() {
    let copy = Copy::of(&tenants().whole());
    let erased = copy.verified().sound()["erased"][0].as_str().unwrap().to_owned();
    let hex = "SELECT 'org_' || lower(hex(id)) FROM organization WHERE slug = 'customer'";
    let customer: String = copy.database().query_row(hex, [], |row| row.get(0)).unwrap();
    let segments = copy.path().join("audit/segments");
    let file = |organization: &str, name: &str| segments.join(organization).join(name);
    let names = ["00000000.tiles", "00000000.ndjson.gz", "00000001.ndjson.gz.part"];
    for organization in [&erased, &customer] {
        DirBuilder::new().recursive(true).mode(0o700).create(segments.join(organization)).unwrap();
        for name in names {
            fs::write(file(organization, name), "x").unwrap();
        }
    }
    let server = DevServer::start(PROGRAM, &copy.path());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while names[1..].iter().any(|name| file(&erased, name).exists()) {
        assert!(tokio::time::Instant::now() < deadline, "the bodies are still there");
        sleep(Duration::from_millis(20));
    }
    assert_eq!(server.stop(), Some(0));
    assert!(file(&erased, names[0]).exists(), "the hashes stay");
    assert!(names.iter().all(|name| file(&customer, name).exists()), "others keep theirs");
}
