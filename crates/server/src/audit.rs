//! The audit log's work beside the requests: trees grow, signed heads and full segments leave the database, bodies are
//! forgotten when their time is over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use strongroom_domain::ids::OrganizationId;
use strongroom_domain::{Clock, Timestamp};
use strongroom_service::Service;
use strongroom_service::audit::{AuditItem, SignedHeads};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep};

use crate::exported::{Exported, ExportedError, SEGMENT, Segments};
use crate::jobs::Hours;
use crate::stop::{self, Stop, Stopping};

/// Leaves of a segment that are read at once.
const PAGE: usize = 1_024;
/// How long the writing of a segment rests after a page at most.
const REST: Duration = Duration::from_millis(50);

/// Where the audit log is kept beside the database, and for how long.
#[derive(Debug, Default)]
pub struct AuditKeeping {
    /// The folder for checkpoints and segments; none where nothing leaves the database.
    pub folder: Option<PathBuf>,
    /// How long bodies are kept; for ever where there is none.
    pub retention: Option<Duration>,
}

/// The work under way.
pub(crate) struct Keeper {
    service: Arc<Service>,
    /// Dropped at the end, so that the writer of files comes to its own.
    told: UnboundedSender<SignedHeads>,
    growing: JoinHandle<()>,
    writing: JoinHandle<()>,
    /// Said when nobody is left to be spared.
    hurry: Stop,
}

impl Keeper {
    /// Begins.
    pub(crate) fn start(service: &Arc<Service>, exported: Option<Exported>) -> Self {
        let ((told, heads), (hurry, hurrying)) = (unbounded_channel(), stop::channel());
        let (growing, tell) = (Arc::clone(service), told.clone());
        let growing = tokio::spawn(async move {
            // Nobody hears it where the writer has ended, and then there is nothing to write to.
            growing.grow_audit_trees(|heads| drop(tell.send(heads))).await;
        });
        let writing = tokio::spawn(write(Arc::clone(service), exported, heads, hurrying));
        Self { service: Arc::clone(service), told, growing, writing, hurry }
    }

    /// Once more, after the last request: then every record has its leaf, and every head is signed and kept.
    pub(crate) async fn finish(self) {
        let Self { service, told, growing, writing, hurry } = self;
        hurry.now();
        let _ended = growing.await;
        if let Err(error) = service.grow_audit_trees_now(|heads| drop(told.send(heads))).await {
            tracing::error!(%error, "the last audit records have no leaf yet; the next start gives it");
        }
        drop(told);
        let _ended = writing.await;
    }
}

/// Writes the checkpoints that it is told of, at once, and has full segments written beside that. What fails is tried again
/// with the next head, which covers the one before.
async fn write(
    service: Arc<Service>,
    exported: Option<Exported>,
    mut heads: UnboundedReceiver<SignedHeads>,
    hurrying: Stopping,
) {
    let Some(mut folder) = exported else {
        while heads.recv().await.is_some() {}
        return;
    };
    let (grown, sizes) = unbounded_channel();
    let sealing = tokio::spawn(seal(service, folder.folder().to_owned(), sizes, hurrying));
    while let Some(SignedHeads { organizations, system }) = heads.recv().await {
        let written = spawn_blocking(move || {
            let written = folder.add(&system.note);
            (folder, written)
        });
        let Ok((kept, written)) = written.await else { break };
        folder = kept;
        if let Err(error) = written {
            tracing::error!(%error, "a checkpoint of the audit log was not kept outside the database");
        }
        for (organization, head) in organizations.into_iter().filter(|(_, head)| head.size >= SEGMENT) {
            // Nobody hears it where the writer of segments has ended.
            let _ = grown.send((organization, head.size));
        }
    }
    drop(grown);
    let _ended = sealing.await;
}

/// Writes full segments, of the newest sizes that it is told.
async fn seal(
    service: Arc<Service>,
    folder: PathBuf,
    mut sizes: UnboundedReceiver<(OrganizationId, u64)>,
    mut hurrying: Stopping,
) {
    while let Some(first) = sizes.recv().await {
        let mut newest = BTreeMap::from([first]);
        while let Ok((organization, size)) = sizes.try_recv() {
            newest.insert(organization, size);
        }
        for (organization, size) in newest {
            if let Err(error) = seal_full(&service, &folder, organization, size, &mut hurrying).await {
                tracing::error!(%organization, %error, "a segment of the audit log was not written; tried again later");
            }
        }
    }
}

