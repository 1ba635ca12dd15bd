//! Giving secrets out: authorised, held, and recorded before they leave.

use futures_util::future::join_all;
use std::time::Duration;
use strongroom_domain::access::{Action, Resource, authorise};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::consumer::{Consumer, Hold};
use strongroom_domain::credential::Credential;
use strongroom_domain::error::Conflict;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::principal::Facts;
use strongroom_domain::{Error, Timestamp};
use strongroom_store::{Clash, Commit, Expectation, StoreError, StoredCredential, Write};

use super::plan;
use crate::failure::of_store;
use crate::options::{CredentialRef, ResolveRequest, Resolved};
use crate::{Context, Service};

/// How often a resolve looks again when the value changed under it. Each round is one that a change has won, and a
/// reader is not to be told of a conflict because somebody else writes fast: only a fault of ours takes so many.
const ROUNDS: usize = 100;

impl Service {
    /// The secrets of the current value, and a hold on it. The record and the hold are durable before the
    /// answer, in a commit that expects the credential to be as it was read: a resolve that begins after a change was
    /// answered never gives the old value.
    ///
    /// # Errors
    ///
    /// `not_found`, `forbidden`, `integrity_error`, `unavailable`.
    pub async fn resolve(
        &self,
        context: &Context,
        named: &CredentialRef,
        request: &ResolveRequest,
    ) -> Result<Resolved, Error> {
        let id = self.locate(context, Action::Resolve, AuditAction::Resolve, named).await?;
        match self.resolve_located(context, id, request).await {
            Ok(resolved) => Ok(resolved),
            Err(error) => {
                self.refused(context, AuditAction::Resolve, AuditObject::Credential(id), Vec::new(), error)
                    .await
            }
        }
    }

    /// Many at once, each for itself: the answers stand in the order of the names.
    ///
    /// # Errors
    ///
    /// `forbidden` for one who may resolve nothing, after each try is on record.
    pub async fn resolve_many(
        &self,
        context: &Context,
        named: &[CredentialRef],
        consumer: &Consumer,
        hold_seconds: Option<u64>,
    ) -> Result<Vec<Result<Resolved, Error>>, Error> {
        let request = ResolveRequest { consumer: consumer.clone(), hold_seconds, known: Vec::new() };
        let outcomes = join_all(named.iter().map(|one| self.resolve(context, one, &request))).await;
        self.may(context, Action::Resolve).map(|()| outcomes)
    }

    async fn resolve_located(
        &self,
        context: &Context,
        id: CredentialId,
        request: &ResolveRequest,
    ) -> Result<Resolved, Error> {
        context.assert_speaks_for(&request.consumer, Action::Resolve)?;
        let workspace = self.current_workspace(context.scope()).await?;
        let hold_for = Duration::from_secs(request.hold_seconds.unwrap_or(workspace.settings.hold_seconds));
        for _ in 0..ROUNDS {
            let stored = self.load_cached(context, id).await?;
            // What is given is what the caller reaches as it is now, not as it was when the id was looked up.
            let resource = Resource::Credential(*context.scope(), Facts::of(&stored.credential));
            authorise(&context.principal, Action::Resolve, resource)?;
            let secrets = if request.known.contains(&stored.value.value_version) {
                None
            } else {
                self.assert_bound(&stored)?;
                match self.unseal(context, &stored).await {
                    Ok(secrets) => Some(secrets),
                    Err(Error::Conflict(Conflict::LostRace)) => continue,
                    Err(error) => return Err(error),
                }
            };
            let now = self.now();
            let hold_until = now.plus(hold_for);
            let commit = grant(context, &stored, request, now, hold_until);
            match self.store.commit(context.scope(), commit).await {
                Ok(()) => {
                    let settings = plan::settings_in_force(&self.catalogue, &stored).into_owned();
                    let credential = Credential { settings, ..stored.credential.clone() };
                    return Ok(Resolved { credential, secrets, hold_until });
                }
                Err(StoreError::Clash(Clash::Version)) => self.sealed.forget(context.scope(), id),
                Err(error) => return Err(of_store(error)),
            }
        }
        Err(Error::Conflict(Conflict::LostRace))
    }
}

/// The commit of one resolve: the hold and its record, if the credential is still the one that was read.
fn grant(
    context: &Context,
    stored: &StoredCredential,
    request: &ResolveRequest,
    now: Timestamp,
    hold_until: Timestamp,
) -> Commit {
    let (id, value_version) = (stored.credential.id, stored.value.value_version);
    let object = AuditObject::Credential(id);
    let record = AuditRecord {
        version: Some(stored.credential.version),
        value_version: Some(value_version),
        ..context.record_for(&request.consumer, now, AuditAction::Resolve, object, AuditOutcome::Succeeded)
    };
    let hold = Hold {
        credential: id,
        token: context.principal.token,
        consumer: request.consumer.clone(),
        value_version,
        granted_at: now,
        hold_until,
    };
    let commit = context.commit(record).expect(Expectation::Version(id, stored.credential.version));
    let shared = stored.credential.integration.zip(stored.shared.as_ref());
    let commit = shared.into_iter().fold(commit, |commit, (integration, shared)| {
        commit.expect(Expectation::IntegrationVersion(integration, shared.version))
    });
    commit.write(Write::Hold(hold))
}
