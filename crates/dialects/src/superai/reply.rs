//! `CredentialsResponse`: what every operation but the seventh shows. Neither the type nor any field of a
//! credential is in it.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::{Error, Timestamp};
use strongroom_web::respond;

use super::words::Word as _;
use super::{annotation, guesses, mapping};

#[derive(Serialize)]
struct CredentialsResponse<'a> {
    id: String,
    created_at: String,
    updated_at: String,
    modified_by: String,
    user_id: Option<String>,
    name: &'a str,
    provider: &'static str,
    google_email: Option<&'a str>,
}

impl<'a> CredentialsResponse<'a> {
    fn of(credential: &'a Credential) -> Self {
        // Only users make credentials through this dialect; who made one elsewhere may be anybody.
        let is_ours = credential.foreign.origin == Dialect::Superai;
        Self {
            id: credential.id.uuid().to_string(),
            created_at: date(credential.created_at),
            updated_at: date(credential.modified_at),
            modified_by: modified_by(credential),
            user_id: is_ours.then(|| credential.created_by.uuid().to_string()),
            name: credential.name.as_str(),
            provider: mapping::provider_of(credential).word(),
            google_email: annotation::google_email(credential),
        }
    }
}

/// One, with its version as a tag: clients that know it can ask for no lost update.
pub(super) fn one(status: StatusCode, credential: &Credential) -> Result<Response, Error> {
    respond::versioned(status, credential.version, &CredentialsResponse::of(credential))
}

/// A bare array.
pub(super) fn list(credentials: &[Credential]) -> Result<Response, Error> {
    let items: Vec<_> = credentials.iter().map(CredentialsResponse::of).collect();
    respond::json(StatusCode::OK, &items)
}

/// A user's id, or what sort of actor it was.
fn modified_by(credential: &Credential) -> String {
    if annotation::was_changed_by_service_account(credential) {
        return guesses::SERVICE_ACCOUNT.to_owned();
    }
    credential.modified_by.uuid().to_string()
}

/// GUESS: six digits of the second, and `Z`.
fn date(at: Timestamp) -> String {
    let micros = at.unix_micros().rem_euclid(1_000);
    format!("{}{micros:03}Z", at.to_string().trim_end_matches('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_six_digits_of_the_second() {
        assert_eq!(date(Timestamp::from_unix_micros(1_761_568_496_789_012)), "2025-10-27T12:34:56.789012Z");
        assert_eq!(date(Timestamp::from_unix_micros(1_761_568_496_000_000)), "2025-10-27T12:34:56.000000Z");
    }
}
