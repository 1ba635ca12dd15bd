//! Paths and methods that nobody declared. The original serves its single-page UI for all of them, with 200;
//! we have none to serve, so exact mode answers with a page of our own and documented mode with 404.

use axum::response::Response;
use http::StatusCode;
use strongroom_domain::policy::FlowiseMode;
use strongroom_web::{Answer, Call, Visit, respond};

use super::credentials::mode;
use super::failure;

/// Below `/api/v1`, for callers with a key or a session [102, 172].
pub(super) async fn below_the_api(call: Call) -> Answer {
    match mode(&call).await? {
        FlowiseMode::Exact => Ok(page()),
        FlowiseMode::Documented => {
            failure::service_error(StatusCode::NOT_FOUND, "There is no such route here. Nothing was changed.")
        }
    }
}

/// Everything else, for anybody [171].
pub(super) async fn outside_the_api(_: Visit) -> Answer {
    Ok(page())
}

fn page() -> Response {
    respond::bytes(StatusCode::OK, "text/html; charset=UTF-8", PAGE.as_bytes().to_vec())
}

const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <title>Strongroom</title>\n</head>\n<body>\n<h1>Strongroom</h1>\n\
    <p>The Flowise credential API is served here, below <code>/api/v1</code>. Its pages are not part of it.</p>\n\
    </body>\n</html>\n";
