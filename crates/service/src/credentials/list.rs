//! Lists: what the caller may see of the workspace, a page at a time.

use strongroom_domain::access::Action;
use strongroom_domain::audit::AuditAction;
use strongroom_domain::credential::Credential;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::{Error, limits};
use strongroom_store::{CredentialFilter, HealthFilter, Page};

use crate::failure::of_store;
use crate::options::{ListRequest, Listed};
use crate::{Context, Service, cursor};

impl Service {
    /// Credentials that match, oldest first. A narrow token sees only its own (TEN-10).
    ///
    /// # Errors
    ///
    /// `forbidden`, `validation_failed` for a bad cursor.
    pub async fn list(&self, context: &Context, request: &ListRequest) -> Result<Listed<Credential>, Error> {
        self.permit(context, Action::ReadMetadata, AuditAction::Read).await?;
        let limit = request.limit.clamp(1, limits::PAGE);
        let query = query_of(request);
        let position = |text| cursor::position(self.keys.system(), context, &query, text);
        let after = request.cursor.as_deref().map(position).transpose()?.map(CredentialId::from_bytes);
        let filter = self.filter_of(context, request);
        let page = Page { limit: limit + 1, after };
        let mut items = self.store.credentials(context.scope(), &filter, page).await.map_err(of_store)?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items
            .last()
            .filter(|_| more)
            .map(|last| cursor::make(self.keys.system(), context, &query, last.id.as_bytes()));
        Ok(Listed { items, next_cursor })
    }

    fn filter_of(&self, context: &Context, request: &ListRequest) -> CredentialFilter {
        CredentialFilter {
            only: context.principal.credentials.clone(),
            kinds: request.kinds.clone(),
            health: request.health.map(|status| HealthFilter { status, now: self.now() }),
            labels: request.labels.clone(),
            words: request
                .query
                .as_deref()
                .map(|q| CredentialFilter::words_of(q).collect())
                .unwrap_or_default(),
            integration: request.integration,
            owner: request.owner.clone(),
            target_host: request.target_host.clone(),
            expiring_before: request.expiring_before,
        }
    }
}

/// Which list a cursor belongs to: everything that narrows it, the page size excepted.
fn query_of(request: &ListRequest) -> String {
    let narrowing = ListRequest { limit: 0, cursor: None, ..request.clone() };
    format!("credentials/{narrowing:?}")
}
