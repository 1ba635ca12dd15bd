//! What nothing public settles: each line is a GUESS of ours, to be changed here when DX says more.
//!
//! `contracts` numbers (3.3 ...) are sections of the contract that the dialect was built by.

//!
//! GUESS (3.7): the order of checks. Auth comes first for every route (`web`); then each handler asks for the
//! connection, reads the body (JSON, then its `id`), looks up the credential, and hands on to the use case. Duplicates
//! are told after the check, though the contract guesses otherwise: before it, a stored secret could be guessed. What a connector type is called and what its keys are is
//! guessed in `connectors`, in two tables of its own.

use http::StatusCode;
use serde_json::{Map, Value};
use strongroom_domain::Timestamp;
use strongroom_domain::change::{Edit, Edits, FieldEdits};
use strongroom_domain::integration::Integration;
use strongroom_domain::limits::BODY_BYTES;
use strongroom_domain::text::Name;
use strongroom_web::body::{Forms, Lenient, OtherTypes, Scalars};

use super::errors::Plain;

/// GUESS (3.1): JSON, forms, and JSON that does not say so.
pub(super) const BODY: Lenient =
    Lenient { limit: BODY_BYTES, forms: Forms::Taken, others: OtherTypes::AsJson, scalars: Scalars::Taken };

/// GUESS (3.1): where a form has an object it may have its JSON text; nothing is an empty one. `None` for
/// anything else.
pub(super) fn object_of_text(text: &str) -> Option<Map<String, Value>> {
    if text.is_empty() { Some(Map::new()) } else { serde_json::from_str(text).ok() }
}

/// GUESS (3.4): without a label a credential has the name of its connection.
pub(super) fn default_label(connection: &Integration) -> Name {
    connection.name.clone()
}

/// GUESS (3.5): settings that are given are laid over those that are there, key by key, as secrets are.
pub(super) fn laid_over(edits: Vec<(String, Edit<Value>)>) -> FieldEdits {
    Edits::Merge(edits)
}

/// GUESS (3.5): `expiration_date: null` clears it.
pub(super) const NULL_EXPIRATION_DATE: Edit<Timestamp> = Edit::Remove;

/// GUESS (3.7): only 422 is documented for errors; 401 and 404 are the tempting alternatives.
const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

const fn plain(code: &'static str, status: StatusCode) -> Plain {
    Plain { code, status }
}

/// The code is documented [D1].
pub(super) const NOT_AUTHED: Plain = plain("not_authed", REFUSED);
/// The code is documented [D8].
pub(super) const CONNECTION_NOT_FOUND: Plain = plain("connection_not_found", REFUSED);
/// The code is documented [D2]. GUESS (3.6): a second delete is answered with it as well.
pub(super) const CREDENTIAL_NOT_FOUND: Plain = plain("credential_not_found", REFUSED);
/// The code is documented [D2, D6]. GUESS: so is a body of another media type that is not JSON either.
pub(super) const INVALID_JSON: Plain = plain("invalid_json", REFUSED);
/// The code is documented [D1]; that it stands for whatever does not fit is derived.
pub(super) const INVALID_ARGUMENTS: Plain = plain("invalid_arguments", REFUSED);
/// GUESS (3.4): a second credential on a connection that takes one.
pub(super) const MULTIPLE_NOT_SUPPORTED: Plain = plain("multiple_credentials_not_supported", REFUSED);
/// GUESS: a key that is good and lacks the right.
pub(super) const NOT_PERMITTED: Plain = plain("not_permitted", REFUSED);
/// GUESS: five rounds of merging lost, and what else clashes with what is there.
pub(super) const CONFLICT: Plain = plain("conflict", StatusCode::CONFLICT);
/// GUESS: a path that is no method of the API.
pub(super) const UNKNOWN_METHOD: Plain = plain("unknown_method", StatusCode::NOT_FOUND);
/// GUESS: the wrong HTTP verb on a path that is one.
pub(super) const METHOD_NOT_ALLOWED: Plain = plain("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED);
/// GUESS (3.7).
pub(super) const PAYLOAD_TOO_LARGE: Plain = plain("payload_too_large", StatusCode::PAYLOAD_TOO_LARGE);
/// GUESS (3.7).
pub(super) const RATE_LIMITED: Plain = plain("rate_limited", StatusCode::TOO_MANY_REQUESTS);
/// GUESS (3.7).
pub(super) const INTERNAL_ERROR: Plain = plain("internal_error", StatusCode::INTERNAL_SERVER_ERROR);
/// GUESS (3.7).
pub(super) const SERVICE_UNAVAILABLE: Plain = plain("service_unavailable", StatusCode::SERVICE_UNAVAILABLE);

/// GUESS (3.7): of failed verifications only "varies" is documented; 401, 403 and 409 are the alternatives.
pub(super) const VERIFICATION_STATUS: StatusCode = REFUSED;
/// Documented [D2].
pub(super) const INVALID_CREDENTIALS: &str = "Invalid credentials";
/// Documented [D2].
pub(super) const INVALID_PERMISSIONS: &str = "Invalid permissions";
/// Documented [D2].
pub(super) const DUPLICATE_SECRETS: &str = "Duplicate secrets";
/// Documented [D2].
pub(super) const DUPLICATE_SETTINGS: &str = "Duplicate settings";
/// GUESS (3.7): the spelling, after the product's own `no_resources`.
pub(super) const NO_RESOURCES: &str = "No resources";
/// GUESS (3.7): the real system was not reached, or did not behave like one.
pub(super) const CONNECTION_FAILED: &str = "Connection failed";

/// Documented as an example [D7].
pub(super) const VERIFIED: &str = "verified";
/// GUESS: a connection of which no credential was accepted last.
pub(super) const UNVERIFIED: &str = "unverified";

/// GUESS (3.3): the form of `expiration_date`, `YYYY-MM-DD`. A credential is good until the end of that day
/// in UTC.
pub(super) const DATE_CHARACTERS: usize = 10;
/// What stands after the date in the moment that is kept.
pub(super) const END_OF_DAY: &str = "T23:59:59.999Z";
