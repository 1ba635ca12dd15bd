//! The page of whoever is signed in: who, as what, where, for how long.

use std::sync::Arc;

use http::StatusCode;
use maud::html;
use strongroom_domain::Error;
use strongroom_service::Context;
use strongroom_service::sessions::Door;
use strongroom_web::{Answer, Call, Visit};

use crate::{Settings, caller, failure, page};

/// GET `/console`
pub(crate) async fn page(call: Call) -> Answer {
    let me = call.service().whoami(call.context()).await?;
    let inside = html! {
        dl {
            dt { "Signed in as" } dd { (me.principal.name) }
            @if let Some(identity) = &me.identity { dt { "Identity" } dd { (identity.subject) " of " (identity.issuer) } }
            dt { "Role" } dd { (me.principal.role.name()) }
            dt { "Workspace" } dd { (me.workspace) " of " (me.organization) }
            @if let Some(until) = me.expires_at { dt { "Until" } dd { time datetime=(until) { (until) } } }
        }
        form method="post" action="/console/logout" { button.quiet type="submit" { "Sign out" } }
    };
    Ok(page::whole(StatusCode::OK, "Strongroom", &inside))
}

/// POST `/console/logout`: the session ends here and in the browser, whether or not it was still alive.
pub(crate) async fn sign_out(visit: Visit, settings: Arc<Settings>) -> Answer {
    if let Some(text) = caller::session(visit.headers(), &settings) {
        match visit.service().authenticate_session(text, visit.peer(), Door::Console).await {
            Ok(principal) => {
                let (request, trace) = (visit.request(), visit.trace());
                let (source, view) = (visit.peer(), visit.view());
                let context = Context { principal, request, trace, source, view };
                visit.service().sign_out(&context, text).await?;
            }
            Err(Error::Unauthenticated) => {}
            Err(error) => return Err(error),
        }
    }
    let mut response = failure::to_sign_in();
    caller::set_session(&mut response, &settings, None);
    failure::clear(&mut response);
    Ok(response)
}
