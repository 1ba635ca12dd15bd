//! `credential list`: the API's own filters, one flag each, and one page at a time.

use std::process::ExitCode;

use super::view;
use crate::arguments::List;
use crate::client::{Ask, Session};
use crate::command::page;
use crate::refusal::Refusal;

const UNDONE: &str = "the credentials were not listed";

pub(super) async fn run(session: &Session, list: List) -> Result<ExitCode, Refusal> {
    let ask = Ask::get(&session.in_workspace(&["credentials"]));
    // People write labels like settings; the API has a colon there.
    let labels = list.labels.iter().map(|label| label.replacen('=', ":", 1));
    let ask = labels.fold(ask, |ask, label| ask.query("label", &label));
    let ask = ask
        .query_if("kind", list.kind.as_deref())
        .query_if("health", list.health.as_deref())
        .query_if("q", list.search.as_deref())
        .query_if("owner", list.owner.as_deref())
        .query_if("integration", list.integration.as_deref())
        .query_if("target_host", list.target_host.as_deref())
        .query_if("expiring_before", list.expiring_before.as_deref());
    let submitted = session.submit(page::paged(ask, &list.page)).await;
    let answer = submitted.map_err(|failure| failure.refuse(session, UNDONE, None))?;
    page::show(session, answer, view::many)
}
