//! Finding integrations: one, a page, all.

use strongroom_domain::access::{Action, Resource, authorise};
use strongroom_domain::audit::{AuditAction, AuditObject};
use strongroom_domain::ids::IntegrationId;
use strongroom_domain::integration::Integration;
use strongroom_domain::{Error, limits};
use strongroom_store::{Page, StoredIntegration};

use super::IntegrationRef;
use crate::failure::of_store;
use crate::options::Listed;
use crate::{Context, Service, cursor};

/// Which list a cursor belongs to.
const LIST: &str = "integrations";

impl Service {
    /// One integration, never with secrets.
    ///
    /// # Errors
    ///
    /// `not_found`, `forbidden`.
    pub async fn integration(&self, context: &Context, named: &IntegrationRef) -> Result<Integration, Error> {
        let (action, audited_as) = (Action::ReadIntegrations, AuditAction::IntegrationRead);
        let id = self.locate_integration(context, action, audited_as, named).await?;
        let load = async { self.load_integration(context, id).await.map(|stored| stored.integration) };
        match self.integrations.find_or_load(context.scope(), id, load).await {
            Ok(integration) => Ok(Integration::clone(&integration)),
            Err(error) => {
                self.refused(context, audited_as, AuditObject::Integration(id), Vec::new(), error).await
            }
        }
    }

    /// Integrations, oldest first.
    ///
    /// # Errors
    ///
    /// `forbidden`, `validation_failed` for a bad cursor.
    pub async fn integrations(
        &self,
        context: &Context,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Listed<Integration>, Error> {
        self.permit_integrations(context, Action::ReadIntegrations, AuditAction::IntegrationRead).await?;
        let position = |text| cursor::position(self.keys.system(), context, LIST, text);
        let after = after.map(position).transpose()?.map(IntegrationId::from_bytes);
        let page = Page { limit: limit + 1, after };
        let items = self.store.integrations(context.scope(), page).await.map_err(of_store)?;
        Ok(Listed::page(items, limit, |last| {
            cursor::make(self.keys.system(), context, LIST, last.id.as_bytes())
        }))
    }

    /// All of them, for wire formats without pages: a workspace has few.
    ///
    /// # Errors
    ///
    /// `forbidden`.
    pub async fn integrations_whole(&self, context: &Context) -> Result<Vec<Integration>, Error> {
        self.permit_integrations(context, Action::ReadIntegrations, AuditAction::IntegrationRead).await?;
        let limit = usize::try_from(limits::INTEGRATIONS_PER_WORKSPACE).unwrap_or(usize::MAX);
        self.store.integrations(context.scope(), Page { limit, after: None }).await.map_err(of_store)
    }

    /// The id of the one that is named, if this caller may do `action`. A try by one who may not is recorded.
    pub(super) async fn locate_integration(
        &self,
        context: &Context,
        action: Action,
        audited_as: AuditAction,
        named: &IntegrationRef,
    ) -> Result<IntegrationId, Error> {
        let found = match named {
            IntegrationRef::Id(id) => Some(*id),
            IntegrationRef::Alias(external) => {
                let (scope, dialect) = (context.scope(), context.view.dialect());
                if let Some(id) = self.integrations.aliased(scope, dialect, external) {
                    Some(id)
                } else {
                    let found = self.store.integration_with_alias(scope, dialect, external);
                    found.await.map_err(of_store)?
                }
            }
        };
        let object = found.map_or(AuditObject::Integrations, AuditObject::Integration);
        let allowed = authorise(&context.principal, action, Resource::Workspace(*context.scope()));
        match allowed.and(found.ok_or(Error::NotFound)) {
            Ok(id) => Ok(id),
            Err(error) => self.refused(context, audited_as, object, Vec::new(), error).await,
        }
    }

    /// Step 1 for integrations as a whole.
    pub(super) async fn permit_integrations(
        &self,
        context: &Context,
        action: Action,
        audited_as: AuditAction,
    ) -> Result<(), Error> {
        match authorise(&context.principal, action, Resource::Workspace(*context.scope())) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.refused(context, audited_as, AuditObject::Integrations, Vec::new(), error).await
            }
        }
    }

    /// The current version. Unknown and foreign ids are the same.
    pub(super) async fn load_integration(
        &self,
        context: &Context,
        id: IntegrationId,
    ) -> Result<StoredIntegration, Error> {
        self.store.integration(context.scope(), id).await.map_err(of_store)?.ok_or(Error::NotFound)
    }
}
