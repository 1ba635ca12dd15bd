//! Step 1, and what every use case of one credential begins with: authorise, find, record who may not.

use std::sync::Arc;

use strongroom_domain::access::{Action, Denial, Resource, Why, authorise};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::credential::{Credential, Opened};
use strongroom_domain::dialect::View;
use strongroom_domain::error::{Cause, Conflict};
use strongroom_domain::ids::{CredentialId, IntegrationId};
use strongroom_domain::integration::Shared;
use strongroom_domain::principal::Facts;
use strongroom_domain::steps::bind::target_of;
use strongroom_domain::{Error, FieldMap, Scope, Secret};
use strongroom_sealing::{Envelope, OrganizationKeys, SealingError, ValueContext, target_digest};
use strongroom_store::{Commit, Expectation, StoredCredential};

use super::plan;
use crate::failure::{of_sealing, of_store, outcome_of};
use crate::options::CredentialRef;
use crate::refusals::note_count;
use crate::{Context, Service};

impl Service {
    /// The id of the credential that is named, if this caller may do `action` to it. A try by one who may
    /// not is recorded in the caller's own log.
    pub(crate) async fn locate(
        &self,
        context: &Context,
        action: Action,
        audited_as: AuditAction,
        named: &CredentialRef,
    ) -> Result<CredentialId, Error> {
        let (object, found) = match named {
            CredentialRef::Id(id) => (AuditObject::Credential(*id), Some(*id)),
            CredentialRef::Slug(slug) => {
                let found = self.store.credential_with_slug(context.scope(), slug).await.map_err(of_store)?;
                (found.map_or(AuditObject::Credentials, AuditObject::Credential), found)
            }
            CredentialRef::Alias { external, or } => {
                let found = self.named_abroad(context, external, *or).await?;
                (found.map_or(AuditObject::Credentials, AuditObject::Credential), found)
            }
        };
        let allowed = match found {
            Some(id) => self.admit(context, action, id).await.map(|()| id),
            None => Err(Error::NotFound),
        };
        match allowed {
            Ok(id) => Ok(id),
            Err(error) => self.refused(context, audited_as, object, Vec::new(), error).await,
        }
    }

    /// What the caller's dialect knows by this name: an alias first, else an id of ours in its spelling. What is at
    /// hand spares the question: an alias and an id that are alike are never given to two (`create` refuses that).
    async fn named_abroad(
        &self,
        context: &Context,
        external: &str,
        or: Option<CredentialId>,
    ) -> Result<Option<CredentialId>, Error> {
        let (scope, dialect) = (context.scope(), context.view.dialect());
        let ours = || or.filter(|id| self.sealed.find(scope, *id).is_some());
        match self.sealed.aliased(scope, dialect, external).or_else(ours) {
            Some(id) => Ok(Some(id)),
            None => Ok(self.aliased(context, external).await?.or(or)),
        }
    }

    /// What the caller's dialect knows by this id, as it is stored.
    pub(crate) async fn aliased(
        &self,
        context: &Context,
        external: &str,
    ) -> Result<Option<CredentialId>, Error> {
        let dialect = context.view.dialect();
        self.store.credential_with_alias(context.scope(), dialect, external).await.map_err(of_store)
    }

    /// Whether the caller may do this to it, and its dialect shows it.
    pub(crate) async fn admit(
        &self,
        context: &Context,
        action: Action,
        id: CredentialId,
    ) -> Result<(), Error> {
        let principal = &context.principal;
        let resource = |facts| Resource::Credential(*context.scope(), facts);
        if context.view == View::All && !principal.reach.needs_more_than_an_id() {
            return authorise(principal, action, resource(Facts::of_id(id)));
        }
        // Not from the cache where labels decide: what they were a moment ago opens nothing.
        let stored = if principal.reach.needs_more_than_an_id() {
            Arc::new(self.load(context, id).await?)
        } else {
            self.load_cached(context, id).await?
        };
        if !context.view.shows(&stored.credential) {
            return Err(Error::NotFound);
        }
        authorise(principal, action, resource(Facts::of(&stored.credential)))
    }

