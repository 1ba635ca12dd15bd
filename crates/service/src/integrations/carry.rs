//! The credentials that a change of an integration carries along: found, bound, tried.

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use strongroom_domain::access::Resource;
use strongroom_domain::audit::{AuditAction, AuditObject, AuditRecord, AuditVerification};
use strongroom_domain::change::CredentialChange;
use strongroom_domain::credential::Credential;
use strongroom_domain::ids::{CredentialId, IntegrationId};
use strongroom_domain::integration::{Shared, inherited};
use strongroom_domain::principal::Facts;
use strongroom_domain::{Error, Fault, FieldMap, limits};
use strongroom_store::{CredentialFilter, Page, StoredCredential};

use crate::credentials::notes::notes_of;
use crate::credentials::plan::{self, Plan, kind_stored};
use crate::credentials::prove::{Proof, Trial, rules_for};
use crate::credentials::save::{Fresh, Save, next_credential, record_of_success};
use crate::failure::of_store;
use crate::options::ChangeOptions;
use crate::workspaces::Workspace;
use crate::{Context, Service};

/// Rows read at once.
const PAGE: usize = 500;
/// Checks under way at once, of the places that the tenant has.
const CHECKS: usize = 8;

/// Who uses an integration, and who of them takes over something else.
pub(super) struct Users {
    /// All of them.
    pub(super) count: u64,
    /// Those whose settings in force change.
    concerned: Vec<CredentialId>,
}

/// One credential with what a changed integration makes of it, proved.
pub(super) struct Carried<'a> {
    stored: StoredCredential,
    plan: Plan<'a>,
    proof: Proof,
    record: AuditRecord,
    credential: Credential,
}

impl Carried<'_> {
    /// As the steps of a change save it.
    pub(super) fn save(&self) -> Save<'_> {
        Save {
            credential: self.credential.clone(),
            value: Some(Fresh::of(&self.plan, &self.proof)),
            base: Some(&self.stored.credential),
            shared: None,
            sole_of: None,
            record: self.record.clone(),
            first_use: self.proof.first_use.clone(),
            alias: None,
            quotas: &[],
            idempotency: None,
        }
    }
}

impl Service {
    /// Every credential that uses it, and those for whom `after` is something else than `before`.
    pub(super) async fn users(
        &self,
        context: &Context,
        id: IntegrationId,
        before: &FieldMap,
        after: &FieldMap,
    ) -> Result<Users, Error> {
        let filter = CredentialFilter { integration: Some(id), ..CredentialFilter::default() };
        let (mut users, mut last) = (Users { count: 0, concerned: Vec::new() }, None);
        loop {
            let page = Page { limit: PAGE, after: last };
            let found = self.store.credentials(context.scope(), &filter, page).await.map_err(of_store)?;
            users.count += found.len() as u64;
            let concerned = found.iter().filter(|credential| self.takes_over(credential, before, after));
            users.concerned.extend(concerned.map(|credential| credential.id));
            if users.concerned.len() > limits::CARRIED_AT_ONCE {
                let message = format!(
                    "more than {} credentials take over what changes, and each is tried first: move some to another integration",
                    limits::CARRIED_AT_ONCE
                );
                return Err(Error::invalid(vec![Fault::new("/settings", message)]));
            }
            last = found.last().map(|credential| credential.id);
            if found.len() < PAGE {
                return Ok(users);
            }
        }
    }

    fn takes_over(&self, credential: &Credential, before: &FieldMap, after: &FieldMap) -> bool {
        let Ok(kind) = kind_stored(&self.catalogue, &credential.kind) else { return false };
        let of = |shared| inherited(&kind, &credential.method, &credential.settings, shared);
        of(before) != of(after)
    }

    /// Steps 2 to 8 for each that is concerned; the first that is refused refuses all.
    pub(super) async fn carry<'a>(
        &'a self,
        context: &Context,
        users: &Users,
        shared: &Shared,
        options: &ChangeOptions,
        workspace: &Workspace,
    ) -> Result<Vec<Carried<'a>>, Error> {
        stream::iter(users.concerned.clone())
            .map(|id| async move {
                let carried = self.carry_one(context, id, shared.clone(), options, workspace).await;
                carried.map_err(|error| concerning(id, error))
            })
            .buffered(CHECKS)
            .try_collect()
            .await
    }

    async fn carry_one(
        &self,
        context: &Context,
        id: CredentialId,
        shared: Shared,
        options: &ChangeOptions,
        workspace: &Workspace,
    ) -> Result<Carried<'_>, Error> {
        let stored = self.load(context, id).await?;
        self.assert_bound(&stored)?;
        let opened = self.opened(context, &stored).await?;
        let (nothing, shared) = (CredentialChange::default(), Some(shared));
        let plan = plan::for_change(&self.catalogue, context, (&stored, opened), &nothing, shared, options)?;
        self.examine_deeply(context, &plan, options.fields).await?;
        let base = &stored.credential;
        let (action, object) = (AuditAction::Change, AuditObject::Credential(id));
        let trial = Trial { action, object, value_version: base.value_version + 1 };
        let rules =
            rules_for(context, Resource::Credential(*context.scope(), Facts::of_id(id)), workspace, options)?;
        let proof = self.prove(context, &trial, &plan, Some(base), &rules).await?;
        let foreign = base.foreign.clone();
        let credential = next_credential(context, id, Some(base), &plan, &proof, foreign, self.now());
        let mut notes = notes_of(context, options, rules.policy.mode, &plan, &proof);
        notes.extend(base.integration.map(|id| ("integration".to_owned(), id.to_string())));
        let fields = vec!["integration".to_owned()];
        let record = AuditRecord {
            notes,
            verification: proof.verification.as_ref().map(AuditVerification::from),
            ..record_of_success(context, AuditAction::Change, &credential, fields)
        };
        Ok(Carried { stored, plan, proof, record, credential })
    }
}

/// A fault of a credential is no place in the integration's body.
fn concerning(id: CredentialId, error: Error) -> Error {
    let Error::Invalid(code, faults) = error else { return error };
    let told = |fault: Fault| Fault::new("/settings", format!("{id}, {}: {}", fault.pointer, fault.message));
    Error::Invalid(code, faults.into_iter().map(told).collect())
}
