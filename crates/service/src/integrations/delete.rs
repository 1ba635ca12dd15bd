//! The end of an integration that nothing uses: its value is destroyed in the commit that says so.

use strongroom_domain::Error;
use strongroom_domain::access::Action;
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::error::Conflict;
use strongroom_domain::ids::IntegrationId;
use strongroom_domain::integration::Integration;
use strongroom_store::{Clash, CredentialFilter, Expectation, StoreError, Write};

use super::IntegrationRef;
use crate::credentials::change::expect;
use crate::failure::of_store;
use crate::idempotency::{Turn, remember};
use crate::options::{Expected, Idempotency};
use crate::permits::Subject;
use crate::{Context, Service};

impl Service {
    /// Deletes an integration that no credential uses. There is no undelete.
    ///
    /// # Errors
    ///
    /// `in_use` while credentials use it, `not_found`, `forbidden`, `precondition_failed`.
    pub async fn delete_integration(
        &self,
        context: &Context,
        named: &IntegrationRef,
        expected: &Expected,
        idempotency: Option<&Idempotency>,
    ) -> Result<(), Error> {
        // A twin comes first: what it names is gone since its first half was done.
        let turn: Turn<Integration> = self.turn(context, idempotency).await?;
        if matches!(turn, Turn::Done(_)) {
            return Ok(());
        }
        let (action, audited_as) = (Action::ManageIntegrations, AuditAction::IntegrationDelete);
        let id = self.locate_integration(context, action, audited_as, named).await?;
        match self.try_delete_integration(context, id, expected, idempotency).await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.refused(context, audited_as, AuditObject::Integration(id), Vec::new(), error).await
            }
        }
    }

    async fn try_delete_integration(
        &self,
        context: &Context,
        id: IntegrationId,
        expected: &Expected,
        idempotency: Option<&Idempotency>,
    ) -> Result<(), Error> {
        let _permit = self.permits.enter(Subject::Integration(id)).await?;
        let current = self.load_integration(context, id).await?.integration;
        let workspace = self.current_workspace(context.scope()).await?;
        expect(expected, current.version, &workspace)?;
        let (now, object) = (self.now(), AuditObject::Integration(id));
        let record = AuditRecord {
            version: Some(current.version + 1),
            notes: context.spoken(),
            ..context.record(now, AuditAction::IntegrationDelete, object, AuditOutcome::Succeeded)
        };
        let mut commit = context
            .commit(record)
            .expect(Expectation::IntegrationVersion(id, current.version))
            .expect(Expectation::IntegrationUses(id, 0))
            .write(Write::DeleteIntegration(id));
        if let Some(request) = idempotency {
            commit = commit.write(remember(context, request, None::<&Integration>, now)?);
        }
        let outcome = self.store.commit(context.scope(), commit).await;
        self.integrations.forget(context.scope(), id);
        match outcome {
            Err(StoreError::Clash(Clash::Uses)) => {
                let filter = CredentialFilter { integration: Some(id), ..CredentialFilter::default() };
                let count = self.store.credentials_matching(context.scope(), &filter);
                Err(Error::Conflict(Conflict::IntegrationInUse(count.await.map_err(of_store)?)))
            }
            outcome => outcome.map_err(of_store),
        }
    }
}
