//! A credential as people see it.
//!
//! Order and names of columns are what scripts cut by: a new column goes last. Must never be given a body of
//! `resolve`, but by [`given`].

use serde_json::{Map, Value};

use crate::output::{Cell, View};

/// One, with everything that is public.
pub(super) fn one(credential: &Value) -> View {
    let text = |name: &str| text(&credential[name]);
    let mut fields = vec![
        ("id", Cell::plain(text("id"))),
        ("name", Cell::plain(text("name"))),
        ("slug", Cell::plain(text("slug"))),
        ("kind", Cell::plain(format!("{} ({})", text("kind"), text("method")))),
        ("description", Cell::plain(text("description"))),
        ("health", Cell::judged(&health(credential))),
        ("version", Cell::plain(text("version"))),
        ("settings", Cell::plain(pairs(&credential["settings"]))),
        ("secrets", Cell::plain(words(&credential["secret_fields"]))),
        ("labels", Cell::plain(pairs(&credential["labels"]))),
        ("expires", Cell::plain(text("expires_at"))),
        ("checked", Cell::plain(text_at(credential, "verification", "checked_at"))),
        ("check", Cell::plain(text_at(credential, "verification", "message"))),
        ("modified", Cell::plain(text("modified_at"))),
        ("owner", Cell::plain(owner(&credential["owner"]))),
        ("integration", Cell::plain(text("integration_id"))),
    ];
    // A draft's id means nothing yet.
    fields.retain(|(name, _)| *name != "id" || credential["id"].is_string());
    View::Record(fields)
}

/// As `--owner` takes it.
fn owner(owner: &Value) -> String {
    match &owner["id"] {
        Value::String(id) => format!("{}:{id}", text(&owner["type"])),
        _ => text(&owner["type"]),
    }
}

/// Several, a line each.
pub(super) fn many(list: &Value) -> View {
    let row = |credential: &Value| {
        vec![
            Cell::plain(text(&credential["id"])),
            Cell::plain(text(&credential["slug"])),
            Cell::plain(text(&credential["name"])),
            Cell::plain(text(&credential["kind"])),
            Cell::judged(&health(credential)),
            Cell::plain(text(&credential["version"])),
            Cell::plain(text(&credential["modified_at"])),
        ]
    };
    let columns = vec!["ID", "SLUG", "NAME", "KIND", "HEALTH", "VERSION", "MODIFIED"];
    View::List { columns, rows: items(list).iter().map(row).collect() }
}

/// Changes, newest first.
pub(super) fn history(list: &Value) -> View {
    let row = |entry: &Value| {
        vec![
            Cell::plain(text(&entry["version"])),
            Cell::plain(text(&entry["at"])),
            Cell::plain(text(&entry["action"])),
            Cell::plain(text_at(entry, "actor", "name")),
            Cell::plain(words(&entry["fields"])),
            Cell::judged(&text_at(entry, "verification", "outcome")),
            Cell::plain(text_at(entry, "verification", "reason")),
        ]
    };
    let columns = vec!["VERSION", "AT", "ACTION", "ACTOR", "FIELDS", "CHECK", "REASON"];
    View::List { columns, rows: items(list).iter().map(row).collect() }
}

/// Who holds what.
pub(super) fn consumers(list: &Value) -> View {
    let row = |hold: &Value| {
        vec![
            Cell::plain(text(&hold["name"])),
            Cell::plain(text(&hold["instance"])),
            Cell::plain(text(&hold["value_version"])),
            Cell::judged(if hold["stale"] == true { "stale" } else { "current" }),
            Cell::plain(text(&hold["hold_until"])),
        ]
    };
    let columns = vec!["CONSUMER", "INSTANCE", "VALUE", "STATE", "HOLD UNTIL"];
    View::List { columns, rows: items(list).iter().map(row).collect() }
}

/// A check's outcome.
pub(super) fn verification(verification: &Value) -> View {
    View::Record(vec![
        ("outcome", Cell::judged(&text(&verification["outcome"]))),
        ("reason", Cell::plain(text(&verification["reason"]))),
        ("message", Cell::plain(text(&verification["message"]))),
        ("account", Cell::plain(text_at(verification, "evidence", "account"))),
        ("took", Cell::plain(format!("{} ms", text(&verification["duration_ms"])))),
        ("checked", Cell::plain(text(&verification["checked_at"]))),
    ])
}

/// A value that was given out.
pub(super) fn given(value: &Map<String, Value>, until: &Value) -> View {
    let rows = value.iter().map(|(name, value)| vec![Cell::plain(name.as_str()), Cell::plain(text(value))]);
    let end = vec![Cell::plain("(hold until)"), Cell::plain(text(until))];
    View::List { columns: vec!["FIELD", "VALUE"], rows: rows.chain([end]).collect() }
}

/// As it is now: expiry is seen when it is read.
fn health(credential: &Value) -> String {
    text_at(credential, "health", "status")
}

/// A part that may be missing as a whole, like the verification of what was never tried.
fn text_at(value: &Value, outer: &str, inner: &str) -> String {
    text(&value[outer][inner])
}

/// A text as it is, nothing for null, anything else as JSON.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Names side by side: fields have no commas in theirs.
fn words(list: &Value) -> String {
    list.as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(", ")
}

/// Settings and labels in the order in which they were given.
fn pairs(map: &Value) -> String {
    let pair = |(name, value): (&String, &Value)| format!("{name}={}", text(value));
    map.as_object().into_iter().flatten().map(pair).collect::<Vec<_>>().join(", ")
}

fn items(list: &Value) -> &[Value] {
    list["items"].as_array().map(Vec::as_slice).unwrap_or_default()
}
