//! `credential resolve`: the secrets themselves, on standard output and nowhere else.

use std::process::ExitCode;

use http::Method;
use serde_json::{Map, Value, json};

use super::view;
use crate::arguments::{Format, Resolve};
use crate::client::names::{credential, reference, seconds};
use crate::client::prompt::{confirm, declined};
use crate::client::{Ask, Session};
use crate::output::{Body, assignments};
use crate::refusal::{Exit, Refusal};

pub(super) async fn run(session: &Session, resolve: &Resolve) -> Result<ExitCode, Refusal> {
    let name = &resolve.name;
    let error = format!("{} was not given out", credential(name));
    let request = request(session, resolve).map_err(|refusal| refusal.about(&error))?;
    warn(session, name, &error).await?;
    match session.submit(request).await {
        Ok(Some(answer)) => show(session, &answer.body)?,
        Ok(None) => {}
        Err(failure) => return Err(session.refuse_named(failure, name, &error, None).await),
    }
    Ok(ExitCode::SUCCESS)
}

/// Whoever names no consumer is on record as the token itself.
fn request(session: &Session, resolve: &Resolve) -> Result<Ask, Refusal> {
    let mut body = json!({});
    if let Some(consumer) = &resolve.consumer {
        body["consumer"] = json!({ "name": consumer });
        if let Some(instance) = &resolve.instance {
            body["consumer"]["instance"] = instance.as_str().into();
        }
    }
    if let Some(hold) = &resolve.hold {
        body["hold_seconds"] = seconds(hold)?.into();
    }
    let parts = ["credentials", &reference(&resolve.name), "resolve"];
    Ok(Ask::new(Method::POST, &session.in_workspace(&parts)).json(body))
}

/// Before a secret is given out, since that is on record: does it really belong on this screen?
async fn warn(session: &Session, name: &str, error: &str) -> Result<(), Refusal> {
    let terminal = &session.output.terminal;
    if !terminal.shows || session.is_agreed || session.is_shown_only {
        return Ok(());
    }
    if !terminal.asks {
        let cause = "its secrets would stand on this terminal in clear, and nobody can be asked";
        return Err(Refusal::new(
            Exit::Usage,
            error,
            cause,
            "send the output into a pipe or a file, or give --yes",
        ));
    }
    let question =
        format!("The secrets of {} will stand on this terminal in clear. Go on?", credential(name));
    if confirm(&question).await? { Ok(()) } else { Err(declined(error)) }
}

/// A field is looked for where it is wanted, among secrets and settings, before the body as a whole.
fn show(session: &Session, body: &Body) -> Result<(), Refusal> {
    let given = body.value();
    let value = value(given);
    match (session.output.field(), session.output.format()) {
        (Some(field), None | Some(Format::Table | Format::Value)) => match value.get(field) {
            Some(found) => session.output.print_one(found),
            None => session.output.show(body, |_| view::given(&value, &given["hold_until"])),
        },
        (Some(field), Some(Format::Env)) if value.contains_key(field) => {
            session.output.print(&assignments([(field, &value[field])])?)
        }
        (None, Some(Format::Env)) => {
            session.output.print(&assignments(value.iter().map(|(name, value)| (name.as_str(), value)))?)
        }
        (None, Some(Format::Value)) => session.output.print_one(only_secret(given)?),
        _ => session.output.show(body, |_| view::given(&value, &given["hold_until"])),
    }
}

/// Settings and secrets side by side, as whoever uses them wants them.
fn value(given: &Value) -> Map<String, Value> {
    let fields = ["settings", "secrets"].into_iter().filter_map(|part| given[part].as_object());
    fields.flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A bare value is a promise about which one; with several there is none to make.
fn only_secret(given: &Value) -> Result<&Value, Refusal> {
    let secrets: Vec<(&String, &Value)> = given["secrets"].as_object().into_iter().flatten().collect();
    match secrets.as_slice() {
        [(_, secret)] => Ok(secret),
        several => {
            let names = several.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            let cause = format!("it has {} secrets, and a bare value is one", several.len());
            let fix = format!("name one with --field: {names}");
            Err(Refusal::new(Exit::Usage, "the result cannot be shown like that", cause, fix))
        }
    }
}
