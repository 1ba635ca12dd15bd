//! The audit trees: every record gets one leaf, in its organization's tree, in the order of the records.

use std::collections::BTreeMap;
use std::time::Duration;

use strongroom_domain::Scope;
use strongroom_domain::audit::{AuditAction, AuditObject};
use strongroom_domain::ids::{NodeId, OrganizationId};

use super::{Fixture, at_once};
use crate::{
    Clash, Commit, GrownLog, GrownSystemLog, Housekeeping, Leaf, LeafOrder, LeaseName, LogHead, LogOwner,
    NewLeaf, Result, SignedHead, Store, StoreError, UnloggedRecord, UpperHash,
};

const ME: NodeId = NodeId::from_bytes([1; 16]);
const OTHER: NodeId = NodeId::from_bytes([2; 16]);
const LEASE: Duration = Duration::from_secs(30);

/// The fence of the lease, taken by `holder`.
async fn claim(store: &dyn Store, fixture: &Fixture, holder: NodeId) -> u64 {
    let (name, now) = (LeaseName::AuditLog, fixture.now);
    let task = Housekeeping::Lease { name, holder, now, until: now.plus(LEASE) };
    store.keep_house(&fixture.scope, task).await.unwrap();
    store.lease(name).await.unwrap().unwrap().fence
}

/// A store computes no hash, so any bytes that tell two leaves apart will do.
fn hash_of(record: &UnloggedRecord) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&record.node_seq.to_be_bytes());
    hash[8..24].copy_from_slice(record.scope.organization().as_bytes());
    hash
}

fn head(size: u64) -> LogHead {
    let peaks = (0..size.count_ones()).map(|peak| [u8::try_from(peak).unwrap(); 32]).collect();
    LogHead { size, root: [u8::try_from(size % 251).unwrap(); 32], peaks }
}

/// One round: leaves for at most `limit` records that wait.
async fn round(store: &dyn Store, fixture: &Fixture, fence: u64, limit: usize) -> Result<usize> {
    let after = store.log_order().await?;
    let records = store.unlogged(limit).await?;
    let Some(last) = records.last() else { return Ok(0) };
    let (upto, count) = (last.node_seq, records.len());
    let grown = grown(store, &records).await?;
    let passed_over = Vec::new();
    let task = Housekeeping::AppendLeaves { fence, after, upto, passed_over, grown };
    store.keep_house(&fixture.scope, task).await?;
    Ok(count)
}

async fn grown(store: &dyn Store, records: &[UnloggedRecord]) -> Result<Vec<GrownLog>> {
    let mut by_owner: BTreeMap<OrganizationId, Vec<NewLeaf>> = BTreeMap::new();
    for record in records {
        let leaf = NewLeaf { node_seq: record.node_seq, hash: hash_of(record) };
        by_owner.entry(record.scope.organization()).or_default().push(leaf);
    }
    let mut grown = Vec::new();
    for (organization, leaves) in by_owner {
        let from_size =
            store.log_head(LogOwner::Organization(organization)).await?.map_or(0, |head| head.size);
        let size = from_size + leaves.len() as u64;
        let tiles = (from_size / 256)..(size / 256);
        let upper = tiles.map(|index| UpperHash { level: 1, index, hash: [9; 32] }).collect();
        grown.push(GrownLog { organization, from_size, leaves, upper, head: head(size) });
    }
    Ok(grown)
}

/// Gives every record its leaf.
pub async fn grow(store: &dyn Store, fixture: &Fixture) {
    let fence = claim(store, fixture, ME).await;
    while round(store, fixture, fence, 1_000).await.unwrap() > 0 {}
}

async fn all_leaves(store: &dyn Store, scope: &Scope) -> Vec<Leaf> {
    store.leaves(scope, LeafOrder::OldestFirst, 0, 100_000).await.unwrap()
}

/// A commit with so many records and nothing else.
fn acts(fixture: &mut Fixture, count: usize) -> Commit {
    let record = |fixture: &mut Fixture| {
        let workspace = fixture.scope.workspace();
        fixture.record(AuditAction::Workspace, AuditObject::Workspace(workspace))
    };
    (1..count).fold(Commit::new(record(fixture)), |commit, _| commit.record(record(fixture)))
}

fn is_clash(outcome: &Result<()>) -> bool {
    matches!(outcome, Err(StoreError::Clash(Clash::Lease)))
}

