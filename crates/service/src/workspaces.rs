//! The workspace of a token: its settings, and whether a path may name it.

use std::sync::Arc;

use quick_cache::sync::Cache;
use strongroom_domain::access::{Action, Resource, authorise, may};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::error::Conflict;
use strongroom_domain::ids::WorkspaceId;
use strongroom_domain::policy::{DeleteMode, WorkspaceSettings};
use strongroom_domain::principal::Principal;
use strongroom_domain::text::{Name, Slug};
use strongroom_domain::{Error, Fault, Scope, limits};
use strongroom_sealing::SystemRng;
use strongroom_store::{
    Clash, Commit, EveryOrganization, Expectation, Store, StoreError, WorkspaceRow, Write,
};

use crate::failure::{of_store, outcome_of};
use crate::options::{Expected, Listed, WorkspaceRef};
use crate::{Context, Service, cursor};

const LIST: &str = "workspaces";
const WORKSPACES: usize = 4_096;
const ROUNDS: usize = 5;

/// Settings at hand. An entry is replaced in the same call that changes its workspace.
pub(crate) struct WorkspaceCache(Cache<Scope, Arc<WorkspaceRow>>);

impl WorkspaceCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(WORKSPACES))
    }
}

/// A workspace as its readers see it.
pub type Workspace = WorkspaceRow;

/// Changes one setting after the other; the closure is applied to what is current.
pub type SettingsEdit<'a> = &'a (dyn Fn(&mut WorkspaceSettings) + Send + Sync);

/// A change of a workspace.
pub struct WorkspaceChange<'a> {
    /// A new name.
    pub name: Option<Name>,
    /// What happens to the settings.
    pub settings: SettingsEdit<'a>,
    /// Which settings the change names, for the record.
    pub fields: Vec<String>,
}

/// The first workspace of the first organization that has one: on its behalf is done, and in its log is
/// recorded, what concerns all of them. `None` where nothing was founded yet.
///
/// # Errors
///
/// [`StoreError`], as the store gave it.
pub async fn first_scope(store: &dyn Store) -> Result<Option<Scope>, StoreError> {
    let mut every = EveryOrganization::of(store);
    while let Some(organization) = every.next().await? {
        if let Some(workspace) = store.workspaces(&organization).await?.first() {
            return Ok(Some(Scope::new(organization.id, workspace.id)));
        }
    }
    Ok(None)
}

impl Service {
    /// The same request in the workspace that the path names: the token's own, or another one of its
    /// organization where something is granted to it. One source only, token and path together (TEN-04).
    ///
    /// # Errors
    ///
    /// `not_found` for every other workspace, whether it exists or not.
    pub async fn enter(&self, context: &Context, named: &WorkspaceRef) -> Result<Context, Error> {
        if let Some(principal) = self.entering(&context.principal, named).await? {
            return Ok(Context { principal, ..context.clone() });
        }
        let object = match named {
            WorkspaceRef::Id(id) => AuditObject::Workspace(*id),
            // By its slug it could be named only if it were there for this caller.
            WorkspaceRef::Slug(_) => AuditObject::Organization(context.scope().organization()),
        };
        self.refused(context, AuditAction::WorkspaceRead, object, Vec::new(), Error::NotFound).await
    }

