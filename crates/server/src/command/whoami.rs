//! `strongroom whoami` and `strongroom logout`: who the token stands for, and its end here.

use std::process::ExitCode;

use http::Method;
use serde_json::Value;
use strongroom_domain::token::is_session;

use super::login::remove;
use crate::client::{Ask, Session, TokenSource};
use crate::output::{Cell, View};
use crate::refusal::Refusal;

/// As the server answers it.
pub(crate) async fn show(session: &Session) -> Result<ExitCode, Refusal> {
    const UNKNOWN: &str = "it is not known who this is";
    let answer = session.submit(Ask::get(&["v1", "whoami"])).await;
    let answer = answer.map_err(|failure| failure.refuse(session, UNKNOWN, None))?;
    if let Some(answer) = answer {
        session.output.show(&answer.body, record)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn record(value: &Value) -> View {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let named =
        |name: &'static str, value: &Value| (!value.is_null()).then(|| (name, Cell::plain(text(value))));
    let fields = [
        named("name", &value["name"]),
        named("kind", &value["kind"]),
        named("role", &value["role"]),
        named("grants", &grants(&value["grants"])),
        named("workspace", &value["workspace"]["slug"]),
        named("organization", &value["organization"]["slug"]),
        named("issuer", &value["identity"]["issuer"]),
        named("subject", &value["identity"]["subject"]),
        named("by", &value["authenticated_by"]),
        named("until", &value["expires_at"]),
    ];
    View::Record(fields.into_iter().flatten().collect())
}

/// What is granted beside the role, in words; null where nothing is.
fn grants(grants: &Value) -> Value {
    let one = |grant: &Value| {
        let text = |name: &str| grant[name].as_str().unwrap_or_default().to_owned();
        format!("{} of the {} {}", text("role"), text("place"), text("workspace")).trim_end().to_owned()
    };
    let all: Vec<String> = grants.as_array().into_iter().flatten().map(one).collect();
    if all.is_empty() { Value::Null } else { all.join(", ").into() }
}

/// Ends a session at the server, and forgets what the profile has stored. A token of the API stays in force: it may
/// be in use elsewhere, and `token revoke` ends it.
pub(crate) async fn logout(session: &Session) -> Result<ExitCode, Refusal> {
    const UNDONE: &str = "you were not logged out";
    // EXPOSE: looked at for its first letters
    let is_session = session.token().is_some_and(|token| is_session(token.expose()));
    if is_session {
        let ended = session.submit(Ask::new(Method::DELETE, &["v1", "sessions"])).await;
        match ended {
            Ok(None) => return Ok(ExitCode::SUCCESS),
            Ok(Some(_)) => session.output.say("the session has ended"),
            // It has ended already: what is left is to forget it.
            Err(failure) if failure.is_login_needed() => session.output.say("the session had ended already"),
            Err(failure) => return Err(failure.refuse(session, UNDONE, Some("nothing was removed"))),
        }
    }
    match session.settings.token.as_ref().map(|token| &token.value) {
        Some(TokenSource::File(path)) if session.settings.is_profiles_token() => {
            remove(path).map_err(|error| Refusal::system(path, &error).about(UNDONE))?;
            session.output.say(format_args!("profile {} holds no token now", session.settings.profile.value));
        }
        Some(_) => session.output.say("the token was given by a variable or a flag: it is not stored here"),
        None => session.output.say("there was nothing to log out of"),
    }
    Ok(ExitCode::SUCCESS)
}
