//! A token as answers show it: never its MAC, and its text only in the answer that makes it.

use ipnet::IpNet;
use serde::Serialize;
use strongroom_domain::access::Level;
use strongroom_domain::identity::Identity;
use strongroom_domain::ids::{CredentialId, TokenId, WorkspaceId};
use strongroom_domain::principal::{Grant, Place, PrincipalKind, Role};
use strongroom_domain::text::{Labels, Name};
use strongroom_domain::{Secret, Timestamp};
use strongroom_service::tokens::Token;

#[derive(Serialize)]
pub(super) struct TokenBody<'a> {
    id: TokenId,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    name: &'a Name,
    kind: PrincipalKind,
    role: Role,
    workspace_id: WorkspaceId,
    credentials: Option<&'a [CredentialId]>,
    kinds: Option<&'a [String]>,
    labels: &'a Labels,
    grants: Vec<GrantBody<'a>>,
    networks: &'a [IpNet],
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'a Identity>,
    expires_at: Option<Timestamp>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

/// What a token may do elsewhere than at home.
#[derive(Serialize)]
pub(in crate::native) struct GrantBody<'a> {
    place: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<WorkspaceId>,
    role: Role,
    credentials: Option<&'a [CredentialId]>,
    kinds: Option<&'a [String]>,
    labels: &'a Labels,
}

impl<'a> GrantBody<'a> {
    pub(in crate::native) fn of(grant: &'a Grant) -> Self {
        let workspace_id = match grant.place {
            Place::Workspace(id) => Some(id),
            Place::Organization | Place::Installation => None,
        };
        Self {
            place: Level::of(grant.place).name(),
            workspace_id,
            role: grant.role,
            credentials: grant.reach.credentials.as_deref(),
            kinds: grant.reach.kinds.as_deref(),
            labels: &grant.reach.labels,
        }
    }
}

impl<'a> TokenBody<'a> {
    /// As a list shows it.
    pub(super) fn of(token: &'a Token) -> Self {
        Self {
            id: token.id,
            token: None,
            name: &token.name,
            kind: token.kind,
            role: token.role,
            workspace_id: token.scope.workspace(),
            credentials: token.reach.credentials.as_deref(),
            kinds: token.reach.kinds.as_deref(),
            labels: &token.reach.labels,
            grants: token.grants.iter().map(GrantBody::of).collect(),
            networks: &token.networks,
            identity: token.identity.as_ref(),
            expires_at: token.expires_at,
            created_at: token.created_at,
            last_used_at: token.last_used_at,
        }
    }

    /// As it is shown once.
    pub(super) fn with_text(token: &'a Token, text: Option<&'a Secret<String>>) -> Self {
        // EXPOSE: a token is shown in the answer that makes it, and never again.
        Self { token: text.map(|text| text.expose().as_str()), ..Self::of(token) }
    }
}
