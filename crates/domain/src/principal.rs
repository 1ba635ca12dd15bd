//! Who calls, and what was granted to it.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::consumer::Consumer;
use crate::credential::Credential;
use crate::ids::{CredentialId, PrincipalId, TokenId, WorkspaceId};
use crate::text::{Labels, Name};
use crate::{Scope, Timestamp};

/// What sort of caller; each has its own token prefix, and one is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A service account: a platform's back end.
    Service,
    /// A worker that uses credentials.
    Workload,
}

/// What a principal may do; the table is [`crate::access`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads metadata.
    Viewer,
    /// Changes credentials.
    Editor,
    /// Everything in a workspace.
    Admin,
    /// Uses credentials.
    Runner,
    /// Reads metadata and the audit log.
    Auditor,
    /// Everything where it is granted, the organization itself included.
    Owner,
}

impl Role {
    /// Every role, for tables and tests.
    pub const ALL: [Self; 6] =
        [Self::Viewer, Self::Editor, Self::Admin, Self::Runner, Self::Auditor, Self::Owner];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
            Self::Runner => "runner",
            Self::Auditor => "auditor",
            Self::Owner => "owner",
        }
    }
}

/// Where a grant counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", content = "id")]
pub enum Place {
    /// In one workspace of the organization.
    Workspace(WorkspaceId),
    /// In the organization, and in each of its workspaces that no other grant names.
    Organization,
    /// Over the organizations of this installation as such, never inside one.
    Installation,
}

/// Which credentials a grant covers: those for which everything that is given here holds. Nothing given: all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// These alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Vec<CredentialId>>,
    /// Those of these kinds; an empty list means none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<String>>,
    /// Those that have all of these labels.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
}

impl Reach {
    /// Whether it covers every credential there is.
    pub fn is_whole(&self) -> bool {
        self.credentials.is_none() && !self.needs_more_than_an_id()
    }

    /// Whether kind or labels of a credential decide.
    pub fn needs_more_than_an_id(&self) -> bool {
        self.kinds.is_some() || !self.labels.is_empty()
    }

    /// Whether it covers this credential. What must be known and is not, is not covered.
    pub fn covers(&self, facts: Facts<'_>) -> bool {
        let by_id =
            self.credentials.as_ref().is_none_or(|only| facts.id.is_some_and(|id| only.contains(&id)));
        let by_kind = self
            .kinds
            .as_ref()
            .is_none_or(|only| facts.rest.is_some_and(|(kind, _)| only.iter().any(|other| other == kind)));
        let has = |(key, value)| facts.rest.is_some_and(|(_, labels)| labels.get(key) == Some(value));
        by_id && by_kind && self.labels.iter().all(has)
    }

    /// Whether everything that `other` covers is covered here too, whatever credentials there are.
    pub fn includes(&self, other: &Self) -> bool {
        list_includes(self.credentials.as_deref(), other.credentials.as_deref())
            && list_includes(self.kinds.as_deref(), other.kinds.as_deref())
            && self.labels.iter().all(|(key, value)| other.labels.get(key) == Some(value))
    }
}

fn list_includes<T: PartialEq>(wide: Option<&[T]>, narrow: Option<&[T]>) -> bool {
    let Some(wide) = wide else { return true };
    narrow.is_some_and(|narrow| narrow.iter().all(|one| wide.contains(one)))
}

/// What is known of a credential where somebody's reach is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<'a> {
    id: Option<CredentialId>,
    /// Kind and labels.
    rest: Option<(&'a str, &'a Labels)>,
}

impl<'a> Facts<'a> {
    /// Of one that is there.
    pub fn of(credential: &'a Credential) -> Self {
        Self { id: Some(credential.id), rest: Some((&credential.kind, &credential.labels)) }
    }

    /// Nothing but its id.
    pub const fn of_id(id: CredentialId) -> Self {
        Self { id: Some(id), rest: None }
    }

    /// Of one that is to be made.
    pub const fn of_draft(kind: &'a str, labels: &'a Labels) -> Self {
        Self { id: None, rest: Some((kind, labels)) }
    }

    /// Whether it is there already.
    pub const fn exists(&self) -> bool {
        self.id.is_some()
    }
}

/// A role at a place, over some or all credentials there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Where.
    pub place: Place,
    /// What.
    pub role: Role,
    /// Over which credentials.
    #[serde(flatten)]
    pub reach: Reach,
}

/// By what a caller has proved who it is, and how lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A token of ours.
    Token {
        /// When it ends.
        ends: Option<Timestamp>,
    },
    /// The text that a token had before its last rotation: it goes on, and hands nothing on.
    Replaced {
        /// When it ends.
        ends: Timestamp,
    },
    /// The statement of a workload's issuer.
    Statement {
        /// When it ends.
        ends: Timestamp,
    },
    /// A session of somebody who signed in a moment ago.
    FreshSession {
        /// When it ends at the latest.
        ends: Timestamp,
        /// Which one.
        session: SessionKey,
    },
    /// A session of somebody who may have gone: it does nothing that asks for their presence.
    OldSession {
        /// When it ends at the latest.
        ends: Timestamp,
        /// Which one.
        session: SessionKey,
    },
}

