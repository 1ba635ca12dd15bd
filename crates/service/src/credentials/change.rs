//! A change, step by step: DESIGN.md section 4.

use strongroom_domain::Error;
use strongroom_domain::access::{Action, Resource};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditRecord, AuditVerification};
use strongroom_domain::change::CredentialChange;
use strongroom_domain::credential::Credential;
use strongroom_domain::error::Conflict;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::kind::Kind;
use strongroom_domain::policy::FieldPolicy;
use strongroom_domain::principal::Facts;
use strongroom_domain::steps::judge::accepted_after;
use strongroom_store::StoredCredential;

use super::notes::{notes_of, notes_of_request};
use super::plan;
use super::prove::{Proof, Trial, rules_for};
use super::save::{Fresh, Lost, Save, foreign_after, next_credential, next_metadata, record_of_success};
use crate::idempotency::Turn;
use crate::options::{ChangeOptions, Changed, CredentialRef, Expected, Run, VerifyWhen, Wanted};
use crate::permits::Subject;
use crate::workspaces::Workspace;
use crate::{Context, Service};

/// What a change is to be, by what is there.
type ByWhatIsThere<'a> = dyn Fn(&Credential) -> Result<Wanted, Error> + Send + Sync + 'a;

/// What a change is to be.
#[derive(Clone, Copy)]
enum Wish<'a> {
    /// The same, whatever is there.
    Fixed(&'a CredentialChange, &'a ChangeOptions),
    /// Asked in each round.
    By(&'a ByWhatIsThere<'a>),
}

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
        self.change_to(context, named, Wish::Fixed(&change, &options)).await
    }

    /// The same for a wire format whose request means one change or another, by what is there, and has no
    /// idempotency key.
    ///
    /// # Errors
    ///
    /// Those of [`Service::change`], and what `wish` says.
    pub async fn change_by(
        &self,
        context: &Context,
        named: &CredentialRef,
        wish: &ByWhatIsThere<'_>,
    ) -> Result<Changed, Error> {
        self.change_to(context, named, Wish::By(wish)).await
    }

    async fn change_to(
        &self,
        context: &Context,
        named: &CredentialRef,
        wish: Wish<'_>,
    ) -> Result<Changed, Error> {
        let id = self.locate(context, Action::Change, AuditAction::Change, named).await?;
        match self.change_located(context, id, wish).await {
            Ok(changed) => Ok(changed),
            Err(error) => {
                let object = AuditObject::Credential(id);
                let fields = self.fields_of_refused(context, id, wish).await;
                self.refused(context, AuditAction::Change, object, fields, error).await
            }
        }
    }

    /// What the record of a refused change may name.
    async fn fields_of_refused(&self, context: &Context, id: CredentialId, wish: Wish<'_>) -> Vec<String> {
        let stored = self.load_cached(context, id).await.ok();
        let wanted;
        let change = match (wish, &stored) {
            (Wish::Fixed(change, _), _) => change,
            (Wish::By(wish), Some(stored)) => match wish(&stored.credential) {
                Ok(by) => {
                    wanted = by;
                    &wanted.change
                }
                Err(_) => return Vec::new(),
            },
            (Wish::By(_), None) => return Vec::new(),
        };
        let kind = change.kind.as_ref().or(stored.as_ref().map(|stored| &stored.credential.kind));
        change.touched_as_far_as_known(kind.and_then(|name| self.catalogue.kind(name)))
    }

    async fn change_located(
        &self,
        context: &Context,
        id: CredentialId,
        wish: Wish<'_>,
    ) -> Result<Changed, Error> {
        let _permit = self.permits.enter(Subject::Change(id)).await?;
        for _ in 0..ROUNDS {
            match self.round(context, id, wish).await {
                Ok(changed) => return Ok(changed),
                Err(Lost::Refused(error)) => return Err(error),
                Err(Lost::Race) => {}
            }
        }
        Err(Error::Conflict(Conflict::LostRace))
    }

    /// Steps 2 to 10, once. A lost race is merged and verified again; where the caller named a version,
    /// the next round finds that it is not the current one any more.
    async fn round(&self, context: &Context, id: CredentialId, wish: Wish<'_>) -> Result<Changed, Lost> {
        let stored = self.load(context, id).await?;
        let wanted;
        let (change, options) = match wish {
            Wish::Fixed(change, options) => (change, options),
            Wish::By(wish) => {
                let Wanted { change, options } = wish(&stored.credential)?;
                // Nobody took its turn by a key.
                wanted = Wanted { change, options: ChangeOptions { idempotency: None, ..options } };
                (&wanted.change, &wanted.options)
            }
        };
        let workspace = self.current_workspace(context.scope()).await?;
        expect(&options.expected, stored.credential.version, &workspace)?;
        if change.touches_value() {
            return self.change_value(context, &stored, change, options, &workspace).await;
        }
        let proof = match options.verify_when {
            VerifyWhen::ValueChanges => None,
            VerifyWhen::Always => Some(self.prove_stored(context, &stored, options, &workspace).await?),
        };
        self.change_metadata(context, &stored.credential, change, options, proof).await
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
        let shared = match change.integration {
            None => stored.shared.clone(),
            Some(named) => self.lent(context, named).await?,
        };
        let plan = plan::for_change(&self.catalogue, context, (stored, opened), change, shared, options)?;
        self.examine_deeply(context, &plan, options.fields).await?;
        let trial = Trial {
            action: AuditAction::Change,
            object: AuditObject::Credential(base.id),
            value_version: base.value_version + 1,
        };
        let resource = Resource::Credential(*context.scope(), Facts::of(base));
        let rules = rules_for(context, resource, workspace, options)?;
        let proof = self.prove(context, &trial, &plan, Some(base), &rules).await?;
        let foreign = foreign_after(context, Some(base), change)?;
        let credential = next_credential(context, base.id, Some(base), &plan, &proof, foreign, self.now());
        Self::assert_in_reach(context, Action::Change, &credential)?;
        let record = AuditRecord {
            notes: notes_of(context, options, rules.policy.mode, &plan, &proof),
            verification: proof.verification.as_ref().map(AuditVerification::from),
            ..record_of_success(
                context,
                AuditAction::Change,
                &credential,
                named_parts(change, options, &plan.kind),
            )
        };
        if options.run == Run::Dry {
            return Ok(self.rehearse(context, credential, Some(base), record).await?);
        }
        let (value, base, alias) = (Some(Fresh::of(&plan, &proof)), Some(base), None);
        let (first_use, idempotency) = (proof.first_use.clone(), options.idempotency.as_ref());
        let (shared, sole_of, quotas) = (plan.shared.clone(), None, &[] as &[_]);
        let save =
            Save { credential, value, base, shared, sole_of, record, first_use, alias, quotas, idempotency };
        self.save(context, save).await
    }

    /// Steps 6 to 8 for a value that stays: what is stored must still prove itself.
    async fn prove_stored(
        &self,
        context: &Context,
        stored: &StoredCredential,
        options: &ChangeOptions,
        workspace: &Workspace,
    ) -> Result<Proof, Error> {
        let base = &stored.credential;
        self.assert_bound(stored)?;
        let plan = plan::for_stored(&self.catalogue, stored, self.opened(context, stored).await?)?;
        let trial = Trial {
            action: AuditAction::Change,
            object: AuditObject::Credential(base.id),
            value_version: base.value_version,
        };
        let resource = Resource::Credential(*context.scope(), Facts::of(base));
        let rules = rules_for(context, resource, workspace, options)?;
        self.prove(context, &trial, &plan, Some(base), &rules).await
    }

    /// Name, slug, description, owner, labels, expiry: the value stays as it is. What a check showed of it on
    /// the way is kept as its health.
    async fn change_metadata(
        &self,
        context: &Context,
        base: &Credential,
        change: &CredentialChange,
        options: &ChangeOptions,
        proof: Option<Proof>,
    ) -> Result<Changed, Lost> {
        let (verification, first_use) =
            proof.map(|proof| (proof.verification, proof.first_use)).unwrap_or_default();
        let candidate = plan::for_metadata(base, change)?;
        let foreign = foreign_after(context, Some(base), change)?;
        let mut credential = next_metadata(context, base.id, Some(base), &candidate, foreign, self.now());
        Self::assert_in_reach(context, Action::Change, &credential)?;
        if let Some(verification) = &verification {
            credential.health = base.health.after(verification);
            credential.accepted = accepted_after(base.accepted.clone(), verification);
            credential.verification = Some(verification.clone());
        }
        let record = AuditRecord {
            notes: notes_of_request(context, options),
            verification: verification.as_ref().map(AuditVerification::from),
            ..record_of_success(context, AuditAction::Change, &credential, change.touched())
        };
        if options.run == Run::Dry {
            return Ok(self.rehearse(context, credential, Some(base), record).await?);
        }
        let idempotency = options.idempotency.as_ref();
        let (value, alias, shared, sole_of, quotas) = (None, None, None, None, &[] as &[_]);
        let (health, base) = (base.health, Some(base));
        let save =
            Save { credential, value, base, shared, sole_of, record, first_use, alias, quotas, idempotency };
        let changed = self.save(context, save).await?;
        if let Some(verification) = verification {
            self.keep_health(context, health, &changed.credential, verification).await?;
        }
        Ok(changed)
    }
}

/// What the record of a saved change names. A dialect that keeps fields of any name may have been sent a
/// secret where a name belongs: then only those of the schema are named.
pub(crate) fn named_parts(change: &CredentialChange, options: &ChangeOptions, kind: &Kind) -> Vec<String> {
    match options.fields {
        FieldPolicy::Strict => change.touched(),
        FieldPolicy::StoreUnknownSealed | FieldPolicy::AsGiven => change.touched_as_far_as_known(Some(kind)),
    }
}

/// The second half of step 2.
pub(crate) fn expect(expected: &Expected, current: u64, workspace: &Workspace) -> Result<(), Error> {
    match expected {
        Expected::Unstated if workspace.settings.require_if_match => {
            Err(Error::Precondition { current: None })
        }
        Expected::OneOf(versions) if !versions.contains(&current) => {
            Err(Error::Precondition { current: Some(current) })
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
