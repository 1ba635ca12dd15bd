//! Trying without changing: what is stored, or a draft.

use strongroom_domain::Error;
use strongroom_domain::access::{Action, Resource, authorise};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord, AuditVerification};
use strongroom_domain::credential::Credential;
use strongroom_domain::event::{Event, EventKind};
use strongroom_domain::health::Health;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::policy::{FieldPolicy, SshHostKeys};
use strongroom_domain::principal::Facts;
use strongroom_domain::steps::judge::accepted_after;
use strongroom_domain::verification::Verification;
use strongroom_store::{Housekeeping, StoredCredential};

use super::plan;
use super::prove::{Attempted, Trial};
use crate::failure::of_store;
use crate::host_keys::{FirstUse, commit_with_pin};
use crate::options::{ChangeOptions, CredentialRef, NewCredential};
use crate::permits::Subject;
use crate::{Context, Service};

impl Service {
    /// Tries what is stored and keeps what it showed as health. Changes no version. `host_keys` is what the
    /// caller's dialect means where the workspace has not chosen; a key believed at first sight is pinned.
    ///
    /// # Errors
    ///
    /// `not_found`, `forbidden`; an outcome, whichever, is no error.
    pub async fn verify_stored(
        &self,
        context: &Context,
        named: &CredentialRef,
        host_keys: SshHostKeys,
    ) -> Result<Verification, Error> {
        let id = self.locate(context, Action::Verify, AuditAction::Verify, named).await?;
        match self.verify_located(context, id, host_keys).await {
            Ok(verification) => Ok(verification),
            Err(error) => {
                self.refused(context, AuditAction::Verify, AuditObject::Credential(id), Vec::new(), error)
                    .await
            }
        }
    }

    async fn verify_located(
        &self,
        context: &Context,
        id: CredentialId,
        host_keys: SshHostKeys,
    ) -> Result<Verification, Error> {
        let _permit = self.permits.enter(Subject::Check(id)).await?;
        let stored = self.load(context, id).await?;
        self.check_stored(context, &stored, AuditAction::Verify, host_keys).await
    }

    /// Tries a stored value and keeps the outcome with the value that was tried, and no other (CCR-05).
    pub(crate) async fn check_stored(
        &self,
        context: &Context,
        stored: &StoredCredential,
        action: AuditAction,
        host_keys: SshHostKeys,
    ) -> Result<Verification, Error> {
        self.assert_bound(stored)?;
        let credential = &stored.credential;
        let plan = plan::for_stored(&self.catalogue, stored, self.opened(context, stored).await?)?;
        let trial = Trial {
            action,
            object: AuditObject::Credential(credential.id),
            value_version: credential.value_version,
        };
        let trust = self.current_workspace(context.scope()).await?.settings.host_keys(host_keys);
        let Attempted { verification, first_use } =
            self.attempt(context, &trial, &plan.candidate, trust).await?;
        self.record_verification(context, &trial, &verification, first_use).await?;
        let showing = Credential {
            health: credential.health.after(&verification),
            accepted: accepted_after(credential.accepted.clone(), &verification),
            ..credential.clone()
        };
        self.keep_health(context, credential.health, &showing, verification.clone()).await?;
        Ok(verification)
    }

    /// Keeps what a check showed with the value that was tried, and no other; watchers hear of it where it is
    /// not what it was.
    pub(crate) async fn keep_health(
        &self,
        context: &Context,
        was: Health,
        credential: &Credential,
        verification: Verification,
    ) -> Result<(), Error> {
        let kept = Housekeeping::Health {
            credential: credential.id,
            value_version: credential.value_version,
            health: credential.health,
            accepted: credential.accepted.clone(),
            verification: Box::new(verification),
            event: event_of_health(was, credential),
        };
        let _announced = self.hub.announce_after();
        self.store.keep_house(context.scope(), kept).await.map_err(of_store)
    }

    /// Tries a draft, saving nothing but the record of the attempt; no host key is pinned for it.
    ///
    /// # Errors
    ///
    /// `forbidden`, and what step 4 of a change finds; an outcome, whichever, is no error.
    pub async fn verify_draft(
        &self,
        context: &Context,
        draft: NewCredential,
        fields: FieldPolicy,
        host_keys: SshHostKeys,
    ) -> Result<Verification, Error> {
        self.permit(context, Action::Verify, AuditAction::Verify).await?;
        let options = ChangeOptions { fields, ..ChangeOptions::default() };
        let shared = self.lent(context, draft.parts.integration.flatten()).await?;
        let planned = match plan::for_new(&self.catalogue, context, &draft, shared, &options) {
            Ok(plan) => self.examine_deeply(context, &plan, fields).await.map(|()| plan),
            Err(error) => Err(error),
        };
        let planned = planned.and_then(|plan| {
            let draft = Facts::of_draft(&draft.kind, &plan.candidate.labels);
            let resource = Resource::Credential(*context.scope(), draft);
            authorise(&context.principal, Action::Verify, resource).map(|()| plan)
        });
        let plan = match planned {
            Ok(plan) => plan,
            Err(error) => {
                let fields = draft.parts.touched_as_far_as_known(self.catalogue.kind(&draft.kind));
                return self
                    .refused(context, AuditAction::Verify, AuditObject::Credentials, fields, error)
                    .await;
            }
        };
        let trial = Trial { action: AuditAction::Verify, object: AuditObject::Credentials, value_version: 0 };
        let trust = self.current_workspace(context.scope()).await?.settings.host_keys(host_keys);
        let Attempted { verification, first_use: _ } =
            self.attempt(context, &trial, &plan.candidate, trust).await?;
        self.record_verification(context, &trial, &verification, None).await?;
        Ok(verification)
    }

    async fn record_verification(
        &self,
        context: &Context,
        trial: &Trial,
        verification: &Verification,
        first_use: Option<FirstUse>,
    ) -> Result<(), Error> {
        let record = AuditRecord {
            value_version: Some(trial.value_version),
            verification: Some(AuditVerification::from(verification)),
            ..context.record(self.now(), trial.action, trial.object, AuditOutcome::Succeeded)
        };
        let commit = commit_with_pin(context, record, first_use);
        self.store.commit(context.scope(), commit).await.map_err(of_store)
    }
}

/// Watchers hear of another health, not of another check that shows the same.
fn event_of_health(was: Health, credential: &Credential) -> Option<Event> {
    let health = credential.health;
    ((was.status, was.reason) != (health.status, health.reason)).then_some(Event {
        kind: EventKind::Health,
        at: health.since,
        credential: credential.id,
        version: credential.version,
        value_version: credential.value_version,
    })
}
