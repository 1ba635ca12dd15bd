//! `strongroom api`: any request, for what has no command yet.

use std::process::ExitCode;

use http::Method;
use serde_json::Value;
use strongroom_domain::Secret;

use crate::arguments::{Api, Format};
use crate::client::secrets::{read, source_of};
use crate::client::{Ask, Session, encoded};
use crate::output::{Cell, View};
use crate::refusal::Refusal;

/// Sends it.
pub(crate) async fn run(session: &Session, api: &Api) -> Result<ExitCode, Refusal> {
    let method = method(&api.method)?;
    if !api.path.starts_with('/') {
        return Err(Refusal::unsent("a path begins with /", "write it like /v1/kinds"));
    }
    // A file of the folder may have said it: its name is one part of the path, whatever stands in it.
    let path = api.path.replace("{workspace}", &encoded(&session.settings.workspace.value));
    // A query may hold what does not belong there: it is sent, and repeated nowhere.
    let told = format!("{method} {}", path.split('?').next().unwrap_or_default());
    let error = format!("{told} was not done");
    let ask = match &api.data {
        Some(from) => Ask::at(method.clone(), path.clone()).bytes(data(session, from)?),
        None => Ask::at(method.clone(), path.clone()),
    };
    // Whether a route has a trial of its own is the caller's to know: `?dry_run=true` goes into the path.
    if api.trial.dry_run && method != Method::GET {
        session.output.say(format_args!("dry run: {told} would be sent; nothing was"));
        return Ok(ExitCode::SUCCESS);
    }
    let submitted = session.submit(ask).await;
    let Some(answer) = submitted.map_err(|failure| failure.refuse(session, &error, None))? else {
        return Ok(ExitCode::SUCCESS);
    };
    match session.output.format() {
        _ if answer.body.bytes().is_empty() => {}
        // Nobody knows the columns of any answer: what it says is the result.
        None | Some(Format::Table) if session.output.field().is_none() => {
            session.output.print(&format!("{}\n", String::from_utf8_lossy(answer.body.bytes())))?;
        }
        _ => session
            .output
            .show(&answer.body, |value: &Value| View::Record(vec![("", Cell::plain(value.to_string()))]))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Only those that the API has; `CONNECT` and the like are another program's business.
fn method(text: &str) -> Result<Method, Refusal> {
    let known = [Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE];
    let found = known.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(text));
    found.ok_or_else(|| Refusal::unsent("there is no such method", "write GET, POST, PATCH, PUT or DELETE"))
}

/// From standard input or a file: a body may hold secrets, and arguments are for everyone to read.
fn data(session: &Session, from: &str) -> Result<Secret<Vec<u8>>, Refusal> {
    let Some(source) = source_of(from) else {
        return Err(Refusal::unsent(
            "the body stands on the command line, where every process of this machine can read it",
            "give it on standard input (-d -) or in a file (-d @FILE)",
        ));
    };
    if session.is_shown_only {
        return Err(Refusal::unsent(
            "--curl shows a body, and this one may hold secrets",
            "give curl the file itself: -d @FILE",
        ));
    }
    let text = read(&source)?;
    // EXPOSE: it is what is to be sent.
    Ok(Secret::new(text.expose().as_bytes().to_vec()))
}
