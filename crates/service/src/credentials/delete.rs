//! The end of a credential: envelope, DEK and fingerprint are destroyed in the commit that says so.

use std::collections::BTreeMap;

use strongroom_domain::Error;
use strongroom_domain::access::Action;
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::credential::Credential;
use strongroom_domain::error::Conflict;
use strongroom_domain::event::{Event, EventKind};
use strongroom_domain::ids::CredentialId;
use strongroom_domain::policy::DeleteMode;
use strongroom_store::{Clash, Expectation, StoreError, Write};

use super::change::expect;
use crate::failure::of_store;
use crate::idempotency::{Turn, remember};
use crate::options::{CredentialRef, DeleteOptions, Expected};
use crate::permits::Subject;
use crate::{Context, Service};

impl Service {
    /// Deletes a credential. There is no undelete.
    ///
    /// # Errors
    ///
    /// `in_use` while an unexpired hold exists (unless forced, which is a right of its own), `not_found`,
    /// `forbidden`, `precondition_failed`.
    pub async fn delete(
        &self,
        context: &Context,
        named: &CredentialRef,
        options: &DeleteOptions,
    ) -> Result<(), Error> {
        // A twin comes first: what it names is gone since its first half was done.
        let turn: Turn = self.turn(context, options.idempotency.as_ref()).await?;
        if matches!(turn, Turn::Done(_)) {
            return Ok(());
        }
        let id = self.locate(context, Action::Delete, AuditAction::Delete, named).await?;
        if !options.grace.is_zero() {
            // Nothing is locked meanwhile; whether the token still counts then, the commit asks.
            tokio::time::sleep(options.grace).await;
        }
        match self.delete_located(context, id, options).await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.refused(context, AuditAction::Delete, AuditObject::Credential(id), Vec::new(), error)
                    .await
            }
        }
    }

    async fn delete_located(
        &self,
        context: &Context,
        id: CredentialId,
        options: &DeleteOptions,
    ) -> Result<(), Error> {
        let DeleteOptions { mode, expected, idempotency, within, .. } = options;
        if *mode == DeleteMode::Force {
            self.admit(context, Action::DeleteHeld, id).await?;
        }
        let _permit = self.permits.enter(Subject::Change(id)).await?;
        let stored = self.load(context, id).await?.credential;
        if within.is_some() && *within != stored.integration {
            return Err(Error::NotFound);
        }
        let workspace = self.current_workspace(context.scope()).await?;
        expect(expected, stored.version, &workspace)?;
        let (now, version) = (self.now(), stored.version + 1);
        let record = AuditRecord {
            notes: notes_of(context, options),
            version: Some(version),
            value_version: Some(stored.value_version),
            ..context.record(now, AuditAction::Delete, AuditObject::Credential(id), AuditOutcome::Succeeded)
        };
        let event = Event {
            kind: EventKind::Deleted,
            at: now,
            credential: id,
            version,
            value_version: stored.value_version,
        };
        let mut commit = context.commit(record).expect(Expectation::Version(id, stored.version)).event(event);
        if *mode == DeleteMode::UnlessHeld {
            commit = commit.expect(Expectation::NoHold(id, now));
        }
        commit = commit.write(Write::Delete(id, now));
        if let Some(request) = idempotency {
            commit = commit.write(remember(context, request, None::<&Credential>, now)?);
        }
        let _announced = self.hub.announce_after();
        let outcome = self.store.commit(context.scope(), commit).await;
        self.sealed.forget(context.scope(), id);
        match outcome {
            Err(StoreError::Clash(Clash::Held)) => {
                let holds = self.store.holds(context.scope(), id, now).await.map_err(of_store)?;
                Err(Error::Conflict(Conflict::InUse(holds)))
            }
            outcome => outcome.map_err(of_store),
        }
    }
}

/// What the request itself says that an auditor asks for.
fn notes_of(context: &Context, options: &DeleteOptions) -> BTreeMap<String, String> {
    let mut notes = context.spoken();
    notes.extend(options.notes.clone());
    if options.mode == DeleteMode::Force {
        notes.insert("force".to_owned(), "true".to_owned());
    }
    if !options.grace.is_zero() {
        notes.insert("grace_seconds".to_owned(), options.grace.as_secs().to_string());
    }
    if options.expected == Expected::Existing {
        notes.insert("if_match".to_owned(), "*".to_owned());
    }
    notes
}
