//! Signing in: by an issuer, by a token, by a link of one use.
//!
//! Every way ends in a session of the same sort, and every refusal looks the same (AUT-08). A GET of a page signs
//! nobody in: a link that a mail program or a chat looks at is not used up by it.

use std::future::{Ready, ready};
use std::sync::Arc;

use axum::response::Response;
use http::{HeaderValue, StatusCode};
use maud::{Markup, html};
use strongroom_domain::identity::Identity;
use strongroom_domain::{Error, Secret};
use strongroom_service::identities::{Returned, TO_ANSWER};
use strongroom_service::sessions::{Arrival, Door, LONGEST, NotSignedIn, SignedIn};
use strongroom_web::{Answer, Visit};

use crate::{PREFIX, Settings, caller, failure, page};

/// GET `/login`: the ways there are.
pub(crate) fn page(mut visit: Visit, settings: &Settings) -> Ready<Answer> {
    let once = visit.query().text("once").map(str::to_owned);
    ready(Ok(form(StatusCode::OK, &visit, settings, once.as_deref(), None)))
}

/// POST `/login`: a token, or the text of a link.
pub(crate) async fn by_text(mut visit: Visit, settings: Arc<Settings>) -> Answer {
    let document = visit.body().await?;
    let field = |name: &str| {
        let value = document.as_ref()?.value().get(name)?;
        value.as_str().filter(|text| !text.is_empty()).map(|text| Secret::new(text.trim().to_owned()))
    };
    let arrival = arrival(&visit);
    let signed_in = match (field("once"), field("token")) {
        // EXPOSE: compared by the service, kept nowhere
        (Some(once), None) => visit.service().sign_in_once(once.expose(), arrival).await,
        (None, Some(token)) => {
            // EXPOSE: compared by the service, kept nowhere
            let signed_in = visit.service().sign_in(token.expose(), arrival).await;
            if matches!(signed_in, Err(Error::Unauthenticated)) {
                // EXPOSE: counted by its id, kept nowhere
                visit.service().note_refused_token(token.expose(), arrival);
            }
            signed_in
        }
        _ => Err(Error::Unauthenticated),
    };
    match signed_in {
        Ok(signed_in) => {
            let mut response = page::to(HeaderValue::from_static(PREFIX));
            begin(&mut response, &settings, &signed_in);
            Ok(response)
        }
        Err(Error::Unauthenticated) => {
            Ok(form(StatusCode::UNAUTHORIZED, &visit, &settings, None, Some(NOT_TAKEN)))
        }
        Err(error) => Err(error),
    }
}

const NOT_TAKEN: &str = "That was not taken: it is unknown, used up, expired, revoked, or not for use from here. Nobody was signed in.";
const NOT_ANSWERED: &str =
    "The sign-in was not completed, or took too long. Begin again; nobody was signed in.";

/// GET `/login/oidc`: to the issuer.
pub(crate) async fn ask(mut visit: Visit, settings: Arc<Settings>) -> Answer {
    if caller::is_sent_by_others(visit.headers()) {
        return Ok(failure::to_sign_in());
    }
    let place = visit.query().text("issuer").and_then(|place| place.parse().ok()).unwrap_or(0);
    let callback = settings.callback().ok_or(Error::NotFound)?;
    let question = visit.service().ask_issuer(place, &callback).await?;
    let Ok(url) = HeaderValue::try_from(question.url) else { return Err(Error::NotFound) };
    let mut response = page::to(url);
    // EXPOSE: for the browser, which is who keeps it
    caller::set_question(&mut response, &settings, Some((question.kept.expose(), TO_ANSWER.as_secs())));
    Ok(response)
}

/// GET `/callback`: back from the issuer.
pub(crate) async fn answered(mut visit: Visit, settings: Arc<Settings>) -> Answer {
    // What an issuer says in words is neither read nor repeated (OAU-18).
    let query = visit.query();
    let [code, state, issuer] = ["code", "state", "iss"].map(|name| query.text(name).map(str::to_owned));
    let (Some(code), Some(state)) = (code, state) else { return Ok(unanswered(&visit, &settings)) };
    let kept = caller::question(visit.headers(), &settings).map(|kept| Secret::new(kept.to_owned()));
    let (Some(kept), Some(callback)) = (kept, settings.callback()) else {
        return Ok(unanswered(&visit, &settings));
    };
    let code = Secret::new(code);
    let returned = Returned {
        // EXPOSE: compared by the service
        kept: kept.expose(),
        code: &code,
        state: &state,
        issuer: issuer.as_deref(),
        redirect_uri: &callback,
    };
    let mut response = match visit.service().sign_in_answered(&returned, arrival(&visit)).await {
        Ok(signed_in) => {
            let inside = html! { p { "You are signed in." } a.button href=(PREFIX) { "Continue" } };
            let mut response = page::leading_to(PREFIX, "Signed in", &inside);
            begin(&mut response, &settings, &signed_in);
            response
        }
        Err(NotSignedIn::Stranger(identity)) => stranger(&identity),
        Err(NotSignedIn::Error(Error::Unauthenticated)) => unanswered(&visit, &settings),
        Err(NotSignedIn::Error(error)) => return Err(error),
    };
    caller::set_question(&mut response, &settings, None);
    Ok(response)
}

fn unanswered(visit: &Visit, settings: &Settings) -> Response {
    form(StatusCode::UNAUTHORIZED, visit, settings, None, Some(NOT_ANSWERED))
}

/// They have proved who they are, so they may see what an admin needs to know.
fn stranger(identity: &Identity) -> Response {
    page::whole(
        StatusCode::FORBIDDEN,
        "Not known here",
        &html! {
            p { "You have signed in there, and nobody has given you anything to do here. Show an admin of this server who you are:" }
            dl { dt { "Issuer" } dd { (identity.issuer) } dt { "Subject" } dd { (identity.subject) } }
            p { a href="/console/login" { "Sign in another way" } }
        },
    )
}

fn begin(response: &mut Response, settings: &Settings, signed_in: &SignedIn) {
    // EXPOSE: the browser is given its session, once
    caller::set_session(response, settings, Some((signed_in.session.expose(), LONGEST.as_secs())));
}

fn arrival(visit: &Visit) -> Arrival {
    let (request, trace, source) = (visit.request(), visit.trace(), visit.peer());
    Arrival { request, trace, source, view: visit.view(), door: Door::Console }
}

fn form(
    status: StatusCode,
    visit: &Visit,
    settings: &Settings,
    once: Option<&str>,
    fault: Option<&str>,
) -> Response {
    let issuers = visit.service().sign_in_issuers();
    let inside = html! {
        @if let Some(fault) = fault { p.bad role="alert" { (fault) } }
        @if let Some(once) = once { (once_form(once)) hr; }
        @if settings.public_url.is_some() {
            @for (place, issuer) in issuers.iter().enumerate() {
                a.button href=(format!("/console/login/oidc?issuer={place}")) { "Sign in by " (issuer.issuer) }
            }
            @if !issuers.is_empty() { hr; }
        }
        form method="post" action="/console/login" {
            label for="token" { "Token" }
            input id="token" name="token" type="password" autocomplete="off" required;
            button type="submit" { "Sign in" }
        }
        @if let Some(url) = &settings.public_url { p.small { "Server: " (url) } }
    };
    page::whole(status, "Sign in", &inside)
}

/// The link's text goes on in the form: it counts when somebody presses the button, and not before.
fn once_form(once: &str) -> Markup {
    html! {
        form method="post" action="/console/login" {
            input type="hidden" name="once" value=(once);
            button type="submit" { "Sign in by this link" }
        }
    }
}
