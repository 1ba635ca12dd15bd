//! The definitions of RFC 6962, section 2.1, word for word and as slow: what the tests hold the rest against.

use super::LogHash;

/// `MTH`.
pub(super) fn root(leaves: &[LogHash]) -> LogHash {
    match leaves {
        [] => LogHash::of_nothing(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(largest_power_below(many.len()));
            LogHash::of_children(&root(left), &root(right))
        }
    }
}

/// `PATH`.
pub(super) fn path(index: usize, leaves: &[LogHash]) -> Vec<LogHash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(largest_power_below(leaves.len()));
    let (mut proof, other) = if index < left.len() {
        (path(index, left), root(right))
    } else {
        (path(index - left.len(), right), root(left))
    };
    proof.push(other);
    proof
}

/// `PROOF`.
pub(super) fn proof(old: usize, leaves: &[LogHash]) -> Vec<LogHash> {
    subproof(old, leaves, true)
}

fn subproof(old: usize, leaves: &[LogHash], known: bool) -> Vec<LogHash> {
    if old == leaves.len() {
        return if known { Vec::new() } else { vec![root(leaves)] };
    }
    let (left, right) = leaves.split_at(largest_power_below(leaves.len()));
    let (mut proof, other) = if old <= left.len() {
        (subproof(old, left, known), root(right))
    } else {
        (subproof(old - left.len(), right, false), root(left))
    };
    proof.push(other);
    proof
}

fn largest_power_below(count: usize) -> usize {
    let mut power = 1;
    while power * 2 < count {
        power *= 2;
    }
    power
}
