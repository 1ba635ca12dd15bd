//! A new credential: the same steps as a change, from nothing.

use strongroom_domain::access::{Action, Resource, authorise};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditRecord, AuditVerification};
use strongroom_domain::error::Conflict;
use strongroom_domain::ids::{CredentialId, IntegrationId};
use strongroom_domain::principal::Facts;
use strongroom_domain::{Error, Fault, limits};
use strongroom_sealing::SystemRng;
use strongroom_store::{Alias, CredentialFilter};

use super::change::{done_before, named_parts};
use super::notes::notes_of;
use super::plan;
use super::prove::{Trial, rules_for};
use super::save::{Fresh, Lost, Save, foreign_after, next_credential, record_of_success};
use crate::failure::of_store;
use crate::idempotency::Turn;
use crate::options::{ChangeOptions, Changed, IntegrationUse, NewAlias, NewCredential, Run};
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
            Turn::Done(answer) => return Ok(self.with_numbers(context, done_before(answer)?).await),
        };
        self.refuse_taken(context, new.alias.as_ref()).await?;
        let sole_of =
            new.parts.integration.flatten().filter(|_| options.integration_use == IntegrationUse::Sole);
        self.refuse_second(context, sole_of).await?;
        let shared = self.lent(context, new.parts.integration.flatten()).await?;
        let plan = plan::for_new(&self.catalogue, context, new, shared, options)?;
        self.examine_deeply(context, &plan, options.fields).await?;
        let id = CredentialId::make(self.now(), &mut SystemRng);
        let workspace = self.current_workspace(context.scope()).await?;
        let trial =
            Trial { action: AuditAction::Create, object: AuditObject::Credential(id), value_version: 1 };
        let draft = Facts::of_draft(&new.kind, &plan.candidate.labels);
        let resource = Resource::Credential(*context.scope(), draft);
        authorise(&context.principal, Action::Create, resource)?;
        let rules = rules_for(context, resource, &workspace, options)?;
        let proof = self.prove(context, &trial, &plan, None, &rules).await?;
        let mut foreign = foreign_after(context, None, &new.parts)?;
        if let Some(NewAlias::Given { external, .. }) = &new.alias {
            foreign.aliases.insert(context.view.dialect(), external.clone());
        }
        let credential = next_credential(context, id, None, &plan, &proof, foreign, self.now());
        let record = AuditRecord {
            notes: notes_of(context, options, rules.policy.mode, &plan, &proof),
            verification: proof.verification.as_ref().map(AuditVerification::from),
            ..record_of_success(
                context,
                AuditAction::Create,
                &credential,
                named_parts(&new.parts, options, &plan.kind),
            )
        };
        if options.run == Run::Dry {
            return self.rehearse(context, credential, None, record).await;
        }
        let (value, alias) = (Some(Fresh::of(&plan, &proof)), new.alias.as_ref().map(alias_to_store));
        let (first_use, idempotency) = (proof.first_use.clone(), options.idempotency.as_ref());
        let (base, shared, quotas) = (None, plan.shared.clone(), options.quotas.as_slice());
        let save =
            Save { credential, value, base, shared, sole_of, record, first_use, alias, quotas, idempotency };
        match self.save(context, save).await {
            Ok(changed) => Ok(changed),
            Err(Lost::Refused(error)) => Err(error),
            Err(Lost::Race) => Err(Error::Conflict(Conflict::LostRace)),
        }
    }

    /// Before anything is tried: an integration of one credential takes no second. All count, whoever may see
    /// them. The commit looks again.
    async fn refuse_second(&self, context: &Context, sole_of: Option<IntegrationId>) -> Result<(), Error> {
        let Some(id) = sole_of else { return Ok(()) };
        let filter = CredentialFilter { integration: Some(id), ..CredentialFilter::default() };
        let count = self.store.credentials_matching(context.scope(), &filter).await.map_err(of_store)?;
        if count == 0 { Ok(()) } else { Err(Error::Conflict(Conflict::IntegrationInUse(count))) }
    }

    /// Before anything is tried: an id that is taken cannot be given. The commit looks again.
    async fn refuse_taken(&self, context: &Context, alias: Option<&NewAlias>) -> Result<(), Error> {
        let Some(NewAlias::Given { external, or }) = alias else { return Ok(()) };
        let length = 1..=limits::ALIAS_BYTES;
        if !length.contains(&external.len()) || external.chars().any(char::is_control) {
            let message = format!("must be 1 to {} bytes without control characters", limits::ALIAS_BYTES);
            return Err(Error::invalid(vec![Fault::new("/id", message)]));
        }
        let own = match or {
            Some(id) => self.store.credential(context.scope(), *id).await.map_err(of_store)?,
            None => None,
        };
        let aliased = self.aliased(context, external).await?;
        if own.is_some() || aliased.is_some() { Err(Error::Conflict(Conflict::AliasTaken)) } else { Ok(()) }
    }
}

fn alias_to_store(alias: &NewAlias) -> Alias {
    match alias {
        NewAlias::Given { external, .. } => Alias::Given(external.clone()),
        NewAlias::Counted => Alias::Counted,
    }
}