    /// Whether what a change makes of a credential is still the caller's to change: nobody moves one out of,
    /// or makes one beyond, what their grant covers (TEN-16).
    pub(crate) fn assert_in_reach(
        context: &Context,
        action: Action,
        credential: &Credential,
    ) -> Result<(), Error> {
        let (reach, facts) = (&context.principal.reach, Facts::of(credential));
        if reach.credentials.is_some() || reach.covers(facts) {
            return Ok(());
        }
        Err(Error::Forbidden(Denial { action, why: Why::Narrow }))
    }

    /// The refusal of a caller that a contract turns away although its role would do, on record.
    pub async fn deny(&self, context: &Context, action: Action) -> Error {
        let object = match action {
            Action::ReadWorkspace => AuditObject::Workspace(context.scope().workspace()),
            _ => AuditObject::Credentials,
        };
        let audited_as = match action {
            Action::ReadWorkspace => AuditAction::WorkspaceRead,
            Action::Create => AuditAction::Create,
            Action::Change => AuditAction::Change,
            Action::Delete | Action::DeleteHeld => AuditAction::Delete,
            Action::Resolve => AuditAction::Resolve,
            Action::Verify => AuditAction::Verify,
            _ => AuditAction::Read,
        };
        let error = Error::Forbidden(Denial { action, why: Why::Contract });
        self.refuse(context, audited_as, object, Vec::new(), &error).await;
        error
    }

    /// Steps 1 for acts on the workspace as a whole.
    pub(crate) async fn permit(
        &self,
        context: &Context,
        action: Action,
        audited_as: AuditAction,
    ) -> Result<(), Error> {
        match authorise(&context.principal, action, Resource::Workspace(*context.scope())) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.refused(context, audited_as, AuditObject::Credentials, Vec::new(), error).await
            }
        }
    }

    /// Step 2: the current version. Unknown and foreign ids are the same.
    pub(crate) async fn load(&self, context: &Context, id: CredentialId) -> Result<StoredCredential, Error> {
        self.store.credential(context.scope(), id).await.map_err(of_store)?.ok_or(Error::NotFound)
    }

    /// The same from the sealed cache. May be older than the store; see [`crate::cache`].
    pub(crate) async fn load_cached(
        &self,
        context: &Context,
        id: CredentialId,
    ) -> Result<Arc<StoredCredential>, Error> {
        self.sealed.find_or_load(context.scope(), id, self.load(context, id)).await
    }

    /// The secrets of a stored value, in memory for one act.
    pub(crate) async fn unseal(
        &self,
        context: &Context,
        stored: &StoredCredential,
    ) -> Result<Secret<FieldMap>, Error> {
        let keys = self.organization_keys(context).await?;
        match open(&keys, context, stored) {
            Err(SealingError::KeyMissing { .. }) => self.unseal_rewrapped(context, stored).await,
            opened => opened.map_err(of_sealing),
        }
    }

    /// The epoch is not among the keys at hand. Either another node has begun it since these were opened,
    /// or it was destroyed, and the value is in another wrapping by now: both are read again, once.
    async fn unseal_rewrapped(
        &self,
        context: &Context,
        stored: &StoredCredential,
    ) -> Result<Secret<FieldMap>, Error> {
        self.keys.forget(context.scope().organization());
        self.sealed.forget(context.scope(), stored.credential.id);
        let found = self.load(context, stored.credential.id).await?;
        if found.value.value_version != stored.value.value_version {
            return Err(Error::Conflict(Conflict::LostRace));
        }
        let keys = self.organization_keys(context).await?;
        open(&keys, context, &found).map_err(of_sealing)
    }

    /// A stored credential with its secrets.
    pub(crate) async fn opened(&self, context: &Context, stored: &StoredCredential) -> Result<Opened, Error> {
        let secrets = self.unseal(context, stored).await?;
        Ok(Opened { credential: stored.credential.clone(), secrets })
    }

    /// What the integration that is named has to give, if this caller may know it.
    pub(crate) async fn lent(
        &self,
        context: &Context,
        integration: Option<IntegrationId>,
    ) -> Result<Option<Shared>, Error> {
        let Some(id) = integration.filter(|_| self.may(context, Action::ReadIntegrations).is_ok()) else {
            return Ok(None);
        };
        let stored = self.store.integration(context.scope(), id).await.map_err(of_store)?;
        Ok(stored.map(|stored| stored.integration.shared()))
    }

    pub(crate) async fn organization_keys(&self, context: &Context) -> Result<Arc<OrganizationKeys>, Error> {
        self.keys.of(self.store.as_ref(), context.scope().organization()).await
    }

    /// What the sealed value is bound to beside ids and version: where it may travel.
    pub(crate) fn digest_of_target(&self, kind: &str, method: &str, settings: &FieldMap) -> [u8; 32] {
        let target =
            self.catalogue.kind(kind).map(|kind| target_of(kind, method, settings)).unwrap_or_default();
        target_digest(target.into_iter())
    }

    /// Ends an act that was refused: the record of it, then the error. A refusal whose record cannot be
    /// written is still refused, and the log says that the record is missing.
    pub(crate) async fn refused<T>(
        &self,
        context: &Context,
        action: AuditAction,
        object: AuditObject,
        fields: Vec<String>,
        error: Error,
    ) -> Result<T, Error> {
        self.refuse(context, action, object, fields, &error).await;
        Err(error)
    }

    /// The record of a refusal; of a flood of denials a sample.
    async fn refuse(
        &self,
        context: &Context,
        action: AuditAction,
        object: AuditObject,
        fields: Vec<String>,
        error: &Error,
    ) {
        let mut record = context.record(self.now(), action, object, outcome_of(error));
        if record.outcome == AuditOutcome::Denied {
            let Some(count) = self.refusals.count(context.principal.token, action, record.at) else { return };
            note_count(&mut record, count);
        }
        record.fields = fields;
        record.code = Some(error.code().as_str().to_owned());
        if let Error::Verification(verification) = error {
            record.verification = Some(verification.as_ref().into());
        }
        self.write_record(context, record).await;
    }

    /// Writes a record of something that has no effect any more.
    pub(crate) async fn write_record(&self, context: &Context, record: AuditRecord) {
        self.write_record_in(context, context.scope(), record).await;
    }

    /// The same where somebody else reads it than those of the workspace that the caller is in.
    pub(crate) async fn write_record_in(&self, context: &Context, scope: &Scope, record: AuditRecord) {
        // Of a tenant that was erased meanwhile nothing is written any more (TEN-18).
        let commit = Commit::new(record).expect(Expectation::OrganizationThere);
        if let Err(error) = self.store.commit(scope, commit).await {
            tracing::error!(request_id = %context.request, %error, "an audit record could not be written");
        }
    }
}

