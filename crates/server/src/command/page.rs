//! A part of a list, and where the next one begins.

use std::process::ExitCode;

use serde_json::Value;

use crate::arguments::Page;
use crate::client::{Answer, Ask, Session};
use crate::output::{Cell, View, printable};
use crate::refusal::Refusal;

/// The same question for this part.
pub(super) fn paged(ask: Ask, page: &Page) -> Ask {
    let limit = page.limit.map(|limit| limit.to_string());
    ask.query_if("limit", limit.as_deref()).query_if("cursor", page.cursor.as_deref())
}

/// Shows it, and says how to go on.
pub(super) fn show(
    session: &Session,
    answer: Option<Answer>,
    view: impl FnOnce(&Value) -> View,
) -> Result<ExitCode, Refusal> {
    let Some(Answer { body, .. }) = answer else { return Ok(ExitCode::SUCCESS) };
    session.output.show(&body, view)?;
    if let Some(cursor) = body.value()["next_cursor"].as_str() {
        session.output.say(format_args!("there is more: --cursor {}", printable(cursor)));
    }
    Ok(ExitCode::SUCCESS)
}

/// A list of what has a slug and a name.
pub(super) fn named(list: &Value) -> View {
    let row = |one: &Value| {
        let names = ["id", "slug", "name", "created_at"];
        names.into_iter().map(|name| Cell::plain(one[name].as_str().unwrap_or_default())).collect()
    };
    let rows = list["items"].as_array().into_iter().flatten().map(row).collect();
    View::List { columns: vec!["ID", "SLUG", "NAME", "MADE"], rows }
}
