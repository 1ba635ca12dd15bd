//! The KEKs of one organization: a new epoch, the sweep that puts every value under it, the end of the old.
//!
//! What is to be done stands in the store alone: while an older KEK has its row, a sweep is owed. So a sweep
//! that was interrupted, by whatever, goes on with the next call, and one that has nothing to do does nothing.
//!
//! No value can come to lie under an older epoch once a newer one is there: every commit of a value expects
//! its epoch to be the newest. An older KEK is destroyed after a whole walk has found nothing under it, and
//! never while a value that does not open may be under it: such a value may be mended by hand one day, but
//! not without its key.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use strongroom_domain::Scope;
use strongroom_domain::audit::{AuditAction, AuditOutcome};
use strongroom_domain::ids::{CredentialId, OrganizationId};
use strongroom_sealing::{Envelope, KeyPurpose, OrganizationKeys, SealingError, SystemRng, ValueContext};
use strongroom_store::{
    Clash, Commit, Expectation, KeyOwner, OrganizationRow, Page, RewrappedValue, SealedPage, SealedValue,
    StoreError, Write,
};
use tokio::sync::MutexGuard;
use tokio::time::sleep;

use super::{By, Damaged, Pace, ROUNDS, RotationError, record};
use crate::Service;
use crate::keys::{Begun, name_of, newest};

/// Whether a new epoch begins, or only the sweep of the last one goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epochs {
    /// A new one, whatever there is.
    Begin,
    /// A new one where the newest has served its time.
    BeginIfDue,
    /// None.
    Resume,
}

/// How far a sweep is. The first walk rewraps; the last one finds nothing left to rewrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Which walk over the organization's credentials this is, from 1.
    pub walk: u32,
    /// Credentials it has passed.
    pub done: u64,
    /// Credentials the organization has.
    pub total: u64,
}

/// What a rotation did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KekRotated {
    /// The epoch everything is under now.
    pub epoch: u32,
    /// Values that were put into a new wrapping.
    pub rewrapped: u64,
    /// Epochs that were destroyed: what lay under them opens nowhere any more.
    pub destroyed: Vec<u32>,
    /// Epochs that were kept, because a damaged value may be under them.
    pub kept: Vec<u32>,
    /// Values that do not open. They were left as they are.
    pub damaged: Vec<Damaged>,
}

impl Service {
    /// Rotates the KEK of one organization while changes and resolves go on. One rotation of KEKs runs at a
    /// time; a second one waits. `progress` hears of every page.
    ///
    /// # Errors
    ///
    /// [`RotationError`]; what is done stays done, and a further call goes on from there.
    pub async fn rotate_kek(
        &self,
        organization: &OrganizationRow,
        epochs: Epochs,
        by: By,
        pace: Pace,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<KekRotated, RotationError> {
        let _one_at_a_time = self.turn_to_sweep().await;
        let workspaces = self.store.workspaces(organization).await?;
        let scopes: Vec<Scope> =
            workspaces.iter().map(|workspace| Scope::new(organization.id, workspace.id)).collect();
        // Without a workspace nothing is sealed.
        let Some(home) = scopes.first().copied() else { return Ok(KekRotated::default()) };
        self.begin(&home, epochs, by).await?;
        let mut sweep = Sweep { scopes: &scopes, by, pace, progress, found: KekRotated::default() };
        for _ in 0..ROUNDS {
            let keys = self.keys.read(self.store.as_ref(), organization.id).await?;
            match self.sweep(&keys, &home, &mut sweep).await {
                Err(RotationError::Store(StoreError::Clash(Clash::Keys))) => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(sweep.found),
            }
        }
        Err(RotationError::Busy)
    }

    /// Organizations for which [`Epochs::BeginIfDue`] has something to do, by their rows alone: nothing is opened.
    /// Oldest first, after one, at most so many.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn organizations_to_renew(
        &self,
        after: Option<OrganizationId>,
        limit: usize,
    ) -> Result<Vec<OrganizationId>, StoreError> {
        let made_by = OrganizationKeys::due_if_made_by(self.now());
        let purpose = KeyPurpose::OrganizationKek.code();
        self.store.organizations_with_old_keys(purpose, made_by, after, limit).await
    }

