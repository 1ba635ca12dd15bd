//! The root key: every key that the old one has wrapped, of the system and of all organizations, is wrapped by
//! the new one, in one commit.
//!
//! One commit, so that there are two states and no third: before it the old key starts a server, after it
//! the new one does. A row of some fifty organizations is 10 KB; ten thousand of them hold the writer up for
//! a moment. Must never commit a wrapping that was not opened again first.

use std::sync::Arc;

use strongroom_domain::Scope;
use strongroom_domain::audit::{AuditAction, AuditOutcome};
use strongroom_sealing::log::LogKey;
use strongroom_sealing::{
    OrganizationKeys, RootKey, RootKeyId, SystemKeys, SystemRng, WrappedKey, WrappingKey,
};
use strongroom_store::{Clash, Commit, EveryOrganization, KeyOwner, StoreError, Write};

use super::{By, ROUNDS, RotationError, record};
use crate::keys::{from_row, name_of, to_row};
use crate::{Service, first_scope};

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RootRotated {
    /// The key that was in force before; the new one itself where that was in force already.
    pub from: RootKeyId,
    /// The key that is in force now.
    pub to: RootKeyId,
    /// Keys that were wrapped anew.
    pub keys: usize,
}

/// The system's or one organization's.
type Owned = (KeyOwner, Vec<WrappedKey>);

impl Service {
    /// Puts a new root key in force while everything goes on. Both keys open rows from the beginning to
    /// the end, so that nobody who loads keys meanwhile is refused.
    ///
    /// # Errors
    ///
    /// [`RotationError`]: the old key is in force then, but for [`RotationError::RootUnknown`].
    pub async fn rotate_root(&self, new: RootKey, by: By) -> Result<RootRotated, RotationError> {
        let _one_at_a_time = self.rooting.lock().await;
        self.settle_root().await?;
        let (old, new) = (self.keys.root(), Arc::new(new));
        let (from, to) = (old.id(), new.id());
        if from == to {
            return Ok(RootRotated { from, to, keys: 0 });
        }
        let home = first_scope(self.store.as_ref()).await?.ok_or(RotationError::Empty)?;
        self.keys.expect_root(Some(Arc::clone(&new)));
        let rotated = self.try_rotate_root(&home, &old, &new, by).await;
        match &rotated {
            Ok(_) => self.keys.adopt_root(new),
            // Both stay known: whichever rows are read, they open.
            Err(RotationError::RootUnknown(_)) => {}
            Err(_) => self.keys.expect_root(None),
        }
        rotated.map(|keys| RootRotated { from, to, keys })
    }

    async fn try_rotate_root(
        &self,
        home: &Scope,
        old: &RootKey,
        new: &RootKey,
        by: By,
    ) -> Result<usize, RotationError> {
        let notes = || [("root_key", new.id().to_string()), ("previous_root_key", old.id().to_string())];
        let begin = record(home, self.now(), (AuditAction::KeyRotate, AuditOutcome::Attempted), by, notes());
        self.store.commit(home, Commit::new(begin)).await?;
        for _ in 0..ROUNDS {
            let rows = rewrapped(self.owned_keys().await?, old, new)?;
            let count = rows.len();
            let done = (AuditAction::KeyRotate, AuditOutcome::Succeeded);
            let notes = notes().into_iter().chain([("keys", count.to_string())]);
            let commit = Commit::new(record(home, self.now(), done, by, notes)).write(Write::RewrapKeys(
                name_of(WrappingKey::Root(old.id())),
                rows.iter().map(to_row).collect(),
            ));
            match self.store.commit(home, commit).await {
                Ok(()) => return Ok(count),
                // An epoch began or ended since the rows were read.
                Err(StoreError::Clash(Clash::Keys)) => {}
                Err(StoreError::Unknown(_)) => {
                    self.settle_root().await?;
                    let is_in_force = self.keys.root().id() == new.id();
                    return if is_in_force { Ok(count) } else { Err(RotationError::RootUnknown(new.id())) };
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(RotationError::Busy)
    }

    /// Where a rotation could not find out whether its commit was applied, the rows say that it was. While they
    /// cannot be read it is as unknown as before: nobody may take the old key for the one in force.
    async fn settle_root(&self) -> Result<(), RotationError> {
        let Some(next) = self.keys.expected_root() else { return Ok(()) };
        let name = name_of(WrappingKey::Root(next.id()));
        let rows = self.store.keys(KeyOwner::System).await;
        let rows = rows.map_err(|error| {
            tracing::error!(%error, root_key = %next.id(), "whether it is in force could not be read");
            RotationError::RootUnknown(next.id())
        })?;
        if rows.iter().any(|row| row.wrapped_by == name) {
            self.keys.adopt_root(next);
        }
        Ok(())
    }

    async fn owned_keys(&self) -> Result<Vec<Owned>, RotationError> {
        let mut every = EveryOrganization::of(self.store.as_ref());
        let (mut owned, mut next) = (Vec::new(), Some(KeyOwner::System));
        while let Some(owner) = next {
            let rows = self.store.keys(owner).await?;
            owned.push((owner, rows.iter().map(from_row).collect::<Option<_>>().ok_or(RotationError::Row)?));
            next = every.next().await?.map(|organization| KeyOwner::Organization(organization.id));
        }
        Ok(owned)
    }
}

/// What the root key wraps, wrapped anew. Every owner's keys are opened in their new form before anything
/// is written.
fn rewrapped(owned: Vec<Owned>, old: &RootKey, new: &RootKey) -> Result<Vec<WrappedKey>, RotationError> {
    let mut changed = Vec::new();
    for (owner, mut rows) in owned {
        for row in rows.iter_mut().filter(|row| matches!(row.wrapped_by, WrappingKey::Root(_))) {
            *row = new.rewrap(old, row, &mut SystemRng)?;
            changed.push(row.clone());
        }
        match owner {
            KeyOwner::System => {
                SystemKeys::open(new, &rows)?;
                LogKey::open(new, &rows).map(drop)?;
            }
            KeyOwner::Organization(id) => OrganizationKeys::open(new, id, &rows).map(drop)?,
        }
    }
    Ok(changed)
}
