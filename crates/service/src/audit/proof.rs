//! Proofs: that a record is in the log of its organization, and that the log only grew.

use std::collections::{BTreeSet, HashMap};

use strongroom_domain::error::Cause;
use strongroom_domain::{Error, Fault};
use strongroom_sealing::log::{LogHash, Node, TileId, consistency, inclusion, part_of, root_of};
use strongroom_store::{LeafOrder, StoreError};

use super::SignedCheckpoint;
use super::leaf::{self, Place};
use crate::failure::of_store;
use crate::{Context, Service};

/// Size and root of a tree.
type Head = (u64, LogHash);

/// What is to be proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofQuestion {
    /// That the leaf at this position is in the tree.
    Inclusion {
        /// The leaf.
        position: u64,
    },
    /// That the tree of this size is the beginning of it.
    Consistency {
        /// The older size.
        from: u64,
    },
}

/// What a proof is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proven {
    /// A leaf.
    Inclusion {
        /// Its position.
        position: u64,
        /// Its hash.
        hash: LogHash,
        /// The leaf itself; none where its body is gone by retention.
        leaf: Option<String>,
    },
    /// Growth.
    Consistency {
        /// The head it grew from, signed.
        from: SignedCheckpoint,
    },
}

/// A proof, complete: whoever has the verifier key can check it without asking anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What it proves.
    pub proven: Proven,
    /// The head it holds for, signed.
    pub checkpoint: SignedCheckpoint,
    /// The hashes.
    pub hashes: Vec<LogHash>,
}

impl Service {
    /// A proof in the tree of the caller's organization, as it was at `size`; as it is now where there is none.
    ///
    /// # Errors
    ///
    /// `forbidden`; `not_found` for a record of another workspace; `validation_failed` for sizes and positions that
    /// the tree does not have.
    pub async fn audit_proof(
        &self,
        context: &Context,
        question: ProofQuestion,
        size: Option<u64>,
    ) -> Result<Proof, Error> {
        self.permit_audit(context).await?;
        let head @ (newest, _) = self.audit_head(context).await?;
        let size = size.unwrap_or(newest);
        if size > newest {
            let fault = format!("the log has {newest} records; the newest may wait a second for their place");
            return Err(Error::invalid(vec![Fault::new("/size", fault)]));
        }
        match question {
            ProofQuestion::Inclusion { position } => {
                self.prove_inclusion(context, position, size, head).await
            }
            ProofQuestion::Consistency { from } => self.prove_growth(context, from, size, head).await,
        }
    }

    async fn prove_inclusion(
        &self,
        context: &Context,
        position: u64,
        size: u64,
        head: Head,
    ) -> Result<Proof, Error> {
        let tiles = self.tiles(context, head, |hash| {
            root_of(size, hash);
            inclusion(position, size, hash).map(drop)
        });
        let tiles = tiles.await?.ok_or_else(|| beyond("/position", size))?;
        let leaves = self.store.leaves(context.scope(), LeafOrder::OldestFirst, position, 1).await;
        let leaf = leaves.map_err(of_store)?.pop().ok_or_else(|| beyond("/position", size))?;
        let (node, node_seq) = (leaf.node, leaf.node_seq);
        let line = match leaf.record {
            // Of another workspace: as if there were none.
            Some(record) if record.workspace != context.scope().workspace() => return Err(Error::NotFound),
            Some(record) => {
                let workspace = record.workspace;
                Some(leaf::line(&Place { position, node, node_seq, workspace }, &record.body))
            }
            None => None,
        };
        let proven = Proven::Inclusion { position, hash: LogHash::from_bytes(leaf.hash), leaf: line };
        let hashes = inclusion(position, size, &mut |node| tiles.hash(node)).unwrap_or_default();
        let checkpoint = self.sign_checkpoint(context, size, root_of(size, &mut |node| tiles.hash(node)));
        Ok(Proof { proven, checkpoint, hashes })
    }

    async fn prove_growth(
        &self,
        context: &Context,
        from: u64,
        size: u64,
        head: Head,
    ) -> Result<Proof, Error> {
        let tiles = self.tiles(context, head, |hash| {
            root_of(from, hash);
            root_of(size, hash);
            consistency(from, size, hash).map(drop)
        });
        let tiles = tiles.await?.ok_or_else(|| beyond("/from", size.saturating_add(1)))?;
        let root = |size| root_of(size, &mut |node| tiles.hash(node));
        let proven = Proven::Consistency { from: self.sign_checkpoint(context, from, root(from)) };
        let hashes = consistency(from, size, &mut |node| tiles.hash(node)).unwrap_or_default();
        Ok(Proof { proven, checkpoint: self.sign_checkpoint(context, size, root(size)), hashes })
    }

    /// The tiles that `needs` asks for, told by a run without any; `None` where it says that there is no such proof.
    /// They are those of the stored head, or nothing is said: what is signed must be what was.
    async fn tiles(
        &self,
        context: &Context,
        (newest, root): Head,
        needs: impl FnOnce(&mut dyn FnMut(Node) -> LogHash) -> Option<()>,
    ) -> Result<Option<Tiles>, Error> {
        let mut nodes = BTreeSet::new();
        let mut note = |node| {
            nodes.insert(node);
            LogHash::of_nothing()
        };
        let possible = needs(&mut note);
        root_of(newest, &mut note);
        if possible.is_none() {
            return Ok(None);
        }
        let mut tiles = HashMap::new();
        let wanted: BTreeSet<_> = nodes.iter().map(|node| part_of(*node).tile).collect();
        for id in wanted {
            let found = self.store.log_tile(context.scope(), id.level, id.number).await;
            let hashes = found.map_err(of_store)?.ok_or_else(damaged)?;
            tiles.insert(id, hashes.into_iter().map(LogHash::from_bytes).collect());
        }
        let tiles = Tiles(tiles);
        let is_whole = nodes.iter().all(|node| tiles.find(*node).is_some());
        let is_sound = is_whole && root_of(newest, &mut |node| tiles.hash(node)) == root;
        if is_sound { Ok(Some(tiles)) } else { Err(damaged()) }
    }
}

/// What was read of a tree.
struct Tiles(HashMap<TileId, Vec<LogHash>>);

impl Tiles {
    fn find(&self, node: Node) -> Option<LogHash> {
        let part = part_of(node);
        self.0.get(&part.tile).and_then(|tile| part.hash(tile))
    }

    /// Every node that a proof needs was looked for before.
    fn hash(&self, node: Node) -> LogHash {
        self.find(node).unwrap_or_else(LogHash::of_nothing)
    }
}

fn beyond(pointer: &'static str, size: u64) -> Error {
    Error::invalid(vec![Fault::new(pointer, format!("must be below {size}"))])
}

fn damaged() -> Error {
    Error::Integrity(Cause::new(StoreError::Corrupt("audit_tile")))
}
