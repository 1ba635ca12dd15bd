//! Rows that somebody has changed who may write the file and knows nothing of the log.

use super::{Copy, Kept, Verified, kept, middle};

/// Some thousand records over a restart, with the server's own copy and without.
#[test]
fn log_05_an_untouched_log_is_sound() {
    let found = Copy::of(&Kept::of(16).whole()).verified().sound();
    assert!(found["records"].as_u64().unwrap() > 3_000, "{found}");
    assert!(found["checkpoints"].as_u64().unwrap() >= 4, "{found}");
    assert_eq!((found["waiting"].as_u64(), found["bodies_gone"].as_u64()), (Some(0), Some(0)), "{found}");
    let copy = Copy::new();
    let (store, exported) = (copy.path().join("data"), kept().whole().join("audit"));
    let known = ["--store", store.to_str().unwrap(), "--exported", exported.to_str().unwrap()];
    Verified::of(&known).sound();
    // A copy of all checkpoints is as good as one of them.
    let kept_elsewhere = exported.join("checkpoints");
    let found =
        Verified::of(&[&known[..], &["--checkpoint", kept_elsewhere.to_str().unwrap()]].concat()).sound();
    assert!(found["checkpoints"].as_u64().unwrap() >= 6, "each is told twice: {found}");
}

#[test]
fn log_05_an_edited_record_is_named() {
    let copy = Copy::new();
    let at = middle(&copy);
    copy.harm(&format!("UPDATE audit SET body = replace(body, 'succeeded', 'denied') WHERE node_seq = {at}"));
    copy.verified().broken_at(at, "changed");
    assert!(copy.verified().said.contains(&format!("record {at}")));
}

#[test]
fn log_05_the_last_record_is_no_exception() {
    let copy = Copy::new();
    let at = copy.number("SELECT max(node_seq) FROM audit");
    copy.harm(&format!("UPDATE audit SET body = body || ' ' WHERE node_seq = {at}"));
    copy.verified().broken_at(at, "changed");
}

#[test]
fn log_05_a_record_moved_to_another_workspace_is_named() {
    let copy = Copy::new();
    let at = middle(&copy);
    copy.harm(&format!("UPDATE audit SET workspace = zeroblob(16) WHERE node_seq = {at}"));
    copy.verified().broken_at(at, "changed");
}

#[test]
fn log_05_a_record_given_to_another_tenant_is_named() {
    let copy = Copy::new();
    let at = middle(&copy);
    copy.harm(&format!("UPDATE audit SET organization = zeroblob(16) WHERE node_seq = {at}"));
    copy.verified().broken_at(at, "changed");
}

#[test]
fn log_05_a_deleted_record_is_named() {
    let copy = Copy::new();
    let at = middle(&copy);
    copy.harm(&format!("DELETE FROM audit WHERE node_seq = {at}"));
    copy.verified().broken_at(at, "gap");
    copy.verified().broken_by("missing");
}

#[test]
fn log_05_reordered_records_are_named() {
    let copy = Copy::new();
    let at = middle(&copy);
    copy.harm(&format!(
        "UPDATE audit SET node_seq = -{at} WHERE node_seq = {at};
         UPDATE audit SET node_seq = {at} WHERE node_seq = {at} + 1;
         UPDATE audit SET node_seq = {at} + 1 WHERE node_seq = -{at};"
    ));
    copy.verified().broken_at(at - 1, "changed");
}

#[test]
fn log_05_an_inserted_record_is_named() {
    let copy = Copy::new();
    let at = middle(&copy);
    let shift = |table: &str| {
        format!(
            "UPDATE {table} SET node_seq = -node_seq - 1 WHERE node_seq >= {at};
             UPDATE {table} SET node_seq = -node_seq WHERE node_seq < 0;"
        )
    };
    copy.harm(&(shift("audit") + &shift("event")));
    copy.harm(&format!(
        "INSERT INTO audit SELECT {at}, organization, workspace, credential, 0, previous, body
            FROM audit WHERE node_seq = {at} + 1;
         UPDATE audit_order SET node_seq = node_seq + 1;"
    ));
    copy.verified().broken_at(at, "changed");
}

#[test]
fn log_05_a_record_without_a_leaf_is_named() {
    let copy = Copy::new();
    let end = copy.number("SELECT max(node_seq) FROM audit");
    copy.harm(&format!(
        "INSERT INTO audit SELECT {end} + 1, organization, workspace, credential, 0, previous, body
            FROM audit WHERE node_seq = {end};
         UPDATE audit_order SET node_seq = {end} + 1;"
    ));
    copy.verified().broken_at(end, "unlogged");
}

#[test]
fn log_05_a_log_without_its_tail_is_found() {
    let copy = Copy::new();
    let at = middle(&copy);
    copy.harm(&format!(
        "DELETE FROM audit WHERE node_seq >= {at}; DELETE FROM event WHERE node_seq >= {at};"
    ));
    copy.verified().broken_at(at, "gap");
    copy.harm(&format!("UPDATE audit_order SET node_seq = {at} - 1"));
    copy.verified().broken_at(at, "missing");
}

