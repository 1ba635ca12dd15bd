//! Shapes of answers. Each lists what it includes, in the order of API.md; nothing else can come along.

use serde::Serialize;
use serde_json::{Map, Value};
use strongroom_domain::Timestamp;
use strongroom_domain::credential::{Credential, Owner};
use strongroom_domain::dialect::Aliases;
use strongroom_domain::health::{Health, HealthStatus};
use strongroom_domain::ids::{CredentialId, IntegrationId, PrincipalId, WorkspaceId};
use strongroom_domain::text::{Description, Labels, Name, Slug};
use strongroom_domain::verification::Reason;
use strongroom_web::problem::VerificationBody;

/// A list.
#[derive(Serialize)]
pub(super) struct ListBody<T> {
    pub(super) items: Vec<T>,
    pub(super) next_cursor: Option<String>,
}

/// A credential, never with secrets.
#[derive(Serialize)]
pub(super) struct CredentialBody<'a> {
    id: CredentialId,
    workspace_id: WorkspaceId,
    kind: &'a str,
    method: &'a str,
    name: &'a Name,
    slug: Option<&'a Slug>,
    description: Option<&'a Description>,
    settings: &'a Map<String, Value>,
    secret_fields: &'a [String],
    labels: &'a Labels,
    owner: OwnerBody<'a>,
    integration_id: Option<IntegrationId>,
    /// Ids that other dialects know it by.
    aliases: &'a Aliases,
    expires_at: Option<Timestamp>,
    version: u64,
    value_version: u64,
    health: HealthBody,
    verification: Option<VerificationBody<'a>>,
    created_by: PrincipalId,
    created_at: Timestamp,
    modified_by: PrincipalId,
    modified_at: Timestamp,
}

impl<'a> CredentialBody<'a> {
    /// As it is at `now`: expiry is seen when it is read.
    pub(super) fn at(now: Timestamp, credential: &'a Credential) -> Self {
        Self {
            id: credential.id,
            workspace_id: credential.workspace,
            kind: &credential.kind,
            method: &credential.method,
            name: &credential.name,
            slug: credential.slug.as_ref(),
            description: credential.description.as_ref(),
            settings: credential.settings.as_json(),
            secret_fields: &credential.secret_fields,
            labels: &credential.labels,
            owner: (&credential.owner).into(),
            integration_id: credential.integration,
            aliases: &credential.foreign.aliases,
            expires_at: credential.expires_at,
            version: credential.version,
            value_version: credential.value_version,
            health: credential.health.at(now, credential.expires_at).into(),
            verification: credential.verification.as_ref().map(VerificationBody::from),
            created_by: credential.created_by,
            created_at: credential.created_at,
            modified_by: credential.modified_by,
            modified_at: credential.modified_at,
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum OwnerBody<'a> {
    Workspace,
    EndUser { id: &'a Name },
}

impl<'a> From<&'a Owner> for OwnerBody<'a> {
    fn from(owner: &'a Owner) -> Self {
        match owner {
            Owner::Workspace => Self::Workspace,
            Owner::EndUser { id } => Self::EndUser { id },
        }
    }
}

#[derive(Serialize)]
struct HealthBody {
    status: HealthStatus,
    reason: Option<&'static str>,
    since: Timestamp,
}

impl From<Health> for HealthBody {
    fn from(health: Health) -> Self {
        Self { status: health.status, reason: health.reason.map(Reason::code), since: health.since }
    }
}
