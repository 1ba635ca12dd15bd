//! The audit log as its readers see it: records in the order of their leaves, heads, proofs.
//!
//! Everything answers from the caller's organization, and records from the caller's workspace (LOG-10). Must never leave
//! a record out of a list without a word, nor look at more of them in one page than a page may cost.

mod filter;
mod grow;
mod keep;
pub mod leaf;
mod proof;

use strongroom_domain::Error;
use strongroom_domain::access::{Action, Resource, authorise};
use strongroom_domain::audit::{AuditAction, AuditObject};
use strongroom_domain::ids::WorkspaceId;
use strongroom_sealing::log::{Checkpoint, LogHash};
use strongroom_store::{Leaf, LeafOrder, LogOwner};

use self::filter::Verdict;
use self::leaf::Place;
use crate::failure::of_store;
use crate::options::Listed;
use crate::{Context, Service, cursor};
pub use filter::AuditFilter;
pub use grow::{GrowError, SignedHeads};
pub use proof::{Proof, ProofQuestion, Proven};

/// Leaves that one page looks at, whether they match or not.
const LOOKED_AT: u64 = 4_000;
/// Leaves that one question to the store is about.
const STEP: usize = 500;

/// Which way a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditOrder {
    /// From the last record backwards.
    NewestFirst,
    /// From the record behind this position on; from the first where there is none.
    OldestFirst {
        /// A position that is known already.
        after: Option<u64>,
    },
}

/// Whether leaves are shown that have no record to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They are left out.
    LeftOut,
    /// By their hashes, so that whoever has the whole list can compute the root.
    AsHashes,
}

/// A list of records to be made.
#[derive(Debug, Clone)]
pub struct AuditQuestion {
    /// Which records.
    pub filter: AuditFilter,
    /// In which order.
    pub order: AuditOrder,
    /// What is shown in place of records that are not for this reader, or gone.
    pub others: Others,
    /// Most items of the page.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// What becomes of a leaf in a list.
enum Shown {
    Item(AuditItem),
    Nothing,
    /// Nor will anything that follows be shown.
    NothingMore,
}

impl AuditQuestion {
    fn shown(&self, order: LeafOrder, workspace: WorkspaceId, leaf: Leaf) -> Shown {
        let (position, node, node_seq) = (leaf.position, leaf.node, leaf.node_seq);
        let Some(record) = leaf.record.filter(|record| record.workspace == workspace) else {
            let hash = LogHash::from_bytes(leaf.hash);
            return match self.others {
                Others::AsHashes => Shown::Item(AuditItem::Hash { position, hash }),
                Others::LeftOut => Shown::Nothing,
            };
        };
        match self.filter.judge(order, serde_json::from_str(&record.body).ok().as_ref()) {
            Verdict::Matches => {
                let place = Place { position, node, node_seq, workspace };
                Shown::Item(AuditItem::Leaf(leaf::line(&place, &record.body)))
            }
            Verdict::Other => Shown::Nothing,
            Verdict::Past => Shown::NothingMore,
        }
    }
}

/// A leaf as its reader may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditItem {
    /// With its record: the leaf itself, a line of JSON to the byte.
    Leaf(String),
    /// By its hash alone: the body is gone, or of another workspace.
    Hash {
        /// Its position.
        position: u64,
        /// Its hash.
        hash: LogHash,
    },
}

/// The signed head of the caller's organization, with the key to verify it with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The signed note.
    pub note: String,
    /// The public key, as `NAME+HASH+BASE64`.
    pub verifier: String,
}

