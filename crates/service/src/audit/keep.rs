//! What leaves the database: leaves for sealed segments, bodies whose time is over. For the server alone: nobody asks
//! here on their own behalf.

use strongroom_domain::ids::{OrganizationId, WorkspaceId};
use strongroom_domain::{Error, Scope, Timestamp};
use strongroom_sealing::log::LogHash;
use strongroom_store::{EveryOrganization, Housekeeping, LeafOrder, StoreError};

use super::AuditItem;
use super::leaf::{self, Place};
use crate::failure::of_store;
use crate::{Service, first_scope};

/// As far as waiting records are counted.
const COUNTED: u64 = 1_000_000;

impl Service {
    /// Leaves of an organization from a position on, each with its hash.
    ///
    /// # Errors
    ///
    /// `unavailable`.
    pub async fn audit_leaves(
        &self,
        organization: OrganizationId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<(AuditItem, LogHash)>, Error> {
        // Leaves are those of the organization, whatever workspace is named.
        let scope = Scope::new(organization, WorkspaceId::from_bytes([0; 16]));
        let leaves =
            self.store.leaves(&scope, LeafOrder::OldestFirst, from, limit).await.map_err(of_store)?;
        let shown = leaves.into_iter().map(|leaf| {
            let (position, node, node_seq) = (leaf.position, leaf.node, leaf.node_seq);
            let hash = LogHash::from_bytes(leaf.hash);
            let item = match leaf.record {
                Some(record) => {
                    let place = Place { position, node, node_seq, workspace: record.workspace };
                    AuditItem::Leaf(leaf::line(&place, &record.body))
                }
                None => AuditItem::Hash { position, hash },
            };
            (item, hash)
        });
        Ok(shown.collect())
    }

    /// Every organization there is.
    ///
    /// # Errors
    ///
    /// `unavailable`.
    pub async fn audit_organizations(&self) -> Result<Vec<OrganizationId>, Error> {
        let (mut every, mut ids) = (EveryOrganization::of(self.store.as_ref()), Vec::new());
        while let Some(organization) = every.next().await.map_err(of_store)? {
            ids.push(organization.id);
        }
        Ok(ids)
    }

    /// How many records have no leaf yet.
    ///
    /// # Errors
    ///
    /// `unavailable`.
    pub async fn audit_leaves_pending(&self) -> Result<u64, Error> {
        self.store.unlogged_count(COUNTED).await.map_err(of_store)
    }

    /// Forgets the bodies of records made before this time; their hashes stay, and so do the changes of credentials.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn forget_audit_bodies(&self, before: Timestamp) -> Result<(), StoreError> {
        let Some(scope) = first_scope(self.store.as_ref()).await? else { return Ok(()) };
        self.store.keep_house(&scope, Housekeeping::ForgetRecords(before)).await
    }
}