    async fn turn_to_sweep(&self) -> MutexGuard<'_, ()> {
        let _waiting = Waiting::begin(&self.sweeps_waiting);
        self.sweeping.lock().await
    }

    async fn begin(&self, home: &Scope, epochs: Epochs, by: By) -> Result<(), RotationError> {
        for _ in 0..ROUNDS {
            let (now, keys) = (self.now(), self.keys.read(self.store.as_ref(), home.organization()).await?);
            let due = match epochs {
                Epochs::Begin => true,
                Epochs::BeginIfDue => keys.epoch_is_due(now),
                Epochs::Resume => false,
            };
            if !due {
                return Ok(());
            }
            let epoch = (keys.newest_epoch() + 1).to_string();
            let note = |action, outcome| record(home, now, (action, outcome), by, [("epoch", epoch.clone())]);
            let commit = Commit::new(note(AuditAction::KeyRotate, AuditOutcome::Attempted))
                .record(note(AuditAction::KeyMake, AuditOutcome::Succeeded));
            if self.keys.begin_epoch(self.store.as_ref(), home, &keys, now, commit).await? == Begun::Here {
                return Ok(());
            }
        }
        Err(RotationError::Busy)
    }

    /// Walks until one walk finds nothing to rewrap; then no older epoch is needed.
    async fn sweep(
        &self,
        keys: &OrganizationKeys,
        home: &Scope,
        sweep: &mut Sweep<'_>,
    ) -> Result<(), RotationError> {
        sweep.found.epoch = keys.newest_epoch();
        if keys.older_epochs().next().is_none() {
            return Ok(());
        }
        for walk in 1.. {
            let walked = self.walk(keys, walk, sweep).await?;
            sweep.found.rewrapped += walked.rewrapped;
            if walked.rewrapped == 0 {
                return self.destroy(keys, home, &walked, sweep).await;
            }
        }
        unreachable!("a walk that rewraps leaves fewer to rewrap")
    }

    /// Once over every sealed value of the organization.
    async fn walk(
        &self,
        keys: &OrganizationKeys,
        walk: u32,
        sweep: &mut Sweep<'_>,
    ) -> Result<Walked, RotationError> {
        let (mut walked, mut done) = (Walked::default(), 0);
        for scope in sweep.scopes {
            let mut after = None;
            loop {
                let page = Page { limit: sweep.pace.page, after };
                let page = self.store.sealed_values(scope, page).await?;
                done += (page.values.len() + page.damaged.len()) as u64;
                after = page.next;
                self.rewrap_page(keys, scope, page, sweep.by, &mut walked).await?;
                let total = self.store.credential_count(scope).await?.max(done);
                (sweep.progress)(Progress { walk, done, total });
                if after.is_none() {
                    break;
                }
                if self.sweeps_waiting.load(Relaxed) == 0 {
                    sleep(sweep.pace.pause).await;
                }
            }
        }
        Ok(walked)
    }

    /// One commit for all of a page. A value that changes meanwhile is left out by the store.
    async fn rewrap_page(
        &self,
        keys: &OrganizationKeys,
        scope: &Scope,
        page: SealedPage,
        by: By,
        walked: &mut Walked,
    ) -> Result<(), RotationError> {
        let mut rewrapped = Vec::new();
        page.damaged.iter().for_each(|id| walked.is_damaged(scope, *id, None));
        for value in page.values {
            match rewrap(keys, scope, value) {
                Rewrap::Done(value) => rewrapped.push(value),
                Rewrap::NotNeeded => {}
                Rewrap::Damaged(credential, epoch) => walked.is_damaged(scope, credential, epoch),
            }
        }
        if rewrapped.is_empty() {
            return Ok(());
        }
        let count = rewrapped.len();
        let notes = [("epoch", keys.newest_epoch().to_string()), ("values", count.to_string())];
        let act = (AuditAction::KeyRewrap, AuditOutcome::Succeeded);
        let credentials: Vec<CredentialId> = rewrapped.iter().map(|value| value.credential).collect();
        let commit = Commit::new(record(scope, self.now(), act, by, notes)).expect(newest(keys));
        let commit =
            rewrapped.into_iter().fold(commit, |commit, value| commit.write(Write::Rewrap(Box::new(value))));
        self.store.commit(scope, commit).await?;
        walked.rewrapped += count as u64;
        for id in credentials {
            self.sealed.forget(scope, id);
        }
        Ok(())
    }

    /// The end: older KEKs go, but for those that a damaged value may be under.
    async fn destroy(
        &self,
        keys: &OrganizationKeys,
        home: &Scope,
        walked: &Walked,
        sweep: &mut Sweep<'_>,
    ) -> Result<(), RotationError> {
        let (kept, gone): (Vec<_>, Vec<_>) = keys.older_epochs().partition(|(epoch, _)| walked.keeps(*epoch));
        let (owner, purpose) =
            (KeyOwner::Organization(keys.organization()), KeyPurpose::OrganizationKek.code());
        let notes = [
            ("epoch", keys.newest_epoch().to_string()),
            ("values", sweep.found.rewrapped.to_string()),
            ("destroyed", listed(&gone)),
            ("kept", listed(&kept)),
            ("damaged", walked.damaged.len().to_string()),
        ];
        let (done, now) = ((AuditAction::KeyRotate, AuditOutcome::Succeeded), self.now());
        let mut commit = Commit::new(record(home, now, done, sweep.by, notes)).expect(newest(keys));
        for (epoch, name) in &gone {
            let act = (AuditAction::KeyDestroy, AuditOutcome::Succeeded);
            commit = commit
                .expect(Expectation::NothingUnder(name_of(*name)))
                .write(Write::DestroyKey(owner, purpose.to_owned(), *epoch))
                .record(record(home, now, act, sweep.by, [("epoch", epoch.to_string())]));
        }
        self.store.commit(home, commit).await?;
        self.keys.forget(keys.organization());
        sweep.found.destroyed.extend(gone.iter().map(|(epoch, _)| epoch));
        sweep.found.kept = kept.iter().map(|(epoch, _)| *epoch).collect();
        sweep.found.damaged.clone_from(&walked.damaged);
        Ok(())
    }
}

