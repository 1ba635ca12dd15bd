//! What a path names: the workspace, a credential, a token, a consumer.
//!
//! What is no name of ours is not found, exactly like a name that nobody has (TEN-01).

use std::str::FromStr;

use strongroom_domain::Error;
use strongroom_service::options::{CredentialRef, WorkspaceRef};
use strongroom_web::Call;

/// Goes on in the workspace that the path names, if this token may. Every route below a workspace begins
/// here (TEN-04).
pub(super) async fn enter(call: &mut Call) -> Result<(), Error> {
    let named = call.parameter("workspace").to_owned();
    enter_named(call, &named).await
}

/// The same where something else than the path names it.
pub(super) async fn enter_named(call: &mut Call, named: &str) -> Result<(), Error> {
    let named = workspace_ref(named).ok_or(Error::NotFound)?;
    let context = call.service().enter(call.context(), &named).await?;
    call.go_on_in(context);
    Ok(())
}

/// The same, and the credential that the path names below it: an id, or `~` and a slug.
pub(super) async fn credential(call: &mut Call) -> Result<CredentialRef, Error> {
    enter(call).await?;
    let text = call.parameter("credential");
    let named = match text.strip_prefix('~') {
        Some(slug) => slug.parse().ok().map(CredentialRef::Slug),
        None => text.parse().ok().map(CredentialRef::Id),
    };
    named.ok_or(Error::NotFound)
}

/// A workspace's id or slug.
pub(super) fn workspace_ref(text: &str) -> Option<WorkspaceRef> {
    let id = text.parse().ok().map(WorkspaceRef::Id);
    id.or_else(|| text.parse().ok().map(WorkspaceRef::Slug))
}

/// A parameter of some type.
pub(super) fn parameter<T: FromStr>(call: &Call, name: &str) -> Result<T, Error> {
    call.parameter(name).parse().map_err(|_| Error::NotFound)
}