impl Service {
    /// Records of the caller's workspace that have their leaves. A page may be short, and even empty, and have a next
    /// one: it looks at so many records and no more.
    ///
    /// # Errors
    ///
    /// `forbidden`; `validation_failed` for a bad cursor.
    pub async fn audit_records(
        &self,
        context: &Context,
        question: &AuditQuestion,
    ) -> Result<Listed<AuditItem>, Error> {
        self.permit_audit(context).await?;
        let (order, begin, bound) = self.first_leaf(context, question)?;
        let (mut at, mut items, mut looked_at) = (begin, Vec::new(), 0_u64);
        let workspace = context.scope().workspace();
        'pages: loop {
            let leaves = self.store.leaves(context.scope(), order, at, STEP).await.map_err(of_store)?;
            let is_end = leaves.len() < STEP;
            for leaf in leaves {
                if items.len() == question.limit || looked_at == LOOKED_AT {
                    break 'pages;
                }
                looked_at += 1;
                at = match order {
                    LeafOrder::OldestFirst => leaf.position + 1,
                    LeafOrder::NewestFirst => leaf.position,
                };
                match question.shown(order, workspace, leaf) {
                    Shown::Item(item) => items.push(item),
                    Shown::Nothing => {}
                    Shown::NothingMore => return Ok(Listed { items, next_cursor: None }),
                }
            }
            if is_end {
                return Ok(Listed { items, next_cursor: None });
            }
        }
        let next_cursor = cursor::make(self.keys.system(), context, &bound, &at.to_be_bytes());
        Ok(Listed { items, next_cursor: Some(next_cursor) })
    }

    /// The order in which the store is asked, where to begin, and what a cursor of this list is bound to.
    fn first_leaf(
        &self,
        context: &Context,
        question: &AuditQuestion,
    ) -> Result<(LeafOrder, u64, String), Error> {
        let (order, begin) = match question.order {
            AuditOrder::NewestFirst => (LeafOrder::NewestFirst, u64::MAX),
            AuditOrder::OldestFirst { after } => {
                (LeafOrder::OldestFirst, after.map_or(0, |after| after.saturating_add(1)))
            }
        };
        let bound = format!("audit/{order:?}/{:?}/{:?}", question.others, question.filter);
        let position = |text| cursor::position(self.keys.system(), context, &bound, text);
        let given = question.cursor.as_deref().map(position).transpose()?;
        Ok((order, given.map_or(begin, u64::from_be_bytes), bound))
    }

    /// The head of the caller's organization at this moment, signed.
    ///
    /// # Errors
    ///
    /// `forbidden`.
    pub async fn audit_checkpoint(&self, context: &Context) -> Result<SignedCheckpoint, Error> {
        self.permit_audit(context).await?;
        let (size, root) = self.audit_head(context).await?;
        Ok(self.sign_checkpoint(context, size, root))
    }

    /// An empty tree has a head too.
    async fn audit_head(&self, context: &Context) -> Result<(u64, LogHash), Error> {
        let owner = LogOwner::Organization(context.scope().organization());
        let head = self.store.log_head(owner).await.map_err(of_store)?;
        Ok(head
            .map_or_else(|| (0, LogHash::of_nothing()), |head| (head.size, LogHash::from_bytes(head.root))))
    }

    /// Only of a head whose leaves are durable.
    fn sign_checkpoint(&self, context: &Context, size: u64, root: LogHash) -> SignedCheckpoint {
        let origin = leaf::origin(context.scope().organization());
        let checkpoint = Checkpoint { origin, size, root };
        let key = self.keys.log();
        SignedCheckpoint { note: key.sign(&checkpoint), checkpoint, verifier: key.verifier().to_string() }
    }

    /// A refused reader is on record; one who may read is not, because nothing secret is read.
    async fn permit_audit(&self, context: &Context) -> Result<(), Error> {
        let scope = *context.scope();
        match authorise(&context.principal, Action::ReadAudit, Resource::Workspace(scope)) {
            Ok(()) => Ok(()),
            Err(error) => {
                let object = AuditObject::Workspace(scope.workspace());
                self.refused(context, AuditAction::AuditRead, object, Vec::new(), error).await
            }
        }
    }

    /// The public half of the key that signs heads.
    pub fn audit_verifier(&self) -> String {
        self.keys.log().verifier().to_string()
    }
}
