//! The chain of the node: each row says what the row before it hashes to, and no row is left out.

use std::collections::BTreeMap;

use strongroom_domain::ids::OrganizationId;
use strongroom_store_sqlite::{ChainRow, Ledger, OpenError, RowKind};

use super::{Kind, Report};

/// Rows that are read at once.
const PAGE: usize = 2_000;

/// Walks over all rows that retention has left. The records that must have leaves, by tenant, in order.
pub(super) fn check(
    ledger: &Ledger,
    report: &mut Report,
) -> Result<BTreeMap<OrganizationId, Vec<u64>>, OpenError> {
    let bounds = ledger.bounds();
    let mut walk =
        Walk { rows: BTreeMap::new(), logged: bounds.logged, before: None, next: bounds.horizon + 1 };
    let mut after = bounds.horizon;
    loop {
        let page = ledger.chain(after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.node_seq;
        for row in page {
            walk.step(&row, report);
        }
    }
    if walk.next <= bounds.logged {
        let says = format!("rows {} to {} are not there", walk.next, bounds.logged);
        report.find_at(Kind::Gap, walk.next, says);
    }
    Ok(walk.rows)
}

struct Walk {
    rows: BTreeMap<OrganizationId, Vec<u64>>,
    logged: u64,
    /// What the next row must say of the last one; none where that one is not there.
    before: Option<[u8; 32]>,
    /// The position that comes next.
    next: u64,
}

impl Walk {
    fn step(&mut self, row: &ChainRow, report: &mut Report) {
        let at = row.node_seq;
        if at != self.next {
            self.gap(at, report);
        }
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

    /// Rows of a tenant that was deleted as a whole are gone; that no record of another is among them, its tree says.
    fn gap(&mut self, at: u64, report: &mut Report) {
        self.before = None;
        if !report.erased.is_empty() && at - 1 <= self.logged {
            return;
        }
        let says = match at - self.next {
            1 => format!("row {} is not there", self.next),
            _ => format!("rows {} to {} are not there", self.next, at - 1),
        };
        report.find_at(Kind::Gap, self.next, says);
    }

    fn count(&mut self, row: &ChainRow, report: &mut Report) {
        report.records += 1;
        if row.node_seq <= self.logged {
            self.rows.entry(row.scope.organization()).or_default().push(row.node_seq);
        } else {
            report.waiting += 1;
        }
    }
}
