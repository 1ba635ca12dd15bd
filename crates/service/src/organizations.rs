//! Tenants: organizations made, listed, renamed and erased.
//!
//! Whoever makes organizations reaches into none: a new one is handed over by its first token. What an operator
//! does to one is on record in both logs, the operator's and the tenant's own.

use strongroom_domain::access::{Action, Resource, authorise};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome};
use strongroom_domain::ids::{OrganizationId, PrincipalId, TokenId, WorkspaceId};
use strongroom_domain::policy::WorkspaceSettings;
use strongroom_domain::principal::{PrincipalKind, Reach, Role};
use strongroom_domain::text::{Name, Slug};
use strongroom_domain::token::TokenText;
use strongroom_domain::{Error, Fault, Scope, Secret, Timestamp};
use strongroom_sealing::SystemRng;
use strongroom_store::{Commit, Expectation, OrganizationRow, TokenRow, WorkspaceRow, Write};

use crate::failure::of_store;
use crate::options::Listed;
use crate::{Context, Service, cursor, keys};

/// A tenant as its readers see it.
pub type Organization = OrganizationRow;

/// A tenant to be made.
#[derive(Debug, Clone)]
pub struct NewOrganization {
    /// What it is called.
    pub name: Name,
    /// Unique in the installation.
    pub slug: Slug,
    /// The slug of its first workspace.
    pub workspace: Slug,
}

/// A new tenant, and the token that hands it over.
pub struct Founded {
    /// The tenant.
    pub organization: Organization,
    /// Its first workspace.
    pub workspace: WorkspaceRow,
    /// Its first owner.
    pub token: TokenId,
    /// The token's text, shown once.
    pub text: Secret<String>,
}

const LIST: &str = "organizations";

impl Service {
    /// Makes an organization with its keys, one workspace and one owner.
    ///
    /// # Errors
    ///
    /// `forbidden`, `slug_taken`. Nothing is there then but the record of the attempt.
    pub async fn create_organization(
        &self,
        context: &Context,
        new: NewOrganization,
    ) -> Result<Founded, Error> {
        let own = AuditObject::Organization(context.scope().organization());
        self.permit_operator(context, AuditAction::OrganizationCreate, own).await?;
        let now = self.now();
        let scope =
            Scope::new(OrganizationId::make(now, &mut SystemRng), WorkspaceId::make(now, &mut SystemRng));
        self.attempt_on(context, AuditAction::OrganizationCreate, scope.organization()).await?;
        let text = TokenText::make(PrincipalKind::User, TokenId::make(now, &mut SystemRng), &mut SystemRng);
        let founded = Founded {
            organization: OrganizationRow {
                id: scope.organization(),
                slug: new.slug,
                name: new.name.clone(),
                created_at: now,
            },
            workspace: first_workspace(&scope, new.workspace, now),
            token: text.id,
            text: text.reveal(),
        };
        let commit = self.founding_of(context, &founded, self.owner_row(context, &text, scope, now), now);
        match self.store.commit(&scope, commit).await.map_err(of_store) {
            Ok(()) => {
                self.succeeded_on(context, AuditAction::OrganizationCreate, scope.organization()).await;
                Ok(founded)
            }
            Err(error) => {
                let object = AuditObject::Organization(scope.organization());
                self.refused(context, AuditAction::OrganizationCreate, object, Vec::new(), error).await
            }
        }
    }

