//! `credential get` and `credential history`: looking, without secrets.

use std::process::ExitCode;

use super::view;
use crate::arguments::Paged;
use crate::client::names::{credential, reference};
use crate::client::{Answer, Ask, Session};
use crate::command::page;
use crate::refusal::Refusal;

pub(super) async fn run(session: &Session, name: &str) -> Result<ExitCode, Refusal> {
    let ask = Ask::get(&session.in_workspace(&["credentials", &reference(name)]));
    let error = format!("{} was not shown", credential(name));
    match session.submit(ask).await {
        Ok(Some(Answer { body, .. })) => session.output.show(&body, view::one)?,
        Ok(None) => {}
        Err(failure) => return Err(session.refuse_named(failure, name, &error, None).await),
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn history(session: &Session, paged: &Paged) -> Result<ExitCode, Refusal> {
    let name = &paged.name;
    let ask = Ask::get(&session.in_workspace(&["credentials", &reference(name), "history"]));
    match session.submit(page::paged(ask, &paged.page)).await {
        Ok(answer) => page::show(session, answer, view::history),
        Err(failure) => {
            let error = format!("the history of {} was not shown", credential(name));
            Err(session.refuse_named(failure, name, &error, None).await)
        }
    }
}