    /// The workspaces of the organization that the caller may enter, oldest first.
    ///
    /// # Errors
    ///
    /// `validation_failed` for a bad cursor.
    pub async fn workspaces(
        &self,
        context: &Context,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Listed<Workspace>, Error> {
        let position = |text| cursor::position(self.keys.system(), context, LIST, text);
        let after = after.map(position).transpose()?.map(WorkspaceId::from_bytes);
        let mut rows = self.workspaces_of(context.scope().organization()).await?;
        rows.retain(|row| {
            let there = context.principal.entering(row.id);
            there.is_some_and(|there| may(&there, Action::ReadWorkspace, Resource::Workspace(there.scope)))
        });
        rows.retain(|row| after.is_none_or(|after| row.id > after));
        Ok(Listed::page(rows, limit, |last| {
            cursor::make(self.keys.system(), context, LIST, last.id.as_bytes())
        }))
    }

    /// Makes a workspace in the caller's organization.
    ///
    /// # Errors
    ///
    /// `forbidden`, `slug_taken`, `quota_exceeded`.
    pub async fn create_workspace(
        &self,
        context: &Context,
        slug: Slug,
        name: Name,
    ) -> Result<Workspace, Error> {
        let organization = context.scope().organization();
        let (action, audited_as) = (Action::ManageOrganization, AuditAction::WorkspaceCreate);
        let now = self.now();
        let id = WorkspaceId::make(now, &mut SystemRng);
        let object = AuditObject::Workspace(id);
        if let Err(error) = authorise(&context.principal, action, Resource::Organization(organization)) {
            return self.refused(context, audited_as, object, Vec::new(), error).await;
        }
        let settings = WorkspaceSettings::default();
        let row = WorkspaceRow { id, slug, name, settings, version: 1, created_at: now };
        let record = context.record(now, audited_as, object, AuditOutcome::Succeeded);
        // Committed in the new workspace, whose log begins with it. Its token is at home elsewhere, and is looked
        // at in a commit of its own workspace: there is nothing of the new one before this one.
        let attempted = context.record(now, audited_as, object, AuditOutcome::Attempted);
        self.store.commit(context.scope(), context.commit(attempted)).await.map_err(of_store)?;
        let commit = Commit::new(record)
            .expect(Expectation::OrganizationThere)
            .expect(Expectation::WorkspacesBelow(limits::WORKSPACES_PER_ORGANIZATION))
            .write(Write::Workspace(row.clone()));
        match self.store.commit(&Scope::new(organization, id), commit).await.map_err(of_store) {
            Ok(()) => {
                let record = context.record(self.now(), audited_as, object, AuditOutcome::Succeeded);
                self.write_record(context, record).await;
                Ok(row)
            }
            Err(error) => self.refused(context, audited_as, object, Vec::new(), error).await,
        }
    }

    /// Erases the workspace that the caller has entered, with its credentials, integrations and tokens.
    ///
    /// # Errors
    ///
    /// `forbidden`; `precondition_failed`; `in_use` while anything in it is held, unless `mode` says otherwise;
    /// `validation_failed` for the one that the caller's own token is at home in.
    pub async fn delete_workspace(
        &self,
        context: &Context,
        mode: DeleteMode,
        expected: &Expected,
    ) -> Result<(), Error> {
        let audited_as = AuditAction::WorkspaceDelete;
        let object = AuditObject::Workspace(context.scope().workspace());
        let home = match self.may_delete_workspace(context).await {
            Ok(home) => home,
            Err(error) => return self.refused(context, audited_as, object, Vec::new(), error).await,
        };
        // Also where the actor is at home: the erased workspace has nobody left who could read its log.
        let at_home = |outcome| context.record(self.now(), audited_as, object, outcome);
        let attempted = context.commit(at_home(AuditOutcome::Attempted));
        self.store.commit(&home, attempted).await.map_err(of_store)?;
        match self.erase_entered(context, mode, expected).await {
            Ok(()) => {
                self.write_record_in(context, &home, at_home(AuditOutcome::Succeeded)).await;
                Ok(())
            }
            // It may have happened: that it was attempted is all that is known.
            Err(error @ Error::OutcomeUnknown(_)) => Err(error),
            Err(error) => {
                let code = Some(error.code().as_str().to_owned());
                let record = AuditRecord { code, ..at_home(outcome_of(&error)) };
                self.write_record_in(context, &home, record).await;
                self.refused(context, audited_as, object, Vec::new(), error).await
            }
        }
    }

    async fn erase_entered(
        &self,
        context: &Context,
        mode: DeleteMode,
        expected: &Expected,
    ) -> Result<(), Error> {
        let scope = *context.scope();
        let now = self.now();
        let (object, audited_as) = (AuditObject::Workspace(scope.workspace()), AuditAction::WorkspaceDelete);
        let record = context.record(now, audited_as, object, AuditOutcome::Succeeded);
        let commit = context.commit(record).write(Write::EraseWorkspace);
        let commit = match mode {
            DeleteMode::UnlessHeld => commit.expect(Expectation::NoHoldAnywhere(now)),
            DeleteMode::Force | DeleteMode::Regardless => commit,
        };
        let commit = match expected {
            Expected::OneOf(versions) => {
                let current = self.stored_workspace(&scope).await?.version;
                if !versions.contains(&current) {
                    return Err(Error::Precondition { current: Some(current) });
                }
                commit.expect(Expectation::WorkspaceVersion(current))
            }
            Expected::Unstated | Expected::Existing => commit,
        };
        let outcome = self.store.commit(&scope, commit).await;
        // Whatever the outcome: a lost answer may have been a yes.
        self.forget_workspace(&scope);
        match outcome {
            Ok(()) => Ok(()),
            Err(StoreError::Clash(Clash::Held)) => Err(Error::Conflict(Conflict::InUse(Vec::new()))),
            // Somebody changed it meanwhile, or it is gone.
            Err(StoreError::Clash(Clash::Workspace)) => {
                let current = self.stored_workspace(&scope).await?.version;
                Err(Error::Precondition { current: Some(current) })
            }
            Err(error) => Err(of_store(error)),
        }
    }

    /// Where the caller is at home, if that is another one.
    async fn may_delete_workspace(&self, context: &Context) -> Result<Scope, Error> {
        let organization = context.scope().organization();
        authorise(&context.principal, Action::ManageOrganization, Resource::Organization(organization))?;
        let token = self.store.token(context.principal.token).await.map_err(of_store)?;
        let home = token.ok_or(Error::Unauthenticated)?.scope;
        if home == *context.scope() {
            let message = "is where this token is at home: a token of another workspace can delete it";
            return Err(Error::invalid(vec![Fault::new("/workspace", message)]));
        }
        Ok(home)
    }

    /// Nothing that this node has at hand outlives the workspace.
    pub(crate) fn forget_workspace(&self, scope: &Scope) {
        self.workspaces.0.remove(scope);
        self.tokens.forget_all();
        self.sealed.forget_all();
        self.integrations.forget_all();
    }

    async fn entering(
        &self,
        principal: &Principal,
        named: &WorkspaceRef,
    ) -> Result<Option<Principal>, Error> {
        let id = match named {
            WorkspaceRef::Id(id) => *id,
            WorkspaceRef::Slug(slug) if *slug == self.current_workspace(&principal.scope).await?.slug => {
                principal.scope.workspace()
            }
            WorkspaceRef::Slug(slug) => {
                let organization = principal.scope.organization();
                let found = self.store.workspace_with_slug(organization, slug).await.map_err(of_store)?;
                let Some(id) = found else { return Ok(None) };
                id
            }
        };
        let Some(entering) = principal.entering(id) else { return Ok(None) };
        // An id of another organization, or of nothing, is granted to an owner by no grant of its own.
        match self.current_workspace(&entering.scope).await {
            Ok(_) => Ok(Some(entering)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The workspace and its settings.
    ///
    /// # Errors
    ///
    /// `forbidden`.
    pub async fn workspace(&self, context: &Context) -> Result<Arc<Workspace>, Error> {
        self.permit(context, Action::ReadWorkspace, AuditAction::WorkspaceRead).await?;
        self.current_workspace(context.scope()).await
    }

    /// Changes name and settings.
    ///
    /// # Errors
    ///
    /// `forbidden`, `validation_failed`, `precondition_failed`, `conflict`.
    pub async fn change_workspace(
        &self,
        context: &Context,
        change: &WorkspaceChange<'_>,
        expected: &Expected,
    ) -> Result<Arc<Workspace>, Error> {
        match self.try_change_workspace(context, change, expected).await {
            Ok(changed) => Ok(changed),
            Err(error) => {
                let object = AuditObject::Workspace(context.scope().workspace());
                self.refused(context, AuditAction::Workspace, object, change.fields.clone(), error).await
            }
        }
    }

    async fn try_change_workspace(
        &self,
        context: &Context,
        change: &WorkspaceChange<'_>,
        expected: &Expected,
    ) -> Result<Arc<Workspace>, Error> {
        authorise(&context.principal, Action::ChangeWorkspace, Resource::Workspace(*context.scope()))?;
        for _ in 0..ROUNDS {
            let current = self.stored_workspace(context.scope()).await?;
            if let Expected::OneOf(versions) = expected
                && !versions.contains(&current.version)
            {
                return Err(Error::Precondition { current: Some(current.version) });
            }
            let next = Arc::new(applied(&current, change)?);
            match self.store.commit(context.scope(), self.commit_of(context, &current, &next, change)).await {
                Ok(()) => {
                    self.workspaces.0.insert(*context.scope(), Arc::clone(&next));
                    return Ok(next);
                }
                Err(StoreError::Clash(_)) => {}
                Err(error) => {
                    self.workspaces.0.remove(context.scope());
                    return Err(of_store(error));
                }
            }
        }
        Err(Error::Conflict(Conflict::LostRace))
    }

    fn commit_of(
        &self,
        context: &Context,
        current: &Workspace,
        next: &Workspace,
        change: &WorkspaceChange<'_>,
    ) -> Commit {
        let object = AuditObject::Workspace(context.scope().workspace());
        let record = AuditRecord {
            version: Some(next.version),
            fields: change.fields.clone(),
            ..context.record(self.now(), AuditAction::Workspace, object, AuditOutcome::Succeeded)
        };
        context
            .commit(record)
            .expect(Expectation::WorkspaceVersion(current.version))
            .write(Write::Workspace(next.clone()))
    }

    /// The workspace as this node knows it. A change that comes while it is loaded wins.
    pub(crate) async fn current_workspace(&self, scope: &Scope) -> Result<Arc<Workspace>, Error> {
        self.workspaces.0.get_or_insert_async(scope, self.stored_workspace(scope)).await
    }

    async fn stored_workspace(&self, scope: &Scope) -> Result<Arc<Workspace>, Error> {
        self.store.workspace(scope).await.map_err(of_store)?.map(Arc::new).ok_or(Error::NotFound)
    }
}

fn applied(current: &Workspace, change: &WorkspaceChange<'_>) -> Result<Workspace, Error> {
    let mut next = current.clone();
    (change.settings)(&mut next.settings);
    if !(1..=limits::HOLD_SECONDS).contains(&next.settings.hold_seconds) {
        let message = format!("must be from 1 to {}", limits::HOLD_SECONDS);
        return Err(Error::invalid(vec![Fault::new("/settings/hold_seconds", message)]));
    }
    if let Some(name) = &change.name {
        next.name = name.clone();
    }
    next.version += 1;
    Ok(next)
}
