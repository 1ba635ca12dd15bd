//! The shape of an integration in answers: all of it but its secrets.

use serde::Serialize;
use serde_json::{Map, Value};
use strongroom_domain::Timestamp;
use strongroom_domain::ids::{IntegrationId, PrincipalId, WorkspaceId};
use strongroom_domain::integration::{Integration, NUMBERED_FOR};
use strongroom_domain::text::Name;

#[derive(Serialize)]
pub(super) struct IntegrationBody<'a> {
    id: IntegrationId,
    /// Its number in dialects that count; null after a dry run.
    alias: Option<u64>,
    workspace_id: WorkspaceId,
    kind: &'a str,
    name: &'a Name,
    settings: &'a Map<String, Value>,
    secret_fields: &'a [String],
    version: u64,
    value_version: u64,
    created_by: PrincipalId,
    created_at: Timestamp,
    modified_by: PrincipalId,
    modified_at: Timestamp,
}

impl<'a> From<&'a Integration> for IntegrationBody<'a> {
    fn from(integration: &'a Integration) -> Self {
        Self {
            id: integration.id,
            alias: integration.aliases.get(&NUMBERED_FOR).and_then(|number| number.parse().ok()),
            workspace_id: integration.workspace,
            kind: &integration.kind,
            name: &integration.name,
            settings: integration.settings.as_json(),
            secret_fields: &integration.secret_fields,
            version: integration.version,
            value_version: integration.value_version,
            created_by: integration.created_by,
            created_at: integration.created_at,
            modified_by: integration.modified_by,
            modified_at: integration.modified_at,
        }
    }
}
