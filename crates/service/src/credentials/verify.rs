//! Trying without changing: what is stored, or a draft.

use strongroom_domain::Error;
use strongroom_domain::access::Action;
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord, AuditVerification};
use strongroom_domain::ids::CredentialId;
use strongroom_domain::policy::FieldPolicy;
use strongroom_domain::steps::judge::accepted_after;
use strongroom_domain::verification::Verification;
use strongroom_store::{Housekeeping, StoredCredential};

use super::plan;
use super::prove::Trial;
use crate::failure::of_store;
use crate::options::{ChangeOptions, CredentialRef, NewCredential};
use crate::permits::Subject;
use crate::{Context, Service};

impl Service {
    /// Tries what is stored and keeps what it showed as health. Changes no version.
    ///
    /// # Errors
    ///
    /// `not_found`, `forbidden`; an outcome, whichever, is no error.
    pub async fn verify_stored(
        &self,
        context: &Context,
        named: &CredentialRef,
    ) -> Result<Verification, Error> {
        let id = self.locate(context, Action::Verify, AuditAction::Verify, named).await?;
        match self.verify_located(context, id).await {
            Ok(verification) => Ok(verification),
            Err(error) => {
                self.refused(context, AuditAction::Verify, AuditObject::Credential(id), Vec::new(), error)
                    .await
            }
        }
    }

    async fn verify_located(&self, context: &Context, id: CredentialId) -> Result<Verification, Error> {
        let _permit = self.permits.enter(Subject::Check(id)).await?;
        let stored = self.load(context, id).await?;
        self.check_stored(context, &stored, AuditAction::Verify).await
    }

    /// Tries a stored value and keeps the outcome with the value that was tried, and no other (CCR-05).
    pub(crate) async fn check_stored(
        &self,
        context: &Context,
        stored: &StoredCredential,
        action: AuditAction,
    ) -> Result<Verification, Error> {
        self.assert_bound(stored)?;
        let credential = &stored.credential;
        let candidate = self.opened(context, stored).await?.into();
        let trial = Trial {
            action,
            object: AuditObject::Credential(credential.id),
            value_version: credential.value_version,
        };
        let verification = self.attempt(context, &trial, &candidate).await?;
        self.record_verification(context, &trial, &verification).await?;
        let kept = Housekeeping::Health {
            credential: credential.id,
            value_version: credential.value_version,
            health: credential.health.after(&verification),
            accepted: accepted_after(credential.accepted.clone(), &verification),
            verification: Box::new(verification.clone()),
        };
        self.store.keep_house(context.scope(), kept).await.map_err(of_store)?;
        Ok(verification)
    }

    /// Tries a draft, saving nothing but the record of the attempt.
    ///
    /// # Errors
    ///
    /// `forbidden`, and what step 4 of a change finds; an outcome, whichever, is no error.
    pub async fn verify_draft(
        &self,
        context: &Context,
        draft: NewCredential,
        fields: FieldPolicy,
    ) -> Result<Verification, Error> {
        self.permit(context, Action::Verify, AuditAction::Verify).await?;
        let options = ChangeOptions { fields, ..ChangeOptions::default() };
        let plan = match plan::for_new(&self.catalogue, &draft, &options) {
            Ok(plan) => plan,
            Err(error) => {
                let fields = draft.parts.touched_as_far_as_known(self.catalogue.kind(&draft.kind));
                return self
                    .refused(context, AuditAction::Verify, AuditObject::Credentials, fields, error)
                    .await;
            }
        };
        let trial = Trial { action: AuditAction::Verify, object: AuditObject::Credentials, value_version: 0 };
        let verification = self.attempt(context, &trial, &plan.candidate).await?;
        self.record_verification(context, &trial, &verification).await?;
        Ok(verification)
    }

    async fn record_verification(
        &self,
        context: &Context,
        trial: &Trial,
        verification: &Verification,
    ) -> Result<(), Error> {
        let record = AuditRecord {
            value_version: Some(trial.value_version),
            verification: Some(AuditVerification::from(verification)),
            ..context.record(self.now(), trial.action, trial.object, AuditOutcome::Succeeded)
        };
        self.store.commit(context.scope(), context.commit(record)).await.map_err(of_store)
    }
}
