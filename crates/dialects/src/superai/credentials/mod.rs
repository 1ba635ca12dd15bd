//! The seven operations on credentials, one file each: read, one call of the service, show.

pub(super) mod by_provider;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod secrets;
pub(super) mod show;
pub(super) mod update;

use std::borrow::Cow;

use strongroom_domain::Error;
use strongroom_domain::change::CredentialChange;
use strongroom_domain::error::Cause;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::kind::Kind;
use strongroom_domain::policy::{
    DuplicatePolicy, DuplicateRules, FieldPolicy, SshHostKeys, SslMode, VerifyMode,
};
use strongroom_domain::steps::judge::Accepting;
use strongroom_service::options::{ChangeOptions, CredentialRef, Expected};
use strongroom_web::Call;
use uuid::Uuid;

use super::detail::Detail;
use super::failure::Failure;
use super::fields::{self, Taken};
use super::input::Given;
use super::mapping::{Choice, SPELLING};

/// The credential that the path names: the UUID of its id. Any spelling of a UUID is one, as in the original.
pub(super) fn named(call: &Call) -> Result<CredentialRef, Failure> {
    const NAME: &str = "credential_id";
    let uuid = Uuid::try_parse(call.parameter(NAME));
    let uuid = uuid.map_err(|_| Failure::Invalid(vec![Detail::no_uuid(NAME)]))?;
    Ok(CredentialRef::Id(CredentialId::from_uuid(uuid)))
}

/// What this dialect promises of every change: a definite refusal refuses, nothing else does; any key of any
/// form; no look for duplicates; a host key is believed at first sight. Its clients cannot say that they
/// accept another account. One that sends `If-Match` all the same is taken at its word.
fn options(call: &Call) -> ChangeOptions {
    ChangeOptions {
        verify_habit: Some(VerifyMode::IfSupported),
        expected: expected(call),
        accepting: Accepting::EVERYTHING,
        fields: FieldPolicy::AsGiven,
        duplicates: Some(DuplicateRules::both(DuplicatePolicy::Off)),
        host_keys: SshHostKeys::PinFirst,
        ..ChangeOptions::default()
    }
}

fn expected(call: &Call) -> Expected {
    match call.expected() {
        Expected::Unstated => Expected::Existing,
        stated => stated,
    }
}

/// The kind of a choice.
pub(super) fn kind<'a>(call: &'a Call, name: &str) -> Result<Cow<'a, Kind>, Error> {
    let kind = call.service().kind_named(name);
    kind.ok_or_else(|| Error::Internal(Cause::new(NoSuchKind)))
}

/// The table names a kind that the catalogue does not have: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("a kind of the table is not in the catalogue")]
struct NoSuchKind;

/// What a client sends, as a change that replaces all there is, and how it wrote it.
pub(super) async fn replacing(
    call: &Call,
    choice: &Choice,
    given: Given,
) -> Result<(CredentialChange, Taken), Failure> {
    let kind = kind(call, &choice.kind)?;
    let sslmode = default_sslmode(call, &kind).await?;
    let preset: Vec<(&str, &str)> = sslmode.map(|mode| (SSLMODE, mode)).into_iter().collect();
    let taken = fields::take(given.credentials, &kind, &choice.method, &preset);
    let change = CredentialChange {
        fields: taken.fields.clone(),
        spelling: Some(SPELLING),
        ..CredentialChange::default()
    };
    Ok((change, taken))
}

const SSLMODE: &str = "sslmode";

/// The workspace's own choice, for kinds that have one to make.
async fn default_sslmode(call: &Call, kind: &Kind) -> Result<Option<&'static str>, Error> {
    if !kind.knows(SSLMODE) {
        return Ok(None);
    }
    let workspace = call.service().workspace(call.context()).await?;
    Ok(Some(match workspace.settings.postgres_sslmode {
        SslMode::Disable => "disable",
        SslMode::Require => "require",
        SslMode::VerifyCa => "verify-ca",
        SslMode::VerifyFull => "verify-full",
    }))
}
