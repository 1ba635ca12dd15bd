//! Who has what until when: "safe to revoke" as a fact.

use strongroom_domain::Error;
use strongroom_domain::access::{Action, Resource, may};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome};
use strongroom_domain::consumer::{Consumer, Hold};
use strongroom_domain::credential::Credential;
use strongroom_domain::ids::TokenId;
use strongroom_domain::principal::Facts;
use strongroom_domain::text::Name;
use strongroom_store::{StoredCredential, Write};

use crate::failure::of_store;
use crate::options::CredentialRef;
use crate::{Context, Service};

impl Service {
    /// The current value's version, and every live hold on any of its values.
    ///
    /// # Errors
    ///
    /// `not_found`, `forbidden`.
    pub async fn consumers(
        &self,
        context: &Context,
        named: &CredentialRef,
    ) -> Result<(u64, Vec<Hold>), Error> {
        let credential = self.credential(context, named).await?;
        let holds = self.store.holds(context.scope(), credential.id, self.now()).await.map_err(of_store)?;
        Ok((credential.value_version, holds))
    }

    /// A consumer gives back what it has.
    ///
    /// # Errors
    ///
    /// `not_found`, also where that consumer holds nothing (for a runner: nothing through its own token); `forbidden`.
    pub async fn release(
        &self,
        context: &Context,
        named: &CredentialRef,
        consumer: &Consumer,
    ) -> Result<(), Error> {
        let id = self.locate(context, Action::Release, AuditAction::Release, named).await?;
        let now = self.now();
        let object = AuditObject::Credential(id);
        let holds = self.store.holds(context.scope(), id, now).await.map_err(of_store)?;
        let its: Vec<TokenId> =
            holds.into_iter().filter(|hold| hold.consumer == *consumer).map(|hold| hold.token).collect();
        // A fact about another worker's hold is not a runner's to end; who may delete what is held, may.
        let may_end_any = self.admit(context, Action::DeleteHeld, id).await.is_ok();
        let all_own = its.iter().all(|token| *token == context.principal.token)
            && context.assert_speaks_for(consumer, Action::Release).is_ok();
        if its.is_empty() || !(may_end_any || all_own) {
            return self.refused(context, AuditAction::Release, object, Vec::new(), Error::NotFound).await;
        }
        let record = context.record_for(consumer, now, AuditAction::Release, object, AuditOutcome::Succeeded);
        let commit = context.commit(record).write(Write::Release(id, consumer.clone()));
        self.store.commit(context.scope(), commit).await.map_err(of_store)
    }

    /// What consumers of this name hold, credential by credential; only what the caller may see.
    ///
    /// # Errors
    ///
    /// `forbidden`.
    pub async fn consumer_credentials(
        &self,
        context: &Context,
        name: &Name,
    ) -> Result<Vec<(Credential, Hold)>, Error> {
        self.permit(context, Action::ReadMetadata, AuditAction::Read).await?;
        let holds =
            self.store.holds_of_consumer(context.scope(), name, self.now()).await.map_err(of_store)?;
        let mut found = Vec::with_capacity(holds.len());
        for hold in holds {
            let stored = self.store.credential(context.scope(), hold.credential).await.map_err(of_store)?;
            let Some(StoredCredential { credential, .. }) = stored else { continue };
            let resource = Resource::Credential(*context.scope(), Facts::of(&credential));
            if may(&context.principal, Action::ReadMetadata, resource) {
                found.push((credential, hold));
            }
        }
        Ok(found)
    }
}
