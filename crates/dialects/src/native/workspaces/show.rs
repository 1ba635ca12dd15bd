//! `GET /v1/workspaces/{workspace}`: name and settings.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::Timestamp;
use strongroom_domain::ids::WorkspaceId;
use strongroom_domain::policy::{
    DuplicatePolicy, FlowiseMode, FlowiseSchema, OnUnreachable, SshHostKeys, SslMode, VerifyMode,
    WorkspaceSettings,
};
use strongroom_domain::text::{Name, Slug};
use strongroom_service::workspaces::Workspace;
use strongroom_web::{Answer, Call, respond};

use crate::native::path;

pub(crate) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    let workspace = call.service().workspace(call.context()).await?;
    respond::versioned(StatusCode::OK, workspace.version, &WorkspaceBody::from(&*workspace))
}

#[derive(Serialize)]
pub(in crate::native) struct WorkspaceBody<'a> {
    id: WorkspaceId,
    slug: &'a Slug,
    name: &'a Name,
    settings: SettingsBody,
    version: u64,
    created_at: Timestamp,
}

impl<'a> From<&'a Workspace> for WorkspaceBody<'a> {
    fn from(workspace: &'a Workspace) -> Self {
        Self {
            id: workspace.id,
            slug: &workspace.slug,
            name: &workspace.name,
            settings: (&workspace.settings).into(),
            version: workspace.version,
            created_at: workspace.created_at,
        }
    }
}

#[derive(Serialize)]
struct SettingsBody {
    verify: VerifyMode,
    on_unreachable: OnUnreachable,
    require_if_match: bool,
    duplicates: DuplicatePolicy,
    ssh_host_keys: Option<SshHostKeys>,
    postgres_sslmode: SslMode,
    hold_seconds: u64,
    flowise_mode: FlowiseMode,
    flowise_schema: FlowiseSchema,
}

impl From<&WorkspaceSettings> for SettingsBody {
    fn from(settings: &WorkspaceSettings) -> Self {
        Self {
            verify: settings.verify,
            on_unreachable: settings.on_unreachable,
            require_if_match: settings.require_if_match,
            duplicates: settings.duplicates,
            ssh_host_keys: settings.ssh_host_keys,
            postgres_sslmode: settings.postgres_sslmode,
            hold_seconds: settings.hold_seconds,
            flowise_mode: settings.flowise_mode,
            flowise_schema: settings.flowise_schema,
        }
    }
}
