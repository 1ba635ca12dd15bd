//! A change, step by step: DESIGN.md section 4.

use strongroom_domain::Error;
use strongroom_domain::access::{Action, Resource};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditRecord, AuditVerification};
use strongroom_domain::change::CredentialChange;
use strongroom_domain::credential::Credential;
use strongroom_domain::error::Conflict;
use strongroom_domain::ids::CredentialId;
use strongroom_store::StoredCredential;

use super::plan;
use super::prove::{Trial, rules_for};
use super::save::{
    Lost, Save, next_credential, next_metadata, note_of_payload, notes_of, notes_of_request,
    record_of_success,
};
use crate::idempotency::Turn;
use crate::options::{ChangeOptions, Changed, CredentialRef, Expected, Run, VerifyWhen};
use crate::permits::Subject;
use crate::workspaces::Workspace;
use crate::{Context, Service};

/// How often a change merges and verifies again when another node came first.
const ROUNDS: usize = 5;

impl Service {
    /// Changes a credential: tried against the real system before it is saved, saved without loss, in
    /// force with the answer. A refused change leaves its audit records and nothing else.
    ///
    /// # Errors
    ///
    /// Any code of API.md that names a rule of a change; the stored credential is untouched then.
    pub async fn change(
        &self,
        context: &Context,
        named: &CredentialRef,
        change: CredentialChange,
        options: ChangeOptions,
    ) -> Result<Changed, Error> {
        // A twin comes first: the slug it is named by may be gone since its first half was done.
        let _turn = match self.turn(context, options.idempotency.as_ref()).await? {
            Turn::First(permit) => permit,
            Turn::Done(answer) => return done_before(answer),
        };
        let id = self.locate(context, Action::Change, AuditAction::Change, named).await?;
        match self.change_located(context, id, &change, &options).await {
            Ok(changed) => Ok(changed),
            Err(error) => {
                let object = AuditObject::Credential(id);
                let fields = self.fields_of_refused(context, id, &change).await;
                self.refused(context, AuditAction::Change, object, fields, error).await
            }
        }
    }

    /// What the record of a refused change may name.
    async fn fields_of_refused(
        &self,
        context: &Context,
        id: CredentialId,
        change: &CredentialChange,
    ) -> Vec<String> {
        let stored = self.load_cached(context, id).await.ok();
        let kind = change.kind.as_ref().or(stored.as_ref().map(|stored| &stored.credential.kind));
        change.touched_as_far_as_known(kind.and_then(|name| self.catalogue.kind(name)))
    }

    async fn change_located(
        &self,
        context: &Context,
        id: CredentialId,
        change: &CredentialChange,
        options: &ChangeOptions,
    ) -> Result<Changed, Error> {
        let _permit = self.permits.enter(Subject::Change(id)).await?;
        for _ in 0..ROUNDS {
            match self.round(context, id, change, options).await {
                Ok(changed) => return Ok(changed),
                Err(Lost::Refused(error)) => return Err(error),
                Err(Lost::Race) => {}
            }
        }
        Err(Error::Conflict(Conflict::LostRace))
    }

    /// Steps 2 to 10, once. A lost race is merged and verified again; where the caller named a version,
    /// the next round finds that it is not the current one any more.
    async fn round(
        &self,
        context: &Context,
        id: CredentialId,
        change: &CredentialChange,
        options: &ChangeOptions,
    ) -> Result<Changed, Lost> {
        let stored = self.load(context, id).await?;
        let workspace = self.current_workspace(context.scope()).await?;
        expect(&options.expected, &stored.credential, &workspace)?;
        if change.touches_value() || options.verify_when == VerifyWhen::Always {
            self.change_value(context, &stored, change, options, &workspace).await
        } else {
            self.change_metadata(context, &stored.credential, change, options).await
        }
    }

    async fn change_value(
        &self,
        context: &Context,
        stored: &StoredCredential,
        change: &CredentialChange,
        options: &ChangeOptions,
        workspace: &Workspace,
    ) -> Result<Changed, Lost> {
        let base = &stored.credential;
        self.assert_bound(stored)?;
        let opened = self.opened(context, stored).await?;
        let plan = plan::for_change(&self.catalogue, context, opened, change, options)?;
        let trial = Trial {
            action: AuditAction::Change,
            object: AuditObject::Credential(base.id),
            value_version: base.value_version + 1,
        };
        let resource = Resource::Credential(*context.scope(), base.id);
        let rules = rules_for(context, resource, workspace, options)?;
        let proof = self.prove(context, &trial, &plan, Some(base), &rules).await?;
        let credential = next_credential(context, base.id, Some(base), &plan.candidate, &proof, self.now());
        let mut record = AuditRecord {
            notes: notes_of(options, rules.policy.mode, &plan, &proof),
            verification: proof.verification.as_ref().map(AuditVerification::from),
            ..record_of_success(context, AuditAction::Change, &credential, change.touched())
        };
        if options.run == Run::Dry {
            return Ok(self.rehearse(context, credential, Some(base), record).await?);
        }
        let value = self.seal(context, &credential, &plan, &proof).await?;
        record.notes.extend(note_of_payload(&value));
        let (first_use, idempotency) = (proof.first_use, options.idempotency.as_ref());
        let (value, base) = (Some(value), Some(base));
        self.save(context, Save { credential, value, base, record, first_use, idempotency }).await
    }

    /// Name, slug, description, owner, labels, expiry: not verified, and the value stays as it is.
    async fn change_metadata(
        &self,
        context: &Context,
        base: &Credential,
        change: &CredentialChange,
        options: &ChangeOptions,
    ) -> Result<Changed, Lost> {
        let candidate = plan::for_metadata(base, change)?;
        let credential = next_metadata(context, base.id, Some(base), &candidate, self.now());
        let record = AuditRecord {
            notes: notes_of_request(options),
            ..record_of_success(context, AuditAction::Change, &credential, change.touched())
        };
        if options.run == Run::Dry {
            return Ok(self.rehearse(context, credential, Some(base), record).await?);
        }
        let idempotency = options.idempotency.as_ref();
        let (value, base, first_use) = (None, Some(base), None);
        self.save(context, Save { credential, value, base, record, first_use, idempotency }).await
    }
}

/// The second half of step 2.
pub(crate) fn expect(expected: &Expected, current: &Credential, workspace: &Workspace) -> Result<(), Error> {
    match expected {
        Expected::Unstated if workspace.settings.require_if_match => {
            Err(Error::Precondition { current: None })
        }
        Expected::OneOf(versions) if !versions.contains(&current.version) => {
            Err(Error::Precondition { current: Some(current.version) })
        }
        Expected::Unstated | Expected::Existing | Expected::OneOf(_) => Ok(()),
    }
}

/// The answer of a twin that was done before.
pub(crate) fn done_before(answer: Option<Box<Credential>>) -> Result<Changed, Error> {
    let credential = *answer.ok_or(Error::Conflict(Conflict::Idempotency))?;
    let verification = credential.verification.clone();
    Ok(Changed { credential, verification })
}
