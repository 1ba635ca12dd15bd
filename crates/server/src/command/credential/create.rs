//! `credential create`: asked for what is missing, tried, saved.

use std::process::ExitCode;

use http::Method;

use super::draft::{Body, prompted};
use super::view;
use crate::arguments::Create;
use crate::client::progress::{show_check, waiting};
use crate::client::prompt::ask;
use crate::client::secrets;
use crate::client::{Ask, Branch, Failure, KindSchema, Session, make_key};
use crate::command::kind;
use crate::refusal::Refusal;

const UNDONE: &str = "the credential was not created";
const AS_IT_WAS: &str = "nothing was saved";

pub(super) async fn run(session: &Session, create: Create) -> Result<ExitCode, Refusal> {
    let body = body(session, &create).await.map_err(|refusal| refusal.about(UNDONE).leaving(AS_IT_WAS))?;
    let is_dry = create.trial.dry_run;
    let request = Ask::new(Method::POST, &session.in_workspace(&["credentials"]));
    let request = if is_dry { request.query("dry_run", "true") } else { request };
    let request = request.json(body.into_value()).once(make_key());
    let answered =
        waiting(&session.output, "trying it against the real system", session.submit(request)).await;
    match answered {
        Ok(None) => {}
        Ok(Some(answer)) => {
            show_check(&session.output, &answer.body.value()["verification"]);
            if is_dry {
                session.output.say("dry run: this is what would be saved; nothing was");
            }
            session.output.show(&answer.body, view::one)?;
        }
        Err(failure) => return Err(refused(session, failure)),
    }
    Ok(ExitCode::SUCCESS)
}

/// The steps belong to the person at the terminal also, and more so, where the check failed.
fn refused(session: &Session, failure: Failure) -> Refusal {
    if let Failure::Problem(problem) = &failure
        && let Some(verification) = problem.verification()
    {
        show_check(&session.output, verification);
    }
    failure.refuse(session, UNDONE, Some(AS_IT_WAS))
}

/// In the order in which a person thinks: what sort, which name, where, and last the secret.
async fn body(session: &Session, create: &Create) -> Result<Body, Refusal> {
    let sources = secrets::parse(&create.what.secret)?;
    let kind = kind_of(session, create).await?;
    let schema = kind::schema(session, &kind, UNDONE).await?;
    let branch = branch(&schema, create, &sources)?;
    branch.expect_secrets(sources.iter().map(|(name, _)| name.as_str()))?;
    let mut body = Body::described(&create.what)?;
    body.put("kind", Some(kind.into()));
    body.put("method", Some(branch.method.into()));
    body.set(&branch, &create.what.set)?;
    if !body.has("name") {
        body.put("name", Some(name(session, create).await?.into()));
    }
    complete_settings(session, &branch, &mut body).await?;
    body.take(session, &branch, &sources).await?;
    complete_secrets(session, &branch, &mut body).await?;
    body.checked(&create.check);
    Ok(body)
}

/// Nothing is guessed: a kind decides where the secret will travel.
async fn kind_of(session: &Session, create: &Create) -> Result<String, Refusal> {
    match create.kind.as_ref().or(create.kind_flag.as_ref()) {
        Some(kind) => Ok(kind.clone()),
        None if session.output.terminal.asks => ask("Kind (strongroom kind list shows them)").await,
        None => Err(Refusal::unsent(
            "no kind was given",
            "strongroom credential create KIND; strongroom kind list shows them",
        )),
    }
}

/// The method that was named, else the one that has the fields that were given.
fn branch<'a>(
    schema: &'a KindSchema,
    create: &Create,
    sources: &[(String, secrets::Source)],
) -> Result<Branch<'a>, Refusal> {
    let settings = create.what.set.iter().filter_map(|setting| setting.split_once('='));
    let names = settings.map(|(name, _)| name.trim_end_matches(':'));
    let names: Vec<&str> = names.chain(sources.iter().map(|(name, _)| name.as_str())).collect();
    if let Some(method) = &create.what.method {
        return schema.branch(method);
    }
    schema.fitting(&names).ok_or_else(|| {
        Refusal::unsent("the kind has no method at all", "use the command line of the server's own release")
    })
}

/// The name that people read; a slug will do for one.
async fn name(session: &Session, create: &Create) -> Result<String, Refusal> {
    match &create.what.slug {
        Some(slug) if !slug.is_empty() => Ok(slug.clone()),
        _ if session.output.terminal.asks => ask("Name").await,
        _ => Err(Refusal::unsent("the credential has no name", "give --name or --slug")),
    }
}

async fn complete_settings(session: &Session, branch: &Branch<'_>, body: &mut Body) -> Result<(), Refusal> {
    // The server names everything that is missing, all at once; and only it knows what an integration has already.
    if !session.output.terminal.asks || body.has("integration_id") {
        return Ok(());
    }
    for field in branch.required_settings() {
        if !body.has_in("settings", field.name) {
            let text = ask(field.title()).await?;
            body.put_in("settings", field.name, branch.setting(field.name, &text)?);
        }
    }
    Ok(())
}

/// Whatever has a value already, from a file or a pipe, is not asked for again.
async fn complete_secrets(session: &Session, branch: &Branch<'_>, body: &mut Body) -> Result<(), Refusal> {
    if !session.output.terminal.asks || session.is_shown_only {
        return Ok(());
    }
    for field in branch.required_secrets() {
        if !body.has_in("secrets", field.name) {
            body.put_secret(&field, &prompted(&field).await?)?;
        }
    }
    Ok(())
}
