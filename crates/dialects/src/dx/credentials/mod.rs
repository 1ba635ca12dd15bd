//! The credentials of one connection, one method per file.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod info;
pub(super) mod list;
pub(super) mod update;

use std::borrow::Cow;

use strongroom_domain::kind::Kind;
use strongroom_domain::policy::{
    DuplicatePolicy, DuplicateRules, FieldPolicy, OnUnreachable, SshHostKeys, VerifyMode, VerifyRequest,
};
use strongroom_domain::steps::judge::Accepting;
use strongroom_service::options::{ChangeOptions, CredentialRef, Expected, VerifyWhen};
use strongroom_web::Call;

/// What DX promises of every save: a full check, renames included; no two alike; no outage that is let pass.
/// Its clients have no words for versions, other accounts or host keys.
fn options() -> ChangeOptions {
    ChangeOptions {
        verify: VerifyRequest { on_unreachable: Some(OnUnreachable::Refuse), ..VerifyRequest::default() },
        verify_habit: Some(VerifyMode::Required),
        verify_when: VerifyWhen::Always,
        expected: Expected::Existing,
        accepting: Accepting::EVERYTHING,
        fields: FieldPolicy::Strict,
        host_keys: SshHostKeys::PinFirst,
        duplicates: Some(DuplicateRules::both(DuplicatePolicy::Refuse)),
        ..ChangeOptions::default()
    }
}

fn reference(number: &str) -> CredentialRef {
    CredentialRef::Alias { external: number.to_owned(), or: None }
}

/// Its kind; `None` for one that an operator took away.
fn kind<'a>(call: &'a Call, name: &str) -> Option<Cow<'a, Kind>> {
    call.service().kind_named(name)
}
