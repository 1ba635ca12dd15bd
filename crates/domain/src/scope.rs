//! Tenant scope as a type: no store method exists without one.

use crate::ids::{OrganizationId, WorkspaceId};

/// The organization and workspace an act happens in. Made from an authenticated principal (or, by the
/// system itself, for start-up work), never from a path, header or body: those can only narrow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope {
    organization: OrganizationId,
    workspace: WorkspaceId,
}

impl Scope {
    /// The scope of one workspace.
    pub const fn new(organization: OrganizationId, workspace: WorkspaceId) -> Self {
        Self { organization, workspace }
    }

    /// The tenant.
    pub const fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// The workspace inside it.
    pub const fn workspace(&self) -> WorkspaceId {
        self.workspace
    }
}
