//! `CredentialsResponse`: what every operation but the seventh shows. Neither the type nor any field of a
//! credential is in it.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use strongroom_domain::Error;
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_web::respond;

use super::words::Word as _;
use super::{annotation, guesses, mapping};

/// The object.
#[derive(Serialize)]
pub(super) struct CredentialsResponse {
    id: String,
    created_at: String,
    updated_at: String,
    modified_by: String,
    user_id: Option<String>,
    name: String,
    provider: &'static str,
    google_email: Option<String>,
}

impl CredentialsResponse {
    pub(super) fn of(credential: &Credential) -> Self {
        // Only users make credentials through this dialect; who made one elsewhere may be anybody.
        let is_ours = credential.foreign.origin == Dialect::Superai;
        Self {
            id: credential.id.uuid().to_string(),
            created_at: guesses::date(credential.created_at),
            updated_at: guesses::date(credential.modified_at),
            modified_by: modified_by(credential),
            user_id: is_ours.then(|| credential.created_by.uuid().to_string()),
            name: credential.name.as_str().to_owned(),
            provider: mapping::provider_of(credential).word(),
            google_email: annotation::google_email(credential).map(str::to_owned),
        }
    }
}

/// One, with its version as a tag: clients that know it can ask for no lost update.
pub(super) fn one(status: StatusCode, credential: &Credential) -> Result<Response, Error> {
    respond::versioned(status, credential.version, &CredentialsResponse::of(credential))
}

/// A user's id, or what sort of actor it was.
fn modified_by(credential: &Credential) -> String {
    if annotation::was_changed_by_service_account(credential) {
        return guesses::SERVICE_ACCOUNT.to_owned();
    }
    credential.modified_by.uuid().to_string()
}
