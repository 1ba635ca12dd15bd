//! `strongroom token`: who may call the API.
//!
//! A token's text is the result of making it and appears once: on standard output, or in a file.

use std::path::Path;
use std::process::ExitCode;

use http::Method;
use serde_json::{Value, json};
use strongroom_domain::Secret;

use super::{page, preview};
use crate::arguments::{CreateToken, Page, RevokeToken, TokenChange, TokenCommand};
use crate::client::names::seconds;
use crate::client::{Answer, Ask, Origin, Session};
use crate::output::{Body, Cell, View};
use crate::refusal::{Refusal, UNCHANGED, UNSENT};
use crate::token_file::TokenFile;

/// Does what was asked.
pub(crate) async fn run(session: &Session, command: TokenCommand) -> Result<ExitCode, Refusal> {
    match command {
        TokenCommand::List(page) => list(session, &page).await,
        TokenCommand::Create(create) => self::create(session, *create).await,
        TokenCommand::Rotate(rotate) => self::rotate(session, &rotate).await,
        TokenCommand::Revoke(revoke) => self::revoke(session, &revoke).await,
    }
}

async fn list(session: &Session, page: &Page) -> Result<ExitCode, Refusal> {
    // The one that the token is at home in, unless somebody has named one.
    let workspace = &session.settings.workspace;
    let named = Some(workspace.value.as_str()).filter(|_| workspace.origin != Origin::BuiltIn);
    let ask = Ask::get(&["v1", "tokens"]).query_if("workspace", named);
    let submitted = session.submit(page::paged(ask, page)).await;
    let answer = submitted.map_err(|failure| failure.refuse(session, "the tokens were not listed", None))?;
    page::show(session, answer, many)
}

