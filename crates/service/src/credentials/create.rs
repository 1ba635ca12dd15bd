//! A new credential: the same steps as a change, from nothing.

use strongroom_domain::Error;
use strongroom_domain::access::{Action, Resource};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditRecord, AuditVerification};
use strongroom_domain::error::Conflict;
use strongroom_domain::ids::CredentialId;
use strongroom_sealing::SystemRng;

use super::change::done_before;
use super::plan;
use super::prove::{Trial, rules_for};
use super::save::{Lost, Save, next_credential, note_of_payload, notes_of, record_of_success};
use crate::idempotency::Turn;
use crate::options::{ChangeOptions, Changed, NewCredential, Run};
use crate::{Context, Service};

impl Service {
    /// Makes a credential: tried against the real system before it is saved.
    ///
    /// # Errors
    ///
    /// Any code of API.md that names a rule of a change; nothing is there then.
    pub async fn create(
        &self,
        context: &Context,
        new: NewCredential,
        options: ChangeOptions,
    ) -> Result<Changed, Error> {
        self.permit(context, Action::Create, AuditAction::Create).await?;
        match self.create_permitted(context, &new, &options).await {
            Ok(changed) => Ok(changed),
            Err(error) => {
                let fields = new.parts.touched_as_far_as_known(self.catalogue.kind(&new.kind));
                self.refused(context, AuditAction::Create, AuditObject::Credentials, fields, error).await
            }
        }
    }

    async fn create_permitted(
        &self,
        context: &Context,
        new: &NewCredential,
        options: &ChangeOptions,
    ) -> Result<Changed, Error> {
        let _turn = match self.turn(context, options.idempotency.as_ref()).await? {
            Turn::First(permit) => permit,
            Turn::Done(answer) => return done_before(answer),
        };
        let plan = plan::for_new(&self.catalogue, new, options)?;
        let id = CredentialId::make(self.now(), &mut SystemRng);
        let workspace = self.current_workspace(context.scope()).await?;
        let trial =
            Trial { action: AuditAction::Create, object: AuditObject::Credential(id), value_version: 1 };
        let rules = rules_for(context, Resource::Workspace(*context.scope()), &workspace, options)?;
        let proof = self.prove(context, &trial, &plan, None, &rules).await?;
        let credential = next_credential(context, id, None, &plan.candidate, &proof, self.now());
        let mut record = AuditRecord {
            notes: notes_of(options, rules.policy.mode, &plan, &proof),
            verification: proof.verification.as_ref().map(AuditVerification::from),
            ..record_of_success(context, AuditAction::Create, &credential, new.parts.touched())
        };
        if options.run == Run::Dry {
            return self.rehearse(context, credential, None, record).await;
        }
        let value = self.seal(context, &credential, &plan, &proof).await?;
        record.notes.extend(note_of_payload(&value));
        let (first_use, idempotency) = (proof.first_use, options.idempotency.as_ref());
        let value = Some(value);
        match self.save(context, Save { credential, value, base: None, record, first_use, idempotency }).await
        {
            Ok(changed) => Ok(changed),
            Err(Lost::Refused(error)) => Err(error),
            Err(Lost::Race) => Err(Error::Conflict(Conflict::LostRace)),
        }
    }
}