    /// Organizations, oldest first: all of them for who manages the installation, the caller's own for
    /// everybody else who may read it.
    ///
    /// # Errors
    ///
    /// `forbidden`, `validation_failed` for a bad cursor.
    pub async fn organizations(
        &self,
        context: &Context,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Listed<Organization>, Error> {
        if self.may(context, Action::ManageInstallation).is_err() {
            let own = self.organization(context, context.scope().organization()).await?;
            return Ok(Listed { items: vec![own], next_cursor: None });
        }
        let position = |text| cursor::position(self.keys.system(), context, LIST, text);
        let after = after.map(position).transpose()?.map(OrganizationId::from_bytes);
        let items = self.store.organizations(after, limit + 1).await.map_err(of_store)?;
        Ok(Listed::page(items, limit, |last| {
            cursor::make(self.keys.system(), context, LIST, last.id.as_bytes())
        }))
    }

    /// One organization.
    ///
    /// # Errors
    ///
    /// `not_found` for every other one but to who manages the installation; `forbidden`.
    pub async fn organization(&self, context: &Context, id: OrganizationId) -> Result<Organization, Error> {
        self.permit_in(context, Action::ReadOrganization, AuditAction::OrganizationRead, id).await?;
        let found = self.store.organization(id).await.map_err(of_store)?;
        found.ok_or(Error::NotFound)
    }

    /// Whether the caller may see the numbers of the installation; one who may not is on record.
    ///
    /// # Errors
    ///
    /// `forbidden`.
    pub async fn permit_metrics(&self, context: &Context) -> Result<(), Error> {
        let Err(error) = self.may(context, Action::ReadMetrics) else { return Ok(()) };
        let object = AuditObject::Organization(context.scope().organization());
        self.refused(context, AuditAction::OrganizationRead, object, Vec::new(), error).await
    }

    /// Gives an organization another name.
    ///
    /// # Errors
    ///
    /// As [`Service::organization`].
    pub async fn rename_organization(
        &self,
        context: &Context,
        id: OrganizationId,
        name: Name,
    ) -> Result<Organization, Error> {
        self.permit_in(context, Action::ManageOrganization, AuditAction::OrganizationChange, id).await?;
        let current = self.store.organization(id).await.map_err(of_store)?.ok_or(Error::NotFound)?;
        let next = OrganizationRow { name, ..current };
        let object = AuditObject::Organization(id);
        let record =
            context.record(self.now(), AuditAction::OrganizationChange, object, AuditOutcome::Succeeded);
        // Committed in the tenant's own log; an operator's token is at home elsewhere.
        let write = |commit: Commit| {
            commit.expect(Expectation::OrganizationThere).write(Write::Organization(next.clone()))
        };
        if id == context.scope().organization() {
            let commit = write(context.commit(record));
            self.store.commit(context.scope(), commit).await.map_err(of_store)?;
            return Ok(next);
        }
        // In a workspace of the tenant, where its people read it.
        let workspaces = self.workspaces_of(id).await?;
        let there = Scope::new(id, workspaces.first().ok_or(Error::NotFound)?.id);
        self.attempt_on(context, AuditAction::OrganizationChange, id).await?;
        match self.store.commit(&there, write(Commit::new(record))).await.map_err(of_store) {
            Ok(()) => {
                self.succeeded_on(context, AuditAction::OrganizationChange, id).await;
                Ok(next)
            }
            Err(error) => {
                self.refused(context, AuditAction::OrganizationChange, object, Vec::new(), error).await
            }
        }
    }

    /// Erases an organization: values, keys, tokens, workspaces, and what its log says. What is left of the
    /// log are its hashes.
    ///
    /// # Errors
    ///
    /// `forbidden`, `not_found`; `validation_failed` for the one that the caller's own token belongs to.
    pub async fn delete_organization(&self, context: &Context, id: OrganizationId) -> Result<(), Error> {
        let object = AuditObject::Organization(id);
        self.permit_operator(context, AuditAction::OrganizationDelete, object).await?;
        if let Err(error) = self.deletable(context, id).await {
            return self.refused(context, AuditAction::OrganizationDelete, object, Vec::new(), error).await;
        }
        let workspaces = self.workspaces_of(id).await?;
        let record =
            context.record(self.now(), AuditAction::OrganizationDelete, object, AuditOutcome::Succeeded);
        let commit = context.commit(record).write(Write::EraseOrganization(id));
        let outcome = self.store.commit(context.scope(), commit).await.map_err(of_store);
        // Whatever the outcome: a lost answer may have been a yes.
        self.keys.forget(id);
        for workspace in workspaces {
            self.forget_workspace(&Scope::new(id, workspace.id));
        }
        outcome
    }

    async fn deletable(&self, context: &Context, id: OrganizationId) -> Result<(), Error> {
        if id == context.scope().organization() {
            let message = "is the organization of this token: an operator of another one can delete it";
            return Err(Error::invalid(vec![Fault::new("/organization", message)]));
        }
        self.store.organization(id).await.map_err(of_store)?.map(drop).ok_or(Error::NotFound)
    }

    pub(crate) async fn workspaces_of(&self, id: OrganizationId) -> Result<Vec<WorkspaceRow>, Error> {
        let Some(row) = self.store.organization(id).await.map_err(of_store)? else { return Ok(Vec::new()) };
        self.store.workspaces(&row).await.map_err(of_store)
    }

    /// For what only the operator does.
    async fn permit_operator(
        &self,
        context: &Context,
        audited_as: AuditAction,
        object: AuditObject,
    ) -> Result<(), Error> {
        match authorise(&context.principal, Action::ManageInstallation, Resource::Installation) {
            Ok(()) => Ok(()),
            Err(error) => self.refused(context, audited_as, object, Vec::new(), error).await,
        }
    }

    /// In one's own organization by one's grant there; in another one as the operator.
    pub(crate) async fn permit_in(
        &self,
        context: &Context,
        action: Action,
        audited_as: AuditAction,
        id: OrganizationId,
    ) -> Result<(), Error> {
        let principal = &context.principal;
        let is_operator = authorise(principal, Action::ManageInstallation, Resource::Installation).is_ok();
        if is_operator {
            return Ok(());
        }
        match authorise(principal, action, Resource::Organization(id)) {
            Ok(()) => Ok(()),
            Err(error) => {
                // The id is the caller's word; whether there is such a one is not said.
                let object = AuditObject::Organization(id);
                self.refused(context, audited_as, object, Vec::new(), error).await
            }
        }
    }

    /// The operator's own log has an act on another tenant before it happens.
    async fn attempt_on(
        &self,
        context: &Context,
        action: AuditAction,
        id: OrganizationId,
    ) -> Result<(), Error> {
        let object = AuditObject::Organization(id);
        let record = context.record(self.now(), action, object, AuditOutcome::Attempted);
        self.store.commit(context.scope(), context.commit(record)).await.map_err(of_store)
    }

    /// The operator's own log also says that such an act has happened, which is on record in the tenant's.
    async fn succeeded_on(&self, context: &Context, action: AuditAction, id: OrganizationId) {
        let object = AuditObject::Organization(id);
        let record = context.record(self.now(), action, object, AuditOutcome::Succeeded);
        self.write_record(context, record).await;
    }

    fn founding_of(&self, context: &Context, founded: &Founded, owner: TokenRow, now: Timestamp) -> Commit {
        let id = founded.organization.id;
        let (key_writes, absent) = keys::make_for(&self.keys.root(), id, now);
        let record = |action, object| context.record(now, action, object, AuditOutcome::Succeeded);
        let commit = Commit::new(record(AuditAction::OrganizationCreate, AuditObject::Organization(id)))
            .record(record(AuditAction::KeyMake, AuditObject::Organization(id)))
            .record(record(AuditAction::WorkspaceCreate, AuditObject::Workspace(founded.workspace.id)))
            .record(record(AuditAction::TokenIssue, AuditObject::Token(founded.token)))
            .expect(absent)
            .write(Write::Organization(founded.organization.clone()))
            .write(Write::Workspace(founded.workspace.clone()))
            .write(Write::Token(Box::new(owner)));
        key_writes.into_iter().fold(commit, Commit::write)
    }

    fn owner_row(&self, context: &Context, text: &TokenText, scope: Scope, now: Timestamp) -> TokenRow {
        TokenRow {
            id: text.id,
            principal: PrincipalId::make(now, &mut SystemRng),
            kind: text.kind,
            name: "first owner".parse().expect("the words are a valid name"),
            role: Role::Owner,
            scope,
            reach: Reach::default(),
            grants: Vec::new(),
            networks: Vec::new(),
            mac: self.mac_of(text),
            previous: None,
            identity: None,
            created_at: now,
            created_by: Some(context.principal.id),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        }
    }
}

/// With the settings that a workspace has which nobody has changed.
fn first_workspace(scope: &Scope, slug: Slug, now: Timestamp) -> WorkspaceRow {
    let name = slug.as_str().parse().expect("a slug is a valid name");
    let settings = WorkspaceSettings::default();
    WorkspaceRow { id: scope.workspace(), slug, name, settings, version: 1, created_at: now }
}
