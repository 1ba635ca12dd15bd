//! `credential update`: the change is tried first; refused, everything is as it was.

use std::process::ExitCode;

use http::Method;
use serde_json::Value;

use super::draft::Body;
use super::view;
use crate::arguments::Update;
use crate::client::names::{credential, reference};
use crate::client::progress::{show_check, waiting};
use crate::client::{Ask, Failure, KindSchema, Session, make_key, secrets};
use crate::command::kind;
use crate::refusal::{Refusal, UNCHANGED};

pub(super) async fn run(session: &Session, update: Update) -> Result<ExitCode, Refusal> {
    let name = &update.credential;
    let error = format!("{} was not changed", credential(name));
    // Before anything is asked or sent: a secret on the command line is refused at once.
    let sources = secrets::parse(&update.what.secret).map_err(|refusal| refusal.about(&error))?;
    let shown = session.send(Ask::get(&session.in_workspace(&["credentials", &reference(name)]))).await;
    let before = match shown {
        Ok(answer) => answer.body,
        Err(failure) => return Err(session.refuse_named(failure, name, &error, Some(UNCHANGED)).await),
    };
    let body = body(session, &update, &sources, before.value()).await;
    let body = body.map_err(|refusal| refusal.about(&error).leaving(UNCHANGED))?;
    let answered = waiting(
        &session.output,
        "trying it against the real system",
        session.submit(request(session, &update, body)),
    )
    .await;
    match answered {
        Ok(None) => {}
        Ok(Some(answer)) => {
            let after = answer.body.value();
            // A change of the name alone tries nothing, and an old check is no news.
            if after["verification"]["checked_at"] != before.value()["verification"]["checked_at"] {
                show_check(&session.output, &after["verification"]);
            }
            if update.trial.dry_run {
                session.output.say("dry run: this is what would be saved; nothing was");
            }
            session.output.show(&answer.body, view::one)?;
        }
        Err(failure) => {
            let state = state(session, &failure, name, before.value()).await;
            return Err(refused(session, failure, name, &error, &state).await);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is served now, asked after the refusal: somebody else may have changed it while this change was tried.
async fn state(session: &Session, failure: &Failure, name: &str, before: &Value) -> String {
    let asked = Ask::get(&session.in_workspace(&["credentials", &reference(name)]));
    let now = match failure {
        Failure::Problem(_) => session.send(asked).await.ok(),
        _ => None,
    };
    match now.map(|answer| answer.body.value()["version"].clone()) {
        Some(version) if version == before["version"] => {
            format!("nothing was changed: version {version} is still served")
        }
        Some(version) => {
            format!("this changed nothing; somebody else did meanwhile: version {version} is served")
        }
        None => UNCHANGED.to_owned(),
    }
}

/// The steps first, then what they mean.
async fn refused(session: &Session, failure: Failure, name: &str, error: &str, state: &str) -> Refusal {
    if let Failure::Problem(problem) = &failure
        && let Some(verification) = problem.verification()
    {
        show_check(&session.output, verification);
    }
    session.refuse_named(failure, name, error, Some(state)).await
}

/// One key for all its repetitions: the same change is done once, also where an answer was lost.
fn request(session: &Session, update: &Update, body: Body) -> Ask {
    let named = reference(&update.credential);
    let ask = Ask::new(Method::PATCH, &session.in_workspace(&["credentials", &named]));
    let ask = if update.trial.dry_run { ask.query("dry_run", "true") } else { ask };
    ask.json(body.into_value()).if_version(update.version.if_version).once(make_key())
}

/// The kind's schema is asked for only where a field of it is touched: a name or a label needs none.
async fn body(
    session: &Session,
    update: &Update,
    sources: &[(String, secrets::Source)],
    before: &Value,
) -> Result<Body, Refusal> {
    let mut body = Body::described(&update.what)?;
    for label in &update.remove_label {
        body.put_in("labels", label, Value::Null);
    }
    if !(update.what.set.is_empty() && update.unset.is_empty() && sources.is_empty()) {
        let schema =
            kind::schema(session, before["kind"].as_str().unwrap_or_default(), "nothing was sent").await?;
        fill(session, update, sources, before, &schema, &mut body).await?;
    }
    if body.is_empty() {
        return Err(Refusal::unsent(
            "no change was given",
            "strongroom credential update --help shows what can be changed",
        ));
    }
    let agreed = [
        ("rebind", update.rebind),
        ("accept_account_change", update.accept_account_change),
        ("accept_fewer_scopes", update.accept_fewer_scopes),
    ];
    for (name, is_given) in agreed {
        body.put(name, is_given.then_some(true.into()));
    }
    body.checked(&update.check);
    Ok(body)
}

/// Settings and secrets, by the method that the credential will have.
async fn fill(
    session: &Session,
    update: &Update,
    sources: &[(String, secrets::Source)],
    before: &Value,
    schema: &KindSchema,
    body: &mut Body,
) -> Result<(), Refusal> {
    let method = update.what.method.as_deref().or(before["method"].as_str()).unwrap_or_default();
    let branch = schema.branch(method)?;
    branch.expect_secrets(sources.iter().map(|(name, _)| name.as_str()))?;
    body.set(&branch, &update.what.set)?;
    for name in &update.unset {
        let is_stored =
            before["secret_fields"].as_array().is_some_and(|fields| fields.iter().any(|field| field == name));
        // What is stored may be of another method or of an older kind, and can be taken away all the same.
        if !is_stored && before["settings"].get(name).is_none() {
            branch.expect_field(name)?;
        }
        let outer = if is_stored || branch.has_secret(name) { "secrets" } else { "settings" };
        body.put_in(outer, name, Value::Null);
    }
    body.take(session, &branch, sources).await
}
