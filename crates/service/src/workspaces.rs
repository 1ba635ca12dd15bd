//! The workspace of a token: its settings, and whether a path may name it.

use std::sync::Arc;

use quick_cache::sync::Cache;
use strongroom_domain::access::{Action, Resource, authorise};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::policy::WorkspaceSettings;
use strongroom_domain::text::Name;
use strongroom_domain::{Error, Fault, Scope, limits};
use strongroom_store::{Commit, Expectation, StoreError, WorkspaceRow, Write};

use crate::failure::of_store;
use crate::options::WorkspaceRef;
use crate::{Context, Service};

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

impl Service {
    /// Whether the path names the token's own workspace: one source only, token and path together (TEN-04).
    ///
    /// # Errors
    ///
    /// `not_found` for every other workspace, whether it exists or not.
    pub async fn enter(&self, context: &Context, named: &WorkspaceRef) -> Result<(), Error> {
        let is_own = match named {
            WorkspaceRef::Id(id) => *id == context.scope().workspace(),
            WorkspaceRef::Slug(slug) => *slug == self.current_workspace(context.scope()).await?.slug,
        };
        if is_own { Ok(()) } else { Err(Error::NotFound) }
    }

    /// The workspace and its settings.
    ///
    /// # Errors
    ///
    /// `forbidden`.
    pub async fn workspace(&self, context: &Context) -> Result<Arc<Workspace>, Error> {
        authorise(&context.principal, Action::ReadWorkspace, Resource::Workspace(*context.scope()))?;
        self.current_workspace(context.scope()).await
    }

    /// Changes name and settings.
    ///
    /// # Errors
    ///
    /// `forbidden`, `validation_failed`, `conflict`.
    pub async fn change_workspace(
        &self,
        context: &Context,
        change: &WorkspaceChange<'_>,
    ) -> Result<Arc<Workspace>, Error> {
        let object = AuditObject::Workspace(context.scope().workspace());
        if let Err(error) =
            authorise(&context.principal, Action::ChangeWorkspace, Resource::Workspace(*context.scope()))
        {
            return self.refused(context, AuditAction::Workspace, object, change.fields.clone(), error).await;
        }
        for _ in 0..ROUNDS {
            let current = self.stored_workspace(context.scope()).await?;
            let next = Arc::new(applied(&current, change)?);
            let record = AuditRecord {
                version: Some(next.version),
                fields: change.fields.clone(),
                ..context.record(self.now(), AuditAction::Workspace, object, AuditOutcome::Succeeded)
            };
            let commit = Commit::new(record)
                .expect(Expectation::WorkspaceVersion(current.version))
                .write(Write::Workspace(WorkspaceRow::clone(&next)));
            match self.store.commit(context.scope(), commit).await {
                Ok(()) => {
                    self.workspaces.0.insert(*context.scope(), Arc::clone(&next));
                    return Ok(next);
                }
                Err(StoreError::Clash(_)) => {}
                Err(error) => return Err(of_store(error)),
            }
        }
        Err(Error::Conflict(strongroom_domain::error::Conflict::LostRace))
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