async fn create(session: &Session, create: CreateToken) -> Result<ExitCode, Refusal> {
    let error = format!("token \"{}\" was not made", create.name);
    let mut body = json!({
        "name": create.name, "kind": create.kind, "role": create.role,
        "workspace": session.settings.workspace.value,
    });
    if !create.credentials.is_empty() {
        body["credentials"] = create.credentials.into();
    }
    if !create.kinds.is_empty() {
        body["kinds"] = create.kinds.into();
    }
    if !create.labels.is_empty() {
        body["labels"] = create.labels.into_iter().map(|(key, value)| (key, Value::String(value))).collect();
    }
    if !create.networks.is_empty() {
        body["networks"] = create.networks.into();
    }
    if let Some(expires) = create.expires {
        body["expires_at"] = expires.into();
    }
    let identity = create.issuer.zip(create.subject);
    if let Some((issuer, subject)) = &identity {
        body["identity"] = json!({"issuer": issuer, "subject": subject});
    }
    if create.trial.dry_run {
        return Ok(preview(session, &format!("a token would be made: {body}")));
    }
    let ask = Ask::new(Method::POST, &["v1", "tokens"]).json(body);
    if identity.is_some() {
        let made = session.submit(ask).await;
        let made = made.map_err(|failure| failure.refuse(session, &error, Some(UNCHANGED)))?;
        if let Some(answer) = made {
            session.output.show(&answer.body, one)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    give_once(session, ask, create.save.file.as_deref(), &error, TOKEN).await
}

/// Not repeated where the answer is lost: each time makes another text, and only the last one counts.
async fn rotate(session: &Session, rotate: &TokenChange) -> Result<ExitCode, Refusal> {
    let error = format!("token {} was not rotated", rotate.id);
    let overlap =
        rotate.overlap.as_deref().map_or(Ok(0), seconds).map_err(|refusal| refusal.about(&error))?;
    if rotate.trial.dry_run {
        return Ok(preview(
            session,
            &format!("{} would get a new text, and the old one would end {}", rotate.id, ends(overlap)),
        ));
    }
    let ask = Ask::new(Method::POST, &["v1", "tokens", &rotate.id, "rotate"]);
    let ask = if overlap == 0 { ask } else { ask.json(json!({"overlap_seconds": overlap})) };
    give_once(session, ask, rotate.save.file.as_deref(), &error, TOKEN).await
}

fn ends(overlap: u64) -> String {
    if overlap == 0 { "at once".to_owned() } else { format!("in {overlap} seconds") }
}

async fn revoke(session: &Session, revoke: &RevokeToken) -> Result<ExitCode, Refusal> {
    if revoke.trial.dry_run {
        return Ok(preview(session, &format!("{} would end at once", revoke.id)));
    }
    let error = format!("token {} was not revoked", revoke.id);
    agree(session, &revoke.id, &error).await?;
    let submitted = session.submit(Ask::new(Method::DELETE, &["v1", "tokens", &revoke.id])).await;
    if submitted.map_err(|failure| failure.refuse(session, &error, Some(UNCHANGED)))?.is_some() {
        session.output.say(format_args!("token {} has ended", revoke.id));
    }
    Ok(ExitCode::SUCCESS)
}

/// Whatever uses it stops working at once, and nothing brings it back.
async fn agree(session: &Session, id: &str, error: &str) -> Result<(), Refusal> {
    let question =
        format!("End token {id}? Whatever uses it is refused from then on, and it cannot be brought back.");
    session.agree(&question, error, "--dry-run changes nothing").await
}

/// What is shown of an answer with a token, and what to do where the token in it was lost.
#[derive(Clone, Copy)]
pub(super) struct Given {
    pub(super) view: fn(&Value) -> View,
    /// With the id that the answer has.
    pub(super) lost: fn(&str) -> String,
}

/// A token of the caller's workspace.
const TOKEN: Given = Given { view: one, lost: |id| format!("{id} exists: revoke it, or rotate it") };

/// A new text, shown once or put into a file; the file is made before the token, which could not be shown again.
pub(super) async fn give_once(
    session: &Session,
    ask: Ask,
    file: Option<&Path>,
    error: &str,
    given: Given,
) -> Result<ExitCode, Refusal> {
    let place = file.map(TokenFile::make).transpose();
    let place = place.map_err(|refusal| refusal.about(error).leaving(UNSENT))?;
    let answered = session.submit(ask).await;
    let answer = match answered {
        Ok(Some(answer)) => answer,
        nothing => {
            if let Some(place) = place {
                place.discard();
            }
            return nothing
                .map(|_| ExitCode::SUCCESS)
                .map_err(|failure| failure.refuse(session, error, Some(UNCHANGED)));
        }
    };
    let Some(place) = place else {
        session.output.show(&answer.body, given.view)?;
        session.output.say("this is the only time that the token is shown");
        return Ok(ExitCode::SUCCESS);
    };
    save(session, &answer, &place, given)
}

/// What is shown then is the rest: the text stands in one place only.
fn save(session: &Session, answer: &Answer, place: &TokenFile, given: Given) -> Result<ExitCode, Refusal> {
    let mut rest = answer.body.value().clone();
    let Some(Value::String(text)) = rest.as_object_mut().and_then(|body| body.remove("token")) else {
        return Err(Refusal::failed(
            "the token was not saved",
            "the answer holds none",
            "look what there is with `list`, and make it again",
        ));
    };
    let id = rest["id"].as_str().unwrap_or_default().to_owned();
    place
        .fill(&Secret::new(text))
        .map_err(|refusal| refusal.about("the token was not saved").leaving((given.lost)(&id)))?;
    session.output.show(&Body::from(rest), given.view)?;
    session.output.say(format_args!("its text is in {} (mode 0600)", place.path().display()));
    Ok(ExitCode::SUCCESS)
}

fn many(list: &Value) -> View {
    let row = |token: &Value| {
        let names = ["id", "name", "kind", "role", "expires_at", "last_used_at"];
        names.into_iter().map(|name| Cell::plain(token[name].as_str().unwrap_or_default())).collect()
    };
    let rows = list["items"].as_array().into_iter().flatten().map(row).collect();
    View::List { columns: vec!["ID", "NAME", "KIND", "ROLE", "EXPIRES", "LAST USED"], rows }
}

fn one(token: &Value) -> View {
    let names = [
        ("id", "id"),
        ("name", "name"),
        ("kind", "kind"),
        ("role", "role"),
        ("expires", "expires_at"),
        ("token", "token"),
    ];
    let fields = names.into_iter().filter_map(|(name, field)| {
        Some((name, Cell::plain(token.get(field)?.as_str().unwrap_or_default())))
    });
    View::Record(fields.collect())
}
