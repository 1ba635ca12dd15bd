//! The one place that decides who may: a table of roles and actions, and one pure function over it.

use crate::ids::CredentialId;
use crate::principal::{Principal, Role};
use crate::{Error, Scope};

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
    /// See integrations without secrets, and let credentials use them.
    ReadIntegrations,
    /// Create, change and delete integrations.
    ManageIntegrations,
    /// See the catalogue of kinds and the limits.
    ReadCatalogue,
    /// See the server's metrics.
    ReadMetrics,
    /// See the audit log, its heads and proofs.
    ReadAudit,
}

impl Action {
    /// Every action, for tables and tests.
    pub const ALL: [Self; 20] = [
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
        Self::ReadIntegrations,
        Self::ManageIntegrations,
        Self::ReadCatalogue,
        Self::ReadMetrics,
        Self::ReadAudit,
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
            Self::ReadIntegrations => "integration.read",
            Self::ManageIntegrations => "integration.manage",
            Self::ReadCatalogue => "kind.read",
            Self::ReadMetrics => "metrics.read",
            Self::ReadAudit => "audit.read",
        }
    }
}

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// The workspace as such: its settings, its tokens, a new credential, a list.
    Workspace(Scope),
    /// One credential of it.
    Credential(Scope, CredentialId),
}

/// The answer of [`decide`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allow,
    /// The caller may know that the thing exists, but not do this.
    Forbid,
    /// The caller may not know that the thing exists.
    Hide,
}

/// Who may. Pure, total, and closed by default: what no line allows is refused.
pub fn decide(principal: &Principal, action: Action, resource: Resource) -> Decision {
    let (scope, credential) = match resource {
        Resource::Workspace(scope) => (scope, None),
        Resource::Credential(scope, id) => (scope, Some(id)),
    };
    if scope != principal.scope || credential.is_some_and(|id| !principal.reaches(id)) {
        return Decision::Hide;
    }
    if is_narrow_and_wide(principal, action, credential) || !grants(principal.role, action) {
        return Decision::Forbid;
    }
    Decision::Allow
}

/// A token limited to some credentials does nothing to the workspace as a whole but read.
fn is_narrow_and_wide(principal: &Principal, action: Action, credential: Option<CredentialId>) -> bool {
    let reads = matches!(
        action,
        Action::ReadMetadata | Action::Resolve | Action::ReadWorkspace | Action::ReadCatalogue
    );
    principal.credentials.is_some() && credential.is_none() && !reads
}

/// The table: which role holds which right.
const fn grants(role: Role, action: Action) -> bool {
    use Action as A;
    match role {
        Role::Admin => true,
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
        ),
        Role::Viewer => {
            matches!(action, A::ReadMetadata | A::ReadWorkspace | A::ReadIntegrations | A::ReadCatalogue)
        }
        Role::Runner => matches!(
            action,
            A::ReadMetadata
                | A::Resolve
                | A::Report
                | A::Release
                | A::ReadWorkspace
                | A::ReadIntegrations
                | A::ReadCatalogue
        ),
    }
}

/// [`decide`] as a result: what must not be known to exist is *not found*.
///
/// # Errors
///
/// [`Error::Forbidden`] or [`Error::NotFound`].
pub fn authorise(principal: &Principal, action: Action, resource: Resource) -> Result<(), Error> {
    match decide(principal, action, resource) {
        Decision::Allow => Ok(()),
        Decision::Forbid => Err(Error::Forbidden(action)),
        Decision::Hide => Err(Error::NotFound),
    }
}

/// Whether `parent` may issue a token of this role: a child is never wider than its parent.
pub fn may_issue(parent: Role, child: Role) -> bool {
    Action::ALL.iter().all(|action| !grants(child, *action) || grants(parent, *action))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::ids::{OrganizationId, PrincipalId, TokenId, WorkspaceId};
    use crate::principal::PrincipalKind;

    fn scope(workspace: u8) -> Scope {
        Scope::new(OrganizationId::from_bytes([1; 16]), WorkspaceId::from_bytes([workspace; 16]))
    }

    fn principal(role: Role, credentials: Option<Vec<CredentialId>>) -> Principal {
        Principal {
            id: PrincipalId::from_bytes([2; 16]),
            token: TokenId::from_bytes([3; 16]),
            kind: PrincipalKind::Service,
            name: "test".parse().unwrap(),
            role,
            scope: scope(4),
            credentials,
        }
    }

    /// The whole table as text: a change of who may shows up as a change of this picture.
    #[test]
    fn ten_02_the_matrix_is_as_written() {
        let roles = [Role::Viewer, Role::Editor, Role::Admin, Role::Runner];
        let mut table = String::new();
        for action in Action::ALL {
            let marks: String =
                roles.map(|role| if grants(role, action) { 'x' } else { '.' }).iter().collect();
            writeln!(table, "{marks} {}", action.name()).unwrap();
        }
        let expected = "\
            xxxx credential.read\n.xx. credential.create\n.xx. credential.change\n..x. credential.rebind\n\
            ..x. credential.skip_verification\n..x. credential.save_unverified\n.xx. credential.verify\n\
            ..xx credential.resolve\n..xx credential.report\n..xx credential.release\n.xx. credential.delete\n\
            ..x. credential.delete_held\nxxxx workspace.read\n..x. workspace.change\n..x. token.manage\n\
            xxxx integration.read\n.xx. integration.manage\nxxxx kind.read\n..x. metrics.read\n..x. audit.read\n";
        assert_eq!(table, expected);
    }

    #[test]
    fn ten_01_other_workspaces_and_unreached_credentials_are_hidden() {
        let admin = principal(Role::Admin, None);
        assert_eq!(decide(&admin, Action::Resolve, Resource::Workspace(scope(5))), Decision::Hide);
        let (mine, other) = (CredentialId::from_bytes([6; 16]), CredentialId::from_bytes([7; 16]));
        let narrow = principal(Role::Runner, Some(vec![mine]));
        assert_eq!(decide(&narrow, Action::Resolve, Resource::Credential(scope(4), mine)), Decision::Allow);
        assert_eq!(decide(&narrow, Action::Resolve, Resource::Credential(scope(4), other)), Decision::Hide);
    }

    #[test]
    fn ten_16_a_narrow_admin_cannot_act_on_the_workspace() {
        let narrow = principal(Role::Admin, Some(vec![]));
        for action in [Action::Create, Action::ManageTokens, Action::ChangeWorkspace] {
            assert_eq!(decide(&narrow, action, Resource::Workspace(scope(4))), Decision::Forbid);
        }
    }

    #[test]
    fn ten_16_a_child_is_never_wider_than_its_parent() {
        assert!(may_issue(Role::Admin, Role::Runner));
        assert!(may_issue(Role::Editor, Role::Viewer));
        assert!(!may_issue(Role::Editor, Role::Runner));
        assert!(!may_issue(Role::Runner, Role::Admin));
    }
}