/// Why a segment was not written.
#[derive(Debug, thiserror::Error)]
enum SegmentError {
    #[error(transparent)]
    Folder(#[from] ExportedError),
    #[error("the log cannot be read: {0:?}")]
    Log(strongroom_domain::error::Code),
}

/// Every segment that is full and not there yet.
async fn seal_full(
    service: &Service,
    folder: &Path,
    organization: OrganizationId,
    size: u64,
    hurrying: &mut Stopping,
) -> Result<(), SegmentError> {
    let segments = Segments::open(folder, organization)?;
    loop {
        let number = segments.next();
        if (number + 1) * SEGMENT > size {
            return Ok(());
        }
        // To keep up comes first.
        let is_the_last = (number + 2) * SEGMENT > size;
        let mut segment = segments.begin(number)?;
        let (mut at, end) = (number * SEGMENT, (number + 1) * SEGMENT);
        while at < end {
            let began = Instant::now();
            let limit = usize::try_from(end - at).map_or(PAGE, |left| left.min(PAGE));
            let leaves = service.audit_leaves(organization, at, limit).await;
            let leaves = leaves.map_err(|error| SegmentError::Log(error.code()))?;
            at += leaves.len() as u64;
            if leaves.is_empty() {
                return Ok(());
            }
            segment = spawn_blocking(move || add_all(segment, leaves))
                .await
                .map_err(|_| SegmentError::Log(strongroom_domain::error::Code::Internal))??;
            if is_the_last && at < end {
                // A third of one core at most: whoever waits for an answer feels it otherwise.
                let rest = (began.elapsed() * 2).min(REST);
                tokio::select! {
                    () = sleep(rest) => {}
                    () = hurrying.wait() => {}
                }
            }
        }
        segment.seal()?;
        tracing::info!(%organization, number, "a segment of the audit log was sealed");
    }
}

fn add_all(
    mut segment: crate::exported::Segment,
    leaves: Vec<(AuditItem, strongroom_sealing::log::LogHash)>,
) -> Result<crate::exported::Segment, ExportedError> {
    for (item, hash) in leaves {
        match item {
            AuditItem::Leaf(line) => segment.add(&line, hash)?,
            AuditItem::Hash { position, hash } => {
                segment.add(&format!(r#"{{"position":{position},"hash":"{hash}"}}"#), hash)?;
            }
        }
    }
    Ok(segment)
}

/// Forgets bodies whose time is over, and those of organizations that are gone, every hour.
pub(crate) async fn forget(
    service: Arc<Service>,
    clock: Arc<dyn Clock>,
    keeping: AuditKeeping,
    stopping: Stopping,
) {
    let mut hours = Hours::until(stopping);
    while hours.next().await {
        let before = keeping.retention.map(|retention| clock.now().minus(retention));
        if let Some(before) = before
            && let Err(error) = service.forget_audit_bodies(before).await
        {
            tracing::error!(%error, "old audit records were not forgotten; tried again in an hour");
        }
        if let Some(folder) = &keeping.folder
            && let Err(error) = forget_segments(&service, folder, before).await
        {
            tracing::error!(%error, "old segments of the audit log were not forgotten; tried again in an hour");
        }
    }
}

/// By the folders that there are: an erased organization has nothing else.
async fn forget_segments(
    service: &Service,
    folder: &Path,
    before: Option<Timestamp>,
) -> Result<(), SegmentError> {
    // Looked for first: an organization that is made after this has none among them.
    let found = Segments::all(folder)?;
    let there = service.audit_organizations().await.map_err(|error| SegmentError::Log(error.code()))?;
    for (organization, segments) in found {
        let forgotten = match before {
            _ if !there.contains(&organization) => segments.forget_all(),
            Some(before) => segments.forget(before),
            None => continue,
        };
        if let Err(error) = forgotten {
            tracing::error!(%organization, %error, "old segments were not forgotten; tried again in an hour");
        }
    }
    Ok(())
}
