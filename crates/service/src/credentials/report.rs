//! A consumer saw a refusal: was the value replaced, is it refused, or is it something else?

use std::time::Duration;

use strongroom_domain::access::Action;
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::ids::CredentialId;
use strongroom_domain::policy::SshHostKeys;
use strongroom_domain::verification::{Outcome, Verification};
use strongroom_domain::{Error, Fault};
use strongroom_store::StoredCredential;

use crate::failure::of_store;
use crate::options::{CredentialRef, Report, Reported, Verdict};
use crate::permits::Subject;
use crate::{Context, Service};

/// At most one check of a credential in this time; reports in between get the last outcome.
const CHECK_EVERY: Duration = Duration::from_secs(10);

impl Service {
    /// Answers a report. A consumer's word alone never makes a credential *failing*: a check does.
    ///
    /// # Errors
    ///
    /// `not_found`, `forbidden`, `validation_failed` for a value that does not exist yet.
    pub async fn report(
        &self,
        context: &Context,
        named: &CredentialRef,
        report: &Report,
    ) -> Result<Reported, Error> {
        let id = self.locate(context, Action::Report, AuditAction::Report, named).await?;
        match self.report_located(context, id, report).await {
            Ok(reported) => Ok(reported),
            Err(error) => {
                self.refused(context, AuditAction::Report, AuditObject::Credential(id), Vec::new(), error)
                    .await
            }
        }
    }

    async fn report_located(
        &self,
        context: &Context,
        id: CredentialId,
        report: &Report,
    ) -> Result<Reported, Error> {
        context.assert_speaks_for(&report.consumer, Action::Report)?;
        let _permit = self.permits.enter(Subject::Check(id)).await?;
        let stored = self.load(context, id).await?;
        let value_version = stored.credential.value_version;
        if report.value_version > value_version {
            let fault = Fault::new("/value_version", "is newer than the current value");
            return Err(Error::invalid(vec![fault]));
        }
        self.record_report(context, &stored, report).await?;
        if report.value_version < value_version {
            return Ok(Reported { verdict: Verdict::Superseded, value_version, reason: None });
        }
        let verification = self.recent_or_new(context, &stored).await?;
        let verdict = match verification.outcome {
            Outcome::Accepted => Verdict::StillAccepted,
            Outcome::Rejected => Verdict::ConfirmedRejected,
            Outcome::Unreachable | Outcome::Unsupported => Verdict::Unreachable,
        };
        Ok(Reported { verdict, value_version, reason: verification.reason })
    }

    async fn recent_or_new(
        &self,
        context: &Context,
        stored: &StoredCredential,
    ) -> Result<Verification, Error> {
        let last = stored.credential.verification.as_ref();
        match last.filter(|last| self.now().since(last.checked_at) < CHECK_EVERY) {
            Some(last) => Ok(last.clone()),
            None => self.check_stored(context, stored, AuditAction::Report, SshHostKeys::Stated).await,
        }
    }

    async fn record_report(
        &self,
        context: &Context,
        stored: &StoredCredential,
        report: &Report,
    ) -> Result<(), Error> {
        let object = AuditObject::Credential(stored.credential.id);
        let mut record = AuditRecord {
            value_version: Some(report.value_version),
            ..context.record_for(
                &report.consumer,
                self.now(),
                AuditAction::Report,
                object,
                AuditOutcome::Succeeded,
            )
        };
        if let Some(status) = report.status {
            record.notes.insert("reported_status".to_owned(), status.to_string());
        }
        self.store.commit(context.scope(), context.commit(record)).await.map_err(of_store)
    }
}
