//! What the stock UI asks before it shows its credentials page: who serves it, where to sign in, and a session
//! for a token of ours given as the password.
//!
//! Every route here is open, because nobody is known yet; each looks at exactly one thing that the caller
//! shows. The answers name no other user and no other workspace.

use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use strongroom_domain::access::{Action, Resource, may};
use strongroom_domain::principal::Principal;
use strongroom_domain::{Error, Secret};
use strongroom_service::sessions::{Arrival, Door, LONGEST};
use strongroom_service::{Context, Service};
use strongroom_web::{Answer, Visit};

use super::caller::{self, Place};
use super::{failure, guesses, reply};

/// GET `/version`: the version whose API is spoken [165].
pub(super) async fn version(visit: Visit) -> Answer {
    reply::json(visit.service(), &serde_json::json!({"version": "3.1.4"}))
}

/// GET `/settings` [166].
pub(super) async fn settings(visit: Visit) -> Answer {
    reply::json(visit.service(), &serde_json::json!({"PLATFORM_TYPE": "open source"}))
}

/// GET `/loginmethod/default`: no other way to sign in [168].
pub(super) async fn login_method(visit: Visit) -> Answer {
    reply::json(visit.service(), &serde_json::json!({}))
}

/// POST `/auth/resolve`: where to sign in.
pub(super) async fn resolve(_: Visit) -> Answer {
    failure::json(StatusCode::OK, &serde_json::json!({"redirectUrl": guesses::SIGN_IN_PAGE}))
}

/// POST `/auth/login`: a token as the password; the e-mail address is not looked at.
pub(super) async fn login(mut visit: Visit) -> Answer {
    let Some(password) = password(&mut visit).await? else { return refused() };
    let (request, trace, source, view) = (visit.request(), visit.trace(), visit.peer(), visit.view());
    let arrival = Arrival { request, trace, source, view, door: Door::Page };
    // EXPOSE: compared by the service, kept nowhere.
    let signed_in = match visit.service().sign_in(password.expose(), arrival).await {
        Err(Error::Unauthenticated) => {
            // EXPOSE: counted by its id, kept nowhere.
            visit.service().note_refused_token(password.expose(), arrival);
            return refused();
        }
        signed_in => signed_in?,
    };
    let user = user(visit.service(), &signed_in.context).await?;
    let response = failure::json(StatusCode::OK, &user)?;
    // EXPOSE: the browser is given its session, once.
    Ok(with_cookie(response, visit.headers(), Some((signed_in.session.expose(), LONGEST.as_secs()))))
}

async fn password(visit: &mut Visit) -> Result<Option<Secret<String>>, Error> {
    let Some(document) = visit.body().await? else { return Ok(None) };
    Ok(document.value().get("password").and_then(Value::as_str).map(|text| Secret::new(text.to_owned())))
}

/// The same for every reason [169].
fn refused() -> Answer {
    failure::service_error(StatusCode::UNAUTHORIZED, "Incorrect Email or Password")
}

/// POST `/auth/refreshToken`: a session that lives goes on living.
pub(super) async fn refresh(visit: Visit) -> Answer {
    let (_, context) = session(&visit).await?;
    failure::json(StatusCode::OK, &user(visit.service(), &context).await?)
}

/// POST `/account/logout`: the session ends here and in the browser, whether or not it was still alive.
pub(super) async fn logout(visit: Visit) -> Answer {
    match session(&visit).await {
        Ok((text, context)) => visit.service().sign_out(&context, text).await?,
        Err(Error::Unauthenticated) => {}
        Err(error) => return Err(error),
    }
    let body = serde_json::json!({"message": "logged_out", "redirectTo": guesses::AFTER_SIGN_OUT});
    Ok(with_cookie(failure::json(StatusCode::OK, &body)?, visit.headers(), None))
}

async fn session(visit: &Visit) -> Result<(&str, Context), Error> {
    let text = caller::session(visit.headers()).ok_or(Error::Unauthenticated)?;
    let principal = visit.service().authenticate_session(text, visit.peer(), Door::Page).await?;
    let (request, trace, source, view) = (visit.request(), visit.trace(), visit.peer(), visit.view());
    let context = Context { principal, request, trace, source, view };
    Ok((text, context))
}

fn with_cookie(mut response: Response, asked: &HeaderMap, session: Option<(&str, u64)>) -> Response {
    if let Some(cookie) = caller::cookie(Place::of(asked), session) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Who is signed in, as the UI keeps it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    email: String,
    name: String,
    is_organization_admin: bool,
    active_workspace_id: String,
    active_workspace: String,
    assigned_workspaces: Vec<Assigned>,
    permissions: Vec<&'static str>,
    features: Features,
    #[serde(rename = "isSSO")]
    is_sso: bool,
}

#[derive(Serialize)]
struct Assigned {
    id: String,
    name: String,
}

/// None: each is something that only paid editions have.
#[derive(Serialize)]
struct Features {}

/// GUESS: the UI shows the name as the e-mail address too; tokens have none.
async fn user(service: &Service, context: &Context) -> Result<User, Error> {
    let workspace = service.workspace(context).await?;
    let (id, name) = (workspace.id.uuid().to_string(), workspace.name.to_string());
    let principal = &context.principal;
    Ok(User {
        id: principal.id.uuid().to_string(),
        email: principal.name.to_string(),
        name: principal.name.to_string(),
        // The UI would ask for rights in no other way, and then offer what we do not have.
        is_organization_admin: false,
        active_workspace_id: id.clone(),
        active_workspace: name.clone(),
        assigned_workspaces: vec![Assigned { id, name }],
        permissions: permissions(principal),
        features: Features {},
        is_sso: false,
    })
}

const PERMISSIONS: [(Action, &str); 4] = [
    (Action::ReadMetadata, "credentials:view"),
    (Action::Create, "credentials:create"),
    (Action::Change, "credentials:update"),
    (Action::Delete, "credentials:delete"),
];

fn permissions(principal: &Principal) -> Vec<&'static str> {
    let here = Resource::Workspace(principal.scope);
    PERMISSIONS
        .into_iter()
        .filter(|(action, _)| may(principal, *action, here))
        .map(|(_, name)| name)
        .collect()
}