/// What a session is kept under: a keyed MAC of its text, with which nobody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionKey(pub [u8; 32]);

impl Standing {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token { .. } | Self::Replaced { .. } => "token",
            Self::Statement { .. } => "statement",
            Self::FreshSession { .. } | Self::OldSession { .. } => "session",
        }
    }

    /// The session, where it is one.
    pub const fn session(self) -> Option<SessionKey> {
        match self {
            Self::FreshSession { session, .. } | Self::OldSession { session, .. } => Some(session),
            Self::Token { .. } | Self::Replaced { .. } | Self::Statement { .. } => None,
        }
    }

    /// Whether it is a session of somebody who may have gone.
    pub const fn is_old(self) -> bool {
        matches!(self, Self::OldSession { .. })
    }

    /// When it ends at the latest; `None` for never.
    pub const fn ends(self) -> Option<Timestamp> {
        match self {
            Self::Token { ends } => ends,
            Self::Replaced { ends }
            | Self::Statement { ends }
            | Self::FreshSession { ends, .. }
            | Self::OldSession { ends, .. } => Some(ends),
        }
    }
}

/// An authenticated caller, in one workspace. Built in one place, from a token that was looked up and compared, or an
/// identity whose statement was proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who.
    pub id: PrincipalId,
    /// By which token.
    pub token: TokenId,
    /// What sort of caller.
    pub kind: PrincipalKind,
    /// The name the token was issued under.
    pub name: Name,
    /// What it may do in this workspace.
    pub role: Role,
    /// Where it is: the workspace of its token, or another one that it has entered.
    pub scope: Scope,
    /// Over which credentials of this workspace.
    pub reach: Reach,
    /// What it may do where its token is at home, wherever it is now.
    pub home: Grant,
    /// What it may do elsewhere.
    pub grants: Vec<Grant>,
    /// The one consumer it acts for, where its token was made for a run.
    pub run: Option<Consumer>,
    /// By what it has proved who it is.
    pub standing: Standing,
}

impl Principal {
    /// The same caller in another workspace of its organization, if anything is granted to it there: by the grant at
    /// home or one for that workspace, else by one for the organization. A run stays where its token is at home.
    pub fn entering(&self, workspace: WorkspaceId) -> Option<Self> {
        if workspace == self.scope.workspace() {
            return Some(self.clone());
        }
        let named = self.named().find(|grant| grant.place == Place::Workspace(workspace));
        let (role, reach) = match named {
            _ if self.run.is_some() => return None,
            Some(grant) => (within_a_workspace(grant.role), grant.reach.clone()),
            None => {
                let (role, reach) = self.over_the_organization()?;
                (role, reach.clone())
            }
        };
        let scope = Scope::new(self.scope.organization(), workspace);
        Some(Self { role, scope, reach, ..self.clone() })
    }

    /// What it may do at a place that is no workspace, as such: a grant over some credentials gives nothing there.
    pub fn role_at(&self, place: Place) -> Option<Role> {
        let granted = match place {
            Place::Organization => self.over_the_organization(),
            other => self.granted(other),
        };
        granted.filter(|(_, reach)| reach.is_whole() && self.run.is_none()).map(|(role, _)| role)
    }

    /// By a grant for the organization. Whoever owns where it is at home owns the organization.
    pub fn over_the_organization(&self) -> Option<(Role, &Reach)> {
        let by_home = (self.home.role == Role::Owner).then_some((Role::Owner, &self.home.reach));
        self.granted(Place::Organization).or(by_home)
    }

    fn granted(&self, place: Place) -> Option<(Role, &Reach)> {
        let grant = self.grants.iter().find(|grant| grant.place == place);
        grant.map(|grant| (grant.role, &grant.reach))
    }

    /// The grants for single workspaces, the one at home among them.
    pub fn named(&self) -> impl Iterator<Item = &Grant> {
        let named = self.grants.iter().filter(|grant| matches!(grant.place, Place::Workspace(_)));
        [&self.home].into_iter().chain(named)
    }

    /// Whether workspaces beside its own were granted to it by name: a wire format without workspaces cannot
    /// tell which one is meant.
    pub fn spans_workspaces(&self) -> bool {
        self.named().nth(1).is_some()
    }
}

/// A grant for a workspace ends at it: whoever owns all of one is its admin.
const fn within_a_workspace(role: Role) -> Role {
    match role {
        Role::Owner => Role::Admin,
        other => other,
    }
}

/// Whether a token limited to `networks` may be used from `peer`; no list means from anywhere.
pub fn network_allows(networks: &[IpNet], peer: IpAddr) -> bool {
    let peer = peer.to_canonical();
    networks.is_empty() || networks.iter().any(|network| network.contains(&peer))
}
