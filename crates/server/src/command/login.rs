//! `strongroom login` and `strongroom status`: is the server there, and does it take this token?

use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};
use strongroom_config::client::Profile;
use strongroom_domain::Secret;

use crate::arguments::{Connection, Login};
use crate::client::prompt::{Until, ask_hidden};
use crate::client::secrets::{Source, read, source_of};
use crate::client::{Ask, Session, Settings};
use crate::output::{Body, Cell, Output, View};
use crate::refusal::Refusal;
use crate::token_file::{Content, TokenFile};

use super::sign_in;

const UNDONE: &str = "the token was not stored";

/// Tries the token, then stores it in the profile that is in force.
pub(crate) async fn login(
    connection: &Connection,
    mut settings: Settings,
    output: Output,
    login: &Login,
) -> Result<ExitCode, Refusal> {
    if login.oidc {
        settings.token = None;
        return with_issuer(connection, settings, output, login).await;
    }
    let token = token(login, &output).await.map_err(|refusal| refusal.about(UNDONE))?;
    // What a profile or a variable holds has no part in this: an answer is about the token that was given.
    settings.token = None;
    let session = Session::with(connection, settings, Some(token.clone()), output)?;
    keep(&session, login, &token).await
}

/// The same with a session, for which a person signs in elsewhere.
async fn with_issuer(
    connection: &Connection,
    settings: Settings,
    output: Output,
    login: &Login,
) -> Result<ExitCode, Refusal> {
    let stranger = Session::with(connection, settings, None, output)?;
    let begun = sign_in::by_issuer(&stranger, login).await?;
    keep(&stranger.holding(begun.clone()), login, &begun).await
}

/// Tries it, and stores it where it is taken.
async fn keep(session: &Session, login: &Login, token: &Secret<String>) -> Result<ExitCode, Refusal> {
    let tried = session.submit(Ask::get(&session.in_workspace(&[]))).await;
    let Some(answer) =
        tried.map_err(|failure| failure.refuse(session, UNDONE, Some("nothing was stored")))?
    else {
        return Ok(ExitCode::SUCCESS);
    };
    let profile = Profile {
        address: Some(session.settings.address.value.to_string()),
        workspace: Some(session.settings.workspace.value.clone()),
        ca_cert: session.settings.ca_cert.as_ref().and_then(|file| fs::canonicalize(&file.value).ok()),
    };
    if login.trial.dry_run {
        session.output.say("dry run: the token is taken; it was not stored");
    } else {
        store(&session.settings, &profile, token).map_err(|refusal| refusal.about(UNDONE))?;
        session.output.say(format_args!(
            "the token is taken, and stored in profile {}",
            session.settings.profile.value
        ));
    }
    let result = json!({
        "profile": session.settings.profile.value.to_string(),
        "address": profile.address,
        "workspace": profile.workspace,
        "workspace_id": answer.body.value()["id"],
    });
    session.output.show(&Body::from(result), record)?;
    Ok(ExitCode::SUCCESS)
}

/// From where it was said to be. A file must be its owner's alone, as the one it is stored in will be.
async fn token(login: &Login, output: &Output) -> Result<Secret<String>, Refusal> {
    let Some(from) = &login.from else {
        if output.terminal.asks {
            return ask_hidden("Token", Until::EndOfLine).await;
        }
        return Err(Refusal::unsent(
            "there is no terminal to ask for the token at",
            "strongroom login - < FILE, or strongroom login @FILE",
        ));
    };
    match source_of(from) {
        Some(Source::File(path)) => match TokenFile::at(&path).read()? {
            Content::Line(token) => Ok(token),
            Content::Missing | Content::Empty => {
                Err(Refusal::unsent("there is no token in that file", "name the file that holds it"))
            }
        },
        Some(source) => read(&source),
        None => Err(Refusal::unsent(
            "the token stands on the command line, where every process of this machine can read it",
            "strongroom login asks for it; strongroom login - reads standard input; consider this one known and rotate it",
        )),
    }
}

/// A torn end leaves no token, and never one beside the address of another server.
fn store(settings: &Settings, profile: &Profile, token: &Secret<String>) -> Result<(), Refusal> {
    let Some(folder) = &settings.folder else {
        return Err(Refusal::unsent(
            "neither HOME nor XDG_CONFIG_HOME names a folder",
            "set one of them, or use --token-file",
        )
        .about(UNDONE)
        .leaving("nothing was stored"));
    };
    let (settings_file, token_file) =
        (settings.profile.value.file(folder), settings.profile.value.token_file(folder));
    let profiles = settings_file.parent().unwrap_or(folder);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(profiles);
    made.map_err(|error| Refusal::system(profiles, &error))?;
    // Token and address belong together, and two files cannot be exchanged at once. So the old token goes
    // before the address changes: between the two there is none, never one for another server.
    let file = TokenFile::at(&token_file);
    file.prepare(token)?;
    remove(&token_file).map_err(|error| Refusal::system(&token_file, &error))?;
    let written = write(&settings_file, &profile.text());
    let stored =
        written.map_err(|error| Refusal::system(&settings_file, &error)).and_then(|()| file.publish());
    stored.map(drop).map_err(|refusal| refusal.leaving("the profile has no token now: log in again"))
}

pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Whole or not at all: a torn profile would send the token to the built-in address.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    // Of its own making, whatever stood there: a link would lead the text elsewhere.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(new, path)
}

/// Asks the server how it is, and whether it takes the token.
pub(crate) async fn status(session: &Session) -> Result<ExitCode, Refusal> {
    const NOT_KNOWN: &str = "the server's state is not known";
    let ready = session.send(Ask::get(&["readyz"])).await;
    let ready = ready.map_err(|failure| failure.refuse(session, NOT_KNOWN, None))?;
    let workspace = session.submit(Ask::get(&session.in_workspace(&[]))).await;
    let refused = |failure: crate::client::Failure| {
        failure.refuse(session, "the server is ready and does not take the token", None)
    };
    let Some(workspace) = workspace.map_err(refused)? else { return Ok(ExitCode::SUCCESS) };
    let result = json!({
        "address": session.settings.address.value.to_string(),
        "ready": ready.status == 200,
        "workspace": session.settings.workspace.value,
        "workspace_id": workspace.body.value()["id"],
    });
    session.output.show(&Body::from(result), record)?;
    Ok(ExitCode::SUCCESS)
}

fn record(value: &Value) -> View {
    let fields = ["address", "ready", "profile", "workspace", "workspace_id"].into_iter();
    let fields = fields.filter_map(|name| {
        let value = value.get(name)?;
        Some((name, Cell::plain(value.as_str().map_or_else(|| value.to_string(), str::to_owned))))
    });
    View::Record(fields.collect())
}
