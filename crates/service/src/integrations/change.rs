//! A change of an integration: the steps of a change, for itself and for each credential it carries along.

use strongroom_domain::access::{Action, Resource};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::change::CredentialChange;
use strongroom_domain::credential::Candidate;
use strongroom_domain::error::Conflict;
use strongroom_domain::ids::IntegrationId;
use strongroom_domain::integration::Integration;
use strongroom_domain::steps::bind::Before;
use strongroom_domain::steps::merge::merge;
use strongroom_domain::{Error, FieldMap, Secret};
use strongroom_store::{Clash, Commit, Expectation, StoreError, StoredIntegration, Write};

use super::IntegrationRef;
use super::carry::Carried;
use super::sealed::checked;
use crate::credentials::change::expect;
use crate::credentials::notes::notes_of_request;
use crate::credentials::plan::bound;
use crate::credentials::save::{Lost, SEALS, Save, Sealed, record_of, with_credential};
use crate::failure::of_store;
use crate::host_keys::pin;
use crate::idempotency::{Turn, remember};
use crate::options::{ChangeOptions, Run};
use crate::permits::Subject;
use crate::{Context, Service};

/// How often a change is begun again when another came first.
const ROUNDS: usize = 5;

/// An integration as it will be, and what goes with it.
struct Next<'a> {
    base: &'a Integration,
    integration: Integration,
    /// Its fields, where they change.
    candidate: Option<Candidate>,
    /// How many credentials use it, where that counts.
    users: Option<u64>,
    carried: Vec<Carried<'a>>,
    record: AuditRecord,
}

impl Service {
    /// Changes an integration. Credentials that take over what changes are tried first; where their target
    /// changes they follow only by rebind. All is saved in one commit, or nothing.
    ///
    /// # Errors
    ///
    /// Any code of API.md that names a rule of a change; nothing was changed then.
    pub async fn change_integration(
        &self,
        context: &Context,
        named: &IntegrationRef,
        change: CredentialChange,
        options: ChangeOptions,
    ) -> Result<Integration, Error> {
        let _turn = match self.turn::<Integration>(context, options.idempotency.as_ref()).await? {
            Turn::First(permit) => permit,
            Turn::Done(answer) => {
                return answer.map(|answer| *answer).ok_or(Error::Conflict(Conflict::Idempotency));
            }
        };
        let (action, audited_as) = (Action::ManageIntegrations, AuditAction::IntegrationChange);
        let id = self.locate_integration(context, action, audited_as, named).await?;
        match self.rounds(context, id, &change, &options).await {
            Ok(integration) => Ok(integration),
            Err(error) => {
                let stored = self.load_integration(context, id).await.ok();
                let kind = stored.map(|stored| self.kind_of_integration(&stored.integration.kind));
                let fields = change.touched_as_far_as_known(kind.as_ref());
                self.refused(context, audited_as, AuditObject::Integration(id), fields, error).await
            }
        }
    }

    async fn rounds(
        &self,
        context: &Context,
        id: IntegrationId,
        change: &CredentialChange,
        options: &ChangeOptions,
    ) -> Result<Integration, Error> {
        let _permit = self.permits.enter(Subject::Integration(id)).await?;
        for _ in 0..ROUNDS {
            match self.round_of_integration(context, id, change, options).await {
                Ok(integration) => return Ok(integration),
                Err(Lost::Refused(error)) => return Err(error),
                Err(Lost::Race) => {}
            }
        }
        Err(Error::Conflict(Conflict::LostRace))
    }

    async fn round_of_integration(
        &self,
        context: &Context,
        id: IntegrationId,
        change: &CredentialChange,
        options: &ChangeOptions,
    ) -> Result<Integration, Lost> {
        let stored = self.load_integration(context, id).await?;
        let workspace = self.current_workspace(context.scope()).await?;
        expect(&options.expected, stored.integration.version, &workspace)?;
        let base = &stored.integration;
        let candidate = self.merged(context, &stored, change, options).await?;
        let integration = after(context, base, change, candidate.as_ref(), self.now());
        let (mut users, mut carried) = (None, Vec::new());
        if integration.settings != base.settings {
            let found = self.users(context, id, &base.settings, &integration.settings).await?;
            carried = self.carry(context, &found, &integration.shared(), options, &workspace).await?;
            users = Some(found.count);
        }
        let object = AuditObject::Integration(id);
        let mut record = AuditRecord {
            version: Some(integration.version),
            value_version: Some(integration.value_version),
            fields: change.touched(),
            notes: notes_of_request(context, options),
            ..context.record(self.now(), AuditAction::IntegrationChange, object, AuditOutcome::Succeeded)
        };
        if !carried.is_empty() {
            record.notes.insert("credentials".to_owned(), carried.len().to_string());
        }
        if options.run == Run::Dry {
            return Ok(self.rehearse_integration(context, integration, record).await?);
        }
        self.save_integration(context, Next { base, integration, candidate, users, carried, record }, options)
            .await
    }

