//! The chain of the node: each row says what the row before it hashes to, and no row is left out.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use strongroom_domain::ids::OrganizationId;
use strongroom_store_sqlite::{ChainRow, Ledger, OpenError, RowKind};

use super::erased::{Erased, Told};
use super::{Kind, Report};

/// Rows that are read at once.
const PAGE: usize = 2_000;

/// What the walk has seen.
#[derive(Default)]
pub(super) struct Seen {
    /// The records that must have leaves, by tenant, in order.
    pub(super) rows: BTreeMap<OrganizationId, Vec<u64>>,
    /// The first record of each tenant.
    pub(super) first: BTreeMap<OrganizationId, u64>,
    /// The erasures that records tell of.
    pub(super) told: Vec<Told>,
    /// The rows that are not there.
    gaps: Vec<RangeInclusive<u64>>,
}

impl Seen {
    /// Reports every missing row that no erased tenant can have had.
    pub(super) fn report_gaps(&self, erased: &[Erased], report: &mut Report) {
        for gap in &self.gaps {
            let mut left =
                gap.clone().filter(|row| !erased.iter().any(|one| one.may_have_had(*row))).peekable();
            while let Some(first) = left.next() {
                let mut last = first;
                while let Some(row) = left.next_if_eq(&(last + 1)) {
                    last = row;
                }
                let says = if first == last {
                    format!("row {first} is not there")
                } else {
                    format!("rows {first} to {last} are not there")
                };
                report.find_at(Kind::Gap, first, says);
            }
        }
    }
}

/// Walks over all rows. Up to the horizon some may be gone; what is there is held against the row before it all the same.
pub(super) fn check(ledger: &Ledger, report: &mut Report) -> Result<Seen, OpenError> {
    let bounds = ledger.bounds();
    let mut walk =
        Walk { seen: Seen::default(), horizon: bounds.horizon, logged: bounds.logged, before: None, next: 1 };
    let mut after = 0;
    loop {
        let page = ledger.chain(after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.node_seq;
        for row in page {
            walk.step(&row, report);
        }
    }
    walk.skip_to(bounds.logged + 1);
    Ok(walk.seen)
}

struct Walk {
    seen: Seen,
    horizon: u64,
    logged: u64,
    /// What the next row must say of the last one; none where that one is not there.
    before: Option<[u8; 32]>,
    /// The position that comes next.
    next: u64,
}

impl Walk {
    fn step(&mut self, row: &ChainRow, report: &mut Report) {
        let at = row.node_seq;
        self.skip_to(at);
        let expected = if at == 1 { Some([0; 32]) } else { self.before };
        if expected.is_some_and(|expected| expected != row.previous) {
            let says = format!(
                "row {at} says that the row before it was another one: row {} was changed, or row {at} put in its place",
                at - 1
            );
            report.find_at(Kind::Chain, at - 1, says);
        }
        self.before = Some(row.digest());
        self.next = at + 1;
        if row.kind == RowKind::Record {
            self.count(row, report);
        }
    }

    /// The rows before this one that are not there: missed where retention did not reach.
    fn skip_to(&mut self, at: u64) {
        if at <= self.next {
            return;
        }
        let first = self.next.max(self.horizon + 1);
        if first < at {
            self.seen.gaps.push(first..=at - 1);
        }
        self.before = None;
    }

    fn count(&mut self, row: &ChainRow, report: &mut Report) {
        report.records += 1;
        self.seen.first.entry(row.scope.organization()).or_insert(row.node_seq);
        self.seen.told.extend(Told::by(row));
        if row.node_seq <= self.logged {
            self.seen.rows.entry(row.scope.organization()).or_default().push(row.node_seq);
        } else {
            report.waiting += 1;
        }
    }
}
