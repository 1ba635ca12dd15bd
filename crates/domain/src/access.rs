//! The one place that decides who may: a table of roles and actions, and one pure function over it that also
//! says why.

mod table;

use std::fmt;

use crate::ids::OrganizationId;
use crate::principal::{Facts, Grant, Place, Principal, Reach, Role, Standing};
use crate::{Error, Scope};

use table::grants;
pub use table::{Action, Level};

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource<'a> {
    /// All organizations of this installation, as such.
    Installation,
    /// One organization: its name, its workspaces.
    Organization(OrganizationId),
    /// A workspace as such: its settings, its tokens, a list.
    Workspace(Scope),
    /// One credential of it, there or to be made.
    Credential(Scope, Facts<'a>),
}

/// The answer of [`decide`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on, by this role.
    Allow(Role),
    /// The caller may know that the thing exists, but not do this.
    Forbid(Why),
    /// The caller may not know that the thing exists.
    Hide(Why),
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The thing is in a workspace or organization where nothing is granted to the caller.
    NotGranted,
    /// The credential is none of those that the grant covers.
    OutOfReach,
    /// The grant covers some credentials, and this concerns all of them.
    Narrow,
    /// The role does not hold the right.
    Role(Role),
    /// No role is granted at the level where the right counts.
    Level(Level),
    /// The token to be issued or managed is wider than the caller's own.
    Wider,
    /// The contract of the dialect turns this caller away.
    Contract,
    /// The caller signed in too long ago for what asks for their presence (AUT-16).
    StepUp,
    /// The text is the one before the token's last rotation.
    Replaced,
    /// The session stands for a run, and this is not what the run was given it for.
    Run,
}

/// A refusal and its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denial {
    /// The right that was needed.
    pub action: Action,
    /// Why it is not there.
    pub why: Why,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let right = self.action.name();
        match self.why {
            Why::Role(role) => {
                write!(f, "The right `{right}` is no part of this token's role `{}`.", role.name())
            }
            Why::Narrow => write!(
                f,
                "The right `{right}` is needed for the workspace as a whole, and this token is limited to some credentials."
            ),
            Why::Level(level) => write!(f, "The right `{right}` needs a grant for the {}.", level.name()),
            Why::Wider => write!(
                f,
                "The right `{right}` ends at this token's own width: a token that may do more, reach more, last longer or be used from elsewhere is not its to issue or manage."
            ),
            Why::StepUp => write!(
                f,
                "The right `{right}` asks for a sign-in of the last five minutes: sign in again, then repeat this."
            ),
            Why::Contract => write!(f, "The right `{right}` is not given to callers of this kind here."),
            Why::Replaced => write!(
                f,
                "The right `{right}` ended with the token's rotation: its new text has it, and the old one only goes on for a while."
            ),
            Why::Run => {
                write!(f, "The right `{right}` is limited to the run that this token was issued for.")
            }
            Why::NotGranted | Why::OutOfReach => {
                write!(f, "The right `{right}` is not granted to this token here.")
            }
        }
    }
}

/// Who may. Pure, total, and closed by default: what no line allows is refused.
pub fn decide(principal: &Principal, action: Action, resource: Resource<'_>) -> Decision {
    if matches!(principal.standing, Standing::Replaced { .. }) && hands_on(action) {
        return Decision::Forbid(Why::Replaced);
    }
    match by_grants(principal, action, resource) {
        Decision::Allow(_) if asks_for_presence(action) && principal.standing.is_old() => {
            Decision::Forbid(Why::StepUp)
        }
        decision => decision,
    }
}

/// What a text that was replaced does not do: it would outlive itself.
const fn hands_on(action: Action) -> bool {
    matches!(action, Action::ManageTokens | Action::ExchangeToken)
}

/// What a session does not do that somebody may have left open (ASVS 7.5.3).
const fn asks_for_presence(action: Action) -> bool {
    matches!(
        action,
        Action::Resolve
            | Action::Rebind
            | Action::SkipVerification
            | Action::SaveUnverified
            | Action::ManageTokens
            | Action::ExchangeToken
            | Action::ManageOrganization
            | Action::ManageInstallation
    )
}

fn by_grants(principal: &Principal, action: Action, resource: Resource<'_>) -> Decision {
    if principal.run.is_some() && !is_for_runs(action) {
        return Decision::Forbid(Why::Run);
    }
    match resource {
        Resource::Installation => at_place(principal, action, Place::Installation),
        Resource::Organization(id) if id == principal.scope.organization() => {
            at_place(principal, action, Place::Organization)
        }
        Resource::Organization(_) => Decision::Hide(Why::NotGranted),
        Resource::Workspace(scope) => in_workspace(principal, action, scope, None),
        Resource::Credential(scope, facts) => in_workspace(principal, action, scope, Some(facts)),
    }
}

