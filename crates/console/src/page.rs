//! What every page has: its frame and its one style sheet. Text is escaped where it is written (WEB-02).

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, html};

/// A page.
pub(crate) fn whole(status: StatusCode, title: &str, inside: &Markup) -> Response {
    framed(status, title, None, inside)
}

/// A page that leads on by itself. A redirect would not do: a browser that another site has sent here sends no
/// `SameSite=Strict` cookie along a chain of redirects, but does so from a page of ours.
pub(crate) fn leading_to(place: &str, title: &str, inside: &Markup) -> Response {
    framed(StatusCode::OK, title, Some(place), inside)
}

fn framed(status: StatusCode, title: &str, next: Option<&str>, inside: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if let Some(next) = next { meta http-equiv="refresh" content=(format!("0; url={next}")); }
                title { (title) " - Strongroom" }
                link rel="stylesheet" href="/console/style.css";
            }
            body { main { h1 { (title) } (inside) } }
        }
    };
    let mut response = bytes("text/html; charset=utf-8", page.into_string().into_bytes());
    *response.status_mut() = status;
    response
}

/// To another page, by GET.
pub(crate) fn to(place: HeaderValue) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, place);
    response
}

pub(crate) fn bytes(media_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

pub(crate) const STYLE: &str = include_str!("style.css");
