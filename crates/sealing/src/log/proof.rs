//! Proofs that a leaf is in a tree, and that a tree is the beginning of another (RFC 6962, sections 2.1.1 and 2.1.2;
//! verified by the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2).
//!
//! Whoever proves is asked for the hashes of perfect subtrees, whoever verifies needs the proof alone.

use super::LogHash;

/// A perfect subtree of `2^level` leaves, the one number `index` from the left: leaves
/// `index * 2^level .. (index + 1) * 2^level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// 0 for a leaf.
    pub level: u32,
    /// From the left, from 0.
    pub index: u64,
}

/// The proof does not hold: it is of another tree, another leaf, or not of this size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not hold")]
pub struct Invalid;

/// The hashes that prove leaf `index` to be in the tree of `size` leaves, from the bottom up; `None` where it has no
/// such leaf.
pub fn inclusion(
    index: u64,
    size: u64,
    hash: &mut (impl FnMut(Node) -> LogHash + ?Sized),
) -> Option<Vec<LogHash>> {
    (index < size).then(|| {
        let mut proof = Vec::new();
        path(index, (0, size), hash, &mut proof);
        proof
    })
}

/// The hashes that prove the tree of `old` leaves to be the beginning of the tree of `size` leaves; `None` where it
/// cannot be. Nothing is needed from an empty tree, or for one and the same.
pub fn consistency(
    old: u64,
    size: u64,
    hash: &mut (impl FnMut(Node) -> LogHash + ?Sized),
) -> Option<Vec<LogHash>> {
    (old <= size).then(|| {
        let mut proof = Vec::new();
        if old > 0 {
            subproof(old, (0, size), Known::Yes, hash, &mut proof);
        }
        proof
    })
}

/// The root over the first `size` leaves.
pub fn root_of(size: u64, hash: &mut (impl FnMut(Node) -> LogHash + ?Sized)) -> LogHash {
    range((0, size), hash)
}

/// Whether these hashes prove the leaf.
///
/// # Errors
///
/// [`Invalid`].
pub fn verify_inclusion(
    leaf: LogHash,
    index: u64,
    (size, root): (u64, LogHash),
    proof: &[LogHash],
) -> Result<(), Invalid> {
    if index >= size {
        return Err(Invalid);
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err(Invalid);
        }
        if at & 1 == 1 || at == last {
            hash = LogHash::of_children(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = LogHash::of_children(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last == 0 && hash == root { Ok(()) } else { Err(Invalid) }
}

/// Whether these hashes prove that the tree grew from `old` to `new` and changed nothing.
///
/// # Errors
///
/// [`Invalid`].
pub fn verify_consistency(
    old: (u64, LogHash),
    new: (u64, LogHash),
    proof: &[LogHash],
) -> Result<(), Invalid> {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == new_size {
        return if proof.is_empty() && old_root == new_root { Ok(()) } else { Err(Invalid) };
    }
    if old_size == 0 {
        let is_nothing = proof.is_empty() && old_root == LogHash::of_nothing();
        return if is_nothing { Ok(()) } else { Err(Invalid) };
    }
    if old_size > new_size {
        return Err(Invalid);
    }
    // A whole tree is its own first hash, and is not repeated.
    let own = old_size.is_power_of_two().then_some(old_root);
    let mut hashes = own.iter().chain(proof).copied();
    let first = hashes.next().ok_or(Invalid)?;
    let (mut at, mut last) = (old_size - 1, new_size - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let (mut old_hash, mut new_hash) = (first, first);
    for hash in hashes {
        if last == 0 {
            return Err(Invalid);
        }
        if at & 1 == 1 || at == last {
            old_hash = LogHash::of_children(&hash, &old_hash);
            new_hash = LogHash::of_children(&hash, &new_hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            new_hash = LogHash::of_children(&new_hash, &hash);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last == 0 && old_hash == old_root && new_hash == new_root { Ok(()) } else { Err(Invalid) }
}

/// `PATH` of the RFC, over the leaves `begin..end`.
fn path(
    index: u64,
    (begin, end): (u64, u64),
    hash: &mut (impl FnMut(Node) -> LogHash + ?Sized),
    proof: &mut Vec<LogHash>,
) {
    if end - begin == 1 {
        return;
    }
    let middle = begin + split(end - begin);
    if index < middle {
        path(index, (begin, middle), hash, proof);
        proof.push(range((middle, end), hash));
    } else {
        path(index, (middle, end), hash, proof);
        proof.push(range((begin, middle), hash));
    }
}

/// Whether the verifier has the hash of the old tree's part already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Yes,
    No,
}

/// `SUBPROOF` of the RFC, over the leaves `begin..end`; `old` counts from 0.
fn subproof(
    old: u64,
    (begin, end): (u64, u64),
    known: Known,
    hash: &mut (impl FnMut(Node) -> LogHash + ?Sized),
    proof: &mut Vec<LogHash>,
) {
    if old == end {
        if known == Known::No {
            proof.push(range((begin, end), hash));
        }
        return;
    }
    let middle = begin + split(end - begin);
    if old <= middle {
        subproof(old, (begin, middle), known, hash, proof);
        proof.push(range((middle, end), hash));
    } else {
        subproof(old, (middle, end), Known::No, hash, proof);
        proof.push(range((begin, middle), hash));
    }
}

/// The largest power of two below `count`, which is at least 2.
const fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The root over the leaves `begin..end`, where `begin` is a multiple of the largest power of two in their number.
fn range((begin, end): (u64, u64), hash: &mut (impl FnMut(Node) -> LogHash + ?Sized)) -> LogHash {
    let (mut at, mut peaks) = (begin, Vec::new());
    while at < end {
        let level = (end - at).ilog2();
        peaks.push(hash(Node { level, index: at >> level }));
        at += 1 << level;
    }
    fold(peaks).unwrap_or_else(LogHash::of_nothing)
}

/// One root over perfect trees of falling size, from the left.
pub(super) fn fold<I>(peaks: I) -> Option<LogHash>
where
    I: IntoIterator<Item = LogHash>,
    I::IntoIter: Sized,
{
    let peaks: Vec<_> = peaks.into_iter().collect();
    peaks.into_iter().rev().reduce(|right, left| LogHash::of_children(&left, &right))
}
