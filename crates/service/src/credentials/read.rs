//! Reading without secrets: one credential, and how it came to be what it is.

use strongroom_domain::access::Action;
use strongroom_domain::audit::{Actor, AuditAction, AuditObject, AuditVerification};
use strongroom_domain::credential::Credential;
use strongroom_domain::ids::IntegrationId;
use strongroom_domain::{Error, Timestamp};
use strongroom_store::AuditEntry;

use crate::failure::of_store;
use crate::options::{CredentialRef, Listed};
use crate::{Context, Service, cursor};

/// One change of a credential, without values.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// What was done.
    pub action: AuditAction,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// The credential's version afterwards.
    pub version: Option<u64>,
    /// Its value's version afterwards.
    pub value_version: Option<u64>,
    /// Which parts were named.
    pub fields: Vec<String>,
    /// What the real system said.
    pub verification: Option<AuditVerification>,
}

impl Service {
    /// One credential, never with secrets. Health is as of the last verification: see `Health::at`.
    ///
    /// # Errors
    ///
    /// `not_found`, `forbidden`.
    pub async fn credential(&self, context: &Context, named: &CredentialRef) -> Result<Credential, Error> {
        self.credential_if(context, named, |_| true).await
    }

    /// The same, where it uses this integration; to a wire format that shows it there alone it is not found otherwise.
    ///
    /// # Errors
    ///
    /// `not_found`, `forbidden`.
    pub async fn credential_of(
        &self,
        context: &Context,
        named: &CredentialRef,
        integration: IntegrationId,
    ) -> Result<Credential, Error> {
        self.credential_if(context, named, |credential| credential.integration == Some(integration)).await
    }

    async fn credential_if(
        &self,
        context: &Context,
        named: &CredentialRef,
        is_shown: impl Fn(&Credential) -> bool,
    ) -> Result<Credential, Error> {
        let id = self.locate(context, Action::ReadMetadata, AuditAction::Read, named).await?;
        let found = match self.load(context, id).await {
            Ok(stored) if is_shown(&stored.credential) => return Ok(stored.credential),
            Ok(_) => Error::NotFound,
            Err(error) => error,
        };
        self.refused(context, AuditAction::Read, AuditObject::Credential(id), Vec::new(), found).await
    }

    /// One that is to be changed, as it is at hand: for a wire format that must know what sort of credential it is before it
    /// can say what is to happen to it. The change itself reads it again. Its health may be older than what is stored; so may
    /// all of it, where another node has changed it.
    ///
    /// # Errors
    ///
    /// `not_found`, `forbidden`.
    pub async fn credential_to_change(
        &self,
        context: &Context,
        named: &CredentialRef,
    ) -> Result<Credential, Error> {
        let id = self.locate(context, Action::Change, AuditAction::Change, named).await?;
        match self.load_cached(context, id).await {
            Ok(stored) => Ok(stored.credential.clone()),
            Err(error) => {
                let object = AuditObject::Credential(id);
                self.refused(context, AuditAction::Change, object, Vec::new(), error).await
            }
        }
    }

    /// Changes of one credential, newest first.
    ///
    /// # Errors
    ///
    /// `not_found`, `forbidden`, `validation_failed` for a bad cursor.
    pub async fn history(
        &self,
        context: &Context,
        named: &CredentialRef,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Listed<HistoryEntry>, Error> {
        let id = self.credential(context, named).await?.id;
        let query = format!("history/{id}");
        let position = |text| cursor::position(self.keys.system(), context, &query, text);
        let before = after.map(position).transpose()?.map(u64::from_be_bytes);
        let mut entries =
            self.store.history(context.scope(), id, before, limit + 1).await.map_err(of_store)?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next_cursor = entries
            .last()
            .filter(|_| more)
            .map(|last| cursor::make(self.keys.system(), context, &query, &last.node_seq.to_be_bytes()));
        Ok(Listed { items: entries.into_iter().map(HistoryEntry::from).collect(), next_cursor })
    }
}

impl From<AuditEntry> for HistoryEntry {
    fn from(entry: AuditEntry) -> Self {
        let record = entry.record;
        Self {
            action: record.action,
            at: record.at,
            actor: record.actor,
            version: record.version,
            value_version: record.value_version,
            fields: record.fields,
            verification: record.verification,
        }
    }
}
