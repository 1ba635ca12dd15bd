//! The tree over the heads: what it says of each tenant's tree, and whether it is what was signed.

use std::collections::BTreeMap;

use serde::Deserialize;
use strongroom_domain::ids::OrganizationId;
use strongroom_sealing::log::{LogHash, Tree};
use strongroom_service::audit::leaf;
use strongroom_store::LogOwner;
use strongroom_store_sqlite::{Ledger, OpenError};

use super::{Expectations, Kind, Report, compare, named, too_short};

/// Lines that are read at once.
const PAGE: usize = 2_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    organization: OrganizationId,
    size: u64,
    root: String,
}

/// Adds what the lines say of tenants' trees.
pub(super) fn check(
    ledger: &Ledger,
    expected: &mut Expectations,
    report: &mut Report,
) -> Result<(), OpenError> {
    let own = expected.of(LogOwner::System);
    let stored = ledger.bounds().trees.iter().find(|(owner, _)| *owner == LogOwner::System);
    // Lines that were added since are none of the head's.
    let size = stored.map_or(0, |(_, head)| head.size);
    let mut tree = Tree::default();
    let mut newest = BTreeMap::new();
    compare(LogOwner::System, &tree, &own, report);
    'pages: while tree.size() < size {
        let lines = ledger.system_log(tree.size(), PAGE)?;
        if lines.is_empty() {
            report.find_in(
                Kind::Leaves,
                LogOwner::System,
                None,
                format!("head {} is not there", tree.size()),
            );
            break 'pages;
        }
        for line in lines {
            if tree.size() == size {
                break 'pages;
            }
            match read(&line) {
                Some((organization, of, root)) => {
                    let from = format!("head {}", tree.size());
                    expected.add(LogOwner::Organization(organization), of, root, from);
                    newest.insert(LogOwner::Organization(organization), of);
                }
                None => report.find_in(
                    Kind::Leaves,
                    LogOwner::System,
                    None,
                    format!("head {} is not one", tree.size()),
                ),
            }
            tree.append(LogHash::of_leaf(line.as_bytes()));
            compare(LogOwner::System, &tree, &own, report);
        }
    }
    let peaks: Vec<_> = tree.peaks().iter().map(|peak| *peak.as_bytes()).collect();
    if tree.size() == size && stored.is_some_and(|(_, head)| head.peaks != peaks) {
        let says = "the stored peaks of the tree over the heads are not those of its lines";
        report.find_in(Kind::Root, LogOwner::System, None, says);
    }
    too_short(LogOwner::System, tree.size(), &own, report);
    if size > 0 {
        newest.insert(LogOwner::System, size);
    }
    all_signed(ledger, &newest, report);
    Ok(())
}

/// A head gets its line and its signature in one commit, so the newest line of each tree has one.
fn all_signed(ledger: &Ledger, newest: &BTreeMap<LogOwner, u64>, report: &mut Report) {
    let signed: BTreeMap<_, _> =
        ledger.bounds().signed.iter().map(|(owner, signed)| (*owner, signed.size)).collect();
    for (owner, size) in newest {
        if signed.get(owner) != Some(size) {
            let of = named(*owner);
            let says = format!(
                "the checkpoint of {of} over {size} leaves is not stored: deleted, or an older one put back"
            );
            report.find_in(Kind::Signature, *owner, None, says);
        }
    }
}

/// In its one spelling only.
fn read(line: &str) -> Option<(OrganizationId, u64, LogHash)> {
    let Line { organization, size, root } = serde_json::from_str(line).ok()?;
    let root = root.parse().ok()?;
    (leaf::head_line(organization, size, root) == line).then_some((organization, size, root))
}
