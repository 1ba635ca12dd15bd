//! `GET /v1/whoami`: who the caller is, as what, where, by what and for how long.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::Timestamp;
use strongroom_domain::identity::Identity;
use strongroom_domain::ids::{CredentialId, OrganizationId, PrincipalId, TokenId, WorkspaceId};
use strongroom_domain::principal::PrincipalKind;
use strongroom_domain::text::{Labels, Name, Slug};
use strongroom_service::whoami::Whoami;
use strongroom_web::{Answer, Call, respond};

use crate::native::tokens::GrantBody;

#[derive(Serialize)]
struct WhoamiBody<'a> {
    principal_id: PrincipalId,
    token_id: TokenId,
    name: &'a Name,
    kind: PrincipalKind,
    role: &'static str,
    organization: Place<'a, OrganizationId>,
    workspace: Place<'a, WorkspaceId>,
    credentials: Option<&'a [CredentialId]>,
    kinds: Option<&'a [String]>,
    labels: &'a Labels,
    grants: Vec<GrantBody<'a>>,
    identity: Option<&'a Identity>,
    authenticated_by: &'static str,
    expires_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct Place<'a, Id> {
    id: Id,
    slug: &'a Slug,
}

pub(crate) async fn handle(call: Call) -> Answer {
    let me = call.service().whoami(call.context()).await?;
    respond::json(StatusCode::OK, &WhoamiBody::of(&me))
}

impl<'a> WhoamiBody<'a> {
    fn of(me: &'a Whoami) -> Self {
        Self {
            principal_id: me.principal.id,
            token_id: me.principal.token,
            name: &me.principal.name,
            kind: me.principal.kind,
            role: me.principal.role.name(),
            organization: Place { id: me.principal.scope.organization(), slug: &me.organization },
            workspace: Place { id: me.principal.scope.workspace(), slug: &me.workspace },
            credentials: me.principal.reach.credentials.as_deref(),
            kinds: me.principal.reach.kinds.as_deref(),
            labels: &me.principal.reach.labels,
            grants: me.principal.grants.iter().map(GrantBody::of).collect(),
            identity: me.identity.as_ref(),
            authenticated_by: me.principal.standing.name(),
            expires_at: me.expires_at,
        }
    }
}
