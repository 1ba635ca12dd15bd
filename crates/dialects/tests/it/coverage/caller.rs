//! Who calls.

use strongroom_domain::principal::Role;

/// The columns of the matrix, in the order in which they are played: whoever may change something comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// Without a token.
    Anonymous,
    /// With a token of the right form that nobody has.
    Wrong,
    /// With a token that was revoked.
    Revoked,
    /// An admin of another workspace of the same organization.
    Neighbour,
    /// An admin of another organization.
    Stranger,
    /// A runner that is limited to some other credential.
    Elsewhere,
    Viewer,
    /// A runner that is limited to the credential of the sample.
    Runner,
    Auditor,
    Editor,
    Admin,
    Owner,
}

impl Caller {
    pub(super) const ALL: [Self; 12] = [
        Self::Anonymous,
        Self::Wrong,
        Self::Revoked,
        Self::Neighbour,
        Self::Stranger,
        Self::Elsewhere,
        Self::Viewer,
        Self::Runner,
        Self::Auditor,
        Self::Editor,
        Self::Admin,
        Self::Owner,
    ];

    /// Whether it may have any right to what the sample is about.
    pub(super) const fn is_entitled(self) -> bool {
        matches!(self, Self::Viewer | Self::Runner | Self::Auditor | Self::Editor | Self::Admin | Self::Owner)
    }

    /// The role of its token; none where it has no live one.
    pub(super) const fn role(self) -> Option<Role> {
        match self {
            Self::Anonymous | Self::Wrong | Self::Revoked => None,
            Self::Neighbour | Self::Stranger | Self::Admin => Some(Role::Admin),
            Self::Elsewhere | Self::Runner => Some(Role::Runner),
            Self::Viewer => Some(Role::Viewer),
            Self::Editor => Some(Role::Editor),
            Self::Auditor => Some(Role::Auditor),
            Self::Owner => Some(Role::Owner),
        }
    }

    /// The head of its column.
    pub(super) const fn head(self) -> &'static str {
        match self {
            Self::Anonymous => "anon",
            Self::Wrong => "wrong",
            Self::Revoked => "revok",
            Self::Neighbour => "neigh",
            Self::Stranger => "stran",
            Self::Elsewhere => "elsew",
            Self::Viewer => "view",
            Self::Runner => "run",
            Self::Auditor => "audit",
            Self::Editor => "edit",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}
