//! Gives every record its leaf within a second, and signs the heads: under a lease that one node at a time has.
//!
//! No act waits for it, and none is touched by it: it reads what is committed and writes beside it. Must never sign a
//! head whose leaves are not durable.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use strongroom_domain::Clock;
use strongroom_domain::ids::OrganizationId;
use strongroom_sealing::log::{Checkpoint, LogHash, LogKey, Tree, part_of};
use strongroom_store::{
    Clash, GrownLog, GrownSystemLog, Housekeeping, LeaseName, LogHead, LogOwner, NewLeaf, SignedHead, Store,
    StoreError, UnloggedRecord, UpperHash,
};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::leaf::{self, Place};
use crate::Service;
use crate::lease::Holder;

/// Records that get their leaves in one write: a bound on how long commits wait behind it.
const ROUND: usize = 4_096;
/// Trees that grow in one write: each costs a few rows, and a thousand tenants at once would stop the commits.
const TREES: usize = 256;
/// How long records gather.
const GATHER: Duration = Duration::from_millis(500);
/// After a round that failed.
const PAUSE: Duration = Duration::from_secs(1);
/// Heads that are signed in one write.
const HEADS: usize = 1_000;

/// Heads that were signed just now and are durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeads {
    /// Of tenants.
    pub organizations: Vec<(OrganizationId, SignedHead)>,
    /// Over all of them.
    pub system: SignedHead,
}

/// Why the trees did not grow. The records are there and wait.
#[derive(Debug, thiserror::Error)]
pub enum GrowError {
    /// The store does not answer, or its rows do not decode.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored head of a tree is not one.
    #[error("the stored head of an audit tree is damaged")]
    Head,
}

impl Service {
    /// Runs until [`Service::end_streams`], and then once more. Whoever wants to keep signed heads elsewhere is told
    /// of them. A round that fails is logged and tried again: records wait.
    pub async fn grow_audit_trees(&self, mut tell: impl FnMut(SignedHeads) + Send) {
        let mut grower = Grower::of(self);
        loop {
            let goes_on = self.hub.stays_open_for(GATHER).await;
            if let Err(error) = grower.work(!goes_on, &mut tell).await {
                tracing::error!(%error, "audit records did not get their leaves; they wait for the next round");
                sleep(if goes_on { PAUSE } else { Duration::ZERO }).await;
            }
            if !goes_on {
                return;
            }
        }
    }

    /// Gives every record its leaf and signs every head, now: for the end of a server, and for tests.
    ///
    /// # Errors
    ///
    /// [`GrowError`].
    pub async fn grow_audit_trees_now(
        &self,
        mut tell: impl FnMut(SignedHeads) + Send,
    ) -> Result<(), GrowError> {
        Grower::of(self).work(true, &mut tell).await
    }
}

struct Grower<'a> {
    /// One at a time in this process; among processes the lease sees to it.
    growing: &'a Mutex<()>,
    store: &'a dyn Store,
    clock: &'a dyn Clock,
    key: &'a LogKey,
    holder: Holder,
    every: Duration,
    signed_at: Option<Instant>,
}

impl<'a> Grower<'a> {
    fn of(service: &'a Service) -> Self {
        Self {
            growing: &service.growing,
            store: service.store.as_ref(),
            clock: service.clock.as_ref(),
            key: service.keys.log(),
            holder: Holder::new(LeaseName::AuditLog, service.run),
            every: service.limits.checkpoint,
            signed_at: None,
        }
    }

    /// Until nothing waits any more; then the heads, where it is time.
    async fn work(
        &mut self,
        is_last: bool,
        tell: &mut (impl FnMut(SignedHeads) + Send),
    ) -> Result<(), GrowError> {
        let _alone = self.growing.lock().await;
        while self.append().await? {}
        let is_due = self.signed_at.is_none_or(|at| at.elapsed() >= self.every);
        if is_last || is_due {
            while self.sign(tell).await? {}
        }
        Ok(())
    }

    /// One round; whether there may be more. What another holder appends is none of ours.
    async fn append(&mut self) -> Result<bool, GrowError> {
        let after = self.store.log_order().await?;
        let mut records = self.store.unlogged(ROUND).await?;
        let found = records.len();
        records.truncate(few_trees(&records));
        let Some(upto) = records.last().map(|record| record.node_seq) else { return Ok(false) };
        let is_full = records.len() < found || found == ROUND;
        let Some((scope, fence)) = self.holder.claim(self.store, self.clock.now()).await? else {
            return Ok(false);
        };
        let trees = self.trees(&records).await?;
        let is_damaged = |record: &&UnloggedRecord| !trees.contains_key(&record.scope.organization());
        let passed_over = records.iter().filter(is_damaged).map(|record| record.node_seq).collect();
        // A round is milliseconds of hashing: not on a thread that answers requests.
        let growing = tokio::task::spawn_blocking(move || grow(trees, records));
        let grown = growing.await.map_err(|_| GrowError::Head)?;
        let task = Housekeeping::AppendLeaves { fence, after, upto, passed_over, grown };
        match self.store.keep_house(&scope, task).await {
            Err(StoreError::Clash(Clash::Lease)) => {
                self.holder.lost();
                Ok(false)
            }
            appended => appended.map(|()| is_full).map_err(GrowError::Store),
        }
    }

