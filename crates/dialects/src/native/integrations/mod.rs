//! Integrations, one endpoint per file.

pub(super) mod create;
pub(super) mod delete;
mod input;
pub(super) mod list;
pub(super) mod patch;
pub(super) mod show;
mod wire;

use strongroom_domain::Error;
use strongroom_service::integrations::IntegrationRef;
use strongroom_web::Call;

use super::path;

/// The integration that the path names, in the token's own workspace.
async fn named(call: &mut Call) -> Result<IntegrationRef, Error> {
    path::enter(call).await?;
    path::parameter(call, "integration").map(IntegrationRef::Id)
}
