//! A token as answers show it: never its MAC, and its text only in the answer that makes it.

use ipnet::IpNet;
use serde::Serialize;
use strongroom_domain::ids::{CredentialId, TokenId, WorkspaceId};
use strongroom_domain::principal::{PrincipalKind, Role};
use strongroom_domain::text::Name;
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
    networks: &'a [IpNet],
    expires_at: Option<Timestamp>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
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
            credentials: token.credentials.as_deref(),
            networks: &token.networks,
            expires_at: token.expires_at,
            created_at: token.created_at,
            last_used_at: token.last_used_at,
        }
    }

    /// As it is shown once.
    pub(super) fn with_text(token: &'a Token, text: &'a Secret<String>) -> Self {
        // EXPOSE: a token is shown in the answer that makes it, and never again.
        Self { token: Some(text.expose()), ..Self::of(token) }
    }
}
