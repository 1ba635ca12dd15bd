//! Which keys there are and what lies under them. Needs no key: it reads names and counts.

use std::collections::BTreeMap;

use strongroom_domain::ids::OrganizationId;
use strongroom_domain::text::Slug;
use strongroom_domain::{Scope, Timestamp};
use strongroom_sealing::{Envelope, KeyPurpose};
use strongroom_store::{EveryOrganization, KeyOwner, KeyRow, OrganizationRow, Page, Store, StoreError};

/// All keys of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatus {
    /// The id of the root key that the keys are under; more than one only in a damaged store. None where
    /// nothing was founded.
    pub roots: Vec<String>,
    /// One entry per organization, oldest first.
    pub organizations: Vec<OrganizationStatus>,
}

/// The epochs of one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationStatus {
    /// Which.
    pub id: OrganizationId,
    /// Its slug.
    pub slug: Slug,
    /// Oldest first; the last one seals. More than one: a rotation is under way.
    pub epochs: Vec<EpochStatus>,
    /// Values that name no epoch that is there, or are no envelopes at all.
    pub astray: u64,
}

/// One KEK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochStatus {
    /// Its number, from 1.
    pub epoch: u32,
    /// When it began.
    pub since: Timestamp,
    /// Values that are under it.
    pub values: u64,
}

/// Values that are read at a time.
const PAGE: usize = 512;

/// Reads all of it. Walks over every sealed value.
///
/// # Errors
///
/// Those of the store.
pub async fn status(store: &dyn Store) -> Result<KeyStatus, StoreError> {
    let mut rows = store.keys(KeyOwner::System).await?;
    let mut organizations = Vec::new();
    let mut every = EveryOrganization::of(store);
    while let Some(organization) = every.next().await? {
        let keys = store.keys(KeyOwner::Organization(organization.id)).await?;
        organizations.push(of_organization(store, &organization, &keys).await?);
        rows.extend(keys);
    }
    let mut roots: Vec<String> =
        rows.iter().filter_map(|row| row.wrapped_by.strip_prefix("root:")).map(str::to_owned).collect();
    roots.sort_unstable();
    roots.dedup();
    Ok(KeyStatus { roots, organizations })
}

async fn of_organization(
    store: &dyn Store,
    organization: &OrganizationRow,
    keys: &[KeyRow],
) -> Result<OrganizationStatus, StoreError> {
    let mut counts = counts(store, organization).await?;
    let is_kek = |row: &&KeyRow| row.purpose == KeyPurpose::OrganizationKek.code();
    let epochs = keys.iter().filter(is_kek).map(|row| EpochStatus {
        epoch: row.epoch,
        since: row.created_at,
        values: counts.remove(&Some(row.epoch)).unwrap_or_default(),
    });
    let epochs = epochs.collect();
    let (id, slug) = (organization.id, organization.slug.clone());
    Ok(OrganizationStatus { id, slug, epochs, astray: counts.values().sum() })
}

/// Values by the epoch they name.
async fn counts(
    store: &dyn Store,
    organization: &OrganizationRow,
) -> Result<BTreeMap<Option<u32>, u64>, StoreError> {
    let mut counts = BTreeMap::new();
    for workspace in store.workspaces(organization).await? {
        let (scope, mut after) = (Scope::new(organization.id, workspace.id), None);
        loop {
            let page = store.sealed_values(&scope, Page { limit: PAGE, after }).await?;
            for value in page.values {
                *counts.entry(Envelope::from_bytes(value.envelope).kek_epoch()).or_default() += 1;
            }
            *counts.entry(None).or_default() += page.damaged.len() as u64;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(counts)
}