fn open(
    keys: &OrganizationKeys,
    context: &Context,
    stored: &StoredCredential,
) -> Result<Secret<FieldMap>, SealingError> {
    let place = place_of(context, stored);
    // The envelope is copied because the cache shares it; it is ciphertext.
    keys.unseal(&place, &Envelope::from_bytes(stored.value.envelope.clone()))
}

/// Where a stored value belongs: ids from the scope and the row asked for, never from the envelope.
fn place_of<'a>(context: &Context, stored: &'a StoredCredential) -> ValueContext<'a> {
    ValueContext {
        organization: context.scope().organization(),
        workspace: context.scope().workspace(),
        credential: stored.credential.id,
        value_version: stored.value.value_version,
        kind: &stored.credential.kind,
        target_digest: stored.value.target_digest,
    }
}

/// A target digest that no longer matches the settings of its own row: the row was edited behind our back.
#[derive(Debug, thiserror::Error)]
#[error("the stored target is not the one the value was sealed for")]
struct TargetMoved;

impl Service {
    /// Before a stored secret travels, its target must be the one it was sealed for (rule 5 of CATALOGUE
    /// section 1): a row whose settings were edited by SQL opens, but goes nowhere.
    pub(crate) fn assert_bound(&self, stored: &StoredCredential) -> Result<(), Error> {
        let credential = &stored.credential;
        let settings = plan::settings_in_force(&self.catalogue, stored);
        let digest = self.digest_of_target(&credential.kind, &credential.method, &settings);
        if digest == stored.value.target_digest {
            Ok(())
        } else {
            Err(Error::Integrity(Cause::new(TargetMoved)))
        }
    }
}
