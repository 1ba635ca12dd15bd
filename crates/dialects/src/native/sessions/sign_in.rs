//! `GET /v1/sign-in`: by which issuers people can sign in, and a nonce for one question to one of them. Asks
//! nobody and remembers nothing.

use http::StatusCode;
use serde::Serialize;
use strongroom_web::{Answer, Visit, respond};

#[derive(Serialize)]
struct SignInBody {
    issuers: Vec<IssuerBody>,
    nonce: String,
}

#[derive(Serialize)]
struct IssuerBody {
    issuer: String,
    client_id: String,
}

pub(crate) async fn handle(visit: Visit) -> Answer {
    let issuers = visit.service().sign_in_issuers().into_iter();
    let issuers =
        issuers.map(|known| IssuerBody { issuer: known.issuer, client_id: known.client_id }).collect();
    respond::json(StatusCode::OK, &SignInBody { issuers, nonce: visit.service().make_sign_in_nonce() })
}
