//! The six operations on credentials, one file each: read, one call of the service, show.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod reveal;
pub(super) mod show;
pub(super) mod update;

use std::borrow::Cow;
use std::sync::OnceLock;

use strongroom_domain::access::{Action, Resource, may};
use strongroom_domain::credential::Credential;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::policy::{
    DuplicatePolicy, DuplicateRules, FieldPolicy, FlowiseMode, VerifyMode, WorkspaceSettings,
};
use strongroom_domain::principal::{Principal, Reach};
use strongroom_domain::steps::judge::Accepting;
use strongroom_domain::{Error, FieldMap, Secret};
use strongroom_service::options::{ChangeOptions, CredentialRef, Excerpt, Expected};
use strongroom_web::Call;
use uuid::Uuid;

use super::fields::{self, Stored};

/// The mode of the caller's workspace.
pub(super) async fn mode(call: &Call) -> Result<FlowiseMode, Error> {
    Ok(settings(call).await?.flowise_mode)
}

/// The settings of the caller's workspace.
async fn settings(call: &Call) -> Result<WorkspaceSettings, Error> {
    Ok(call.service().workspace(call.context()).await?.settings)
}

/// Whether the caller's role has this right at all. Asked before anything is looked up: the original answers
/// 403 before it knows whether the id exists [123]. The use case asks again, for the credential itself.
pub(super) async fn permitted(call: &Call, action: Action) -> Result<(), Error> {
    let context = call.context();
    let anywhere = match &context.principal {
        whole if whole.reach.is_whole() => Cow::Borrowed(whole),
        limited => Cow::Owned(Principal { reach: Reach::default(), ..limited.clone() }),
    };
    if may(&anywhere, action, Resource::Workspace(*context.scope())) {
        Ok(())
    } else {
        Err(call.service().deny(context, action).await)
    }
}

/// The credential of the path with its fields as its type knows them, and the values of those sealed ones that are asked
/// for. The fields are looked up once, for what is opened and for what is shown.
async fn excerpt(
    call: &Call,
    which: impl Fn(&Stored) -> bool + Send + Sync,
) -> Result<(Credential, Vec<Stored>, Secret<FieldMap>), Error> {
    let service = call.service();
    let fields = OnceLock::new();
    let wants = |credential: &Credential| {
        fields::names(fields.get_or_init(|| fields::of(service, credential)), &which)
    };
    let excerpt = Excerpt { right: Action::Change, wants: &wants };
    let (credential, opened) = service.excerpt(call.context(), &named(call), &excerpt).await?;
    Ok((credential, fields.into_inner().unwrap_or_default(), opened))
}

/// The id of the path: one that a client chose, or one of ours.
pub(super) fn named(call: &Call) -> CredentialRef {
    let external = call.parameter("id").to_owned();
    let or = own_id(&external);
    CredentialRef::Alias { external, or }
}

fn own_id(text: &str) -> Option<CredentialId> {
    Uuid::try_parse(text).ok().filter(|uuid| uuid.to_string() == text).map(CredentialId::from_uuid)
}

/// What this dialect promises of every change: a definite refusal refuses, nothing else does; any field of
/// any form; no look for duplicates. Its clients cannot say that they accept another account.
fn options() -> ChangeOptions {
    ChangeOptions {
        verify_habit: Some(VerifyMode::IfSupported),
        expected: Expected::Existing,
        accepting: Accepting::EVERYTHING,
        fields: FieldPolicy::AsGiven,
        duplicates: Some(DuplicateRules::both(DuplicatePolicy::Off)),
        ..ChangeOptions::default()
    }
}
