//! A new integration: the steps of a change, from nothing.

use strongroom_domain::access::Action;
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::credential::Candidate;
use strongroom_domain::error::{Code, Conflict};
use strongroom_domain::ids::IntegrationId;
use strongroom_domain::integration::{Integration, NUMBERED_FOR, blank, is_kind_name};
use strongroom_domain::steps::merge::merge;
use strongroom_domain::{Error, Fault, limits};
use strongroom_sealing::SystemRng;
use strongroom_store::{Alias, Clash, Expectation, StoreError, Write};

use super::NewIntegration;
use super::sealed::checked;
use crate::credentials::save::SEALS;
use crate::failure::of_store;
use crate::idempotency::{Turn, remember};
use crate::options::{ChangeOptions, Run};
use crate::{Context, Service};

impl Service {
    /// Makes an integration. There is nothing to try yet: what proves it is the credentials that use it.
    ///
    /// # Errors
    ///
    /// `forbidden`, `validation_failed`, `unknown_kind`, `quota_exceeded`, `idempotency_conflict`.
    pub async fn create_integration(
        &self,
        context: &Context,
        new: NewIntegration,
        options: ChangeOptions,
    ) -> Result<Integration, Error> {
        let action = AuditAction::IntegrationCreate;
        self.permit_integrations(context, Action::ManageIntegrations, action).await?;
        match self.try_create_integration(context, &new, &options).await {
            Ok(integration) => Ok(integration),
            Err(error) => {
                let kind = self.kind_of_integration(&new.kind);
                let fields = new.parts.touched_as_far_as_known(Some(&kind));
                self.refused(context, action, AuditObject::Integrations, fields, error).await
            }
        }
    }

    async fn try_create_integration(
        &self,
        context: &Context,
        new: &NewIntegration,
        options: &ChangeOptions,
    ) -> Result<Integration, Error> {
        let _turn = match self.turn::<Integration>(context, options.idempotency.as_ref()).await? {
            Turn::First(permit) => permit,
            Turn::Done(answer) => {
                let id = answer.ok_or(Error::Conflict(Conflict::Idempotency))?.id;
                return Ok(self.load_integration(context, id).await?.integration);
            }
        };
        if !is_kind_name(&new.kind) {
            let fault = Fault::new("/kind", "must be 1 to 64 lower-case letters, digits and underscores");
            return Err(Error::Invalid(Code::UnknownKind, vec![fault]));
        }
        let kind = self.kind_of_integration(&new.kind);
        let candidate = checked(merge(blank(&new.kind, &new.name), &new.parts, Some(&kind)), &kind)?;
        let integration = first(context, &candidate, self.now());
        let object = AuditObject::Integration(integration.id);
        let record = AuditRecord {
            version: Some(1),
            value_version: Some(1),
            fields: new.parts.touched(),
            notes: context.spoken(),
            ..context.record(self.now(), AuditAction::IntegrationCreate, object, AuditOutcome::Succeeded)
        };
        if options.run == Run::Dry {
            return self.rehearse_integration(context, integration, record).await;
        }
        self.commit_new(context, &integration, &candidate, record, options).await?;
        Ok(self.load_integration(context, integration.id).await?.integration)
    }

    async fn commit_new(
        &self,
        context: &Context,
        integration: &Integration,
        candidate: &Candidate,
        record: AuditRecord,
        options: &ChangeOptions,
    ) -> Result<(), Error> {
        for _ in 0..SEALS {
            let sealed = self.seal_integration(context, integration, candidate).await?;
            let mut commit = context
                .commit(record.clone())
                .expect(Expectation::IntegrationsBelow(limits::INTEGRATIONS_PER_WORKSPACE))
                .expect(sealed.newest)
                .write(Write::Integration(Box::new(integration.clone())))
                .write(Write::IntegrationAlias(integration.id, NUMBERED_FOR, Alias::Counted))
                .write(Write::IntegrationValue(integration.id, sealed.value));
            if let Some(request) = &options.idempotency {
                commit = commit.write(remember(context, request, Some(integration), integration.created_at)?);
            }
            match self.store.commit(context.scope(), commit).await {
                Err(StoreError::Clash(Clash::Keys)) => self.keys.forget(context.scope().organization()),
                outcome => return outcome.map_err(of_store),
            }
        }
        Err(Error::Conflict(Conflict::LostRace))
    }

    /// The end of a dry run: the record says what was tried, and nothing else is there.
    pub(super) async fn rehearse_integration(
        &self,
        context: &Context,
        integration: Integration,
        mut record: AuditRecord,
    ) -> Result<Integration, Error> {
        record.notes.insert("dry_run".to_owned(), "true".to_owned());
        let record =
            AuditRecord { outcome: AuditOutcome::Attempted, version: None, value_version: None, ..record };
        self.store.commit(context.scope(), context.commit(record)).await.map_err(of_store)?;
        Ok(integration)
    }
}

fn first(context: &Context, candidate: &Candidate, now: strongroom_domain::Timestamp) -> Integration {
    Integration {
        id: IntegrationId::make(now, &mut SystemRng),
        aliases: [].into(),
        workspace: context.scope().workspace(),
        kind: candidate.kind.clone(),
        name: candidate.name.clone(),
        settings: candidate.settings.clone(),
        secret_fields: candidate.secret_fields(),
        version: 1,
        value_version: 1,
        created_by: context.principal.id,
        created_at: now,
        modified_by: context.principal.id,
        modified_at: now,
    }
}
