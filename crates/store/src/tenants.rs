//! Walking over every tenant, for jobs that reach all of them.

use std::collections::VecDeque;

use strongroom_domain::ids::OrganizationId;

use crate::{OrganizationRow, Result, Store};

/// Organizations that are read at once.
const PAGE: usize = 256;

/// Every organization, oldest first, a page at a time: there may be more than fit in memory. One that is made during the
/// walk comes last; one that is erased is left out, or is the one at hand.
pub struct EveryOrganization<'a> {
    store: &'a dyn Store,
    page: VecDeque<OrganizationRow>,
    last: Option<OrganizationId>,
}

impl<'a> EveryOrganization<'a> {
    /// From the first on.
    pub const fn of(store: &'a dyn Store) -> Self {
        Self { store, page: VecDeque::new(), last: None }
    }

    /// The next one; none after the last.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::StoreError), as the store gave it.
    pub async fn next(&mut self) -> Result<Option<OrganizationRow>> {
        if self.page.is_empty() {
            self.page = self.store.organizations(self.last, PAGE).await?.into();
        }
        let next = self.page.pop_front();
        self.last = next.as_ref().map(|row| row.id).or(self.last);
        Ok(next)
    }
}
