//! `POST /v1/workspaces`: a workspace in the caller's organization.

use http::StatusCode;
use strongroom_web::{Answer, Call, Fields, respond};

use super::show::WorkspaceBody;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let (document, _) = call.json().await?;
    let mut fields = Fields::of(document);
    for name in ["name", "slug"] {
        fields.require(name);
    }
    let (name, slug) = (fields.parsed("name"), fields.parsed("slug"));
    let (name, slug) = fields.complete(name.zip(slug))?;
    let workspace = call.service().create_workspace(call.context(), slug, name).await?;
    respond::versioned(StatusCode::CREATED, workspace.version, &WorkspaceBody::from(&workspace))
}