/// What a run's token may be used for, whatever the token behind it may do.
const fn is_for_runs(action: Action) -> bool {
    matches!(
        action,
        Action::ReadMetadata
            | Action::Resolve
            | Action::Report
            | Action::Release
            | Action::ReadWorkspace
            | Action::ReadCatalogue
    )
}

fn at_place(principal: &Principal, action: Action, place: Place) -> Decision {
    match principal.role_at(place) {
        Some(role) if action.level() == Level::of(place) => by_role(role, action),
        _ => Decision::Forbid(Why::Level(action.level())),
    }
}

fn in_workspace(principal: &Principal, action: Action, scope: Scope, facts: Option<Facts<'_>>) -> Decision {
    if scope != principal.scope {
        return Decision::Hide(Why::NotGranted);
    }
    if action.level() != Level::Workspace {
        return Decision::Forbid(Why::Level(action.level()));
    }
    match facts {
        Some(facts) if principal.reach.covers(facts) => {}
        Some(facts) if facts.exists() => return Decision::Hide(Why::OutOfReach),
        None if principal.reach.is_whole() || concerns_no_other(&principal.reach, action) => {}
        Some(_) | None => return Decision::Forbid(Why::Narrow),
    }
    by_role(principal.role, action)
}

/// What a limited token may begin without saying of which credential. Lists show its own alone, and what it
/// makes or tries is looked at again when kind and labels are known.
fn concerns_no_other(reach: &Reach, action: Action) -> bool {
    match action {
        Action::ReadMetadata
        | Action::Resolve
        | Action::ExchangeToken
        | Action::ReadWorkspace
        | Action::ReadCatalogue => true,
        Action::Create | Action::Verify => reach.credentials.is_none(),
        _ => false,
    }
}

fn by_role(role: Role, action: Action) -> Decision {
    if grants(role, action) { Decision::Allow(role) } else { Decision::Forbid(Why::Role(role)) }
}

/// [`decide`] as a result: what must not be known to exist is *not found*.
///
/// # Errors
///
/// [`Error::Forbidden`] or [`Error::NotFound`].
pub fn authorise(principal: &Principal, action: Action, resource: Resource<'_>) -> Result<(), Error> {
    match decide(principal, action, resource) {
        Decision::Allow(_) => Ok(()),
        Decision::Forbid(why) => Err(Error::Forbidden(Denial { action, why })),
        Decision::Hide(_) => Err(Error::NotFound),
    }
}

/// Whether the caller may.
pub fn may(principal: &Principal, action: Action, resource: Resource<'_>) -> bool {
    matches!(decide(principal, action, resource), Decision::Allow(_))
}

/// Whether `principal` could hand on a grant: it manages tokens at that place, and has there itself whatever
/// the grant gives (TEN-16). `place` of a workspace is one of the principal's own organization.
pub fn may_hand_on(principal: &Principal, grant: &Grant) -> bool {
    match grant.place {
        Place::Workspace(workspace) => {
            let has = principal.entering(workspace).is_some_and(|there| {
                may(&there, Action::ManageTokens, Resource::Workspace(there.scope))
                    && includes((there.role, &there.reach), grant)
            });
            // Whoever is an owner at home owns the organization.
            has && (grant.role != Role::Owner || hands_on_the_organization(principal, grant))
        }
        Place::Organization => hands_on_the_organization(principal, grant),
        Place::Installation => principal.role_at(Place::Installation) == Some(Role::Owner),
    }
}

/// A grant for the organization counts wherever no other one stands; whoever is held shorter in some workspace by
/// name would have more there by what it hands on.
fn hands_on_the_organization(principal: &Principal, grant: &Grant) -> bool {
    let Some(role) = principal.role_at(Place::Organization) else { return false };
    grants(role, Action::ManageTokens)
        && (grant.role != Role::Owner || role == Role::Owner)
        && includes((role, &Reach::default()), grant)
        && principal.named().all(|named| includes((named.role, &named.reach), grant))
}

/// As far as both count in a workspace.
fn includes((role, reach): (Role, &Reach), grant: &Grant) -> bool {
    let holds = |action: &Action| {
        action.level() != Level::Workspace || !grants(grant.role, *action) || grants(role, *action)
    };
    Action::ALL.iter().all(holds) && reach.includes(&grant.reach)
}

#[cfg(test)]
mod tests;
