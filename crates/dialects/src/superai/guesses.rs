//! What the contract leaves open and we had to choose: one place.
//!
//! Three tables are guesses as a whole and stand by themselves. GUESS: the keys of `credentials` per type that 1.4
//! marks so, in `mapping` and in the schemas of `catalog`. GUESS: the entries of the catalogue, in `catalog`, of
//! which the contract has the shape. GUESS: the names in the ids of operations but PATCH's, in `operations`.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::Timestamp;
use strongroom_domain::ids::PrincipalId;
use strongroom_domain::principal::{Principal, PrincipalKind};

use super::words::Provider;

/// GUESS (1.3): the two authorisations by GET that prose names and no specification has.
pub(super) const AUTHORIZE_BY_GET: [&str; 2] =
    ["/api/integrations/google/authorize", "/api/integrations/sharepoint/authorize"];

/// GUESS (1.4): dates have six digits of the second, and `Z`.
pub(super) fn date(at: Timestamp) -> String {
    let micros = at.unix_micros().rem_euclid(1_000);
    format!("{}{micros:03}Z", at.to_string().trim_end_matches('Z'))
}

/// GUESS (1.7): whose credentials a list shows. A user's own; a service account has none and sees everybody's.
pub(super) fn list_of(caller: &Principal) -> Option<PrincipalId> {
    (caller.kind == PrincipalKind::User).then_some(caller.id)
}

/// GUESS (1.7): the body of operation 7 is the stored object itself, bare.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Bare<T>(pub(super) T);

/// GUESS (1.8): what the SFTP test and the test of a plugin answer.
#[derive(Serialize)]
pub(super) struct Told<'a> {
    pub(super) success: bool,
    pub(super) message: &'a str,
}

/// GUESS (1.8): the one key in the map of booleans that the database tests answer.
#[derive(Serialize)]
pub(super) struct Judged {
    pub(super) success: bool,
}

/// GUESS (1.6): status and code of what the contract does not declare for credentials.
pub(super) const RATE_LIMITED: (StatusCode, &str) = (StatusCode::TOO_MANY_REQUESTS, "rate_limited");
/// GUESS (1.6).
pub(super) const PRECONDITION_FAILED: (StatusCode, &str) =
    (StatusCode::PRECONDITION_FAILED, "precondition_failed");
/// GUESS (1.6): the code is the contract's, and not declared here.
pub(super) const CONFLICT: (StatusCode, &str) = (StatusCode::CONFLICT, "conflict");
/// GUESS (1.6).
pub(super) const PAYLOAD_TOO_LARGE: (StatusCode, &str) = (StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large");
/// GUESS (1.6).
pub(super) const METHOD_NOT_ALLOWED: (StatusCode, &str) =
    (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");

/// GUESS: the name of a credential whose creator gives none, as clients of the first generation do.
pub(super) fn name_of(provider: &str) -> String {
    format!("{provider} credential")
}

/// GUESS: how many credentials one user may have; one more is 400 `bad_request`.
pub(super) const PER_USER: u64 = 100;

/// GUESS: how many credentials of one provider a workspace, which is the organization here, may have.
pub(super) const PER_PROVIDER: u64 = 50;

/// GUESS: the provider of a credential that another dialect has given a kind we have no word for.
pub(super) const PROVIDER_OF_OTHERS: Provider = Provider::ApiCredential;

/// GUESS: the key of `credentials` that says whose Google account it is.
pub(super) const GOOGLE_EMAIL: &str = "google_email";

/// GUESS: what the SFTP test calls a password beside its enum, which lacks the word that its text names.
pub(super) const PASSWORD: &str = "password";

/// GUESS: what a test that succeeded says.
pub(super) const CONNECTED: &str = "Connection successful";

/// GUESS: who changed a credential last, where that was no user.
pub(super) const SERVICE_ACCOUNT: &str = "service-account";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_six_digits_of_the_second() {
        assert_eq!(date(Timestamp::from_unix_micros(1_761_568_496_789_012)), "2025-10-27T12:34:56.789012Z");
        assert_eq!(date(Timestamp::from_unix_micros(1_761_568_496_000_000)), "2025-10-27T12:34:56.000000Z");
    }
}