/// Whatever the batches and however tenants mix: 0, 1, 2 in each tree, in the order of the records, bodies verbatim.
pub async fn log_05_every_record_gets_one_leaf_in_order(store: &dyn Store) {
    let mut fixture = Fixture::new(300);
    let mut elsewhere = fixture.other_organization();
    let mut next_door = fixture.other_workspace();
    let fence = claim(store, &fixture, ME).await;
    let mut expected: BTreeMap<OrganizationId, Vec<UnloggedRecord>> = BTreeMap::new();
    for (step, count) in [1, 255, 1, 3, 300, 256, 40, 700].into_iter().enumerate() {
        for who in [&mut fixture, &mut elsewhere, &mut next_door] {
            let commit = acts(who, count);
            store.commit(&who.scope, commit).await.unwrap();
        }
        for record in store.unlogged(100_000).await.unwrap() {
            expected.entry(record.scope.organization()).or_default().push(record);
        }
        let limit = [7, 1_000, 256, 100_000][step % 4];
        while round(store, &fixture, fence, limit).await.unwrap() > 0 {}
    }
    for who in [&fixture, &elsewhere] {
        let leaves = all_leaves(store, &who.scope).await;
        let records = &expected[&who.scope.organization()];
        assert_eq!(leaves.len(), records.len());
        for ((position, leaf), record) in (0..).zip(&leaves).zip(records) {
            assert_eq!((leaf.position, leaf.node_seq), (position, record.node_seq));
            assert_eq!((leaf.hash, leaf.node), (hash_of(record), record.node));
            let kept = leaf.record.as_ref().unwrap();
            assert_eq!((kept.workspace, &kept.body), (record.scope.workspace(), &record.body));
        }
        assert!(leaves.is_sorted_by(|one, other| one.node_seq < other.node_seq));
    }
    assert_eq!(store.unlogged_count(1_000).await.unwrap(), 0);
    assert_eq!(store.unlogged(10).await.unwrap(), []);
}

/// A round that is made twice, or from another place, appends nothing: no leaf twice, none left out.
pub async fn log_05_a_round_is_applied_once(store: &dyn Store) {
    let mut fixture = Fixture::new(301);
    let commit = acts(&mut fixture, 10);
    store.commit(&fixture.scope, commit).await.unwrap();
    let fence = claim(store, &fixture, ME).await;
    for (most, counted) in [(4, 4), (100, 10)] {
        assert_eq!(store.unlogged_count(most).await.unwrap(), counted);
    }
    let records = store.unlogged(100).await.unwrap();
    let (first, last) = (records[0].node_seq, records[9].node_seq);
    let whole = grown(store, &records).await.unwrap();
    let task = |after, upto, grown: Vec<GrownLog>| {
        let passed_over = Vec::new();
        Housekeeping::AppendLeaves { fence, after, upto, passed_over, grown }
    };
    let mut repeated = whole.clone();
    repeated[0].leaves[1] = repeated[0].leaves[0];
    let mut behind = whole.clone();
    behind[0].leaves[0].node_seq = 0;
    let mut larger = whole.clone();
    larger[0].from_size = 1;
    larger[0].head.size = 11;
    let mut shorter = whole.clone();
    shorter[0].leaves.pop();
    shorter[0].head.size = 9;
    let wrong = [
        task(first, last, whole.clone()),
        task(0, last + 1, whole.clone()),
        task(0, last, repeated),
        task(0, last, behind),
        task(0, last, larger),
        task(0, last, shorter),
        task(0, last, Vec::new()),
    ];
    for task in wrong {
        let outcome = store.keep_house(&fixture.scope, task.clone()).await;
        assert!(is_clash(&outcome), "{task:?}: {outcome:?}");
        assert_eq!(store.log_order().await.unwrap(), 0);
        assert_eq!(all_leaves(store, &fixture.scope).await, []);
    }
    let right = task(0, last, whole);
    store.keep_house(&fixture.scope, right.clone()).await.unwrap();
    assert!(is_clash(&store.keep_house(&fixture.scope, right).await));
    assert_eq!(all_leaves(store, &fixture.scope).await.len(), 10);
}

