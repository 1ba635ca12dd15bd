//! `strongroom organization`: tenants, for who manages the installation; and one's own.

use std::process::ExitCode;

use http::Method;
use serde_json::{Value, json};

use super::token::{Given, give_once};
use super::{page, preview};
use crate::arguments::{
    CreateOrganization, DeleteOrganization, OrganizationCommand, Page, UpdateOrganization,
};
use crate::client::{Ask, Session};
use crate::output::{Cell, View};
use crate::refusal::{Refusal, UNCHANGED};

/// Nobody but its first owner can enter it.
const FOUNDED: Given = Given {
    view: one,
    lost: |id| {
        format!("{id} exists, and nobody can enter it: delete it with strongroom organization delete {id}")
    },
};

/// Does what was asked.
pub(crate) async fn run(session: &Session, command: OrganizationCommand) -> Result<ExitCode, Refusal> {
    match command {
        OrganizationCommand::List(page) => list(session, &page).await,
        OrganizationCommand::Get { id } => get(session, &id).await,
        OrganizationCommand::Create(create) => self::create(session, &create).await,
        OrganizationCommand::Update(update) => self::update(session, &update).await,
        OrganizationCommand::Delete(delete) => self::delete(session, &delete).await,
    }
}

async fn list(session: &Session, page: &Page) -> Result<ExitCode, Refusal> {
    let submitted = session.submit(page::paged(Ask::get(&["v1", "organizations"]), page)).await;
    let answer =
        submitted.map_err(|failure| failure.refuse(session, "the organizations were not listed", None))?;
    page::show(session, answer, page::named)
}

async fn get(session: &Session, id: &str) -> Result<ExitCode, Refusal> {
    let error = format!("organization {id} was not shown");
    let submitted = session.submit(Ask::get(&["v1", "organizations", id])).await;
    page::show(session, submitted.map_err(|failure| failure.refuse(session, &error, None))?, one)
}

/// Not repeated where the answer is lost: the token in it is shown once.
async fn create(session: &Session, create: &CreateOrganization) -> Result<ExitCode, Refusal> {
    let body = json!({
        "slug": create.slug, "name": create.name.as_ref().unwrap_or(&create.slug),
        "workspace": create.first_workspace,
    });
    if create.trial.dry_run {
        return Ok(preview(session, &format!("an organization would be made: {body}")));
    }
    let error = format!("organization {} was not made", create.slug);
    let ask = Ask::new(Method::POST, &["v1", "organizations"]).json(body);
    give_once(session, ask, create.save.file.as_deref(), &error, FOUNDED).await
}

async fn update(session: &Session, update: &UpdateOrganization) -> Result<ExitCode, Refusal> {
    if update.trial.dry_run {
        return Ok(preview(session, &format!("{} would be called \"{}\"", update.id, update.name)));
    }
    let error = format!("organization {} was not changed", update.id);
    let ask =
        Ask::new(Method::PATCH, &["v1", "organizations", &update.id]).json(json!({"name": update.name}));
    let submitted = session.submit(ask).await;
    let answer = submitted.map_err(|failure| failure.refuse(session, &error, Some(UNCHANGED)))?;
    page::show(session, answer, one)
}

async fn delete(session: &Session, delete: &DeleteOrganization) -> Result<ExitCode, Refusal> {
    let id = &delete.id;
    let error = format!("organization {id} was not deleted");
    if delete.trial.dry_run {
        let there = session.send(Ask::get(&["v1", "organizations", id])).await;
        there.map_err(|failure| failure.refuse(session, &error, Some(UNCHANGED)))?;
        session.output.say(format_args!("dry run: {id} would be deleted with all that it has"));
        return Ok(ExitCode::SUCCESS);
    }
    let question = format!(
        "Delete organization {id} with all its workspaces, credentials, keys and tokens? There is no undelete."
    );
    session.agree(&question, &error, "--dry-run changes nothing").await?;
    let submitted = session.submit(Ask::new(Method::DELETE, &["v1", "organizations", id])).await;
    if submitted.map_err(|failure| failure.refuse(session, &error, Some(UNCHANGED)))?.is_some() {
        session.output.say(format_args!("organization {id} is deleted"));
    }
    Ok(ExitCode::SUCCESS)
}

fn one(organization: &Value) -> View {
    let names = [
        ("id", "/id"),
        ("slug", "/slug"),
        ("name", "/name"),
        ("made", "/created_at"),
        ("first workspace", "/workspace/id"),
        ("token id", "/token_id"),
        ("token", "/token"),
    ];
    let fields = names.into_iter().filter_map(|(name, at)| {
        Some((name, Cell::plain(organization.pointer(at)?.as_str().unwrap_or_default())))
    });
    View::Record(fields.collect())
}
