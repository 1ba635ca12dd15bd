//! Shapes of the audit log. A proof is complete: it is verified offline with the verifier key alone.

use serde::Serialize;
use serde_json::{Value, json};
use strongroom_service::audit::{AuditItem, Proof, Proven, SignedCheckpoint};

/// The leaf as it is; by its hash where there is nothing else to show.
pub(super) fn item(item: &AuditItem) -> Value {
    match item {
        // Whoever can write rows can write what is no JSON: it is shown, and no proof of it holds.
        AuditItem::Leaf(line) => serde_json::from_str(line).unwrap_or_else(|_| json!({ "damaged": line })),
        AuditItem::Hash { position, hash } => json!({ "position": position, "hash": hash.to_string() }),
    }
}

/// A signed head.
#[derive(Serialize)]
pub(super) struct CheckpointBody<'a> {
    origin: &'a str,
    size: u64,
    root: String,
    /// The C2SP signed note.
    checkpoint: &'a str,
    /// The public key, as `NAME+HASH+BASE64`.
    verifier: &'a str,
}

impl<'a> From<&'a SignedCheckpoint> for CheckpointBody<'a> {
    fn from(signed: &'a SignedCheckpoint) -> Self {
        Self {
            origin: &signed.checkpoint.origin,
            size: signed.checkpoint.size,
            root: signed.checkpoint.root.to_string(),
            checkpoint: &signed.note,
            verifier: &signed.verifier,
        }
    }
}

/// A proof of either sort.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ProofBody<'a> {
    Inclusion {
        position: u64,
        leaf_hash: String,
        /// The leaf, to the byte; none where its body is gone by retention.
        leaf: Option<&'a str>,
        hashes: Vec<String>,
        checkpoint: &'a str,
        verifier: &'a str,
    },
    Consistency {
        from: &'a str,
        hashes: Vec<String>,
        checkpoint: &'a str,
        verifier: &'a str,
    },
}

impl<'a> From<&'a Proof> for ProofBody<'a> {
    fn from(proof: &'a Proof) -> Self {
        let hashes = proof.hashes.iter().map(ToString::to_string).collect();
        let (checkpoint, verifier) = (proof.checkpoint.note.as_str(), proof.checkpoint.verifier.as_str());
        match &proof.proven {
            Proven::Inclusion { position, hash, leaf } => Self::Inclusion {
                position: *position,
                leaf_hash: hash.to_string(),
                leaf: leaf.as_deref(),
                hashes,
                checkpoint,
                verifier,
            },
            Proven::Consistency { from } => {
                Self::Consistency { from: &from.note, hashes, checkpoint, verifier }
            }
        }
    }
}
