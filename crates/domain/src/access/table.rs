//! The table: which rights there are, where each counts, and which role holds which.

use crate::principal::{Place, Role};

/// What can be done. Each has a right of its own: reading is not using, and testing is not reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// See credentials without secrets, their history and consumers.
    ReadMetadata,
    /// Create a credential.
    Create,
    /// Change a credential.
    Change,
    /// Let stored secrets follow a changed target.
    Rebind,
    /// Ask for less proof than the workspace wants.
    SkipVerification,
    /// Save a change although its system was not reached.
    SaveUnverified,
    /// Try a stored credential or a draft.
    Verify,
    /// Be given secrets.
    Resolve,
    /// Report a refusal that a consumer saw.
    Report,
    /// Give a hold back.
    Release,
    /// Delete a credential.
    Delete,
    /// Delete a credential that is held.
    DeleteHeld,
    /// See the workspace and its settings.
    ReadWorkspace,
    /// Change the workspace.
    ChangeWorkspace,
    /// Issue, list, rotate and revoke tokens.
    ManageTokens,
    /// Make a narrower token for one run.
    ExchangeToken,
    /// See integrations without secrets, and let credentials use them.
    ReadIntegrations,
    /// Create, change and delete integrations.
    ManageIntegrations,
    /// See the catalogue of kinds and the limits.
    ReadCatalogue,
    /// See the audit log, its checkpoints and proofs.
    ReadAudit,
    /// See the organization and its workspaces.
    ReadOrganization,
    /// Rename the organization; make and delete workspaces.
    ManageOrganization,
    /// Make, list and delete organizations.
    ManageInstallation,
    /// See the server's metrics.
    ReadMetrics,
}

/// Where a right counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// In a workspace.
    Workspace,
    /// In an organization.
    Organization,
    /// In the installation.
    Installation,
}

impl Level {
    /// The level of a place.
    pub const fn of(place: Place) -> Self {
        match place {
            Place::Workspace(_) => Self::Workspace,
            Place::Organization => Self::Organization,
            Place::Installation => Self::Installation,
        }
    }

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Organization => "organization",
            Self::Installation => "installation",
        }
    }
}

impl Action {
    /// Every action, for tables and tests.
    pub const ALL: [Self; 24] = [
        Self::ReadMetadata,
        Self::Create,
        Self::Change,
        Self::Rebind,
        Self::SkipVerification,
        Self::SaveUnverified,
        Self::Verify,
        Self::Resolve,
        Self::Report,
        Self::Release,
        Self::Delete,
        Self::DeleteHeld,
        Self::ReadWorkspace,
        Self::ChangeWorkspace,
        Self::ManageTokens,
        Self::ExchangeToken,
        Self::ReadIntegrations,
        Self::ManageIntegrations,
        Self::ReadCatalogue,
        Self::ReadAudit,
        Self::ReadOrganization,
        Self::ManageOrganization,
        Self::ManageInstallation,
        Self::ReadMetrics,
    ];

    /// The right's name, in messages and audit records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadMetadata => "credential.read",
            Self::Create => "credential.create",
            Self::Change => "credential.change",
            Self::Rebind => "credential.rebind",
            Self::SkipVerification => "credential.skip_verification",
            Self::SaveUnverified => "credential.save_unverified",
            Self::Verify => "credential.verify",
            Self::Resolve => "credential.resolve",
            Self::Report => "credential.report",
            Self::Release => "credential.release",
            Self::Delete => "credential.delete",
            Self::DeleteHeld => "credential.delete_held",
            Self::ReadWorkspace => "workspace.read",
            Self::ChangeWorkspace => "workspace.change",
            Self::ManageTokens => "token.manage",
            Self::ExchangeToken => "token.exchange",
            Self::ReadIntegrations => "integration.read",
            Self::ManageIntegrations => "integration.manage",
            Self::ReadCatalogue => "kind.read",
            Self::ReadAudit => "audit.read",
            Self::ReadOrganization => "organization.read",
            Self::ManageOrganization => "organization.manage",
            Self::ManageInstallation => "installation.manage",
            Self::ReadMetrics => "metrics.read",
        }
    }

    /// Where the right counts.
    pub const fn level(self) -> Level {
        match self {
            Self::ReadOrganization | Self::ManageOrganization => Level::Organization,
            Self::ManageInstallation | Self::ReadMetrics => Level::Installation,
            _ => Level::Workspace,
        }
    }
}

/// Which role holds which right. An owner holds all, and at every level where it is granted.
pub(super) const fn grants(role: Role, action: Action) -> bool {
    use Action as A;
    match role {
        Role::Owner => true,
        Role::Admin => !matches!(action, A::ManageOrganization | A::ManageInstallation | A::ReadMetrics),
        Role::Editor => matches!(
            action,
            A::ReadMetadata
                | A::Create
                | A::Change
                | A::Verify
                | A::Delete
                | A::ReadWorkspace
                | A::ReadIntegrations
                | A::ManageIntegrations
                | A::ReadCatalogue
                | A::ReadOrganization
        ),
        Role::Viewer => matches!(
            action,
            A::ReadMetadata | A::ReadWorkspace | A::ReadIntegrations | A::ReadCatalogue | A::ReadOrganization
        ),
        Role::Runner => matches!(
            action,
            A::ReadMetadata
                | A::Resolve
                | A::Report
                | A::Release
                | A::ExchangeToken
                | A::ReadWorkspace
                | A::ReadIntegrations
                | A::ReadCatalogue
                | A::ReadOrganization
        ),
        Role::Auditor => matches!(
            action,
            A::ReadMetadata
                | A::ReadWorkspace
                | A::ReadIntegrations
                | A::ReadCatalogue
                | A::ReadAudit
                | A::ReadOrganization
                | A::ReadMetrics
        ),
    }
}
