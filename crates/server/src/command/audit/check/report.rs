//! What a check has found.

use serde_json::{Value, json};
use strongroom_domain::ids::OrganizationId;
use strongroom_store::LogOwner;

use super::named;

/// Findings of one kind that are told one by one; of more, only their number. One change makes many of a kind, and must not
/// hide another.
const TOLD: usize = 10;

/// What is wrong, as a word that stays; what says most of an entry first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A record is not what its leaf was made of.
    Changed,
    /// A record is found under another credential, or as another sort of act, than it tells of.
    Filed,
    /// A leaf has no record.
    Missing,
    /// A row is not there.
    Gap,
    /// A record has no leaf.
    Unlogged,
    /// A row says of the row before it what that one is not.
    Chain,
    /// Leaves are not in the order of their records, or cannot be read.
    Leaves,
    /// A tree has another root than somebody knows of it.
    Root,
    /// There are fewer leaves than somebody knows of.
    Truncated,
    /// A head is not signed, or not by the key.
    Signature,
    /// Bodies are gone that no record says were to go.
    Horizon,
}

impl Kind {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Gap => "gap",
            Self::Changed => "changed",
            Self::Filed => "filed",
            Self::Missing => "missing",
            Self::Unlogged => "unlogged",
            Self::Leaves => "leaves",
            Self::Root => "root",
            Self::Truncated => "truncated",
            Self::Signature => "signature",
            Self::Horizon => "horizon",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) kind: Kind,
    pub(crate) owner: Option<LogOwner>,
    /// The row of the node's order that it is about, where it is about one.
    pub(crate) node_seq: Option<u64>,
    pub(crate) says: String,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    untold: u64,
    /// Records that were looked at.
    pub(crate) records: u64,
    /// Records whose bodies are gone by retention.
    pub(crate) gone: u64,
    /// Records that have no leaf yet.
    pub(crate) waiting: u64,
    /// Tenants of whom nothing but hashes is left.
    pub(crate) erased: Vec<OrganizationId>,
    /// Trees of tenants.
    pub(crate) organizations: u64,
    /// Signed heads that the log was held against.
    pub(crate) checkpoints: u64,
}

impl Report {
    pub(crate) fn find(&mut self, kind: Kind, says: impl Into<String>) {
        self.keep(Finding { kind, owner: None, node_seq: None, says: says.into() });
    }

    pub(crate) fn find_in(
        &mut self,
        kind: Kind,
        owner: LogOwner,
        node_seq: Option<u64>,
        says: impl Into<String>,
    ) {
        self.keep(Finding { kind, owner: Some(owner), node_seq, says: says.into() });
    }

    pub(crate) fn find_at(&mut self, kind: Kind, node_seq: u64, says: impl Into<String>) {
        self.keep(Finding { kind, owner: None, node_seq: Some(node_seq), says: says.into() });
    }

    fn keep(&mut self, finding: Finding) {
        let of_kind = self.findings.iter().filter(|other| other.kind == finding.kind).count();
        if of_kind < TOLD {
            self.findings.push(finding);
        } else {
            self.untold += 1;
        }
    }

    /// The first bad entry first; what is about no entry comes after.
    pub(crate) fn finish(&mut self) {
        self.findings.sort_by_key(|finding| (finding.node_seq.unwrap_or(u64::MAX), finding.kind));
    }

    pub(crate) const fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// For programs.
    pub(crate) fn as_json(&self) -> Value {
        let finding = |finding: &Finding| {
            json!({
                "kind": finding.kind.word(),
                "log": finding.owner.map(named),
                "node_seq": finding.node_seq,
                "message": finding.says,
            })
        };
        json!({
            "verdict": if self.is_sound() { "sound" } else { "broken" },
            "records": self.records,
            "bodies_gone": self.gone,
            "waiting": self.waiting,
            "organizations": self.organizations,
            "erased": self.erased.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "checkpoints": self.checkpoints,
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
            "more_findings": self.untold,
        })
    }
}
