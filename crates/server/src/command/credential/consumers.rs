//! `credential consumers`: who would notice.

use std::process::ExitCode;

use super::view;
use crate::client::names::{credential, reference};
use crate::client::{Ask, Session};
use crate::command::page;
use crate::refusal::Refusal;

pub(super) async fn run(session: &Session, name: &str) -> Result<ExitCode, Refusal> {
    let ask = Ask::get(&session.in_workspace(&["credentials", &reference(name), "consumers"]));
    match session.submit(ask).await {
        Ok(answer) => page::show(session, answer, view::consumers),
        Err(failure) => {
            let error = format!("the consumers of {} were not shown", credential(name));
            Err(session.refuse_named(failure, name, &error, None).await)
        }
    }
}