/// They are told one by one, like those that get leaves: none is forgotten by mistake.
pub async fn log_05_records_of_a_damaged_tree_are_passed_over(store: &dyn Store) {
    let mut fixture = Fixture::new(310);
    let mut damaged = fixture.other_organization();
    for _ in 0..2 {
        for who in [&mut fixture, &mut damaged] {
            let commit = acts(who, 2);
            store.commit(&who.scope, commit).await.unwrap();
        }
    }
    let fence = claim(store, &fixture, ME).await;
    let records = store.unlogged(100).await.unwrap();
    let upto = records[7].node_seq;
    let (passed, others): (Vec<_>, Vec<_>) =
        records.into_iter().partition(|record| record.scope.organization() == damaged.scope.organization());
    let passed: Vec<_> = passed.iter().map(|record| record.node_seq).collect();
    let grown = grown(store, &others).await.unwrap();
    let task = |passed_over: &[u64], grown: &[GrownLog]| Housekeeping::AppendLeaves {
        fence,
        after: 0,
        upto,
        passed_over: passed_over.to_vec(),
        grown: grown.to_vec(),
    };
    for wrong in
        [task(&passed[..3], &grown), task(&[passed[0], passed[0], passed[3]], &grown), task(&[], &grown)]
    {
        assert!(is_clash(&store.keep_house(&fixture.scope, wrong).await));
    }
    store.keep_house(&fixture.scope, task(&passed, &grown)).await.unwrap();
    assert_eq!(all_leaves(store, &fixture.scope).await.len(), 4);
    assert_eq!(all_leaves(store, &damaged.scope).await, []);
    assert_eq!(store.unlogged_count(100).await.unwrap(), 0);
}

/// What waits for its leaf when its organization is erased gets it all the same; its body goes then.
pub async fn ten_18_an_erased_organization_keeps_its_leaves(store: &dyn Store) {
    let mut fixture = Fixture::new(309);
    let mut gone = fixture.other_organization();
    let commit = acts(&mut gone, 3);
    store.commit(&gone.scope, commit).await.unwrap();
    grow(store, &fixture).await;
    let commit = acts(&mut gone, 5);
    store.commit(&gone.scope, commit).await.unwrap();
    let erase = fixture.act().write(crate::Write::EraseOrganization(gone.scope.organization()));
    store.commit(&fixture.scope, erase).await.unwrap();
    let waiting = store.unlogged(100).await.unwrap();
    assert_eq!(waiting.len(), 6, "the erasure is the last of them");
    grow(store, &fixture).await;
    let leaves = all_leaves(store, &gone.scope).await;
    assert_eq!(leaves.len(), 8);
    assert!(leaves.iter().all(|leaf| leaf.record.is_none()), "{leaves:?}");
    assert!(leaves[3..].iter().zip(&waiting).all(|(leaf, record)| leaf.hash == hash_of(record)));
    assert!(all_leaves(store, &fixture.scope).await[0].record.is_some());
}

/// A holder that was replaced while it did not look appends and signs nothing.
pub async fn log_05_a_stale_holder_appends_nothing(store: &dyn Store) {
    let mut fixture = Fixture::new(302);
    let commit = acts(&mut fixture, 3);
    store.commit(&fixture.scope, commit).await.unwrap();
    let stale = claim(store, &fixture, ME).await;
    fixture.now = fixture.now.plus(LEASE);
    let current = claim(store, &fixture, OTHER).await;
    for fence in [stale, current + 1, 0] {
        let outcome = round(store, &fixture, fence, 10).await.map(drop);
        assert!(is_clash(&outcome), "{outcome:?}");
        assert!(is_clash(&sign(store, &fixture, fence, 0, 1).await));
    }
    assert_eq!(all_leaves(store, &fixture.scope).await, []);
    assert_eq!(round(store, &fixture, current, 10).await.unwrap(), 3);
}

/// Many commits and rounds at the same time: none is lost between two of them.
pub async fn log_05_rounds_and_commits_at_once_lose_nothing(store: &dyn Store) {
    let mut fixture = Fixture::new(303);
    let fence = claim(store, &fixture, ME).await;
    let commits: Vec<_> = (0..200).map(|_| acts(&mut fixture, 2)).collect();
    let (fixture, scope) = (&fixture, fixture.scope);
    let both = commits.into_iter().map(|commit| async move {
        store.commit(&scope, commit).await?;
        match round(store, fixture, fence, 50).await {
            // Another round came first.
            Err(StoreError::Clash(Clash::Lease)) => Ok(()),
            outcome => outcome.map(drop),
        }
    });
    assert!(at_once(both).await.iter().all(Result::is_ok));
    grow(store, fixture).await;
    let leaves = all_leaves(store, &scope).await;
    assert_eq!(leaves.len(), 400);
    assert!(leaves.is_sorted_by(|one, other| one.node_seq < other.node_seq));
    assert!(leaves.iter().all(|leaf| leaf.record.is_some()));
}

