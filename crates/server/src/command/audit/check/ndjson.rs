//! Records that `audit export` has written, a leaf or a hash each line: whether they are the log that was signed.

use serde::Deserialize;
use strongroom_domain::ids::OrganizationId;
use strongroom_sealing::log::{LogHash, Tree};
use strongroom_store::LogOwner;

use super::{Expectations, Kind, Known, Report, compare, owner_of, too_short};

/// A line as far as it is looked at.
#[derive(Deserialize)]
struct Line {
    position: u64,
    node_seq: Option<u64>,
    hash: Option<String>,
}

/// All lines must be there, from the first record on.
pub(in crate::command::audit) fn check(lines: &str, known: &[Known]) -> Report {
    let (mut report, mut expected) = (Report::default(), Expectations::default());
    let mut owner = None;
    for Known { checkpoint, from } in known {
        report.checkpoints += 1;
        match owner_of(&checkpoint.origin) {
            Some(of @ LogOwner::Organization(_)) if owner.is_none_or(|other| other == of) => {
                owner = Some(of);
                expected.add(of, checkpoint.size, checkpoint.root, from.clone());
            }
            _ => report.find(Kind::Signature, format!("{from} is of another log: {}", checkpoint.origin)),
        }
    }
    let owner = owner.unwrap_or(LogOwner::Organization(OrganizationId::from_bytes([0; 16])));
    let said = expected.of(owner);
    let mut tree = Tree::default();
    compare(owner, &tree, &said, &mut report);
    for (number, line) in (1..).zip(lines.lines()) {
        match read(line, tree.size()) {
            Ok((hash, is_record)) => {
                report.records += u64::from(is_record);
                report.gone += u64::from(!is_record);
                tree.append(hash);
            }
            Err(says) => {
                report.find(Kind::Leaves, format!("line {number}: {says}"));
                tree.append(LogHash::of_leaf(line.as_bytes()));
            }
        }
        compare(owner, &tree, &said, &mut report);
    }
    too_short(owner, tree.size(), &said, &mut report);
    report.organizations = 1;
    report
}

/// The leaf's hash, and whether its record is there.
fn read(line: &str, position: u64) -> Result<(LogHash, bool), String> {
    let read: Line = serde_json::from_str(line).map_err(|_| "it is no record".to_owned())?;
    if read.position != position {
        return Err(format!("it has position {}, and {position} comes here", read.position));
    }
    match (read.node_seq, read.hash) {
        (Some(_), _) => Ok((LogHash::of_leaf(line.as_bytes()), true)),
        (None, Some(hash)) => {
            hash.parse().map(|hash| (hash, false)).map_err(|_| "its hash is none".to_owned())
        }
        (None, None) => Err("it is no record".to_owned()),
    }
}
