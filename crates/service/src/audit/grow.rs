//! Gives every record its leaf within a second, and signs the heads: under a lease that one node at a time has.
//!
//! No act waits for it, and none is touched by it: it reads what is committed and writes beside it. Must never sign a
//! head whose leaves are not durable.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use strongroom_domain::ids::OrganizationId;
use strongroom_domain::{Clock, Scope};
use strongroom_sealing::log::{Checkpoint, LogHash, LogKey, Tree, part_of};
use strongroom_store::{
    Clash, GrownLog, GrownSystemLog, Housekeeping, LeaseName, LogHead, LogOwner, NewLeaf, SignedHead, Store,
    StoreError, UnloggedRecord, UpperHash,
};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::leaf::{self, Place};
use crate::Service;
use crate::lease::Holder;

/// Records that are read at once.
const ROUND: usize = 4_096;
/// Records that a round waits for, as far as [`GATHER`] lets it: a large round takes a core for milliseconds, which
/// whoever waits for an answer feels.
const ENOUGH: usize = 1_024;
/// The same for each tree that grew: it costs a few rows whether it grows by one leaf or by many.
const ENOUGH_FOR_A_TREE: usize = 8;
/// Leaves of one write, and trees that grow in it: a bound on how long commits wait behind it. A tree costs a few
/// rows, and a thousand tenants at once would stop the commits.
const LEAVES: usize = 1_024;
const TREES: usize = 16;
/// Writes that are handed in together when more waits than one round takes: then to keep up comes first.
const TOGETHER: usize = 4;
/// Trees that are kept at hand between two rounds.
const AT_HAND: usize = 4_096;
/// How long it is from one round to the next at most.
const GATHER: Duration = Duration::from_millis(500);
/// At least.
const BREATH: Duration = Duration::from_millis(10);
/// After a round that failed.
const PAUSE: Duration = Duration::from_secs(1);
/// Heads that are signed in one write: a few rows each, as above.
const HEADS: usize = 16;
/// Signed heads that are told of at once.
const TOLD: usize = 1_000;

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
            let goes_on = self.hub.stays_open_for(grower.until_due()).await;
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
    key: &'a Arc<LogKey>,
    holder: Holder,
    every: Duration,
    signed_at: Option<Instant>,
    /// How far the records have their leaves, and how far they had them when every head was signed. To look for unsigned
    /// heads is to look at every tree.
    order: u64,
    signed_upto: Option<u64>,
    /// When records were read last, and when they are to be read again.
    read_at: Instant,
    due: Instant,
    /// As the store has them, as long as nobody else writes: one that is not, clashes.
    trees: Trees,
}

