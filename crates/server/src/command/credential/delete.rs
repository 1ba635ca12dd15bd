//! `credential delete`: asked about first, because nothing brings it back.

use std::process::ExitCode;

use http::Method;

use super::view;
use crate::arguments::Delete;
use crate::client::names::{credential, reference};
use crate::client::{Ask, Session, make_key};
use crate::refusal::Refusal;

pub(super) async fn run(session: &Session, delete: &Delete) -> Result<ExitCode, Refusal> {
    let name = &delete.name;
    let error = format!("{} was not deleted", credential(name));
    if delete.trial.dry_run {
        return preview(session, delete, &error).await;
    }
    agree(session, name, &error).await?;
    let ask = Ask::new(Method::DELETE, &session.in_workspace(&["credentials", &reference(name)]));
    let ask = if delete.force { ask.query("force", "true") } else { ask };
    match session.submit(ask.if_version(delete.version.if_version).once(make_key())).await {
        Ok(Some(_)) => {
            session.output.say(format_args!("{} is deleted and its secrets are destroyed", credential(name)));
        }
        Ok(None) => {}
        Err(failure) => {
            let state = "it is as it was";
            return Err(session.refuse_named(failure, name, &error, Some(state)).await);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Nothing brings it back.
async fn agree(session: &Session, name: &str, error: &str) -> Result<(), Refusal> {
    let question = format!("Delete {} and destroy its secrets? There is no undelete.", credential(name));
    session.agree(&question, error, "--dry-run shows what would go").await
}

/// What would go, and who would miss it.
async fn preview(session: &Session, delete: &Delete, error: &str) -> Result<ExitCode, Refusal> {
    let named = reference(&delete.name);
    let shown = session.send(Ask::get(&session.in_workspace(&["credentials", &named]))).await;
    let shown = match shown {
        Ok(answer) => answer.body,
        Err(failure) => return Err(session.refuse_named(failure, &delete.name, error, None).await),
    };
    let held = session.send(Ask::get(&session.in_workspace(&["credentials", &named, "consumers"]))).await;
    let held = held.map_err(|failure| failure.refuse(session, error, None))?;
    let holders = held.body.value()["items"].as_array().map_or(0, Vec::len);
    session
        .output
        .say(format_args!("dry run: this would be deleted; {holders} consumer(s) hold it; nothing was done"));
    session.output.show(&shown, view::one)?;
    Ok(ExitCode::SUCCESS)
}