#[test]
fn log_05_an_edited_event_breaks_the_chain() {
    let copy = Copy::new();
    let at = copy.number("SELECT min(node_seq) FROM event");
    copy.harm(&format!("UPDATE event SET body = body || ' ' WHERE node_seq = {at}"));
    copy.verified().broken_at(at, "chain");
}

/// A history is made by columns beside the body, which no hash covers.
#[test]
fn log_05_a_record_taken_out_of_its_history_is_named() {
    for harm in
        ["change = 0", "credential = randomblob(16)", "credential = zeroblob(16)", "credential = NULL"]
    {
        let copy = Copy::new();
        let at = copy.number("SELECT max(node_seq) FROM audit WHERE change = 1");
        copy.harm(&format!("UPDATE audit SET {harm} WHERE node_seq = {at}"));
        copy.verified().broken_at(at, "filed");
    }
}

/// Retention is no cover for whoever wants records gone.
#[test]
fn log_05_records_that_were_called_forgotten_are_found() {
    let copy = Copy::new();
    let at = middle(&copy);
    copy.harm(&format!(
        "DELETE FROM audit WHERE node_seq <= {at} AND change = 0; UPDATE audit_horizon SET node_seq = {at};"
    ));
    copy.verified().broken_by("horizon");
    let (store, exported) = (copy.path().join("data"), copy.path().join("audit"));
    let without_settings = ["--store", store.to_str().unwrap(), "--exported", exported.to_str().unwrap()];
    // Of what is left up to there, nothing may be too young to be gone.
    Verified::of(&without_settings).broken_by("horizon");
    // Where it is not known how long they were to be kept, they are counted, and their hashes hold.
    let now = "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)";
    copy.harm(&format!("UPDATE audit_horizon SET before = {now}"));
    let found = Verified::of(&without_settings).sound();
    assert!(found["bodies_gone"].as_u64().unwrap() > 300, "{found}");
    // A history reaches back beyond that.
    let change =
        copy.number(&format!("SELECT max(node_seq) FROM audit WHERE change = 1 AND node_seq <= {at}"));
    copy.harm(&format!("UPDATE audit SET credential = NULL WHERE node_seq = {change}"));
    Verified::of(&without_settings).broken_at(change, "filed");
    // Nor does it let anything be put there.
    copy.harm(
        "INSERT INTO audit SELECT e.node_seq, a.organization, a.workspace, a.credential, 1, a.previous, a.body
            FROM (SELECT min(node_seq) AS node_seq FROM event) e,
                (SELECT * FROM audit WHERE change = 1 ORDER BY node_seq LIMIT 1) a;
         DELETE FROM event WHERE node_seq = (SELECT min(node_seq) FROM event)",
    );
    Verified::of(&without_settings).broken_by("unlogged");
    // No retention goes beyond now.
    copy.harm("UPDATE audit_horizon SET before = 9000000000000000");
    Verified::of(&without_settings).broken_by("horizon");
}

#[test]
fn log_05_bent_leaves_and_tiles_are_found() {
    let hash = "zeroblob(32)";
    for (harm, kind) in [
        ("UPDATE audit_tile SET hashes = randomblob(32) WHERE level = 1".to_owned(), "leaves"),
        ("DELETE FROM audit_tile WHERE level = 1".to_owned(), "leaves"),
        ("UPDATE audit_tree SET peaks = randomblob(32) WHERE owner = x''".to_owned(), "root"),
        (
            format!(
                "UPDATE audit_leaf SET hash = {hash} WHERE node_seq = (SELECT last FROM audit_tree WHERE owner <> x'')"
            ),
            "changed",
        ),
        (
            "DELETE FROM audit_leaf WHERE node_seq = (SELECT last FROM audit_tree WHERE owner <> x'')"
                .to_owned(),
            "leaves",
        ),
        ("DELETE FROM audit_tile WHERE level = 0 AND number = 1".to_owned(), "leaves"),
        (
            "UPDATE audit_tile SET hashes = zeroblob(8192) WHERE level = 0 AND number = 1".to_owned(),
            "changed",
        ),
        ("UPDATE audit_tile SET places = zeroblob(2048) WHERE level = 0 AND number = 1".to_owned(), "leaves"),
        (format!("UPDATE audit_tree SET root = {hash} WHERE owner <> x''"), "root"),
        ("UPDATE audit_tree SET peaks = zeroblob(length(peaks)) WHERE owner <> x''".to_owned(), "root"),
        ("UPDATE audit_tree SET size = size - 1 WHERE owner <> x''".to_owned(), "truncated"),
    ] {
        let copy = Copy::new();
        copy.harm(&harm);
        let verified = copy.verified();
        assert!(verified.broken().1.contains(&kind), "{harm}: {verified:?}");
    }
}
