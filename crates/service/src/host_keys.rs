//! Host keys that no credential states: pinned in the workspace, by host and port.
//!
//! Owns what is believed at first sight. Nothing about a user is sent to a server whose key is neither
//! stated nor pinned: the attempt stops at the key, and only then, where the workspace or the caller's
//! dialect says so, is that very key stated for a second one. A pin is kept when the server has let the
//! candidate in, together with what the attempt was made for. Must never replace a pin.

use strongroom_connectors::{Connector, HostKeyPlace};
use strongroom_domain::access::Action;
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::credential::Candidate;
use strongroom_domain::policy::HostKeyTrust;
use strongroom_domain::verification::{Finding, Outcome, Reason};
use strongroom_domain::{Error, limits};
use strongroom_store::{Commit, HostKeyPin, Write};
use tokio::time::Instant;

use crate::failure::of_store;
use crate::options::Listed;
use crate::{Context, Service};

/// A server whose key the candidate does not state, and what is known of it.
pub(crate) struct Unstated {
    place: HostKeyPlace,
    pinned: Option<HostKeyPin>,
    trust: HostKeyTrust,
}

/// A key that was believed at first sight and is to be kept.
#[derive(Debug, Clone)]
pub(crate) struct FirstUse {
    /// `host:port`.
    pub(crate) endpoint: String,
    /// Type and fingerprint.
    pub(crate) key: String,
}

impl Service {
    /// What the workspace knows of the key that this candidate does not state; `None` where it states one,
    /// where its kind has none, and where the workspace wants all keys stated.
    pub(crate) async fn unstated_host_key(
        &self,
        context: &Context,
        connector: &dyn Connector,
        candidate: &Candidate,
        trust: HostKeyTrust,
    ) -> Result<Option<Unstated>, Error> {
        let place = connector.unstated_host_key(candidate).filter(|_| trust != HostKeyTrust::Stated);
        let Some(place) = place else { return Ok(None) };
        let pinned = self.store.host_key_pin(context.scope(), place.endpoint()).await.map_err(of_store)?;
        Ok(Some(Unstated { place, pinned, trust }))
    }

    /// One check, and a second one where the first stopped at a key that may be believed.
    pub(crate) async fn check(
        &self,
        candidate: &Candidate,
        unstated: Option<&Unstated>,
        deadline: Instant,
    ) -> (Finding, Option<FirstUse>) {
        let check =
            async |candidate: &Candidate| self.catalogue.check(candidate, &self.egress, deadline).await;
        let Some(unstated) = unstated else { return (check(candidate).await, None) };
        if let Some(pin) = &unstated.pinned {
            let finding = check(&unstated.place.stated(candidate, &pin.key)).await;
            return (named_as_pinned(finding, pin), None);
        }
        let finding = check(candidate).await;
        let may_believe =
            unstated.trust == HostKeyTrust::PinFirst && finding.reason == Some(Reason::HostKeyUnknown);
        let Some(key) = HostKeyPlace::shown(&finding).filter(|_| may_believe) else { return (finding, None) };
        let finding = check(&unstated.place.stated(candidate, &key)).await;
        let endpoint = unstated.place.endpoint().to_owned();
        let first_use = (finding.outcome == Outcome::Accepted).then_some(FirstUse { endpoint, key });
        (finding, first_use)
    }

    /// Pins of the workspace by endpoint. The cursor is the last endpoint: it reaches nothing that the list
    /// would not show.
    ///
    /// # Errors
    ///
    /// `forbidden` but to those who may change the workspace: pins name hosts of every credential.
    pub async fn host_keys(
        &self,
        context: &Context,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Listed<HostKeyPin>, Error> {
        self.permit(context, Action::ChangeWorkspace, AuditAction::WorkspaceRead).await?;
        let limit = limit.min(limits::PAGE);
        let found = self.store.host_key_pins(context.scope(), after, limit + 1).await;
        Ok(Listed::page(found.map_err(of_store)?, limit, |last| last.endpoint.clone()))
    }

    /// Forgets a pin: the next first use is believed again, where the workspace or a dialect says so.
    ///
    /// # Errors
    ///
    /// `forbidden`, `not_found`.
    pub async fn forget_host_key(&self, context: &Context, endpoint: &str) -> Result<(), Error> {
        self.permit(context, Action::ChangeWorkspace, AuditAction::Workspace).await?;
        let pin = self.store.host_key_pin(context.scope(), endpoint).await.map_err(of_store)?;
        let pin = pin.ok_or(Error::NotFound)?;
        let object = AuditObject::Workspace(context.scope().workspace());
        let mut record = AuditRecord {
            fields: vec!["host_keys".to_owned()],
            ..context.record(self.now(), AuditAction::Workspace, object, AuditOutcome::Succeeded)
        };
        record.notes.insert("host_key_unpinned".to_owned(), format!("{} {}", pin.endpoint, pin.key));
        let commit = context.commit(record).write(Write::UnpinHostKey(pin.endpoint));
        self.store.commit(context.scope(), commit).await.map_err(of_store)
    }
}

/// A commit of this record, which says so where it pins the key that was seen for it.
pub(crate) fn commit_with_pin(
    context: &Context,
    mut record: AuditRecord,
    first_use: Option<FirstUse>,
) -> Commit {
    let pin = pin(context, &mut record, first_use);
    pin.into_iter().fold(context.commit(record), Commit::write)
}

/// The write that pins the key that was seen, and a note of it in the record of the act.
pub(crate) fn pin(context: &Context, record: &mut AuditRecord, first_use: Option<FirstUse>) -> Option<Write> {
    let FirstUse { endpoint, key } = first_use?;
    record.notes.insert("host_key_pinned".to_owned(), format!("{endpoint} {key}"));
    let (pinned_by, pinned_at) = (context.principal.id, record.at);
    Some(Write::PinHostKey(HostKeyPin { endpoint, key, pinned_by, pinned_at }))
}

/// The connector knows of a stated key; that it was pinned, and how to mend it, is known here.
fn named_as_pinned(finding: Finding, pin: &HostKeyPin) -> Finding {
    if finding.reason != Some(Reason::HostKeyChanged) {
        return finding;
    }
    let Some(shown) = HostKeyPlace::shown(&finding) else { return finding };
    let message = format!(
        "The server showed {shown}, and this workspace has pinned another key for {}; nothing was sent. If \
         the server really has a new key, remove the pin.",
        pin.endpoint
    );
    Finding { message, ..finding }
}
