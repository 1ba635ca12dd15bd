//! A proof of the API, checked with the key alone.

use serde::Deserialize;
use strongroom_sealing::log::{Checkpoint, LogHash, Verifier, verify_consistency, verify_inclusion};

use super::check::{Kind, Report};

/// As `GET /v1/audit/proof` gives it.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Proof {
    Inclusion {
        position: u64,
        leaf_hash: String,
        leaf: Option<String>,
        hashes: Vec<String>,
        checkpoint: String,
        /// Whoever made the proof chose it: it is the given key that counts.
        #[serde(rename = "verifier")]
        _verifier: String,
    },
    Consistency {
        from: String,
        hashes: Vec<String>,
        checkpoint: String,
        #[serde(rename = "verifier")]
        _verifier: String,
    },
}

/// What it proves, in words; or that it proves nothing.
pub(super) fn check(text: &str, verifier: &Verifier) -> Report {
    let mut report = Report::default();
    match serde_json::from_str::<Proof>(text) {
        Ok(proof) => {
            report.checkpoints = 1;
            if let Err((kind, says)) = judge(&proof, verifier) {
                report.find(kind, says);
            }
        }
        Err(_) => report.find(Kind::Signature, "the file is not a proof of `strongroom audit proof`"),
    }
    report
}

fn judge(proof: &Proof, verifier: &Verifier) -> Result<(), (Kind, String)> {
    match proof {
        Proof::Inclusion { position, leaf_hash, leaf, hashes, checkpoint, .. } => {
            let head = open(verifier, checkpoint)?;
            let hash = one(leaf_hash)?;
            if leaf.as_ref().is_some_and(|leaf| LogHash::of_leaf(leaf.as_bytes()) != hash) {
                return Err((Kind::Changed, "the leaf is not the one that the proof is about".to_owned()));
            }
            verify_inclusion(hash, *position, (head.size, head.root), &all(hashes)?)
                .map_err(|error| (Kind::Root, format!("leaf {position}: {error}")))
        }
        Proof::Consistency { from, hashes, checkpoint, .. } => {
            let (old, new) = (open(verifier, from)?, open(verifier, checkpoint)?);
            if old.origin != new.origin {
                return Err((Kind::Signature, "the two checkpoints are of two logs".to_owned()));
            }
            verify_consistency((old.size, old.root), (new.size, new.root), &all(hashes)?)
                .map_err(|error| (Kind::Root, format!("{} to {} leaves: {error}", old.size, new.size)))
        }
    }
}

fn open(verifier: &Verifier, note: &str) -> Result<Checkpoint, (Kind, String)> {
    Checkpoint::open(verifier, note)
        .map_err(|error| (Kind::Signature, format!("the checkpoint is not believed: {error}")))
}

fn all(hashes: &[String]) -> Result<Vec<LogHash>, (Kind, String)> {
    hashes.iter().map(|hash| one(hash)).collect()
}

fn one(hash: &str) -> Result<LogHash, (Kind, String)> {
    hash.parse().map_err(|_| (Kind::Root, "a hash of the proof is none".to_owned()))
}
