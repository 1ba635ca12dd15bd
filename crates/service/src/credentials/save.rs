//! Steps 9 and 10: seal, commit, publish.

use strongroom_domain::Error;
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::change::CredentialChange;
use strongroom_domain::credential::{Candidate, Credential};
use strongroom_domain::dialect::{Dialect, Foreign};
use strongroom_domain::error::Conflict;
use strongroom_domain::event::{Event, EventKind};
use strongroom_domain::health::Health;
use strongroom_domain::ids::{CredentialId, IntegrationId};
use strongroom_domain::integration::{NUMBERED_FOR, Shared};
use strongroom_domain::steps::judge::health_of_new_value;
use strongroom_domain::{FieldMap, Secret, Timestamp, limits};
use strongroom_sealing::{SystemRng, ValueContext};
use strongroom_store::{
    Alias, Clash, Commit, Expectation, Made, StoreError, StoredCredential, StoredValue, Write,
};

use super::notes::note_of_payload;
use super::plan::Plan;
use super::prove::{Proof, accepted_after};
use crate::failure::{of_sealing, of_store};
use crate::host_keys::{FirstUse, commit_with_pin};
use crate::idempotency::remember;
use crate::keys::newest;
use crate::options::{Changed, Idempotency, Quota, QuotaOf};
use crate::{Context, Service};

/// Why a round did not save.
pub(crate) enum Lost {
    /// Something else came first: load, merge and verify again.
    Race,
    /// For good.
    Refused(Error),
}

impl From<Error> for Lost {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict(Conflict::LostRace) => Self::Race,
            error => Self::Refused(error),
        }
    }
}

impl Service {
    /// Step 9: a new value is sealed under a fresh DEK; then one commit that expects what the plan was based
    /// on. Where an epoch began meanwhile, the value is sealed again, under that one: what was proved stays
    /// proved.
    pub(crate) async fn save(&self, context: &Context, save: Save<'_>) -> Result<Changed, Lost> {
        let _announced = self.hub.announce_after();
        for _ in 0..SEALS {
            let sealed = match &save.value {
                Some(fresh) => Some(self.seal(context, &save.credential, fresh).await?),
                None => None,
            };
            let commit = commit_of(context, &save, sealed.as_ref())?;
            match self.store.commit(context.scope(), commit).await {
                Ok(()) => {
                    let is_numbered =
                        aliases_to_write(context, &save).any(|(_, alias)| alias == Alias::Counted);
                    let value = sealed.map(|sealed| sealed.value);
                    self.publish(context, &save.credential, value, save.shared);
                    let verification = save.credential.verification.clone();
                    let changed = Changed { credential: save.credential, verification };
                    return Ok(if is_numbered { self.with_numbers(context, changed).await } else { changed });
                }
                Err(StoreError::Clash(Clash::Version | Clash::HostKey)) => return Err(Lost::Race),
                Err(StoreError::Clash(Clash::Uses)) => {
                    return Err(Lost::Refused(Error::Conflict(Conflict::IntegrationInUse(1))));
                }
                Err(StoreError::Clash(Clash::Keys)) => self.keys.forget(context.scope().organization()),
                Err(error) => return Err(Lost::Refused(of_store(error))),
            }
        }
        Err(Lost::Race)
    }

    pub(crate) async fn seal(
        &self,
        context: &Context,
        credential: &Credential,
        fresh: &Fresh<'_>,
    ) -> Result<Sealed, Error> {
        let holder = (credential.id, credential.kind.as_str());
        let digest = self.digest_of_target(&credential.kind, &credential.method, fresh.settings);
        let mut sealed =
            self.seal_as(context, holder, credential.value_version, digest, fresh.secrets).await?;
        sealed.value.fingerprint = fresh.fingerprint;
        sealed.value.account_fingerprint = fresh.account_fingerprint;
        Ok(sealed)
    }

