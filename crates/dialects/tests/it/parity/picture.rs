//! An answer as text, without what differs from run to run: ids, times and the account's names are shown by
//! their form.

use std::fmt::Write as _;

use regex_lite::Regex;
use serde_json::Value;
use strongroom_testkit::Postgres;

use super::{Stage, Wire};
use crate::client::Answer;

pub(super) fn of(stage: &Stage, wire: &Wire, answer: &Answer, store: &str) -> String {
    let mut text = format!("{} {} -> {}\n", wire.method, wire.path, answer.status);
    for name in ["content-type", "etag", "location", "www-authenticate", "retry-after", "allow"] {
        if let Some(value) = answer.headers.get(name) {
            writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
    }
    // Keys in their order: it is part of some contracts.
    match serde_json::from_slice::<Value>(&answer.bytes) {
        Ok(body) => writeln!(text, "{body:#}").unwrap(),
        Err(_) if answer.bytes.is_empty() => text.push_str("(no body)\n"),
        Err(_) => writeln!(text, "{}", answer.text()).unwrap(),
    }
    writeln!(text, "store: {store}").unwrap();
    by_form(&by_name(stage, text))
}

/// Longest first: an id may be part of another text.
fn by_name(stage: &Stage, text: String) -> String {
    let (port, nobody) = (Postgres::shared().port().to_string(), stage.nobody.to_string());
    let mut names = [
        (stage.id.as_str(), "{id}"),
        (&stage.unknown, "{unknown}"),
        (&stage.foreign, "{foreign}"),
        (&stage.account.role, "{role}"),
        (&stage.account.database, "{database}"),
        (&port, "{port}"),
        (&nobody, "{nobody}"),
    ];
    names.sort_by_key(|(found, _)| std::cmp::Reverse(found.len()));
    // A number of a counter is too short to be looked for.
    let long = names.into_iter().filter(|(found, _)| found.len() > 3);
    long.fold(text, |text, (found, name)| text.replace(found, name))
}

fn by_form(text: &str) -> String {
    let forms = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "{time}"),
        (r"\b(cred|int|org|prn|req|tok|ws)_[0-9a-f]{32}\b", "{${1}}"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "{uuid}"),
        (r"\b0[0-9A-HJKMNP-TV-Z]{25}\b", "{ulid}"),
        (r#""(duration_ms|\w*_ms)": \d+"#, "\"${1}\": {ms}"),
        (r#""server_version": "[^"]*""#, "\"server_version\": {version}"),
        // Of accounts beside that of the stage.
        (r"\b(role|database)_\d+\b", "{other ${1}}"),
        (r#""port":\d+"#, "\"port\":{other port}"),
        (r"@\d{15,}", "@{system}"),
        (r#"W/"[0-9a-f]+-[0-9A-Za-z+/]+""#, "W/\"{tag}\""),
        (r"U2FsdGVkX1[0-9A-Za-z+/]+=*", "{opaque}"),
        (r"\b\d+ ms\b", "{ms} ms"),
    ];
    forms.into_iter().fold(text.to_owned(), |text, (form, name)| {
        Regex::new(form).unwrap().replace_all(&text, name).into_owned()
    })
}
