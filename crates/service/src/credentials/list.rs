//! Lists: what the caller may see of the workspace, a page at a time.

use strongroom_domain::access::Action;
use strongroom_domain::audit::AuditAction;
use strongroom_domain::credential::Credential;
use strongroom_domain::ids::{CredentialId, IntegrationId};
use strongroom_domain::{Error, Fault, limits};
use strongroom_store::{CredentialFilter, HealthFilter, Order, Page, Stretch};

use crate::failure::of_store;
use crate::options::{ListOrder, ListRequest, Listed, Position};
use crate::{Context, Service, cursor};

impl Service {
    /// Credentials that match, oldest first. A narrow token sees only its own (TEN-10).
    ///
    /// # Errors
    ///
    /// `forbidden`, `validation_failed` for a bad cursor.
    pub async fn list(&self, context: &Context, request: &ListRequest) -> Result<Listed<Credential>, Error> {
        self.permit(context, Action::ReadMetadata, AuditAction::Read).await?;
        if let Some(position) = request.position {
            return self.list_at(context, request, position).await;
        }
        let limit = request.limit.clamp(1, limits::PAGE);
        let query = query_of(request);
        let position = |text| cursor::position(self.keys.system(), context, &query, text);
        let after = request.cursor.as_deref().map(position).transpose()?.map(CredentialId::from_bytes);
        let filter = self.filter_of(context, request);
        let page = Page { limit: limit + 1, after };
        let items = self.store.credentials(context.scope(), &filter, page).await.map_err(of_store)?;
        Ok(Listed::page(items, limit, |last| {
            cursor::make(self.keys.system(), context, &query, last.id.as_bytes())
        }))
    }

    /// How many match, whatever page is asked for.
    ///
    /// # Errors
    ///
    /// `forbidden`.
    pub async fn count(&self, context: &Context, request: &ListRequest) -> Result<u64, Error> {
        self.permit(context, Action::ReadMetadata, AuditAction::Read).await?;
        let filter = self.filter_of(context, request);
        self.store.credentials_matching(context.scope(), &filter).await.map_err(of_store)
    }

    /// All that match, oldest first, for wire formats without pages: `show` says what is kept of each. No more
    /// than a page of credentials is in memory at a time, and what is made or deleted meanwhile moves no other.
    ///
    /// # Errors
    ///
    /// `forbidden`.
    pub async fn list_whole<T>(
        &self,
        context: &Context,
        request: &ListRequest,
        mut show: impl FnMut(&Credential) -> T,
    ) -> Result<Vec<T>, Error> {
        self.permit(context, Action::ReadMetadata, AuditAction::Read).await?;
        let filter = self.filter_of(context, request);
        let mut page = Page { limit: limits::PAGE_FOREIGN, after: None };
        let mut shown = Vec::new();
        loop {
            let found = self.store.credentials(context.scope(), &filter, page).await.map_err(of_store)?;
            shown.extend(found.iter().map(&mut show));
            match found.last().filter(|_| found.len() == page.limit) {
                Some(last) => page.after = Some(last.id),
                None => return Ok(shown),
            }
        }
    }

    /// The integrations of which a credential works, as far as was seen last and the caller may see: of all, or
    /// whether this one is among them.
    ///
    /// # Errors
    ///
    /// `forbidden`.
    pub async fn verified_integrations(
        &self,
        context: &Context,
        only: Option<IntegrationId>,
    ) -> Result<Vec<IntegrationId>, Error> {
        self.permit(context, Action::ReadMetadata, AuditAction::Read).await?;
        let request = ListRequest { integration: only, ..ListRequest::default() };
        let filter = self.filter_of(context, &request);
        self.store.verified_integrations(context.scope(), &filter, self.now()).await.map_err(of_store)
    }

    async fn list_at(
        &self,
        context: &Context,
        request: &ListRequest,
        position: Position,
    ) -> Result<Listed<Credential>, Error> {
        if position.offset > limits::LIST_REACH {
            let message = format!("must be at most {}", limits::LIST_REACH);
            return Err(Error::invalid(vec![Fault::new("/offset", message)]));
        }
        let filter = self.filter_of(context, request);
        let limit = request.limit.clamp(1, limits::PAGE_FOREIGN);
        let stretch = Stretch { limit, offset: position.offset, order: position.order.into() };
        let items = self.store.credentials_at(context.scope(), &filter, stretch).await.map_err(of_store)?;
        Ok(Listed { items, next_cursor: None })
    }

    fn filter_of(&self, context: &Context, request: &ListRequest) -> CredentialFilter {
        CredentialFilter {
            reach: context.principal.reach.clone(),
            view: context.view,
            created_by: request.created_by,
            kinds: request.kinds.clone(),
            methods: request.methods.clone(),
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

impl From<ListOrder> for Order {
    fn from(order: ListOrder) -> Self {
        match order {
            ListOrder::OldestFirst => Self::OldestFirst,
            ListOrder::NewestFirst => Self::NewestFirst,
        }
    }
}

/// Which list a cursor belongs to: everything that narrows it, the page size excepted.
fn query_of(request: &ListRequest) -> String {
    let narrowing = ListRequest { limit: 0, cursor: None, ..request.clone() };
    format!("credentials/{narrowing:?}")
}