    /// A value sealed for its place: whose it is, which one, and where it may travel.
    pub(crate) async fn seal_as(
        &self,
        context: &Context,
        (credential, kind): (CredentialId, &str),
        value_version: u64,
        target_digest: [u8; 32],
        secrets: &Secret<FieldMap>,
    ) -> Result<Sealed, Error> {
        let now = self.now();
        let record = || {
            let object = AuditObject::Workspace(context.scope().workspace());
            context.record(now, AuditAction::KeyMake, object, AuditOutcome::Succeeded)
        };
        let keys = self.keys.for_sealing(self.store.as_ref(), context.scope(), now, record).await?;
        let (organization, workspace) = (context.scope().organization(), context.scope().workspace());
        let place = ValueContext { organization, workspace, credential, value_version, kind, target_digest };
        let envelope = keys.seal(&place, secrets, &mut SystemRng).map_err(of_sealing)?.into_bytes();
        let (fingerprint, account_fingerprint) = (None, None);
        let value = StoredValue { value_version, target_digest, envelope, fingerprint, account_fingerprint };
        Ok(Sealed { value, newest: newest(&keys) })
    }

    /// With the numbers that the store gave it, where it is still there.
    pub(crate) async fn with_numbers(&self, context: &Context, mut changed: Changed) -> Changed {
        self.sealed.forget(context.scope(), changed.credential.id);
        if let Ok(stored) = self.load_cached(context, changed.credential.id).await {
            changed.credential.foreign.aliases.clone_from(&stored.credential.foreign.aliases);
        }
        changed
    }

    /// The end of a dry run: what the commit would refuse is refused, and the record says what was tried.
    pub(crate) async fn rehearse(
        &self,
        context: &Context,
        credential: Credential,
        base: Option<&Credential>,
        record: AuditRecord,
    ) -> Result<Changed, Error> {
        if let Some(slug) = &credential.slug {
            let taken = self.store.credential_with_slug(context.scope(), slug).await.map_err(of_store)?;
            if taken.is_some_and(|other| other != credential.id) {
                return Err(Error::Conflict(Conflict::SlugTaken));
            }
        }
        let count = self.store.credential_count(context.scope()).await.map_err(of_store)?;
        if base.is_none() && count >= limits::CREDENTIALS_PER_ORGANIZATION {
            return Err(of_store(StoreError::Clash(Clash::Quota)));
        }
        // An attempt and no success: nothing was changed, and history tells of changes.
        let record =
            AuditRecord { outcome: AuditOutcome::Attempted, version: None, value_version: None, ..record };
        self.store.commit(context.scope(), context.commit(record)).await.map_err(of_store)?;
        let verification = credential.verification.clone();
        Ok(Changed { credential, verification })
    }

    /// Step 10: what this node keeps at hand is the new value before anyone is answered.
    pub(crate) fn publish(
        &self,
        context: &Context,
        credential: &Credential,
        value: Option<StoredValue>,
        shared: Option<Shared>,
    ) {
        match value {
            Some(value) => {
                let stored = StoredCredential { credential: credential.clone(), value, shared };
                self.sealed.keep(context.scope(), credential.id, stored);
            }
            None => self.sealed.forget(context.scope(), credential.id),
        }
    }
}

/// One commit that expects what the plan was based on.
fn commit_of(context: &Context, save: &Save<'_>, sealed: Option<&Sealed>) -> Result<Commit, Error> {
    let commit = commit_with_pin(context, record_of(save, sealed), save.first_use.clone());
    let commit = with_credential(commit, context, save, sealed);
    let Some(request) = save.idempotency else { return Ok(commit) };
    let credential = &save.credential;
    Ok(commit.write(remember(context, request, Some(credential), credential.modified_at)?))
}

/// The record of one, with the digest of what is sealed.
pub(crate) fn record_of(save: &Save<'_>, sealed: Option<&Sealed>) -> AuditRecord {
    let mut record = save.record.clone();
    record.notes.extend(sealed.and_then(|sealed| note_of_payload(&sealed.value)));
    record
}