    /// Steps 3 to 5 for its own fields; `None` where they stay.
    async fn merged(
        &self,
        context: &Context,
        stored: &StoredIntegration,
        change: &CredentialChange,
        options: &ChangeOptions,
    ) -> Result<Option<Candidate>, Error> {
        if !change.touches_value() {
            return Ok(None);
        }
        let base = &stored.integration;
        let kind = self.kind_of_integration(&base.kind);
        let secrets: Secret<FieldMap> = self.unseal_integration(context, stored).await?;
        let candidate = checked(merge(base.candidate(secrets), change, Some(&kind)), &kind)?;
        let (settings, secret_fields) = (&base.settings, base.secret_fields.as_slice());
        let before = Before { kind: &kind, method: &candidate.method, settings, secret_fields };
        let resource = Resource::Workspace(*context.scope());
        bound((context, resource), before, (&kind, &candidate), change, options.rebind)?;
        Ok(Some(candidate))
    }

    /// Steps 9 and 10 for it and all that it carries along.
    async fn save_integration(
        &self,
        context: &Context,
        next: Next<'_>,
        options: &ChangeOptions,
    ) -> Result<Integration, Lost> {
        let _announced = self.hub.announce_after();
        let saves: Vec<Save<'_>> = next.carried.iter().map(Carried::save).collect();
        for _ in 0..SEALS {
            let own = match &next.candidate {
                Some(candidate) => Some(self.seal_integration(context, &next.integration, candidate).await?),
                None => None,
            };
            let mut sealed = Vec::with_capacity(saves.len());
            for save in &saves {
                if let Some(fresh) = &save.value {
                    sealed.push(self.seal(context, &save.credential, fresh).await?);
                }
            }
            let mut commit = commit_of(context, &next, own, &saves, &sealed);
            if let Some(request) = &options.idempotency {
                let at = next.integration.modified_at;
                commit = commit.write(remember(context, request, Some(&next.integration), at)?);
            }
            let outcome = self.store.commit(context.scope(), commit).await;
            self.integrations.forget(context.scope(), next.base.id);
            match outcome {
                Ok(()) => {
                    for (save, sealed) in saves.into_iter().zip(sealed) {
                        let shared = Some(next.integration.shared());
                        self.publish(context, &save.credential, Some(sealed.value), shared);
                    }
                    return Ok(next.integration);
                }
                Err(StoreError::Clash(Clash::Version | Clash::Uses | Clash::HostKey)) => {
                    return Err(Lost::Race);
                }
                Err(StoreError::Clash(Clash::Keys)) => self.keys.forget(context.scope().organization()),
                Err(error) => return Err(Lost::Refused(of_store(error))),
            }
        }
        Err(Lost::Race)
    }
}

/// The integration after the change. A name alone leaves its value as it is.
fn after(
    context: &Context,
    base: &Integration,
    change: &CredentialChange,
    candidate: Option<&Candidate>,
    now: strongroom_domain::Timestamp,
) -> Integration {
    let mut next = Integration {
        version: base.version + 1,
        modified_by: context.principal.id,
        modified_at: now,
        ..base.clone()
    };
    if let Some(name) = &change.name {
        next.name.clone_from(name);
    }
    if let Some(candidate) = candidate {
        next.value_version += 1;
        next.settings.clone_from(&candidate.settings);
        next.secret_fields = candidate.secret_fields();
    }
    next
}

/// The integration first: what stands in its row decides where those that use it are found.
fn commit_of(
    context: &Context,
    next: &Next<'_>,
    own: Option<Sealed>,
    saves: &[Save<'_>],
    sealed: &[Sealed],
) -> Commit {
    let id = next.base.id;
    let mut commit = context
        .commit(next.record.clone())
        .expect(Expectation::IntegrationVersion(id, next.base.version))
        .write(Write::Integration(Box::new(next.integration.clone())));
    if let Some(count) = next.users {
        commit = commit.expect(Expectation::IntegrationUses(id, count));
    }
    if let Some(own) = own {
        commit = commit.expect(own.newest).write(Write::IntegrationValue(id, own.value));
    }
    for (save, sealed) in saves.iter().zip(sealed) {
        let mut record = record_of(save, Some(sealed));
        let pin = pin(context, &mut record, save.first_use.clone());
        commit = with_credential(commit, context, save, Some(sealed)).record(record);
        commit = pin.into_iter().fold(commit, Commit::write);
    }
    commit
}
