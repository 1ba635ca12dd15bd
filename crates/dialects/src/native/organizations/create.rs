//! `POST /v1/organizations`: a tenant with one workspace and its first owner's token, shown once.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::Error;
use strongroom_domain::ids::TokenId;
use strongroom_service::organizations::{Founded, NewOrganization};
use strongroom_web::{Answer, Call, Fields, respond};

use super::wire::OrganizationBody;
use crate::native::workspaces::show::WorkspaceBody;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let (document, _) = call.json().await?;
    let new = new_organization(Fields::of(document))?;
    let founded = call.service().create_organization(call.context(), new).await?;
    respond::json(StatusCode::CREATED, &FoundedBody::of(&founded))
}

fn new_organization(mut fields: Fields) -> Result<NewOrganization, Error> {
    for name in ["name", "slug"] {
        fields.require(name);
    }
    let (name, slug) = (fields.parsed("name"), fields.parsed("slug"));
    let workspace =
        if fields.contains("workspace") { fields.parsed("workspace") } else { "default".parse().ok() };
    let whole = name.zip(slug).zip(workspace);
    fields.complete(whole.map(|((name, slug), workspace)| NewOrganization { name, slug, workspace }))
}

/// The organization, and beside it what hands it over.
#[derive(Serialize)]
struct FoundedBody<'a> {
    #[serde(flatten)]
    organization: OrganizationBody<'a>,
    workspace: WorkspaceBody<'a>,
    token_id: TokenId,
    token: &'a str,
}

impl<'a> FoundedBody<'a> {
    fn of(founded: &'a Founded) -> Self {
        Self {
            organization: (&founded.organization).into(),
            workspace: (&founded.workspace).into(),
            token_id: founded.token,
            // EXPOSE: the first owner's token is shown in the answer that makes it, and never again.
            token: founded.text.expose(),
        }
    }
}