/// Adds to a commit what saves one credential: what it is based on, its rows, and the word to its watchers.
pub(crate) fn with_credential(
    mut commit: Commit,
    context: &Context,
    save: &Save<'_>,
    sealed: Option<&Sealed>,
) -> Commit {
    let credential = &save.credential;
    let event = Event {
        kind: if save.base.is_some() { EventKind::Changed } else { EventKind::Created },
        at: credential.modified_at,
        credential: credential.id,
        version: credential.version,
        value_version: credential.value_version,
    };
    let expectation = match save.base {
        Some(base) => Expectation::Version(base.id, base.version),
        None => Expectation::CredentialsBelow(limits::CREDENTIALS_PER_ORGANIZATION),
    };
    commit = commit.expect(expectation).write(Write::Credential(Box::new(credential.clone()))).event(event);
    if let Some(Sealed { value, newest }) = sealed {
        commit = commit.expect(newest.clone()).write(Write::Value(credential.id, value.clone()));
    }
    if let Some((integration, shared)) = credential.integration.zip(save.shared.as_ref()) {
        commit = commit.expect(Expectation::IntegrationVersion(integration, shared.version));
    }
    if let Some(integration) = save.sole_of {
        commit = commit.expect(Expectation::IntegrationUses(integration, 0));
    }
    for quota in save.quotas {
        commit = commit.expect(below(context, quota));
    }
    for (dialect, alias) in aliases_to_write(context, save) {
        commit = commit.write(Write::Alias(credential.id, dialect, alias));
    }
    commit
}

fn below(context: &Context, quota: &Quota) -> Expectation {
    let by = match quota.of {
        QuotaOf::Caller => Some(context.principal.id),
        QuotaOf::Workspace => None,
    };
    let made = Made { through: context.view.dialect(), by, kinds: quota.kinds.clone() };
    Expectation::MadeBelow(made, quota.most)
}

/// How often a value is sealed when an epoch begins between its sealing and its commit: epochs last a month.
pub(crate) const SEALS: usize = 3;

/// A value and the epoch it is sealed under, as an expectation.
pub(crate) struct Sealed {
    pub(crate) value: StoredValue,
    pub(crate) newest: Expectation,
}

/// A value that was proved and is not sealed yet.
pub(crate) struct Fresh<'a> {
    secrets: &'a Secret<FieldMap>,
    /// All that are in force.
    settings: &'a FieldMap,
    fingerprint: Option<[u8; 16]>,
    account_fingerprint: Option<[u8; 16]>,
}

impl<'a> Fresh<'a> {
    pub(crate) const fn of(plan: &'a Plan<'_>, proof: &Proof) -> Self {
        let (fingerprint, account_fingerprint) = (proof.fingerprint, proof.account_fingerprint);
        let (secrets, settings) = (&plan.candidate.secrets, &plan.candidate.settings);
        Self { secrets, settings, fingerprint, account_fingerprint }
    }
}

/// What [`Service::save`] commits.
pub(crate) struct Save<'a> {
    /// The credential as it will be.
    pub(crate) credential: Credential,
    /// Its value, where that is new.
    pub(crate) value: Option<Fresh<'a>>,
    /// What is there, for a change.
    pub(crate) base: Option<&'a Credential>,
    /// What its integration had to give when the value was tried.
    pub(crate) shared: Option<Shared>,
    /// The integration that nothing else may use.
    pub(crate) sole_of: Option<IntegrationId>,
    /// The record of it.
    pub(crate) record: AuditRecord,
    /// A host key to pin with it.
    pub(crate) first_use: Option<FirstUse>,
    /// Its id in the caller's dialect, for a new one.
    pub(crate) alias: Option<Alias>,
    /// How many there may be, for a new one.
    pub(crate) quotas: &'a [Quota],
    /// Under what the answer is remembered.
    pub(crate) idempotency: Option<&'a Idempotency>,
}