/// From any place, in either direction, as many as are asked for.
pub async fn leaves_page_in_both_directions(store: &dyn Store) {
    let mut fixture = Fixture::new(304);
    let commit = acts(&mut fixture, 520);
    store.commit(&fixture.scope, commit).await.unwrap();
    grow(store, &fixture).await;
    let all = all_leaves(store, &fixture.scope).await;
    for from in [0, 1, 255, 256, 300, 511, 512, 519, 520, 600, u64::MAX] {
        let at = usize::try_from(from.min(520)).unwrap();
        for limit in [0, 1, 7, 260, 1_000] {
            let up = store.leaves(&fixture.scope, LeafOrder::OldestFirst, from, limit).await.unwrap();
            assert_eq!(up, all[at..(at + limit).min(520)], "{from} {limit}");
            let mut down = store.leaves(&fixture.scope, LeafOrder::NewestFirst, from, limit).await.unwrap();
            down.reverse();
            assert_eq!(down, all[at.saturating_sub(limit)..at], "{from} {limit}");
        }
    }
}

/// Tiles are full or end where the tree ends; higher ones have what they were given.
pub async fn tiles_hold_the_hashes(store: &dyn Store) {
    let mut fixture = Fixture::new(305);
    for count in [200, 200, 200] {
        let commit = acts(&mut fixture, count);
        store.commit(&fixture.scope, commit).await.unwrap();
        grow(store, &fixture).await;
    }
    let hashes: Vec<_> = all_leaves(store, &fixture.scope).await.iter().map(|leaf| leaf.hash).collect();
    let scope = fixture.scope;
    for (number, stretch) in [(0, 0..256), (1, 256..512), (2, 512..600)] {
        assert_eq!(store.log_tile(&scope, 0, number).await.unwrap().unwrap(), hashes[stretch]);
    }
    assert_eq!(store.log_tile(&scope, 1, 0).await.unwrap().unwrap(), [[9; 32]; 2]);
    for (level, number) in [(0, 3), (1, 1), (2, 0)] {
        assert_eq!(store.log_tile(&scope, level, number).await.unwrap(), None);
    }
    assert_eq!(store.log_head(LogOwner::Organization(scope.organization())).await.unwrap(), Some(head(600)));
}

/// Signs every head there is.
async fn sign(store: &dyn Store, fixture: &Fixture, fence: u64, from_size: u64, size: u64) -> Result<()> {
    let unsigned = store.unsigned_heads(None, 1_000).await?;
    let signed = |size| SignedHead { size, note: format!("signed {size}") };
    let heads = unsigned.into_iter().map(|(id, head)| (id, signed(head.size))).collect();
    let lines = (from_size..size).map(|line| format!("line {line}")).collect();
    let system = Box::new(GrownSystemLog { from_size, lines, head: head(size), signed: signed(size) });
    store.keep_house(&fixture.scope, Housekeeping::KeepSignedHeads { fence, heads, system }).await
}

/// A head is unsigned until it is signed, and again when it has grown; the tree over them goes on from where it was.
pub async fn heads_are_signed_and_kept(store: &dyn Store) {
    let mut fixture = Fixture::new(306);
    let mut elsewhere = fixture.other_organization();
    assert_eq!(store.unsigned_heads(None, 10).await.unwrap(), []);
    for who in [&mut fixture, &mut elsewhere] {
        let commit = acts(who, 2);
        store.commit(&who.scope, commit).await.unwrap();
    }
    grow(store, &fixture).await;
    let fence = claim(store, &fixture, ME).await;
    let mut owners = [fixture.scope.organization(), elsewhere.scope.organization()];
    owners.sort_unstable();
    let unsigned = store.unsigned_heads(None, 10).await.unwrap();
    assert_eq!(unsigned, owners.map(|owner| (owner, head(2))));
    assert_eq!(store.unsigned_heads(Some(owners[0]), 10).await.unwrap(), unsigned[1..]);
    assert_eq!(store.unsigned_heads(None, 1).await.unwrap(), unsigned[..1]);
    sign(store, &fixture, fence, 0, 2).await.unwrap();
    assert_eq!(store.unsigned_heads(None, 10).await.unwrap(), []);
    for owner in owners {
        let signed = store.signed_head(LogOwner::Organization(owner)).await.unwrap().unwrap();
        assert_eq!(signed, SignedHead { size: 2, note: "signed 2".to_owned() });
    }
    let commit = acts(&mut elsewhere, 1);
    store.commit(&elsewhere.scope, commit).await.unwrap();
    grow(store, &fixture).await;
    let unsigned = store.unsigned_heads(None, 10).await.unwrap();
    assert_eq!(unsigned, [(elsewhere.scope.organization(), head(3))]);
    // Not from where the tree over them was before.
    assert!(is_clash(&sign(store, &fixture, fence, 0, 1).await));
    assert_eq!(store.unsigned_heads(None, 10).await.unwrap(), unsigned);
    sign(store, &fixture, fence, 2, 3).await.unwrap();
    assert_eq!(store.system_log(0, 10).await.unwrap(), ["line 0", "line 1", "line 2"]);
    assert_eq!(store.system_log(1, 1).await.unwrap(), ["line 1"]);
    assert_eq!(store.log_head(LogOwner::System).await.unwrap(), Some(head(3)));
    let signed = store.signed_head(LogOwner::System).await.unwrap().unwrap();
    assert_eq!((signed.size, signed.note.as_str()), (3, "signed 3"));
}

