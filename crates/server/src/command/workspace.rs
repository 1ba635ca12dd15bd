//! `strongroom workspace`: the environments of an organization.

use std::process::ExitCode;

use http::Method;
use serde_json::{Map, Value, json};

use super::{page, preview};
use crate::arguments::{CreateWorkspace, DeleteWorkspace, Page, UpdateWorkspace, WorkspaceCommand};
use crate::client::{Ask, Session};
use crate::output::{Cell, View};
use crate::refusal::{Refusal, UNCHANGED};

/// Does what was asked.
pub(crate) async fn run(session: &Session, command: WorkspaceCommand) -> Result<ExitCode, Refusal> {
    match command {
        WorkspaceCommand::List(page) => list(session, &page).await,
        WorkspaceCommand::Get { workspace } => get(session, workspace.as_deref()).await,
        WorkspaceCommand::Create(create) => self::create(session, create).await,
        WorkspaceCommand::Update(update) => self::update(session, update).await,
        WorkspaceCommand::Delete(delete) => self::delete(session, &delete).await,
    }
}

async fn list(session: &Session, page: &Page) -> Result<ExitCode, Refusal> {
    let submitted = session.submit(page::paged(Ask::get(&["v1", "workspaces"]), page)).await;
    let answer =
        submitted.map_err(|failure| failure.refuse(session, "the workspaces were not listed", None))?;
    page::show(session, answer, page::named)
}

async fn get(session: &Session, name: Option<&str>) -> Result<ExitCode, Refusal> {
    let name = name.unwrap_or(&session.settings.workspace.value);
    let error = format!("workspace {name} was not shown");
    let submitted = session.submit(Ask::get(&["v1", "workspaces", name])).await;
    page::show(session, submitted.map_err(|failure| failure.refuse(session, &error, None))?, one)
}

async fn create(session: &Session, create: CreateWorkspace) -> Result<ExitCode, Refusal> {
    let error = format!("workspace {} was not made", create.slug);
    let body = json!({"slug": create.slug, "name": create.name.as_ref().unwrap_or(&create.slug)});
    if create.trial.dry_run {
        return Ok(preview(session, &format!("a workspace would be made: {body}")));
    }
    let submitted = session.submit(Ask::new(Method::POST, &["v1", "workspaces"]).json(body)).await;
    let answer = submitted.map_err(|failure| failure.refuse(session, &error, Some(UNCHANGED)))?;
    page::show(session, answer, one)
}

async fn update(session: &Session, update: UpdateWorkspace) -> Result<ExitCode, Refusal> {
    let name = update.workspace.as_deref().unwrap_or(&session.settings.workspace.value);
    let error = format!("workspace {name} was not changed");
    let mut body = Map::new();
    if let Some(name) = update.name {
        body.insert("name".to_owned(), name.into());
    }
    if !update.settings.is_empty() {
        let settings: Map<String, Value> = update.settings.into_iter().collect();
        body.insert("settings".to_owned(), settings.into());
    }
    if body.is_empty() {
        let (cause, fix) = ("nothing was named that should change", "give --name or --set KEY=VALUE");
        return Err(Refusal::unsent(cause, fix).about(error));
    }
    let body = Value::Object(body);
    let asks_for_no_check = body["settings"]["verify"] == "never";
    if update.trial.dry_run {
        return Ok(preview(session, &format!("workspace {name} would be given {body}")));
    }
    let submitted = session.submit(Ask::new(Method::PATCH, &["v1", "workspaces", name]).json(body)).await;
    let answer = submitted.map_err(|failure| failure.refuse(session, &error, Some(UNCHANGED)))?;
    if asks_for_no_check && answer.is_some() {
        session.output.say(format_args!(
            "warning: what is changed in workspace {name} is saved without being tried from now on"
        ));
    }
    page::show(session, answer, one)
}

async fn delete(session: &Session, delete: &DeleteWorkspace) -> Result<ExitCode, Refusal> {
    let name = &delete.workspace;
    let error = format!("workspace {name} was not deleted");
    if delete.trial.dry_run {
        let there = session.send(Ask::get(&["v1", "workspaces", name])).await;
        there.map_err(|failure| failure.refuse(session, &error, Some(UNCHANGED)))?;
        session.output.say(format_args!("dry run: workspace {name} would be deleted with all that is in it"));
        return Ok(ExitCode::SUCCESS);
    }
    let question =
        format!("Delete workspace {name} with all its credentials and tokens? There is no undelete.");
    session.agree(&question, &error, "--dry-run changes nothing").await?;
    let ask = Ask::new(Method::DELETE, &["v1", "workspaces", name]);
    let ask = ask.query_if("force", delete.force.then_some("true"));
    let submitted = session.submit(ask).await;
    if submitted.map_err(|failure| failure.refuse(session, &error, Some(UNCHANGED)))?.is_some() {
        session.output.say(format_args!("workspace {name} is deleted"));
    }
    Ok(ExitCode::SUCCESS)
}

fn one(workspace: &Value) -> View {
    let mut fields: Vec<_> = [("id", "id"), ("slug", "slug"), ("name", "name"), ("made", "created_at")]
        .into_iter()
        .map(|(label, name)| (label, Cell::plain(workspace[name].as_str().unwrap_or_default())))
        .collect();
    for name in SETTINGS {
        let value = &workspace["settings"][name];
        fields.push((name, Cell::plain(value.as_str().map_or_else(|| value.to_string(), str::to_owned))));
    }
    View::Record(fields)
}

/// As the API names them.
const SETTINGS: [&str; 9] = [
    "verify",
    "on_unreachable",
    "require_if_match",
    "duplicates",
    "ssh_host_keys",
    "postgres_sslmode",
    "hold_seconds",
    "flowise_mode",
    "flowise_schema",
];
