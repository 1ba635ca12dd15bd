//! Single sealed fields, opened for a dialect that shows them in a redacted form, or by its contract in clear.
//!
//! No hold is granted and no other field is opened up: whoever uses a credential resolves it.

use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::credential::Credential;
use strongroom_domain::{Error, FieldMap, Secret};

use crate::failure::of_store;
use crate::options::{CredentialRef, Excerpt};
use crate::{Context, Service};

impl Service {
    /// A credential and those of its sealed fields that are asked for. The record that names them is durable
    /// before they are given.
    ///
    /// # Errors
    ///
    /// `not_found`, `forbidden`, `integrity_error`.
    pub async fn excerpt(
        &self,
        context: &Context,
        named: &CredentialRef,
        excerpt: &Excerpt<'_>,
    ) -> Result<(Credential, Secret<FieldMap>), Error> {
        let id = self.locate(context, excerpt.right, AuditAction::Excerpt, named).await?;
        let stored = self.load(context, id).await?;
        let mut wanted = (excerpt.wants)(&stored.credential);
        wanted.retain(|name| stored.credential.secret_fields.contains(name));
        if wanted.is_empty() {
            return Ok((stored.credential, Secret::new(FieldMap::new())));
        }
        let secrets = self.unseal(context, &stored).await?;
        let object = AuditObject::Credential(id);
        let record = AuditRecord {
            fields: wanted.iter().map(|name| format!("secrets.{name}")).collect(),
            version: Some(stored.credential.version),
            value_version: Some(stored.credential.value_version),
            ..context.record(self.now(), AuditAction::Excerpt, object, AuditOutcome::Succeeded)
        };
        self.store.commit(context.scope(), context.commit(record)).await.map_err(of_store)?;
        // EXPOSE: the fields that were asked for are copied out, the others are wiped with their map.
        let all = secrets.expose();
        let given = wanted.iter().filter_map(|name| Some((name.clone(), all.value(name)?.clone()))).collect();
        Ok((stored.credential, Secret::new(given)))
    }
}
