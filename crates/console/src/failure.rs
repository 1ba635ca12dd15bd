//! How an error looks to a person. Must never show a cause, nor a word of the request.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use maud::html;
use strongroom_domain::Error;
use strongroom_web::{Refusal, problem};

use crate::{PREFIX, page};

/// Whoever is not signed in is sent to do so; the rest is told in the words of the API.
pub(crate) fn render(refusal: &Refusal<'_>) -> Response {
    if matches!(refusal.error, Error::Unauthenticated) {
        return to_sign_in();
    }
    let status = problem::status_of(refusal.error.code());
    let title = match status {
        StatusCode::NOT_FOUND => "No such page",
        StatusCode::TOO_MANY_REQUESTS => "Too many failures",
        status if status.is_server_error() => "Not now",
        _ => "Not done",
    };
    page::whole(
        status,
        title,
        &html! {
            p { (refusal.error.detail()) }
            p.small { "Request " (refusal.request) }
            p { a href=(PREFIX) { "To the start" } }
        },
    )
}

/// A page that says one thing.
pub(crate) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    page::whole(status, title, &html! { p { (text) } p { a href=(PREFIX) { "To the start" } } })
}

/// To the page where one signs in.
pub(crate) fn to_sign_in() -> Response {
    page::to(HeaderValue::from_static("/console/login"))
}

/// Everything of ours leaves the browser (WEB-06).
pub(crate) fn clear(response: &mut Response) {
    let all = HeaderValue::from_static("\"cache\", \"cookies\", \"storage\"");
    response.headers_mut().insert(header::HeaderName::from_static("clear-site-data"), all);
}
