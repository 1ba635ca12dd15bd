//! A part of a list, and where the next one begins.

use std::process::ExitCode;

use serde_json::Value;

use crate::arguments::Page;
use crate::client::{Answer, Ask, Session};
use crate::output::{View, printable};
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
