//! Whether a log is whole: every row, every leaf, every root, every signature, against all that is known from outside.
//!
//! Pure reading of rows that nobody vouches for. Must never stop at the first fault where the rest can still be looked
//! at, and never call a log sound of which a part was not looked at.

mod chain;
mod erased;
pub(super) mod ndjson;
mod report;
mod system;
mod tree;

use std::collections::BTreeMap;

use strongroom_domain::ids::OrganizationId;
use strongroom_sealing::log::{Checkpoint, LogHash, Tree, Verifier};
use strongroom_service::audit::leaf;
use strongroom_store::LogOwner;
use strongroom_store_sqlite::{Ledger, OpenError};

pub(super) use self::report::{Kind, Report};

/// A head that was signed, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) checkpoint: Checkpoint,
    pub(super) from: String,
}

/// Roots that a tree must have had, by size: each with who says so.
pub(super) type Expected = BTreeMap<u64, Vec<(LogHash, String)>>;

/// What every tree must have been.
#[derive(Default)]
struct Expectations(BTreeMap<LogOwner, Expected>);

impl Expectations {
    fn add(&mut self, owner: LogOwner, size: u64, root: LogHash, from: impl Into<String>) {
        let said = self.0.entry(owner).or_default().entry(size).or_default();
        said.push((root, from.into()));
    }

    fn of(&self, owner: LogOwner) -> Expected {
        self.0.get(&owner).cloned().unwrap_or_default()
    }
}

/// Looks at all of it.
pub(super) fn check(ledger: &Ledger, known: &[Known], verifier: &Verifier) -> Result<Report, OpenError> {
    let mut report = Report::default();
    let mut expected = Expectations::default();
    for Known { checkpoint, from } in known {
        match owner_of(&checkpoint.origin) {
            Some(owner) => expected.add(owner, checkpoint.size, checkpoint.root, from.clone()),
            None => report.find(Kind::Signature, format!("{from} is of another log: {}", checkpoint.origin)),
        }
        report.checkpoints += 1;
    }
    stored_heads(ledger, verifier, &mut expected, &mut report);
    system::check(ledger, &mut expected, &mut report)?;
    let seen = chain::check(ledger, &mut report)?;
    let erased = erased::believed(ledger, &seen)?;
    report.erased = erased.iter().map(|erased| erased.organization).collect();
    seen.report_gaps(&erased, &mut report);
    for owner in owners(ledger, &expected, &seen.rows) {
        let LogOwner::Organization(organization) = owner else { continue };
        let seen = seen.rows.get(&organization).map_or(&[][..], Vec::as_slice);
        tree::check(ledger, organization, &expected.of(owner), seen, &mut report)?;
    }
    report.finish();
    Ok(report)
}

/// Every tenant that a tree, a head or a record names.
fn owners(
    ledger: &Ledger,
    expected: &Expectations,
    rows: &BTreeMap<OrganizationId, Vec<u64>>,
) -> Vec<LogOwner> {
    let mut owners: Vec<_> = ledger.bounds().trees.iter().map(|(owner, _)| *owner).collect();
    owners.extend(expected.0.keys().copied());
    owners.extend(rows.keys().map(|organization| LogOwner::Organization(*organization)));
    owners.sort_unstable();
    owners.dedup();
    owners
}

/// The heads that lie beside the trees, and the signed ones.
fn stored_heads(ledger: &Ledger, verifier: &Verifier, expected: &mut Expectations, report: &mut Report) {
    for (owner, head) in &ledger.bounds().trees {
        expected.add(*owner, head.size, LogHash::from_bytes(head.root), "the stored head");
    }
    for (owner, signed) in &ledger.bounds().signed {
        let of = named(*owner);
        match Checkpoint::open(verifier, &signed.note) {
            Ok(head) if owner_of(&head.origin) == Some(*owner) && head.size == signed.size => {
                expected.add(*owner, head.size, head.root, "the stored checkpoint");
                report.checkpoints += 1;
            }
            Ok(_) => {
                report.find(Kind::Signature, format!("the stored checkpoint of {of} is that of another log"));
            }
            Err(error) => {
                report
                    .find(Kind::Signature, format!("the stored checkpoint of {of} is not believed: {error}"));
            }
        }
    }
}

/// Whose tree an origin names.
pub(super) fn owner_of(origin: &str) -> Option<LogOwner> {
    if origin == leaf::SYSTEM_ORIGIN {
        return Some(LogOwner::System);
    }
    let organization: OrganizationId = origin.strip_prefix("strongroom/")?.parse().ok()?;
    Some(LogOwner::Organization(organization))
}

fn named(owner: LogOwner) -> String {
    match owner {
        LogOwner::System => "the heads".to_owned(),
        LogOwner::Organization(organization) => organization.to_string(),
    }
}

/// What the computed roots say of the expected ones.
fn compare(owner: LogOwner, tree: &Tree, expected: &Expected, report: &mut Report) {
    let size = tree.size();
    let Some(said) = expected.get(&size) else { return };
    let root = tree.root();
    for (wanted, from) in said {
        if *wanted != root {
            let of = named(owner);
            let says = format!(
                "the first {size} leaves of {of} do not have the root that {from} has: the log was written anew, or is another one"
            );
            report.find_in(Kind::Root, owner, None, says);
        }
    }
}

/// What was signed for more leaves than there are.
fn too_short(owner: LogOwner, size: u64, expected: &Expected, report: &mut Report) {
    for (wanted, sources) in expected.range(size.saturating_add(1)..) {
        for (_, from) in sources {
            let (of, gone) = (named(owner), wanted - size);
            let says = format!(
                "{of} has {size} leaves, and {from} was made over {wanted}: the last {gone} are gone (cut off, or an older copy was put back)"
            );
            report.find_in(Kind::Truncated, owner, None, says);
        }
    }
}