    /// The trees of these records. One that is damaged is left out, and its records are passed over without leaves, which
    /// the check of the log finds: it must not stop the logs of others.
    async fn trees(&self, records: &[UnloggedRecord]) -> Result<BTreeMap<OrganizationId, Tree>, GrowError> {
        let organizations: BTreeSet<_> = records.iter().map(|record| record.scope.organization()).collect();
        let mut trees = BTreeMap::new();
        for organization in organizations {
            match tree(self.store, LogOwner::Organization(organization)).await {
                Ok(tree) => drop(trees.insert(organization, tree)),
                Err(error @ (GrowError::Head | GrowError::Store(StoreError::Corrupt(_)))) => {
                    tracing::error!(
                        %organization, %error,
                        "records of this organization get no leaves; run `strongroom audit verify`, and restore from a backup"
                    );
                }
                Err(error) => return Err(error),
            }
        }
        Ok(trees)
    }

    /// Signs heads that have grown; whether there may be more.
    async fn sign(&mut self, tell: &mut (impl FnMut(SignedHeads) + Send)) -> Result<bool, GrowError> {
        let unsigned = self.store.unsigned_heads(None, HEADS).await?;
        if unsigned.is_empty() {
            return Ok(false);
        }
        let Some((scope, fence)) = self.holder.claim(self.store, self.clock.now()).await? else {
            return Ok(false);
        };
        let (mut system, from_size) = {
            let tree = tree(self.store, LogOwner::System).await?;
            let size = tree.size();
            (tree, size)
        };
        let (mut lines, mut heads) = (Vec::new(), Vec::new());
        for (organization, head) in unsigned {
            let root = LogHash::from_bytes(head.root);
            let line = leaf::head_line(organization, head.size, root);
            system.append(LogHash::of_leaf(line.as_bytes()));
            lines.push(line);
            heads.push((organization, self.signed(leaf::origin(organization), head.size, root)));
        }
        let signed = self.signed(leaf::SYSTEM_ORIGIN.to_owned(), system.size(), system.root());
        let told = SignedHeads { organizations: heads.clone(), system: signed.clone() };
        let is_full = lines.len() == HEADS;
        let grown = GrownSystemLog { from_size, lines, head: head_of(&system), signed };
        let task = Housekeeping::KeepSignedHeads { fence, heads, system: Box::new(grown) };
        match self.store.keep_house(&scope, task).await {
            Err(StoreError::Clash(Clash::Lease)) => {
                self.holder.lost();
                return Ok(false);
            }
            kept => kept?,
        }
        self.signed_at = Some(Instant::now());
        tell(told);
        Ok(is_full)
    }

    fn signed(&self, origin: String, size: u64, root: LogHash) -> SignedHead {
        SignedHead { size, note: self.key.sign(&Checkpoint { origin, size, root }) }
    }
}

/// A tree as its stored head has it; an empty one where there is none.
async fn tree(store: &dyn Store, owner: LogOwner) -> Result<Tree, GrowError> {
    let Some(head) = store.log_head(owner).await? else { return Ok(Tree::default()) };
    let peaks = head.peaks.into_iter().map(LogHash::from_bytes).collect();
    let tree = Tree::restore(head.size, peaks).map_err(|_| GrowError::Head)?;
    // A bent peak would be built upon for ever.
    if *tree.root().as_bytes() == head.root { Ok(tree) } else { Err(GrowError::Head) }
}

/// How many of the records, from the first on, are of so many trees at most.
fn few_trees(records: &[UnloggedRecord]) -> usize {
    let mut trees = BTreeSet::new();
    let more = records.iter().position(|record| {
        trees.insert(record.scope.organization());
        trees.len() > TREES
    });
    more.unwrap_or(records.len())
}

/// Every record in the tree of its organization, in order.
fn grow(trees: BTreeMap<OrganizationId, Tree>, records: Vec<UnloggedRecord>) -> Vec<GrownLog> {
    let mut growing: BTreeMap<_, _> =
        trees.into_iter().map(|(organization, tree)| (organization, Growing::from(tree))).collect();
    for record in records {
        if let Some(growing) = growing.get_mut(&record.scope.organization()) {
            growing.append(&record);
        }
    }
    growing.into_iter().map(|(organization, growing)| growing.done(organization)).collect()
}

struct Growing {
    tree: Tree,
    from_size: u64,
    leaves: Vec<NewLeaf>,
    upper: Vec<UpperHash>,
}

impl From<Tree> for Growing {
    fn from(tree: Tree) -> Self {
        Self { from_size: tree.size(), tree, leaves: Vec::new(), upper: Vec::new() }
    }
}

impl Growing {
    fn append(&mut self, record: &UnloggedRecord) {
        let UnloggedRecord { node, node_seq, scope, body } = record;
        let (node, node_seq, workspace) = (*node, *node_seq, scope.workspace());
        let place = Place { position: self.tree.size(), node, node_seq, workspace };
        let hash = leaf::hash(&place, body);
        self.leaves.push(NewLeaf { node_seq, hash: *hash.as_bytes() });
        for (node, hash) in self.tree.append(hash) {
            let level = part_of(node).tile.level;
            self.upper.push(UpperHash { level, index: node.index, hash: *hash.as_bytes() });
        }
    }

    fn done(self, organization: OrganizationId) -> GrownLog {
        let Self { tree, from_size, leaves, upper } = self;
        GrownLog { organization, from_size, leaves, upper, head: head_of(&tree) }
    }
}

fn head_of(tree: &Tree) -> LogHead {
    LogHead {
        size: tree.size(),
        root: *tree.root().as_bytes(),
        peaks: tree.peaks().iter().map(|peak| *peak.as_bytes()).collect(),
    }
}