/// One that waits for its turn, until it has it or gives up.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// One rotation on its way.
struct Sweep<'a> {
    scopes: &'a [Scope],
    by: By,
    pace: Pace,
    progress: &'a mut (dyn FnMut(Progress) + Send),
    found: KekRotated,
}

/// What one walk found.
#[derive(Default)]
struct Walked {
    rewrapped: u64,
    damaged: Vec<Damaged>,
    /// Epochs that damaged values name.
    needed: BTreeSet<u32>,
    /// One names none: it may be under any.
    any: bool,
}

impl Walked {
    fn is_damaged(&mut self, scope: &Scope, credential: CredentialId, epoch: Option<u32>) {
        tracing::error!(%credential, "a sealed value does not open: it was not rewrapped, and its key is kept");
        self.damaged.push(Damaged { scope: *scope, credential });
        match epoch {
            Some(epoch) => drop(self.needed.insert(epoch)),
            None => self.any = true,
        }
    }

    fn keeps(&self, epoch: u32) -> bool {
        self.any || self.needed.contains(&epoch)
    }
}

enum Rewrap {
    Done(RewrappedValue),
    NotNeeded,
    /// With the epoch it says it is under, where it says one.
    Damaged(CredentialId, Option<u32>),
}

fn rewrap(keys: &OrganizationKeys, scope: &Scope, value: SealedValue) -> Rewrap {
    let place = ValueContext {
        organization: scope.organization(),
        workspace: scope.workspace(),
        credential: value.credential,
        value_version: value.value_version,
        kind: &value.kind,
        target_digest: value.target_digest,
    };
    let envelope = Envelope::from_bytes(value.envelope);
    let rewrapped: Result<Option<Envelope>, SealingError> = keys.rewrap(&place, &envelope, &mut SystemRng);
    match rewrapped {
        Ok(None) => Rewrap::NotNeeded,
        Ok(Some(to)) => Rewrap::Done(RewrappedValue {
            credential: value.credential,
            value_version: value.value_version,
            from: envelope.into_bytes(),
            to: to.into_bytes(),
        }),
        Err(_) => Rewrap::Damaged(value.credential, envelope.kek_epoch()),
    }
}

fn listed<T>(epochs: &[(u32, T)]) -> String {
    epochs.iter().map(|(epoch, _)| epoch.to_string()).collect::<Vec<_>>().join(" ")
}