/// The ids in dialects that a commit gives: the one of the caller's dialect, and a number for a credential that
/// has an integration and no number yet.
fn aliases_to_write(context: &Context, save: &Save<'_>) -> impl Iterator<Item = (Dialect, Alias)> {
    let own = save.alias.clone().map(|alias| (context.view.dialect(), alias));
    let has_one = save.credential.foreign.aliases.contains_key(&NUMBERED_FOR)
        || own.as_ref().is_some_and(|(dialect, _)| *dialect == NUMBERED_FOR);
    let needs_one = save.credential.integration.is_some() && !has_one;
    own.into_iter().chain(needs_one.then_some((NUMBERED_FOR, Alias::Counted)))
}

/// The credential that a proved plan makes, at `now`. `base` is what is there, for a change.
pub(crate) fn next_credential(
    context: &Context,
    id: CredentialId,
    base: Option<&Credential>,
    plan: &Plan<'_>,
    proof: &Proof,
    foreign: Foreign,
    now: Timestamp,
) -> Credential {
    Credential {
        value_version: base.map_or(1, |base| base.value_version + 1),
        settings: plan.own_settings(),
        secret_fields: plan.candidate.secret_fields(),
        health: health_of_new_value(proof.verification.as_ref(), now),
        verification: proof.verification.clone(),
        accepted: accepted_after(base, proof),
        ..next_metadata(context, id, base, &plan.candidate, foreign, now)
    }
}

/// The record of a change that is about to be saved.
pub(crate) fn record_of_success(
    context: &Context,
    action: AuditAction,
    credential: &Credential,
    fields: Vec<String>,
) -> AuditRecord {
    let object = AuditObject::Credential(credential.id);
    AuditRecord {
        version: Some(credential.version),
        value_version: Some(credential.value_version),
        fields,
        ..context.record(credential.modified_at, action, object, AuditOutcome::Succeeded)
    }
}

/// What a change of metadata alone makes: a new version of the credential, the same value.
pub(crate) fn next_metadata(
    context: &Context,
    id: CredentialId,
    base: Option<&Credential>,
    candidate: &Candidate,
    foreign: Foreign,
    now: Timestamp,
) -> Credential {
    Credential {
        id,
        workspace: context.scope().workspace(),
        kind: candidate.kind.clone(),
        method: candidate.method.clone(),
        name: candidate.name.clone(),
        slug: candidate.slug.clone(),
        description: candidate.description.clone(),
        settings: candidate.settings.clone(),
        secret_fields: base.map(|base| base.secret_fields.clone()).unwrap_or_default(),
        labels: candidate.labels.clone(),
        owner: candidate.owner.clone(),
        integration: candidate.integration,
        expires_at: candidate.expires_at,
        version: base.map_or(1, |base| base.version + 1),
        value_version: base.map_or(1, |base| base.value_version),
        health: base.map_or(Health::unknown(now), |base| base.health),
        verification: base.and_then(|base| base.verification.clone()),
        accepted: base.and_then(|base| base.accepted.clone()),
        created_by: base.map_or(context.principal.id, |base| base.created_by),
        created_at: base.map_or(now, |base| base.created_at),
        modified_by: context.principal.id,
        modified_at: now,
        foreign,
    }
}

/// What it keeps on behalf of dialects, with what this change notes for the caller's own.
pub(crate) fn foreign_after(
    context: &Context,
    base: Option<&Credential>,
    change: &CredentialChange,
) -> Result<Foreign, Error> {
    let dialect = context.view.dialect();
    let fresh = Foreign { origin: dialect, ..Foreign::default() };
    let before = base.map_or(fresh, |base| base.foreign.clone());
    before.annotated(dialect, &change.annotations).map_err(|fault| Error::invalid(vec![fault]))
}