type Trees = BTreeMap<OrganizationId, Tree>;

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
            order: 0,
            signed_upto: None,
            read_at: Instant::now(),
            due: Instant::now() + GATHER,
            trees: Trees::new(),
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
        if self.signed_upto != Some(self.order) && (is_last || is_due) {
            self.sign(tell).await?;
        }
        Ok(())
    }

    /// How long records still gather. What a round takes is part of that.
    fn until_due(&self) -> Duration {
        self.due.saturating_duration_since(Instant::now())
    }

    /// One round; whether there may be more. What another holder appends is none of ours.
    async fn append(&mut self) -> Result<bool, GrowError> {
        self.order = self.store.log_order().await?;
        let after = self.order;
        let records = self.store.unlogged(ROUND).await?;
        let is_full = records.len() == ROUND;
        let (now, before) = (Instant::now(), self.read_at);
        (self.read_at, self.due) = (now, now + GATHER);
        if records.is_empty() {
            return Ok(false);
        }
        let Some((scope, fence)) = self.holder.claim(self.store, self.clock.now()).await? else {
            return Ok(false);
        };
        // Not at hand again before all of it is written.
        let mut trees = mem::take(&mut self.trees);
        let were_at_hand = !trees.is_empty();
        let organizations = organizations_of(&records);
        let gathering = gathering(now - before, records.len(), organizations.len());
        self.load(&mut trees, organizations).await?;
        // A round is milliseconds of hashing: not on a thread that answers requests.
        let growing = spawn_blocking(move || (stretches(&mut trees, after, &records), trees));
        let (stretches, trees) = growing.await.map_err(|_| GrowError::Head)?;
        let end = stretches.last().map_or(after, |stretch| stretch.upto);
        let tasks = stretches.into_iter().map(|Stretch { after, upto, passed_over, grown }| {
            Housekeeping::AppendLeaves { fence, after, upto, passed_over, grown }
        });
        let mut tasks = tasks.peekable();
        while tasks.peek().is_some() {
            let together = tasks.by_ref().take(if is_full { TOGETHER } else { 1 });
            if !self.write(&scope, together.collect()).await? {
                // Once more with the trees as the store has them: they may have grown without us.
                return Ok(were_at_hand);
            }
        }
        self.order = end;
        self.due = now + gathering;
        self.trees = if trees.len() > AT_HAND { Trees::new() } else { trees };
        Ok(is_full)
    }

    /// Adds the trees of these organizations. One that is damaged is left out, and its records are passed over without
    /// leaves, which the check of the log finds: it must not stop the logs of others.
    async fn load(
        &self,
        trees: &mut Trees,
        organizations: BTreeSet<OrganizationId>,
    ) -> Result<(), GrowError> {
        for organization in organizations {
            if trees.contains_key(&organization) {
                continue;
            }
            match tree(self.store, LogOwner::Organization(organization)).await {
                Ok(tree) => drop(trees.insert(organization, tree)),
                Err(error @ (GrowError::Head | GrowError::Store(StoreError::Corrupt(_)))) => {
                    tell_damaged(organization, &error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Signs every head that has grown, a few at a time, and tells of those that are durable: also where the next ones fail.
    async fn sign(&mut self, tell: &mut (impl FnMut(SignedHeads) + Send)) -> Result<(), GrowError> {
        let (mut told, mut last, mut after) = (Vec::new(), None, None);
        let order = self.order;
        let outcome = loop {
            match self.sign_some(after).await {
                Ok(Signing::Some(upto, SignedHeads { organizations, system })) => {
                    after = Some(upto);
                    told.extend(organizations);
                    if told.len() >= TOLD {
                        tell(SignedHeads { organizations: mem::take(&mut told), system: system.clone() });
                    }
                    last = Some(system);
                    // Of many thousand heads: records do not wait for all of them.
                    if self.until_due().is_zero()
                        && let Err(error) = self.append().await
                    {
                        break Err(error);
                    }
                }
                Ok(Signing::Done) => {
                    self.signed_upto = Some(order);
                    break Ok(());
                }
                Ok(Signing::NotOurs) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        if let Some(system) = last {
            self.signed_at = Some(Instant::now());
            tell(SignedHeads { organizations: told, system });
        }
        outcome
    }

    /// Those of the next organizations.
    async fn sign_some(&mut self, after: Option<OrganizationId>) -> Result<Signing, GrowError> {
        let mut unsigned = self.store.unsigned_heads(after, HEADS).await?;
        let Some((upto, _)) = unsigned.last() else { return Ok(Signing::Done) };
        let upto = *upto;
        unsigned.retain(|(organization, head)| match restored(head) {
            Ok(_) => true,
            Err(error) => {
                tell_damaged(*organization, &error);
                false
            }
        });
        let Some((scope, fence)) = self.holder.claim(self.store, self.clock.now()).await? else {
            return Ok(Signing::NotOurs);
        };
        let (system, key) = (tree(self.store, LogOwner::System).await?, Arc::clone(self.key));
        // A signature is tens of microseconds.
        let signing = spawn_blocking(move || sign(&key, unsigned, system));
        let (heads, system) = signing.await.map_err(|_| GrowError::Head)?;
        let signed = SignedHeads { organizations: heads.clone(), system: system.signed.clone() };
        let task = Housekeeping::KeepSignedHeads { fence, heads, system: Box::new(system) };
        Ok(if self.write(&scope, vec![task]).await? { Signing::Some(upto, signed) } else { Signing::NotOurs })
    }

    /// In this order; whether all of it was written: another holder may have come.
    async fn write(&mut self, scope: &Scope, tasks: Vec<Housekeeping>) -> Result<bool, GrowError> {
        let written = join_all(tasks.into_iter().map(|task| self.store.keep_house(scope, task))).await;
        match written.into_iter().collect() {
            Err(StoreError::Clash(Clash::Lease)) => {
                self.holder.lost();
                Ok(false)
            }
            written => written.map(|()| true).map_err(GrowError::Store),
        }
    }
}

/// How long records gather, where so many of so many trees came in so long: until there are enough for a round.
fn gathering(took: Duration, came: usize, trees: usize) -> Duration {
    let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
    let enough = trees.saturating_mul(ENOUGH_FOR_A_TREE).clamp(ENOUGH, ROUND);
    took.saturating_mul(count(enough)).checked_div(count(came)).unwrap_or(GATHER).clamp(BREATH, GATHER)
}

fn organizations_of(records: &[UnloggedRecord]) -> BTreeSet<OrganizationId> {
    records.iter().map(|record| record.scope.organization()).collect()
}

/// One step of signing.
enum Signing {
    /// These were signed, up to this organization; there may be more.
    Some(OrganizationId, SignedHeads),
    /// There are no more.
    Done,
    /// Another holder signs them.
    NotOurs,
}

/// Heads of tenants and the one over them, signed.
fn sign(
    key: &LogKey,
    unsigned: Vec<(OrganizationId, LogHead)>,
    mut system: Tree,
) -> (Vec<(OrganizationId, SignedHead)>, GrownSystemLog) {
    let signed = |origin, size, root| SignedHead { size, note: key.sign(&Checkpoint { origin, size, root }) };
    let (mut lines, mut heads, from_size) = (Vec::new(), Vec::new(), system.size());
    for (organization, head) in unsigned {
        let root = LogHash::from_bytes(head.root);
        let line = leaf::head_line(organization, head.size, root);
        system.append(LogHash::of_leaf(line.as_bytes()));
        lines.push(line);
        heads.push((organization, signed(leaf::origin(organization), head.size, root)));
    }
    let signed = signed(leaf::SYSTEM_ORIGIN.to_owned(), system.size(), system.root());
    (heads, GrownSystemLog { from_size, lines, head: head_of(&system), signed })
}

/// A tree as its stored head has it; an empty one where there is none.
async fn tree(store: &dyn Store, owner: LogOwner) -> Result<Tree, GrowError> {
    store.log_head(owner).await?.map_or_else(|| Ok(Tree::default()), |head| restored(&head))
}

/// A bent peak would be built upon for ever, and a bent root signed.
fn restored(head: &LogHead) -> Result<Tree, GrowError> {
    let peaks = head.peaks.iter().copied().map(LogHash::from_bytes).collect();
    let tree = Tree::restore(head.size, peaks).map_err(|_| GrowError::Head)?;
    if *tree.root().as_bytes() == head.root { Ok(tree) } else { Err(GrowError::Head) }
}

fn tell_damaged(organization: OrganizationId, error: &GrowError) {
    tracing::error!(
        %organization, %error,
        "the audit tree of this organization does not grow and is not signed; run `strongroom audit verify`, and restore from a backup"
    );
}

/// What is written at once: leaves for all records from one place to another.
struct Stretch {
    after: u64,
    upto: u64,
    passed_over: Vec<u64>,
    grown: Vec<GrownLog>,
}

/// Every record in the tree of its organization, in order. Records whose tree is not there are passed over.
fn stretches(trees: &mut Trees, mut after: u64, records: &[UnloggedRecord]) -> Vec<Stretch> {
    let (mut rest, mut stretches) = (records, Vec::new());
    while !rest.is_empty() {
        let (now, later) = rest.split_at(few_trees(&rest[..rest.len().min(LEAVES)]));
        let stretch = stretch(trees, after, now);
        (after, rest) = (stretch.upto, later);
        stretches.push(stretch);
    }
    stretches
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

fn stretch(trees: &mut Trees, after: u64, records: &[UnloggedRecord]) -> Stretch {
    let (mut growing, mut passed_over) = (BTreeMap::<_, Growing>::new(), Vec::new());
    for record in records {
        let organization = record.scope.organization();
        if let Some(tree) = trees.get_mut(&organization) {
            let growing = growing.entry(organization).or_insert_with(|| Growing::from(tree.size()));
            growing.append(tree, record);
        } else {
            passed_over.push(record.node_seq);
        }
    }
    let upto = records.last().map_or(after, |record| record.node_seq);
    let grown =
        growing.into_iter().map(|(organization, growing)| growing.done(organization, &trees[&organization]));
    Stretch { after, upto, passed_over, grown: grown.collect() }
}

/// What a tree has got in one stretch.
struct Growing {
    from_size: u64,
    leaves: Vec<NewLeaf>,
    upper: Vec<UpperHash>,
}

impl Growing {
    const fn from(size: u64) -> Self {
        Self { from_size: size, leaves: Vec::new(), upper: Vec::new() }
    }

    fn append(&mut self, tree: &mut Tree, record: &UnloggedRecord) {
        let UnloggedRecord { node, node_seq, scope, body } = record;
        let (node, node_seq, workspace) = (*node, *node_seq, scope.workspace());
        let place = Place { position: tree.size(), node, node_seq, workspace };
        let hash = leaf::hash(&place, body);
        self.leaves.push(NewLeaf { node_seq, hash: *hash.as_bytes() });
        for (node, hash) in tree.append(hash) {
            let level = part_of(node).tile.level;
            self.upper.push(UpperHash { level, index: node.index, hash: *hash.as_bytes() });
        }
    }

    fn done(self, organization: OrganizationId, tree: &Tree) -> GrownLog {
        let Self { from_size, leaves, upper } = self;
        GrownLog { organization, from_size, leaves, upper, head: head_of(tree) }
    }
}

fn head_of(tree: &Tree) -> LogHead {
    LogHead {
        size: tree.size(),
        root: *tree.root().as_bytes(),
        peaks: tree.peaks().iter().map(|peak| *peak.as_bytes()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_gather_until_there_are_enough_for_a_round() {
        let millis = Duration::from_millis;
        for (took, came, trees, wait, why) in [
            (500, 0, 0, 500, "nobody came"),
            (500, 1, 1, 500, "few came"),
            (500, 10_240, 1, 50, "they come fast, all for one tree"),
            (50, 1_024, 1, 50, "and go on like that"),
            (20, 8_192, 1, 10, "faster than a breath"),
            (100, 2_048, 256, 100, "of more trees there must be more"),
            (100, 2_048, 1_000, 200, "as far as a round takes them"),
            (u64::MAX, 4_096, 4_096, 500, "no sum is too large"),
        ] {
            assert_eq!(gathering(millis(took), came, trees), millis(wait), "{why}");
        }
    }
}