/// Not a leaf, not a tile of another organization; all workspaces of one's own.
pub async fn log_10_trees_do_not_meet(store: &dyn Store) {
    let mut fixture = Fixture::new(307);
    let mut next_door = fixture.other_workspace();
    for who in [&mut fixture, &mut next_door] {
        let commit = acts(who, 2);
        store.commit(&who.scope, commit).await.unwrap();
    }
    grow(store, &fixture).await;
    let stranger = fixture.other_organization().scope;
    let mixed = Scope::new(stranger.organization(), fixture.scope.workspace());
    for outside in [stranger, mixed] {
        assert_eq!(all_leaves(store, &outside).await, []);
        assert_eq!(store.log_tile(&outside, 0, 0).await.unwrap(), None);
    }
    let found = all_leaves(store, &fixture.scope).await;
    assert_eq!(found.len(), 4);
    assert_eq!(all_leaves(store, &next_door.scope).await, found);
}

/// The body goes, the hash stays, and what a history is made of stays whole.
pub async fn old_bodies_are_forgotten_and_their_hashes_stay(store: &dyn Store) {
    let mut fixture = Fixture::new(308);
    let id = fixture.create(store, "one").await.id;
    for count in [400, 1_700] {
        let commit = acts(&mut fixture, count);
        store.commit(&fixture.scope, commit).await.unwrap();
    }
    let before = fixture.tick();
    let commit = acts(&mut fixture, 3);
    store.commit(&fixture.scope, commit).await.unwrap();
    let forget = Housekeeping::ForgetRecords(before);
    // Without leaves nothing is forgotten.
    store.keep_house(&fixture.scope, forget.clone()).await.unwrap();
    assert_eq!(store.audit(&fixture.scope, 0, 10_000).await.unwrap().len(), 2_104);
    grow(store, &fixture).await;
    let whole = all_leaves(store, &fixture.scope).await;
    store.keep_house(&fixture.scope, forget.clone()).await.unwrap();
    let rest = all_leaves(store, &fixture.scope).await;
    let hashes = |leaves: &[Leaf]| leaves.iter().map(|leaf| (leaf.position, leaf.hash)).collect::<Vec<_>>();
    assert_eq!(hashes(&rest), hashes(&whole));
    let kept: Vec<_> = rest.iter().filter(|leaf| leaf.record.is_some()).map(|leaf| leaf.position).collect();
    assert_eq!(kept, [0, 2_101, 2_102, 2_103]);
    assert_eq!(store.history(&fixture.scope, id, None, 10).await.unwrap().len(), 1);
    store.keep_house(&fixture.scope, forget).await.unwrap();
    assert_eq!(all_leaves(store, &fixture.scope).await, rest);
    // The last record stays, however old: what is written next goes on from it.
    let late = fixture.now.plus(Duration::from_mins(1));
    store.keep_house(&fixture.scope, Housekeeping::ForgetRecords(late)).await.unwrap();
    let left = all_leaves(store, &fixture.scope).await;
    let kept: Vec<_> = left.iter().filter(|leaf| leaf.record.is_some()).map(|leaf| leaf.position).collect();
    assert_eq!(kept, [0, 2_103]);
    let commit = acts(&mut fixture, 1);
    store.commit(&fixture.scope, commit).await.unwrap();
    grow(store, &fixture).await;
    assert_eq!(all_leaves(store, &fixture.scope).await.len(), 2_105);
}
