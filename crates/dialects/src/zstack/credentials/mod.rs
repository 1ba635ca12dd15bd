//! The six operations on credentials, one file each: read, one call of the service, show.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod preview;
pub(super) mod show;
pub(super) mod update;

use std::collections::BTreeMap;

use http::StatusCode;
use strongroom_domain::Error;
use strongroom_domain::credential::Credential;
use strongroom_domain::policy::{DuplicatePolicy, DuplicateRules, SshHostKeys, VerifyMode};
use strongroom_domain::steps::judge::Accepting;
use strongroom_domain::text::Name;
use strongroom_service::options::{ChangeOptions, CredentialRef, Expected};
use strongroom_web::{Answer, Call, respond};

use super::mapping;
use super::wire::CredentialBody;

/// The credential of the path. What is no id of ours is not found, like an id that nobody has (TEN-01).
fn named(call: &Call) -> Result<CredentialRef, Error> {
    mapping::id_of(call.parameter("uuid")).map(CredentialRef::Id).ok_or(Error::NotFound)
}

/// This API knows no versions; a client that sends `If-Match` all the same is heard.
fn expected(call: &Call) -> Expected {
    match call.expected() {
        Expected::Unstated => Expected::Existing,
        stated => stated,
    }
}

/// What this dialect promises of every change: a definite refusal refuses, an outage does not; no look for
/// duplicates. Its clients have no words for accepting another account or stating a host key.
fn options(operator: Option<Name>) -> ChangeOptions {
    let notes: BTreeMap<_, _> =
        operator.into_iter().map(|name| ("operator".to_owned(), name.to_string())).collect();
    ChangeOptions {
        verify_habit: Some(VerifyMode::IfSupported),
        accepting: Accepting::EVERYTHING,
        duplicates: Some(DuplicateRules::both(DuplicatePolicy::Off)),
        host_keys: SshHostKeys::PinFirst,
        notes,
        ..ChangeOptions::default()
    }
}

fn one(call: &Call, credential: &Credential) -> Answer {
    respond::versioned(StatusCode::OK, credential.version, &CredentialBody::at(call.now(), credential))
}
