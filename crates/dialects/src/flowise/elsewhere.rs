//! Paths and methods that nobody declared. The original serves its single-page UI for all of them, with 200, in
//! both modes; we have none to serve, so a page of our own says what is here.

use axum::response::Response;
use http::StatusCode;
use strongroom_web::{Answer, Call, Visit};

use super::reply;

/// Below `/api/v1`, for callers with a key or a session [102, 172].
pub(super) async fn below_the_api(_: Call) -> Answer {
    Ok(page())
}

/// Everything else, for anybody [171].
pub(super) async fn outside_the_api(_: Visit) -> Answer {
    Ok(page())
}

fn page() -> Response {
    reply::public(StatusCode::OK, "text/html; charset=UTF-8", PAGE.as_bytes().to_vec())
}

const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <title>Strongroom</title>\n</head>\n<body>\n<h1>Strongroom</h1>\n\
    <p>The Flowise credential API is served here, below <code>/api/v1</code>. Its pages are not part of it.</p>\n\
    </body>\n</html>\n";
