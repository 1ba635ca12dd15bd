//! OAuth 2.0 credentials, in the contract's shapes. There is no engine behind them yet: what would begin or
//! end an authorisation says so. Refresh needs a key here, and the callback looks nothing up, so that neither
//! is a door to somebody's token.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::Error;
use strongroom_domain::access::Action;
use strongroom_domain::credential::Credential;
use strongroom_web::{Answer, Call, Visit};

use super::credentials::{named, permitted};
use super::{failure, fields, reply};

#[derive(Serialize)]
struct Failed<'a> {
    success: bool,
    message: &'a str,
}

const NO_ENGINE: &str = "Strongroom does not run OAuth 2.0 flows yet, so nothing was sent and nothing was changed. \
    Authorise elsewhere and store the tokens in the credential.";

/// POST `/oauth2-credential/authorize/{id}`.
pub(super) async fn authorize(call: Call) -> Answer {
    answered(&call, Action::ReadMetadata, |has| {
        if has("clientId") { (StatusCode::BAD_REQUEST, NO_ENGINE) } else { MISSING_CLIENT_ID }
    })
    .await
}

const MISSING_CLIENT_ID: (StatusCode, &str) =
    (StatusCode::BAD_REQUEST, "Missing clientId in credential data");

/// POST `/oauth2-credential/refresh/{id}`.
pub(super) async fn refresh(call: Call) -> Answer {
    answered(&call, Action::Change, |has| {
        if ["clientId", "clientSecret", "refresh_token"].into_iter().all(has) {
            (StatusCode::BAD_REQUEST, NO_ENGINE)
        } else {
            NOTHING_TO_REFRESH_WITH
        }
    })
    .await
}

const NOTHING_TO_REFRESH_WITH: (StatusCode, &str) = (
    StatusCode::BAD_REQUEST,
    "Missing required OAuth configuration: clientId, clientSecret, or refresh_token",
);

/// Errors have a shape of their own here, and an unknown id is 404 in both modes [163].
async fn answered(
    call: &Call,
    right: Action,
    verdict: impl FnOnce(&dyn Fn(&str) -> bool) -> (StatusCode, &'static str),
) -> Answer {
    permitted(call, right).await?;
    let credential = match call.service().credential(call.context(), &named(call)).await {
        Ok(credential) => credential,
        Err(Error::NotFound) => return failed(StatusCode::NOT_FOUND, "Credential not found"),
        Err(error) => return Err(error),
    };
    let (status, message) = verdict(&|name| has(call, &credential, name));
    failed(status, message)
}

/// Whether there is a field of this name, by names alone: no value is opened.
fn has(call: &Call, credential: &Credential, name: &str) -> bool {
    fields::of(call.service(), credential).iter().any(|field| field.theirs == name)
}

fn failed(status: StatusCode, message: &str) -> Answer {
    failure::json(status, &Failed { success: false, message })
}

/// GET `/oauth2-credential/callback`: a page for a browser. Nothing of the query is looked at or shown.
pub(super) async fn callback(_: Visit) -> Answer {
    Ok(reply::public(StatusCode::BAD_REQUEST, "text/html; charset=utf-8", PAGE.as_bytes().to_vec()))
}

const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <title>OAuth2 Authorization Error</title>\n</head>\n<body>\n<h1>Not authorised</h1>\n\
    <p>Strongroom does not run OAuth 2.0 flows yet, so nothing was exchanged and nothing was changed.</p>\n\
    <p>You can close this window.</p>\n</body>\n</html>\n";
